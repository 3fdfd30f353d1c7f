"""What looks at a run from outside: anything with `every` and `__call__(moment)`."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TextIO

import numpy as np
import tensorflow as tf
from tqdm import tqdm

from gan_cli import files, images
from gan_cli.errors import ConfigError
from gan_cli.training import checkpoint, sampling
from gan_cli.training.rundir import RunDirectory
from gan_cli.training.state import State, export


@dataclass(frozen=True)
class Moment:
    """The state of affairs after a step.

    Attributes:
        step: optimizer steps done.
        total: optimizer steps of the whole run.
        logs: name -> mean since the last multiple of training.log_every.
        seconds: wall time since this process began to train.
        images_per_second: real images per second of compiled steps since the last multiple of log_every.
        seconds_left: estimate, from that speed.
    """

    step: int
    total: int
    logs: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0
    images_per_second: float = 0.0
    seconds_left: float = 0.0


class Hook(Protocol):
    """Called at every multiple of `every` and at the run's last step; `close` when the loop ends for whatever reason."""

    every: int

    def __call__(self, moment: Moment) -> None: ...

    def close(self) -> None: ...


class ProgressBar:
    """A tqdm bar on a terminal: it moves with every call of the graph."""

    every = 0

    def __init__(self, start: int, total: int) -> None:
        layout = "{percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt} [{elapsed}<{remaining}{postfix}]"
        self._bar = tqdm(initial=start, total=total, bar_format=layout, dynamic_ncols=True, file=sys.stdout)

    def __call__(self, moment: Moment) -> None:
        losses = [f"{_initial(name)} {value:.3g}" for name, value in moment.logs.items() if name.startswith("loss_")]
        self._bar.set_postfix_str(", ".join([f"{moment.images_per_second:,.0f} img/s", *losses]), refresh=False)
        self._bar.update(moment.step - self._bar.n)

    def close(self) -> None:
        self._bar.close()


class ProgressLines:
    """A plain line every interval, where the output is no terminal."""

    def __init__(self, every: int, file: TextIO) -> None:
        self.every, self._file = every, file

    def __call__(self, moment: Moment) -> None:
        losses = "  ".join(f"{name[5:]} {value:.4g}" for name, value in moment.logs.items() if name.startswith("loss_"))
        left = tqdm.format_interval(moment.seconds_left)
        speed = f"{moment.images_per_second:,.0f} images/s"
        print(f"step {moment.step}/{moment.total}  {speed}  {losses}  {left} left", file=self._file, flush=True)

    def close(self) -> None:
        pass


class MetricsLog:
    """metrics.jsonl: one object per line; a resumed run first drops what was written after its checkpoint.

    `seconds` counts on from part to part of a run.
    """

    def __init__(self, path: Path, every: int, start: int) -> None:
        self.every = every
        lines = _lines_up_to(path, start) if path.exists() else []
        self._seconds_before = float(json.loads(lines[-1])["seconds"]) if lines else 0.0
        self._file = path.open("r+" if lines else "w", encoding="utf-8")
        self._file.truncate(sum(len(line.encode()) for line in lines))
        self._file.seek(0, 2)

    def __call__(self, moment: Moment) -> None:
        if not moment.logs:
            return
        seconds, speed = round(self._seconds_before + moment.seconds, 3), round(moment.images_per_second, 1)
        line = {"step": moment.step, "seconds": seconds, "images_per_second": speed} | moment.logs
        self._file.write(json.dumps(line) + "\n")
        self._file.flush()

    def close(self) -> None:
        self._file.close()


class TensorBoard:
    """The numbers of metrics.jsonl as TensorBoard events in the run directory."""

    def __init__(self, folder: Path, every: int) -> None:
        try:
            import tensorboard  # noqa: F401
        except ImportError:
            raise ConfigError(
                "training.tensorboard=true needs the package tensorboard: pip install 'gan_cli[tensorboard]'"
            ) from None
        self.every, self._writer = every, tf.summary.create_file_writer(str(folder))

    def __call__(self, moment: Moment) -> None:
        with self._writer.as_default(step=moment.step):
            for name, value in (moment.logs | {"images_per_second": moment.images_per_second}).items():
                tf.summary.scalar(name, value)

    def close(self) -> None:
        self._writer.close()


class Preview:
    """samples/step-N.png from fixed latents, real.png beside it, and progress.gif of all previews when the run ends."""

    LATENT_SEED = 0
    MOST_FRAMES = 200

    def __init__(self, run: RunDirectory, state: State, real: np.ndarray, every: int, count: int) -> None:
        self.every, self._folder = every, run.samples
        self._sample = sampling.compiled(state.sampler)
        self._latents = tf.constant(sampling.latents(state.sampler, self.LATENT_SEED)(count))
        self._folder.mkdir(exist_ok=True)
        images.save_png(self._folder / "real.png", images.grid(real[:count]))
        self._last: Path | None = None

    def __call__(self, moment: Moment) -> None:
        pixels = images.to_uint8(self._sample(self._latents).numpy())
        self._last = self._folder / f"step-{moment.step:08d}.png"
        images.save_png(self._last, images.grid(pixels))

    def close(self) -> None:
        frames = sorted(frame for frame in self._folder.glob("step-*.png") if self._last and frame <= self._last)
        if len(frames) > 1:
            chosen = [frames[i] for i in np.unique(np.linspace(0, len(frames) - 1, self.MOST_FRAMES, dtype=int))]
            images.save_gif(self._folder / "progress.gif", chosen)


class Checkpoint:
    """Commits the state; at a step that is saved already it does nothing."""

    def __init__(self, run: RunDirectory, state: State, every: int, model: str, data: str, start: int) -> None:
        self.every, self._folder, self._state, self._facts = every, run.checkpoints, state, (model, data)
        self.saved: int | None = start or None

    def __call__(self, moment: Moment) -> None:
        if moment.step == self.saved:
            return
        tensors = {
            checkpoint.STATE: export(self._state.tensors()),
            checkpoint.SAMPLER: export(self._state.sampler_tensors()),
        }
        checkpoint.save(self._folder, moment.step, tensors, *self._facts)
        self.saved = moment.step
        checkpoint.prune(self._folder)

    def close(self) -> None:
        pass


def _lines_up_to(path: Path, step: int) -> list[str]:
    """The leading whole lines of a metrics file whose step is not beyond the given one."""
    kept = []
    with files.open_regular(path) as file:
        for line in file:
            try:
                entry = json.loads(line)
                fits = line.endswith(b"\n") and entry["step"] <= step and entry["seconds"] >= 0
            except (ValueError, KeyError, TypeError):
                fits = False
            if not fits:
                break
            kept.append(line.decode())
    return kept


def _initial(name: str) -> str:
    return name.removeprefix("loss_")[:1].upper()


def progress(start: int, total: int, every: int) -> Any:
    """The bar on a terminal, lines elsewhere."""
    return ProgressBar(start, total) if sys.stdout.isatty() else ProgressLines(every, sys.stdout)
