"""One run: what its parts share, and its way from the newest checkpoint to the last step."""

from __future__ import annotations

from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import NamedTuple

import tensorflow as tf

from gan_cli import data
from gan_cli.base import files
from gan_cli.base.errors import Interrupted, NonFiniteError, OutOfMemoryError, WorkerError
from gan_cli.base.machines import device
from gan_cli.data.pipeline.feed import FEEDS
from gan_cli.evaluation import scorer
from gan_cli.evaluation.scorer import Saver, Scorer
from gan_cli.runs import checkpoint, journal, origin
from gan_cli.training import automatic, failures, init_from, minutes
from gan_cli.training.build import build, compiled
from gan_cli.training.distributed import distribution
from gan_cli.training.distributed.workers import Workers, lost
from gan_cli.training.hooks import rollback
from gan_cli.training.hooks.evaluate import Evaluate
from gan_cli.training.hooks.hook import Finish, Hook, Pause, PauseAt, Progress, RollBack, Stop
from gan_cli.training.hooks.preview import Preview
from gan_cli.training.hooks.progress import MetricsLog, Outlook, bar_or_lines
from gan_cli.training.hooks.saving import Checkpoint, SaveBest
from gan_cli.training.hooks.tracking import Tracking
from gan_cli.training.hooks.watchdog import Watchdog
from gan_cli.training.loop import Loop
from gan_cli.training.restore import restore
from gan_cli.training.signals import Signals
from gan_cli.training.state import State
from gan_cli.training.step import Part
from gan_cli.training.training_run import TrainingRun


class Ended(NamedTuple):
    """How a call of `train` ended.

    Attributes:
        grid: the last preview; None where the run was complete already.
        paused: it stopped at `until`, and can go on.
    """

    grid: Path | None = None
    paused: bool = False


def train(run: TrainingRun, until: int | None = None) -> Ended:
    """Train up to the configured step, from the newest checkpoint where there is one.

    Args:
        until: a step at which to score, save and pause, where the run lasts longer.

    Raises:
        Interrupted: a signal came; the state was saved.
        GanError: what `gan_cli.base.errors` lists; the message says what was saved.
    """
    signals = Signals()
    run = run.with_config(automatic.with_precision(run.config))
    with signals.heard():
        try:
            run = run.with_config(minutes.in_steps(run.config, run.source, run.say))
            while isinstance(ended := _attempt(run, signals, until), RollBack):
                run = run.with_optimizer(ended)
        except (MemoryError, tf.errors.ResourceExhaustedError) as error:  # before the first step
            raise OutOfMemoryError(f"{run.directory.path}: {failures.too_much(error)}") from error
    return ended


def _attempt(run: TrainingRun, signals: Signals, until: int | None) -> Ended | RollBack:
    """From the newest checkpoint, or from the start, to the end or to a rollback."""
    config, source = run.config, run.source
    place = automatic.prepare(config, source.spec)
    workers = distribution.connected(config.distribution)
    try:
        with workers.leading() if workers else nullcontext():
            if workers:
                workers.same(*distribution.facts(config, source, run.total))
            return _led(run, signals, until, place, workers)
    except tf.errors.OpError as error:
        number = lost(error) if workers else None
        if number is None:
            raise
        raise WorkerError(f"worker {number} is lost; {failures.goes_on(run.directory)}") from None


def _led(
    run: TrainingRun, signals: Signals, until: int | None, place: str, workers: Workers | None
) -> Ended | RollBack:
    """The same, once all workers are there."""
    config, source = run.config, run.source
    places = distribution.places(config.distribution, workers)
    states = [build(config, source, run.total, each) for each in places]
    state = states[0]
    start = restore(run.directory, state, run.card, source, run.say)
    if config.init_from is not None and not checkpoint.steps(run.directory.checkpoints):
        init_from.load(state, config.init_from, run.say)
    distribution.alike(states, workers)
    where = device.placement(source.nbytes, config.training.feed)
    parts = [
        Part(each, FEEDS[where](source, config.training.batch_size, config.seed, each.replica))
        for each in states
    ]
    saver = Checkpoint(
        run.directory,
        state,
        config.training.checkpoint_every,
        run.card.fingerprint,
        source.fingerprint,
        start,
    )
    with failures.explained(run.directory, saver, [each.feed for each in parts]):
        if start >= run.total:
            return _complete(run, state, saver)
        run.write()
        _introduce(run, place, where, places)
        with Tracking(run) as tracking:
            return _to_the_end(run, parts, saver, tracking, start, signals, until, workers)


def _introduce(run: TrainingRun, place: str, where: str, places: distribution.Places) -> None:
    """The first lines: what is trained on what, and where."""
    config, source = run.config, run.source
    placed = (
        f"data {'resident' if where == 'resident' else 'streamed'}, {source.nbytes / 1e6:,.1f} MB"
        f"{', decoded on the fly' if source.on_the_fly else ''}"
    )
    if places[0]:
        share = config.training.batch_size // places[0].count
        place = f"{places[0].count} replicas with {share} images a step each ({place})"
    run.say(
        f"{config.model.name} on {len(source):,} {source.spec} ({config.data.name}), {place}, "
        f"{config.training.precision}; {placed}"
    )
    if source.skipped:
        path = run.directory.path / "skipped.txt"
        with files.whole(path) as partial:
            lines = "".join(f"{each.name}\t{each.reason}\n" for each in source.skipped)
            partial.write_text(lines, encoding="utf-8")
        run.say(f"{len(source.skipped):,} broken files left out, listed in {path}")


