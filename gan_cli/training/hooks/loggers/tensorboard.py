"""TensorBoard's event files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from gan_cli.base.lazy import np
from gan_cli.config.options import option, options
from gan_cli.training.hooks.loggers import Followed, logger


@options
class TensorBoardOptions:
    """Options of `logger=tensorboard`."""

    name: str = "tensorboard"
    images: bool = option("the preview grids too, and real images beside them", True)


class TensorBoard:
    """Events in the folder `tensorboard` of the run directory; a resumed run adds a file there."""

    def __init__(self, options: TensorBoardOptions, followed: Followed) -> None:
        import tensorflow as tf

        folder = followed.directory / "tensorboard"
        self._trial = followed.name
        self.id, self._images = folder.name, options.images
        self._tf, self._writer = tf, tf.summary.create_file_writer(str(folder))
        if followed.id is None:
            self._settings(followed.config)

    def _settings(self, config: Mapping[str, object]) -> None:
        """Those of the run alone: without a description of all runs beside them TensorBoard's table
        takes its columns from what it finds in each, the settings that differ first.
        """
        from tensorboard.plugins.hparams import api

        plain = {
            key: value if isinstance(value, bool | int | float | str) else str(value)
            for key, value in config.items()
            if value is not None and value != [] and key != "name"  # which stands beside them
        }
        with self._writer.as_default(step=0):
            api.hparams(plain, trial_id=self._trial)

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        # TensorFlow keeps each number of Python that it was ever given, NumPy's not
        with self._writer.as_default(step=np.int64(step)):
            for tag, value in values.items():
                self._tf.summary.scalar(tag, np.float32(value))

    def image(self, step: int, tag: str, path: Path) -> None:
        if self._images:
            pixels = self._tf.io.decode_png(path.read_bytes())
            with self._writer.as_default(step=np.int64(step)):
                self._tf.summary.image(tag, pixels[None])

    def files(self, paths: list[Path]) -> None:
        """They lie beside the events already."""

    def close(self) -> None:
        self._writer.close()


@logger("tensorboard", TensorBoardOptions, package="tensorboard")
def tensorboard(options: TensorBoardOptions, followed: Followed) -> TensorBoard:
    """Event files in the run directory."""
    return TensorBoard(options, followed)
