"""What loggers are told while a run trains. One that fails is left out, with a line; the run goes
on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from gan_cli.base import files
from gan_cli.base.errors import RunDirectoryError
from gan_cli.base.nested import flatten
from gan_cli.runs import checkpoint
from gan_cli.runs.reading import StoredRun
from gan_cli.training.hooks.hook import Progress
from gan_cli.training.hooks.loggers import LOGGERS, Followed, Logger
from gan_cli.training.training_run import TrainingRun

IDS = "loggers.json"
"""In the run directory: logger -> what it calls the run, with which a resumed run goes on."""
LONGEST = 200
"""Characters of such a name."""


class Tracking:
    """A hook after those that score and draw: numbers at multiples of log_every, scores and
    grids when there are new ones; on leaving it the best checkpoint.
    """

    every = 0

    def __init__(self, run: TrainingRun) -> None:
        self._directory, self._say = run.directory, run.say
        self._interval, self._shown = run.config.training.log_every, -1
        self._loggers: dict[str, Logger] = {}
        known, config = _ids(run.directory.path / IDS, run.say), flatten(run.stored)
        for options in run.loggers:
            followed = Followed(run.directory.path, config, known.get(options.name))
            begin = partial(LOGGERS[options.name].build, options, followed)
            self._tell(options.name, self._begin, options.name, begin)
        if self._loggers:
            ids = known | {name: each.id for name, each in self._loggers.items()}
            files.write_checked(run.directory.path / IDS, ids)

    def __call__(self, progress: Progress) -> None:
        last = progress.step == progress.total
        if progress.logs and (progress.step % self._interval == 0 or last or progress.scores):
            self._all("scalars", progress.step, _tagged(progress))
        grid = self._directory.samples / f"step-{progress.step:08d}.png"
        if progress.step != self._shown and grid.exists():
            self._images(progress.step, grid)

    def _images(self, step: int, grid: Path) -> None:
        """The new grid, what a model has beside it, and with the first one the real images."""
        folder = self._directory.samples
        if self._shown < 0:
            self._all("image", step, "images/real", folder / "real.png")
        self._shown = step
        self._all("image", step, "images/samples", grid)
        for kind in ("reconstructions", "codes"):
            if (beside := folder / f"{kind}-{step:08d}.png").exists():
                self._all("image", step, f"images/{kind}", beside)

    def close(self) -> None:
        """The loop is over; loggers wait for the final scores."""

    def __enter__(self) -> Tracking:
        return self

    def __exit__(self, *_: object) -> None:
        """Hand over the best checkpoint and end, however the run has ended."""
        if self._loggers and (best := self._best()):
            self._all("files", best)
        self._all("close")

    def _best(self) -> list[Path]:
        path = self._directory.path
        found = StoredRun(self._directory, self._say).checkpoint("best", (checkpoint.SAMPLER,))
        if found is None:
            return []
        folder = self._directory.checkpoints / f"step-{found.step:08d}"
        return [path / "model.json", path / "config.json", folder / checkpoint.SAMPLER]

    def _begin(self, name: str, begin: Callable[[], Logger]) -> None:
        self._loggers[name] = begin()

    def _all(self, method: str, *arguments: Any) -> None:
        for name, each in list(self._loggers.items()):
            self._tell(name, getattr(each, method), *arguments)

    def _tell(self, name: str, call: Callable[..., None], *arguments: Any) -> None:
        try:
            call(*arguments)
        except Exception as error:  # whatever another package does, the run goes on
            self._loggers.pop(name, None)
            reason = f"{type(error).__name__}: {error}".splitlines()[0]
            self._say(f"logger={name} is left out from here on: {reason}")


def _tagged(progress: Progress) -> Mapping[str, float]:
    """loss/generator, score/frechet, speed/images_per_second; other numbers below train/."""
    losses = {
        f"loss/{name[5:]}" if name.startswith("loss_") else f"train/{name}": value
        for name, value in progress.logs.items()
    }
    scores = {f"score/{name}": value for name, value in progress.scores.items()}
    return losses | scores | {"speed/images_per_second": progress.images_per_second}


def _ids(path: Path, say: Callable[[str], None]) -> dict[str, str]:
    """What an earlier part of the run has left; none of what is no such file."""
    try:
        found = files.read_checked(path) if path.exists() else {}
    except RunDirectoryError as error:
        say(f"{error}; loggers begin anew")
        return {}
    return {
        name: each
        for name, each in found.items()
        if isinstance(each, str) and each.isalnum() and len(each) <= LONGEST
    }
