"""gan_cli's side of each comparison, set up as its commands set it up."""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from gan_cli import data, models
from gan_cli.base.nested import unflatten
from gan_cli.config.schema import TrainConfig
from gan_cli.training.configuration import train_config

NEEDED = {"loss.name": "non_saturating", "optimizer.name": "adam", "schedule.name": "constant"}
"""Groups that a configuration always names."""


def configured(settings: dict[str, Any]) -> TrainConfig:
    """A checked configuration of full keys; every option that decides the work is among them."""
    from gan_cli.training import automatic

    return automatic.with_precision(train_config(unflatten({**NEEDED, **settings})))


def train(steps: int, settings: dict[str, Any]):
    """The loop of gan-train with its progress, log and non-finite checks, as the command runs it
    between previews.
    """
    from gan_cli.base.machines import device
    from gan_cli.data.pipeline.feed import FEEDS
    from gan_cli.training import automatic
    from gan_cli.training.build import build, compiled
    from gan_cli.training.hooks import progress
    from gan_cli.training.loop import Loop
    from gan_cli.training.signals import Signals

    config = configured(settings)
    training = config.training
    source = data.load(config.data)
    device.prepare(automatic.threads(config, source.spec), wish=True)
    state = build(config, source, 10**6)
    feed = FEEDS[device.placement(source.nbytes, training.feed)](
        source, training.batch_size, config.seed
    )
    step = compiled(config, state, feed, 10**6)
    log = Path(tempfile.mkdtemp()) / "metrics.jsonl"

    def run() -> float:
        start = int(state.step.numpy())
        watchers = [
            progress.ProgressLines(100, lambda line: None),
            progress.MetricsLog(log, training.log_every, start),
        ]
        loop = Loop(
            state, step, watchers, batch_size=training.batch_size, log_every=training.log_every
        )
        began = time.perf_counter()
        loop.run(start + steps, Signals())
        return steps * step.batches * training.batch_size / (time.perf_counter() - began)

    return run


def sample(steps: int, batch: int, settings: dict[str, Any]):
    """The generator of batches behind gan-sample, uint8 out."""
    from gan_cli.sampling import drawing

    config = configured(settings)
    model = models.build(config.model, data.load(config.data).spec, config.loss)

    def run() -> float:
        began = time.perf_counter()
        count = sum(len(images) for images in drawing.batches(model, steps * batch, 0, batch))
        return count / (time.perf_counter() - began)

    return run


def checkpoint(arguments: list[str]) -> str:
    """The share of a run of gan-train that its checkpoints take, at the default interval."""
    from gan_cli.cli import train as command
    from gan_cli.training.hooks.hook import Progress
    from gan_cli.training.hooks.saving import Checkpoint

    spent: list[float] = []
    call = Checkpoint.__call__

    def timed(self: Checkpoint, moment: Progress) -> None:
        began = time.perf_counter()
        call(self, moment)
        spent.append(time.perf_counter() - began)

    Checkpoint.__call__ = timed  # type: ignore[method-assign]
    sys.argv = ["gan-train", *arguments]
    began = time.perf_counter()
    assert command.main() == 0
    whole = time.perf_counter() - began
    return (
        f"{100 * sum(spent) / whole:.2f} % ({len(spent)} saves of "
        f"{1000 * statistics.median(spent):.0f} ms in {whole:.0f} s)"
    )


def images(settings: dict[str, Any]) -> Any:
    """The uint8 images, or sequences, that both sides train on."""
    return data.load(configured(settings).data).images[:]
