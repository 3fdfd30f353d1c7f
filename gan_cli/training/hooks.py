"""What looks at a run from outside: anything with `every` and `__call__(moment)`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TextIO

import tensorflow as tf
from tqdm import tqdm

from gan_cli.base.errors import ConfigError
from gan_cli.networks.variables import export
from gan_cli.runs import checkpoint, journal, ranking
from gan_cli.runs.rundir import RunDirectory
from gan_cli.training.state import State


@dataclass(frozen=True)
class Moment:
    """The state of affairs after a step.

    Attributes:
        step: optimizer steps done.
        total: optimizer steps of the whole run.
        logs: name -> mean since the last multiple of training.log_every.
        seconds: wall time since this process began to train.
        images_per_second: real images per second of compiled steps since the last multiple of
            log_every.
        seconds_left: estimate, from that speed.
        scores: what hooks measured at this very step.
    """

    step: int
    total: int
    logs: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0
    images_per_second: float = 0.0
    seconds_left: float = 0.0
    scores: Mapping[str, float] = field(default_factory=dict)


class Hook(Protocol):
    """Called at every multiple of `every` and at the run's last step; `close` when the loop ends
    for whatever reason.

    What it returns is among the scores of the moment that later hooks see. One with `finished` that
    is true ends the run: for the hooks after it this step is the last.
    """

    every: int

    def __call__(self, moment: Moment) -> Mapping[str, float] | None: ...

    def close(self) -> None: ...


class ProgressBar:
    """A tqdm bar on a terminal: it moves with every call of the graph."""

    every = 0

    def __init__(self, start: int, total: int) -> None:
        layout = "{percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt} [{elapsed}<{remaining}{postfix}]"
        self._score: list[str] = []
        self._bar = tqdm(
            initial=start, total=total, bar_format=layout, dynamic_ncols=True, file=sys.stdout
        )

    def __call__(self, moment: Moment) -> None:
        losses = [
            f"{_initial(name)} {value:.3g}"
            for name, value in moment.logs.items()
            if name.startswith("loss_")
        ]
        if "frechet" in moment.scores:
            self._score = [f"FD {moment.scores['frechet']:.3g}"]
        parts = [f"{moment.images_per_second:,.0f} img/s", *losses, *self._score]
        self._bar.set_postfix_str(", ".join(parts), refresh=False)
        self._bar.update(moment.step - self._bar.n)

    def close(self) -> None:
        self._bar.close()


class ProgressLines:
    """A plain line every interval and at every score, where the output is no terminal."""

    every = 0

    def __init__(self, interval: int, file: TextIO) -> None:
        self._interval, self._file = interval, file

    def __call__(self, moment: Moment) -> None:
        if not _due(moment, self._interval):
            return
        losses = "  ".join(
            f"{name[5:]} {value:.4g}"
            for name, value in moment.logs.items()
            if name.startswith("loss_")
        )
        left = tqdm.format_interval(moment.seconds_left)
        speed = f"{moment.images_per_second:,.0f} images/s"
        score = f"  Fréchet {moment.scores['frechet']:.4g}" if "frechet" in moment.scores else ""
        print(
            f"step {moment.step}/{moment.total}  {speed}  {losses}{score}  {left} left",
            file=self._file,
            flush=True,
        )

    def close(self) -> None:
        pass


class MetricsLog:
    """metrics.jsonl: one object per line, with a checksum; a resumed run first drops what was
    written after its checkpoint.

    `seconds` counts on from part to part of a run.
    """

    every = 0

    def __init__(self, path: Path, interval: int, start: int) -> None:
        self._interval, self._chain = interval, journal.Chain()
        self._seconds_before, end = 0.0, 0
        for entry, position in journal.lines(path, start):
            self._seconds_before, end = float(entry["seconds"]), position
        self._file = path.open("rb+" if end else "wb")
        for line in self._file if end else ():
            self._chain.holds(line)
            if self._file.tell() >= end:
                break
        self._file.truncate(end)
        self._file.seek(0, 2)

    def __call__(self, moment: Moment) -> None:
        if not moment.logs or not _due(moment, self._interval):
            return
        seconds, speed = (
            round(self._seconds_before + moment.seconds, 3),
            round(moment.images_per_second, 1),
        )
        line = (
            {"step": moment.step, "seconds": seconds, "images_per_second": speed}
            | moment.logs
            | dict(moment.scores)
        )
        self._file.write(self._chain.sealed(line))
        self._file.flush()

    def close(self) -> None:
        self._file.close()


class Pause:
    """Ends the process's part of a run at a step, as if it were the last, so that the run can go on
    later.
    """

    def __init__(self, until: int) -> None:
        self.every, self.finished = until, False

    def __call__(self, moment: Moment) -> None:
        self.finished = moment.step >= self.every

    def close(self) -> None:
        pass


class TensorBoard:
    """The numbers of metrics.jsonl as TensorBoard events in the run directory."""

    def __init__(self, folder: Path, every: int) -> None:
        try:
            import tensorboard  # noqa: F401
        except ImportError:
            raise ConfigError(
                "training.tensorboard=true needs the package tensorboard: pip install "
                "'gan_cli[tensorboard]'"
            ) from None
        self.every, self._writer = every, tf.summary.create_file_writer(str(folder))

    def __call__(self, moment: Moment) -> None:
        with self._writer.as_default(step=moment.step):
            values = (
                moment.logs | dict(moment.scores) | {"images_per_second": moment.images_per_second}
            )
            for name, value in values.items():
                tf.summary.scalar(name, value)

    def close(self) -> None:
        self._writer.close()


class Checkpoint:
    """Commits the state; at a step that is saved already it does nothing."""

    def __init__(
        self, run: RunDirectory, state: State, every: int, model: str, data: str, start: int
    ) -> None:
        self.every, self._folder, self._state, self._facts = (
            every,
            run.checkpoints,
            state,
            (model, data),
        )
        self.saved: int | None = start or None

    def __call__(self, moment: Moment) -> None:
        if moment.step != self.saved:
            self.save(moment.step)

    def save(self, step: int, scored: checkpoint.Scored | None = None) -> None:
        """Commit the state of a step, with its score where it has one."""
        tensors = {
            checkpoint.STATE: export(self._state.tensors()),
            checkpoint.SAMPLER: export(self._state.sampler_tensors()),
        }
        checkpoint.save(self._folder, step, tensors, *self._facts, scored)
        self.saved = step
        ranking.prune(self._folder, ranking.CONTENDING)

    def close(self) -> None:
        pass


def _due(moment: Moment, interval: int) -> bool:
    """Whether a line is written: at multiples of the interval, at scores and at the end."""
    return moment.step % interval == 0 or moment.step == moment.total or bool(moment.scores)


def _initial(name: str) -> str:
    return name.removeprefix("loss_")[:1].upper()


def progress(start: int, total: int, every: int) -> Any:
    """The bar on a terminal, lines elsewhere."""
    return ProgressBar(start, total) if sys.stdout.isatty() else ProgressLines(every, sys.stdout)
