"""One run from its parts: build, restore or start, loop, and the words that end it."""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gan_cli import models
from gan_cli.config import TrainConfig, Training
from gan_cli.data.feed import DeviceFeed
from gan_cli.data.source import ArraySource, batches_per_epoch
from gan_cli.errors import CheckpointError, Interrupted, NonFiniteError, RunDirectoryError
from gan_cli.training import checkpoint, device, hooks, optimizers
from gan_cli.training.hooks import Hook
from gan_cli.training.loop import Loop, Signals
from gan_cli.training.rundir import ModelCard, RunDirectory
from gan_cli.training.state import State, assign, expected
from gan_cli.training.step import Step

Say = Callable[[str], None]


def total_steps(training: Training, count: int) -> int:
    """Steps of the whole run, for a data set of `count` images."""
    if training.epochs:
        return training.epochs * batches_per_epoch(count, training.batch_size)
    return training.steps


def train(config: TrainConfig, stored: dict[str, Any], source: ArraySource, run: RunDirectory, say: Say) -> Path | None:
    """Train in a run directory up to the configured step, from its newest checkpoint where it has one.

    Args:
        stored: the configuration as config.json shall hold it.
        say: called with lines for the user.

    Returns:
        The last preview grid; None where the run was complete already.

    Raises:
        Interrupted: a signal came; the state was saved.
        NonFiniteError, RunDirectoryError, CheckpointError, ConfigError, DataError: see `gan_cli.errors`.
    """
    signals = Signals()
    with signals.heard():
        place = device.prepare(config.training.threads)
        card = ModelCard(1, config.model, config.loss, source.spec)
        total = total_steps(config.training, len(source.images))
        state = _build(config, source, total)
        start = _restore(run, state, card, source, say) if (run.path / "model.json").exists() else 0
        if start >= total:
            say(f"{run.path} is complete at step {start}; training.steps=N with a larger N goes on")
            return None
        _write(run, card, stored)
        height, width, channels = source.spec.image_shape
        say(f"{config.model.name} on {len(source.images):,} images {height}x{width}x{channels} ({config.data.name}), {place}")
        return _loop(config, source, run, card, state, start, total, signals)


def _build(config: TrainConfig, source: ArraySource, total: int) -> State:
    training = config.training
    model = models.build(config.model, source.spec, config.loss, seed=config.seed, precision=training.precision)
    players = optimizers.build(model, config.optimizer, config.schedule, total, training.precision)
    return State(model, players, training.ema_decay)


def _restore(run: RunDirectory, state: State, card: ModelCard, source: ArraySource, say: Say) -> int:
    """Put the newest valid checkpoint into the state; its step."""
    if run.read_card().fingerprint != card.fingerprint:
        raise CheckpointError(f"{run.path}/model.json does not fit the stored configuration and data")
    manifest = checkpoint.newest(run.checkpoints, say)
    if manifest is None:
        say(f"{run.path} has no checkpoint yet: starting at step 0")
        return 0
    if manifest.model != card.fingerprint:
        raise CheckpointError(f"{run.checkpoints}: step {manifest.step} was saved from another model.json")
    if manifest.data != source.fingerprint:
        raise CheckpointError(f"{source.origin}: not the images that {run.path} was trained on (SHA-256 differs)")
    tensors = state.tensors()
    assign(tensors, checkpoint.read(run.checkpoints, manifest.step, checkpoint.STATE, expected(tensors)))
    say(f"resumed at step {manifest.step}")
    return manifest.step


def _write(run: RunDirectory, card: ModelCard, stored: dict[str, Any]) -> None:
    try:
        run.write_config(stored)
        run.write_card(card)  # last: its presence makes this a run directory
    except OSError as error:
        raise RunDirectoryError(f"{run.path}: {error.strerror or error}; nothing was trained") from None


def _loop(
    config: TrainConfig, source: ArraySource, run: RunDirectory, card: ModelCard, state: State, start: int, total: int,
    signals: Signals,
) -> Path:  # fmt: skip
    """Train and turn what can go wrong on the way into the line that ends the run; the last grid."""
    training = config.training
    saver = hooks.Checkpoint(run, state, training.checkpoint_every, card.fingerprint, source.fingerprint, start)
    try:
        loop = Loop(
            state,
            Step(state, DeviceFeed(source, training.batch_size, config.seed), config.seed, training.xla),
            [*_watchers(training, source, run, state, start, total), saver],
            batch_size=training.batch_size,
            log_every=training.log_every,
            steps_per_call=training.steps_per_call,
        )
        moment = loop.run(total, signals)
        if signals.received is not None and moment.step < total:
            saver(moment)
            raise Interrupted(f"stopped and saved at step {moment.step}; {_goes_on(run)}", signals.received)
    except NonFiniteError as error:
        raise NonFiniteError(f"{error}; not saved. {_last_good(run, saver)}; a lower learning rate may help") from None
    except OSError as error:
        reason = error.strerror or str(error)
        remedy = "make room, then " if error.errno in (errno.ENOSPC, errno.EDQUOT) else ""
        raise RunDirectoryError(f"{run.path}: {reason}. {_last_good(run, saver)}; {remedy}{_goes_on(run)}") from None
    return run.samples / f"step-{total:08d}.png"


def _watchers(training: Training, source: ArraySource, run: RunDirectory, state: State, start: int, total: int) -> list[Hook]:
    watchers: list[Hook] = [
        hooks.progress(start, total, training.log_every),
        hooks.MetricsLog(run.metrics, training.log_every, start),
        hooks.Preview(run, state, source.images, training.preview_every, training.preview_count),
    ]
    if training.tensorboard:
        watchers.append(hooks.TensorBoard(run.path / "tensorboard", training.log_every))
    return watchers


def _last_good(run: RunDirectory, saver: hooks.Checkpoint) -> str:
    if saver.saved is None:
        return "No checkpoint was saved before"
    return f"Last good checkpoint: {checkpoint.path_of(run.checkpoints, saver.saved)}"


def _goes_on(run: RunDirectory) -> str:
    return f"gan-train resume={run.path} goes on"
