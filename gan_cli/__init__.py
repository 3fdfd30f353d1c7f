"""Train, compare and use image generators in TensorFlow and Keras.

    import gan_cli

    run = gan_cli.train(model="dcgan", data="mnist_small", training={"steps": 2000})
    run = gan_cli.load("runs/2026-11-20/10-31-02-dcgan-mnist")
    images = run.sample(64, seed=0)

Importing this costs nothing: TensorFlow is imported when a run is trained or drawn from.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from gan_cli.base.imported import when_imported
from gan_cli.base.quiet import quiet

if TYPE_CHECKING:
    import keras
    import numpy as np
    import pandas as pd

    from gan_cli.editing import Edited
    from gan_cli.editing.arithmetic import Sum
    from gan_cli.editing.directions import Found
    from gan_cli.editing.inpaint import Inpainted
    from gan_cli.editing.interpolate import Interpolation
    from gan_cli.editing.mix import Mixed
    from gan_cli.editing.project import Projection
    from gan_cli.editing.shared.of_run import Editor
    from gan_cli.evaluation.report import Report
    from gan_cli.exporting.compare import Exported
    from gan_cli.objectives.model import Model
    from gan_cli.runs.checkpoint import Manifest
    from gan_cli.runs.rundir import ModelCard

__version__ = "0.1.0"
__all__ = ["Run", "data", "list_runs", "load", "metrics", "models", "train"]
ROOMS = ("data", "metrics", "models", "networks", "objectives")
"""Packages that are imported when they are asked for by `gan_cli.NAME`."""


def load(
    path: str | Path,
    *,
    step: str | int = "best",
    plugins: Sequence[str] = (),
    warn: Callable[[str], None] | None = None,
) -> Run:
    """A run directory of `gan-train`, which may come from a stranger: nothing in it is executed.

    Args:
        path: of it; or "last"; or of the runs in `runs` what one alone begins with, or its name.
        step: best, newest, or the step of a checkpoint.
        plugins: modules that its model comes from, which only you can name.
        warn: called with a line for each damaged file that is met; None: warnings.warn.

    Raises:
        gan_cli.base.errors.GanError: it is no run directory, or needs a plugin.
    """
    from gan_cli.config.catalogue import load_plugins

    load_plugins(plugins)
    return Run(path, step, warn)


def list_runs(folder: str | Path = "runs", *, sort: str = "time", **wanted: str) -> pd.DataFrame:
    """The runs of a folder, a row for each, as `gan-runs` lists them; their paths are the index.

    Args:
        sort: time (the newest first), score, step, size or name.
        wanted: model, data, state or name that they must have; * and ? stand for any letters.

    Raises:
        gan_cli.base.errors.GanError: there is no such folder or state.
    """
    import pandas as pd

    from gan_cli.runs.listing import choose

    columns, rows = choose.table(choose.listed(folder, wanted, sort))
    return pd.DataFrame(rows, columns=columns).set_index("path")


def train(
    model: str | None = None,
    data: Any = None,
    *,
    run_dir: str | Path | None = None,
    resume: str | Path | None = None,
    plugins: Sequence[str] = (),
    say: Callable[[str], None] | None = print,
    **settings: Any,
) -> Run:
    """Train a run, or go on with one, as `gan-train` does.

    Your Keras session, global policy and seeds stay as they are.

    Args:
        model: a name that `gan-train model=` takes; None: dcgan, or the model of `resume`.
        data: a name that `gan-train data=` takes, None: mnist_small; or images, uint8
            [N, H, W, 1 or 3]; or (images, labels); or a tf.data.Dataset of images or of
            (image, label).
        run_dir: a new directory; None: runs/DATE/TIME-model-data.
        resume: a run to go on in; only settings that may change are taken then.
        plugins: modules of your own, as in docs/extending.md.
        say: called with lines of progress, which `print` shows as a bar on a terminal; None:
            silence.
        settings: groups by name, as in `loss="hinge"`, sections as mappings, as in
            `training={"steps": 2000}`, and any key, as in `**{"optimizer.learning_rate": 1e-3}`.

    Raises:
        gan_cli.base.errors.GanError: what cannot be trained, in one line with the way out.
    """
    from gan_cli.base import terminal
    from gan_cli.cli.training import start

    chosen = {"model": model, "data": data, **settings}
    told = terminal.say if say is print else say or (lambda line: None)
    return Run(start.train(chosen, run_dir, resume, plugins, told))


class Run:
    """What a run has left: its model, samples, numbers and scores.

    Attributes:
        path: its directory.
        step: of the checkpoint that is drawn from.
    """

    def __init__(
        self,
        path: str | Path,
        step: str | int = "best",
        warn: Callable[[str], None] | None = None,
    ) -> None:
        from warnings import warn as warned

        from gan_cli.runs.reading import read_run

        self._stored, self._asked = read_run(path, warn or warned), step
        self.path = self._stored.path

    @cached_property
    def manifest(self) -> Manifest:
        """What the checkpoint that is drawn from says of itself.

        Raises:
            CheckpointError: there is none, or the one asked for is damaged.
        """
        from gan_cli.base.errors import CheckpointError
        from gan_cli.runs.checkpoint import SAMPLER

        found = self._stored.checkpoint(self._asked, (SAMPLER,))
        if found is None:
            raise CheckpointError(f"{self.path} has no checkpoint yet")
        return found

    @property
    def step(self) -> int:
        return self.manifest.step

    @property
    def card(self) -> ModelCard:
        """model.json: the options of model and loss, and what the data is."""
        return self._stored.card

    @property
    def config(self) -> dict[str, Any]:
        """The configuration as plain values."""
        return self._stored.config

    @property
    def damage(self) -> list[str]:
        """A line for each damaged file of the run directory, all of which are looked at."""
        return self._stored.check()

    @cached_property
    def model(self) -> Model:
        """The model with the averaged weights of the checkpoint."""
        with quiet():
            from gan_cli.sampling.generate import load_sampler

        def loaded(manifest: Manifest) -> Model:
            self.manifest = manifest
            return load_sampler(self._stored.directory, manifest)

        return self._stored.of_checkpoint(self._asked, loaded)

    @cached_property
    def generator(self) -> keras.Model:
        """A plain Keras model from latents, or [latents, labels], to images in [-1, 1].

        `run.generator.save("g.keras")` survives without the run; `keras.saving.load_model` opens
        it, where the network has layers that Keras does not after `import gan_cli`.
        """
        with quiet():
            from gan_cli.networks.standard import in_standard_layers
        return in_standard_layers(self.model.generator)

    def sample(
        self,
        count: int | None = None,
        *,
        labels: Any = None,
        codes: Sequence[Any] | None = None,
        prompts: str | Sequence[str] | None = None,
        seed: int = 0,
        truncation: float | None = None,
        latents: np.ndarray | None = None,
        steps: int | None = None,
        batch_size: int = 64,
        offset: np.ndarray | None = None,
    ) -> np.ndarray:
        """Images, uint8 [count, H, W, C], or sequences [count, T, H, W, C]: those of `gan-sample`.

        Args:
            count: None: 64, or all of `latents`, or 8 of each prompt.
            labels: classes by name or number, which images get in turn; None: drawn.
            codes: of info_gan: a value for each, the category first, or None, which is drawn; or a
                list of such lists, which images get in turn.
            prompts: of text_gan: what images show, in turn; None: captions like those of the data.
            seed: the same seed gives the same images.
            truncation: largest absolute value of a drawn latent, or (of styles) the share of the
                distance from the mean of W.
            latents: floats [N, *latent_shape] to use instead of drawn ones, or styles
                [N, layers, length].
            steps: frames of a sequence.
            batch_size: images computed at once.
            offset: floats [*latent_shape], or [layers, length] of styles, that are added to all.
        """
        with quiet():
            from gan_cli.sampling import array
        return array.drawn(
            self.model,
            self.card,
            count,
            labels,
            seed,
            truncation,
            latents,
            steps,
            batch_size,
            codes,
            prompts,
            offset,
        )

    def export(self, format: str, path: str | Path, **settings: Any) -> Exported:
        """Write the generator for other programs, as `gan-export` does.

        Args:
            format: keras, saved_model, onnx, litert, huggingface or web.
            path: a new file or folder.
            settings: keys of `gan-export`: part, truncation, quantize, overwrite, ...

        Raises:
            gan_cli.base.errors.GanError: it cannot be written so, or makes other images then;
                nothing is left at `path`.
        """
        from gan_cli.evaluation import publication

        with quiet():
            from gan_cli.exporting import export
        given = {"checkpoint": str(self.path), "format": format, "output": str(path), **settings}
        scores = publication.scores(self._stored, self.manifest)
        return export.asked(self._stored, self.manifest, given, scores)

    @property
    def metrics(self) -> pd.DataFrame:
        """The numbers of metrics.jsonl: a row for each logged step, a column for each number."""
        import pandas as pd

        found = self._stored.metrics
        series = found.series if found else {}
        columns = {key: pd.Series(each.values, each.steps) for key, each in series.items()}
        frame = pd.DataFrame(columns).sort_index()
        frame.index = frame.index.astype("int64")
        return frame.rename_axis("step")

    def evaluate(self, *, data: Any = None, **settings: Any) -> Report:
        """Scores with their provenance, as `gan-evaluate` measures them; nothing is written.

        Args:
            data: other real images than the run's own, as `train` takes them.
            settings: keys of `gan-evaluate`: metrics, extractor, count, repeats, seed, split, ...
        """
        with quiet():
            from gan_cli.evaluation import of_run
        return of_run.evaluate(self._stored, self.manifest, data, settings)

    def project(self, images: Any, **settings: Any) -> Projection:
        """The latents of images, as `gan-edit edit=project` finds them; nothing is written.

        Args:
            images: uint8 [N, H, W, C], or files or folders of pictures.
            settings: keys of that command: steps, starts, space, seed, ...
        """
        return cast("Projection", self._edited("project", images=images, **settings))

    def inpaint(self, images: Any, masks: Any = None, **settings: Any) -> Inpainted:
        """Pictures with holes filled, as `gan-edit edit=inpaint` fills them; nothing is written.

        Args:
            images: uint8 [N, H, W, C], or files or folders of pictures.
            masks: bool [N, H, W] or [H, W], True where a picture is filled; or as that command
                takes them: files, [top, left, height, width], None: where files are transparent.
            settings: keys of that command: steps, starts, prior, blend, ...
        """
        return cast("Inpainted", self._edited("inpaint", image=images, mask=masks, **settings))

    def interpolate(self, between: Any, **settings: Any) -> Interpolation:
        """The way from one image to the next, as `gan-edit edit=interpolate` goes it.

        Args:
            between: a list of seeds, files, arrays of images (uint8) or of latents (floats).
            settings: keys of that command: path, frames, loop, space, ...
        """
        return cast("Interpolation", self._edited("interpolate", between=between, **settings))

    def directions(self, **settings: Any) -> Found:
        """Ways in which all images can be changed, as `gan-edit edit=directions` finds them.

        `run.sample(offset=2.0 * found.directions[3])` uses one.

        Args:
            settings: keys of that command: by, count, samples, strength, layers, ...
        """
        return cast("Found", self._edited("directions", **settings))

    def mix(self, images: Any, **settings: Any) -> Mixed:
        """One image of several, as `gan-edit edit=mix` makes it.

        Args:
            images: a list of seeds, files, arrays of images (uint8) or of latents (floats).
            settings: keys of that command: by, weights, crossover, mask, ...
        """
        return cast("Mixed", self._edited("mix", images=images, **settings))

    def arithmetic(self, plus: Any, minus: Any = (), **settings: Any) -> Sum:
        """Sums and differences of latents, as `gan-edit edit=arithmetic` makes them.

        Args:
            plus: a list of seeds, files, folders, class:NAME, arrays of images or of latents.
            minus: the same.
            settings: keys of that command: of_class, space, ...
        """
        settings |= {"plus": plus, "minus": minus}
        return cast("Sum", self._edited("arithmetic", **settings))

    def _edited(self, name: str, **settings: Any) -> Edited:
        return self._editor(name, settings)

    @cached_property
    def _editor(self) -> Editor:
        with quiet():
            from gan_cli.editing.shared.of_run import Editor
        return Editor(self._stored, self.model)

    def __repr__(self) -> str:
        return f"gan_cli.load({str(self.path)!r})"


def __getattr__(name: str) -> Any:
    if name in ROOMS:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _register_layers() -> None:
    """Keras finds a layer of ours in a saved model by its registered name only."""
    import_module("gan_cli.networks").register_layers()


when_imported("keras", _register_layers)
