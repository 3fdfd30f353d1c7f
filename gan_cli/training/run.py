"""One run from its parts: build, restore or start, loop, and the words that end it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import tensorflow as tf

from gan_cli import data, models
from gan_cli.base import device, files
from gan_cli.base.errors import (
    CheckpointError,
    Interrupted,
    NonFiniteError,
    OutOfMemoryError,
    refused,
)
from gan_cli.config.schema import TrainConfig, Training
from gan_cli.data.pipeline import augment
from gan_cli.data.pipeline.feed import FEEDS, Feed
from gan_cli.data.reading.source import Source
from gan_cli.evaluation import scorer
from gan_cli.networks.variables import assign, expected
from gan_cli.objectives import diffaug
from gan_cli.runs import checkpoint, journal
from gan_cli.runs.rundir import ModelCard, RunDirectory
from gan_cli.training import failures, hooks, init_from, optimizers, rollback
from gan_cli.training.hooks import Hook
from gan_cli.training.loop import Loop
from gan_cli.training.preview import Preview
from gan_cli.training.rollback import RollBack
from gan_cli.training.signals import Signals
from gan_cli.training.state import State
from gan_cli.training.step import Step
from gan_cli.training.watchdog import Watchdog

Say = Callable[[str], None]


def total_steps(training: Training, source: Source) -> int:
    """Steps of the whole run."""
    if training.epochs:
        return training.epochs * source.batches(training.batch_size)
    return training.steps


class Ended(NamedTuple):
    """How a call of `train` ended.

    Attributes:
        grid: the last preview; None where the run was complete already.
        paused: it stopped at `until`, and can go on.
    """

    grid: Path | None = None
    paused: bool = False


def train(
    config: TrainConfig,
    stored: dict[str, Any],
    source: Source,
    run: RunDirectory,
    say: Say,
    until: int | None = None,
) -> Ended:
    """Train in a run directory up to the configured step, from its newest checkpoint where it has
    one.

    Args:
        stored: the configuration as config.json shall hold it.
        say: called with lines for the user.
        until: a step at which to score, save and pause, where the run lasts longer.

    Raises:
        Interrupted: a signal came; the state was saved.
        OutOfMemoryError, DiskFullError, NonFiniteError, RunDirectoryError, CheckpointError,
        ConfigError, DataError: see
            `gan_cli.base.errors`.
    """
    signals = Signals()
    with signals.heard():
        while True:
            try:
                return _once(config, stored, source, run, say, signals, until)
            except RollBack as back:
                config = replace(config, optimizer=back.optimizer)
                stored = {**stored, "optimizer": asdict(back.optimizer)}
                _write(
                    run, run.read_card(), stored
                )  # at once: a kill while the state is built again shall not undo it
            except (
                MemoryError,
                tf.errors.ResourceExhaustedError,
            ) as error:  # before the first step
                raise OutOfMemoryError(f"{run.path}: {failures.too_much(error)}") from error


def _once(
    config: TrainConfig,
    stored: dict[str, Any],
    source: Source,
    run: RunDirectory,
    say: Say,
    signals: Signals,
    until: int | None,
) -> Ended:
    """From the newest checkpoint, or from the start, to the end or to a rollback."""
    place = device.prepare(config.training.threads)
    card = ModelCard(1, config.model, config.loss, source.spec)
    total = total_steps(config.training, source)
    state = build(config, source, total)
    start = _restore(run, state, card, source, say) if (run.path / "model.json").exists() else 0
    if config.init_from is not None and not checkpoint.steps(run.checkpoints):
        init_from.load(state, config.init_from, say)
    where = device.placement(source.nbytes, config.training.feed)
    feed = FEEDS[where](source, config.training.batch_size, config.seed)
    if start >= total:
        if scorer.owed(run, config.evaluation):
            _choose(config, source, feed, run, card, state, total, say)
        say(f"{run.path} is complete at step {start}; training.steps=N with a larger N goes on")
        return Ended()
    _write(run, card, stored)
    say(
        f"{config.model.name} on {len(source):,} {source.spec} ({config.data.name}), {place}; "
        f"{_placed(source, where)}"
    )
    if source.skipped:
        say(
            f"{len(source.skipped):,} broken files left out, listed in {_list_skipped(run, source)}"
        )
    return _loop(config, source, feed, run, card, state, start, total, signals, say, until)


def build(config: TrainConfig, source: Source, total: int) -> State:
    """The state at step 0 of a run of `total` steps."""
    training = config.training
    view = diffaug.differentiable(config.augment.differentiable)
    model = models.build(
        config.model,
        source.spec,
        config.loss,
        seed=config.seed,
        precision=training.precision,
        augment=view,
    )
    model.prepare()
    players = optimizers.build(model, config.optimizer, config.schedule, total, training.precision)
    return State(model, players, training.ema_decay)


def compiled(config: TrainConfig, state: State, feed: Feed) -> Step:
    """The training step that the configuration describes."""
    return Step(state, feed, config.seed, config.training.xla, augment.build(config.augment))


def _restore(run: RunDirectory, state: State, card: ModelCard, source: Source, say: Say) -> int:
    """Put the newest valid checkpoint into the state; its step."""
    if run.read_card().fingerprint != card.fingerprint:
        raise CheckpointError(
            f"{run.path}/model.json does not fit the stored configuration and data"
        )
    manifest = checkpoint.newest(run.checkpoints, say)
    if manifest is None:
        say(f"{run.path} has no checkpoint yet: starting at step 0")
        return 0
    if manifest.model != card.fingerprint:
        raise CheckpointError(
            f"{run.checkpoints}: step {manifest.step} was saved from another model.json"
        )
    if manifest.data != source.fingerprint:
        raise CheckpointError(
            f"{source.origin}: not the images that {run.path} was trained on (SHA-256 differs)"
        )
    tensors = state.tensors()
    assign(
        tensors,
        checkpoint.read(run.checkpoints, manifest.step, checkpoint.STATE, expected(tensors)),
    )
    say(f"resumed at step {manifest.step}")
    return manifest.step


def _write(run: RunDirectory, card: ModelCard, stored: dict[str, Any]) -> None:
    try:
        run.write_config(stored)
        run.write_card(card)  # last: its presence makes this a run directory
    except OSError as error:
        raise refused(
            error, f"{run.path}: {error.strerror or error}; nothing was trained"
        ) from None


def _placed(source: Source, where: str) -> str:
    return (
        f"data {'resident' if where == 'resident' else 'streamed'}, {source.nbytes / 1e6:,.1f} MB"
    )


def _list_skipped(run: RunDirectory, source: Source) -> Path:
    """Write skipped.txt: a line for each file that is left out, and why."""
    path = run.path / "skipped.txt"
    with files.whole(path) as partial:
        partial.write_text(
            "".join(f"{each.name}\t{each.reason}\n" for each in source.skipped), encoding="utf-8"
        )
    return path


def _loop(
    config: TrainConfig,
    source: Source,
    feed: Feed,
    run: RunDirectory,
    card: ModelCard,
    state: State,
    start: int,
    total: int,
    signals: Signals,
    say: Say,
    until: int | None,
) -> Ended:
    training = config.training
    saver = _saver(config, run, state, card, source, start)
    with failures.explained(run, saver, feed):
        made = scorer.evaluator_of_run(config.data, source, config.evaluation, total, say)
        judge = (
            scorer.Scorer(
                made, config.evaluation, run, state.sampler, int(state.step.numpy()), saver
            )
            if made
            else None
        )
        held_out = partial(data.load, config.data, "test")
        preview = Preview(
            run, state, source, held_out, training.preview_every, training.preview_count
        )
        pauses = [hooks.Pause(until)] if until else []
        loop = Loop(
            state,
            compiled(config, state, feed),
            [
                *pauses,
                *([judge] if judge else []),
                *_watchers(config, run, start, total, judge, say),
                preview,
                saver,
            ],
            batch_size=training.batch_size,
            log_every=training.log_every,
            steps_per_call=training.steps_per_call,
        )
        try:
            moment = loop.run(total, signals)
        except NonFiniteError as error:
            rollback.on_non_finite(config, run, int(state.step.numpy()), total, error, say)
            raise
        if judge and judge.finished and moment.step < total:
            say(
                f"ended at step {moment.step}: no better score in "
                f"evaluation.patience={config.evaluation.patience} of them"
            )
            if preview.last is None:  # it had ended before it was resumed
                preview(moment)
        elif signals.received is not None and moment.step < total:
            saver(moment)
            raise Interrupted(
                f"stopped and saved at step {moment.step}; {failures.goes_on(run)}",
                signals.received,
            )
        elif any(pause.finished for pause in pauses) and moment.step < total:
            return Ended(preview.last, paused=True)
        if judge:
            judge.choose(say)
    return Ended(preview.last)


def _choose(
    config: TrainConfig,
    source: Source,
    feed: Feed,
    run: RunDirectory,
    card: ModelCard,
    state: State,
    total: int,
    say: Say,
) -> None:
    """The full scores that a kill after the last step has left out."""
    saver = _saver(config, run, state, card, source, total)
    with failures.explained(run, saver, feed):
        if made := scorer.evaluator_of_run(config.data, source, config.evaluation, total, say):
            scorer.Scorer(
                made, config.evaluation, run, state.sampler, int(state.step.numpy()), saver
            ).choose(say)


def _saver(
    config: TrainConfig,
    run: RunDirectory,
    state: State,
    card: ModelCard,
    source: Source,
    start: int,
) -> hooks.Checkpoint:
    return hooks.Checkpoint(
        run, state, config.training.checkpoint_every, card.fingerprint, source.fingerprint, start
    )


def _watchers(
    config: TrainConfig,
    run: RunDirectory,
    start: int,
    total: int,
    judge: scorer.Scorer | None,
    say: Say,
) -> list[Hook]:
    training = config.training
    watchers: list[Hook] = [
        hooks.progress(start, total, training.log_every),
        hooks.MetricsLog(run.metrics, training.log_every, start),
    ]
    if training.tensorboard:
        watchers.append(hooks.TensorBoard(run.path / "tensorboard", training.log_every))
    if config.watchdog != "off":
        before = journal.entries(run.metrics, start)
        react = rollback.reaction(config, run, total, say)
        watchers.append(Watchdog(training.log_every, react, before, judge.since if judge else 0))
    return watchers