def _complete(run: TrainingRun, state: State, saver: Checkpoint) -> Ended:
    """Nothing is left to do but the full scores that a kill after the last step has left out."""
    step, long = int(state.step.numpy()), "epochs" if run.config.training.epochs else "steps"
    owed = scorer.owed(run.directory, run.config.evaluation)
    if owed and (scores := _scorer(run, state, saver, step)):
        scores.choose(run.say)
    run.say(
        f"{run.directory.path} is complete at step {step}; a larger training.{long}=N continues it"
    )
    return Ended()


def _scorer(run: TrainingRun, state: State, saver: Saver, start: int) -> Scorer | None:
    """What scores the run; None where it is over before its first score or cannot be scored."""
    config = run.config
    made = scorer.evaluator_of_run(config.data, run.source, config.evaluation, run.total, run.say)
    if made is None:
        return None
    return Scorer(made, config.evaluation, run.directory, state.sampler, start, saver)


def _to_the_end(
    run: TrainingRun,
    parts: list[Part],
    saver: Checkpoint,
    tracking: Tracking,
    start: int,
    signals: Signals,
    until: int | None,
    workers: Workers | None,
) -> Ended | RollBack:
    config, training = run.config, run.config.training
    (state, feed), *others = parts
    best, evaluate, scored = SaveBest(saver), None, config.evaluation
    if scored.every is not None:
        build = partial(_scorer, run, state, best, start)
        evaluate = Evaluate(scored.every, build, scored.patience, signals)
        if start:  # it may have ended early
            evaluate.begin()
    before = origin.newest_score(run.directory.path, start)
    held_out = partial(data.load, config.data, "test")
    preview = Preview(
        run.directory,
        state,
        run.source,
        held_out,
        training.preview_every,
        training.preview_count,
        lambda: (evaluate and evaluate.newest) or before,
    )
    hooks: list[Hook] = [PauseAt(until)] if until else []
    hooks += [evaluate] if evaluate else []
    scores = evaluate.scorer if evaluate else None
    hooks += _watchers(run, start, scores.since if scores else 0)
    hooks += [preview, tracking, best, saver]  # whoever goes on from a checkpoint has all before it
    loop = Loop(
        state,
        compiled(config, state, feed, run.total, others),
        hooks,
        batch_size=training.batch_size,
        log_every=training.log_every,
        steps_per_call=training.steps_per_call,
        agree=workers.agree if workers else None,
    )
    stop: Stop | None = (
        evaluate.finish if evaluate else None
    )  # a run that has ended early ends again
    progress = Progress(start, run.total)
    if stop is None:
        try:
            progress, stop = loop.run(run.total, signals)
            if said := feed.hold_up(progress.seconds):
                run.say(said)
        except NonFiniteError as error:
            back = rollback.from_non_finite(run, int(state.step.numpy()), error)
            if back is None:
                raise
            return back
    else:
        preview(progress)
        preview.close()
    if isinstance(stop, RollBack):
        return stop
    if progress.step < run.total:
        if isinstance(stop, Finish):
            run.say(f"ended at step {progress.step}: {stop.reason}")
        elif signals.received is not None:
            saver(progress)
            raise Interrupted(
                f"stopped and saved at step {progress.step}; {failures.goes_on(run.directory)}",
                signals.received,
            )
        elif isinstance(stop, Pause):
            return Ended(preview.last, paused=True)
    if evaluate and evaluate.scorer:
        evaluate.scorer.choose(run.say)
    return Ended(preview.last)


def _steps(run: TrainingRun, start: int) -> str:
    """How much is to be done."""
    size = run.config.training.batch_size
    epochs = (run.total - start) / run.source.batches(size)
    passes = f" ({epochs:,.0f} epochs)" if epochs >= 1.5 else ""
    rest = "more " if start else ""
    return f"{run.total - start:,} {rest}steps of {size:,} images{passes}"


def _watchers(run: TrainingRun, start: int, since: int) -> list[Hook]:
    """What shows, writes and watches the numbers of the run."""
    training, directory = run.config.training, run.directory
    watchers: list[Hook] = [
        Outlook(
            _steps(run, start),
            directory.path,
            run.config.evaluation.every is not None,
            training.log_every,
            run.say,
        ),
        bar_or_lines(start, run.total, training.log_every, run.say),
        MetricsLog(directory.metrics, training.log_every, start),
    ]
    if run.config.watchdog != "off":
        before = journal.entries(directory.metrics, start)
        watchers.append(Watchdog(training.log_every, rollback.reaction(run), before, since))
    return watchers
