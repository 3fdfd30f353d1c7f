"""Schedules, optimizers, moving average, non-finite steps and hooks, one value at a time."""

from __future__ import annotations

import json
import math
import os
import tracemalloc
import zlib
from dataclasses import asdict, replace
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from gan_cli import models
from gan_cli.base import files
from gan_cli.base.errors import ConfigError, NonFiniteError, RunDirectoryError
from gan_cli.base.films import has_video
from gan_cli.config.schema import Optimizer, PlayerOptimizer, Schedule, TrainConfig, Training
from gan_cli.data.pipeline.feed import DeviceFeed
from gan_cli.data.reading.source import Source
from gan_cli.models.dcgan import Dcgan
from gan_cli.networks.variables import export
from gan_cli.objectives.options import Loss
from gan_cli.runs.journal import entries, first_damaged, json_lines
from gan_cli.runs.manifest import FORMAT
from gan_cli.runs.rundir import ModelCard
from gan_cli.sampling import drawing
from gan_cli.training import optimizers
from gan_cli.training.build import build as build_state
from gan_cli.training.hooks.hook import Answer, Finish, Pause, PauseAt, Progress, RollBack
from gan_cli.training.hooks.progress import MetricsLog, ProgressBar, ProgressLines
from gan_cli.training.loop import Loop
from gan_cli.training.schedules import Beta, Rate
from gan_cli.training.signals import Signals
from gan_cli.training.state import State
from gan_cli.training.step import Step

SOURCE = Source(np.random.default_rng(0).integers(0, 256, (20, 8, 8, 1), dtype=np.uint8))


def rate(step: int, name: str, updates_per_step: int = 1, **options: float) -> float:
    schedule = Schedule(name, **options)  # type: ignore[arg-type]
    return float(Rate(0.1, schedule, 100, updates_per_step)(tf.constant(step, tf.int64)))


@pytest.mark.parametrize(
    ("name", "step", "expected"),
    [
        ("constant", 0, 0.1),
        ("constant", 99, 0.1),
        ("linear", 0, 0.1),
        ("linear", 25, 0.075),
        ("linear", 100, 0.0),
        ("linear", 200, 0.0),
        ("cosine", 50, 0.05),
        ("cosine", 25, 0.05 * (1 + math.cos(math.pi / 4))),
        ("cosine", 100, 0.0),
        ("exponential", 50, 0.1 * math.sqrt(1e-3)),
        ("exponential", 100, 1e-4),
    ],
)
def test_schedules(name: str, step: int, expected: float) -> None:
    assert rate(step, name) == pytest.approx(expected, rel=1e-5, abs=1e-8)


def test_schedules_end_where_they_are_told_and_begin_after_the_warm_up() -> None:
    assert rate(100, "linear", end_factor=0.2) == pytest.approx(0.02)
    assert rate(50, "exponential", end_factor=0.01) == pytest.approx(0.01)
    assert rate(20, "linear", steps=40) == pytest.approx(0.05)
    assert rate(0, "linear", warmup_steps=20) == pytest.approx(0.1 / 20)
    assert rate(9, "linear", warmup_steps=20) == pytest.approx(0.1 * 10 / 20)
    assert rate(60, "linear", warmup_steps=20) == pytest.approx(0.05)
    assert rate(250, "linear", updates_per_step=5) == pytest.approx(0.05)


def beta_2(step: int, name: str = "cosine", **options: float) -> float:
    schedule = Schedule(name, end_beta_2=0.99, **options)  # type: ignore[arg-type]
    return float(Beta(0.9, schedule, 100)(tf.constant(step, tf.int64)))


def test_beta_2_follows_the_curve_of_the_schedule() -> None:
    assert beta_2(0) == pytest.approx(0.9)
    assert beta_2(50) == pytest.approx(0.945)
    assert beta_2(100) == beta_2(500) == pytest.approx(0.99)
    assert beta_2(60, warmup_steps=20) == pytest.approx(0.945)
    assert beta_2(50, "exponential") == pytest.approx(1.0 - 0.1 * math.sqrt(0.1))
    assert beta_2(100, "constant") == pytest.approx(0.9)


def test_adam_moves_by_the_beta_2_of_the_moment() -> None:
    """Kingma and Ba (2015), algorithm 1, in NumPy, with beta_2 as it is in each step."""
    betas = lambda step: [0.5, 0.7, 0.9][int(step)]  # noqa: E731
    optimizer = optimizers.Adam(0.1, beta_1=0.5, epsilon=1e-7, beta_2_at=betas)
    weight = keras.Variable([1.0, -2.0])
    optimizer.build([weight])
    expected, moment, square = np.array([1.0, -2.0]), np.zeros(2), np.zeros(2)
    for step, gradient in enumerate(np.array([[1.0, 2.0], [-3.0, 0.5], [0.2, 0.1]])):
        optimizer.apply([tf.constant(gradient, tf.float32)], [weight])
        beta = betas(step)
        moment = 0.5 * moment + 0.5 * gradient
        square = beta * square + (1.0 - beta) * gradient**2
        rate = 0.1 * math.sqrt(1.0 - beta ** (step + 1)) / (1.0 - 0.5 ** (step + 1))
        expected = expected - rate * moment / (np.sqrt(square) + 1e-7)
        np.testing.assert_allclose(weight.numpy(), expected, rtol=1e-5)


def build(
    name: str = "adam", precision: str = "float32", ema: float = 0.9, **options: object
) -> tuple[State, Step]:
    model = models.build(Dcgan(width=2, latent_dim=3), SOURCE.spec, Loss("non_saturating"), seed=0)
    players = optimizers.build(
        model, Optimizer(name, **options), Schedule("constant"), 10, precision
    )  # type: ignore[arg-type]
    state = State(model, players, ema)
    return state, Step(state, DeviceFeed(SOURCE, 4, 0), 0)


@pytest.fixture(scope="module")
def traced() -> tuple[State, Step]:
    return build()


@pytest.fixture
def start(traced: tuple[State, Step]) -> tuple[State, Step]:
    """At step 0, for tests of the loop: they ask when it stops, not what has been learnt."""
    traced[0].step.assign(0)
    return traced


@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_the_fused_adam_makes_the_updates_of_keras(decay: float) -> None:
    options = Optimizer(
        "adamw" if decay else "adam", learning_rate=0.01, weight_decay=decay, clip_norm=1.0
    )
    start, steps = (
        np.array([1.0, -2.0, 3.0], np.float32),
        np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32),
    )
    ours, theirs = keras.Variable(start), keras.Variable(start)
    fused = optimizers.BUILDERS[options.name](
        options, Rate(0.01, Schedule("constant"), 5), None, global_clipnorm=1.0, name="ours"
    )
    plain = keras.optimizers.Adam(
        0.01, 0.5, 0.999, 1e-7, weight_decay=decay or None, global_clipnorm=1.0
    )
    for gradient in steps:
        fused.apply([tf.constant(gradient)], [ours])
        plain.apply([tf.constant(gradient)], [theirs])
    np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-5)
    assert np.abs(ours.numpy() - start).min() > 0.01


def test_a_player_can_have_its_own_rate_and_only_players_of_the_model_can() -> None:
    state, _ = build(
        learning_rate=0.1, players={"generator": PlayerOptimizer(learning_rate=0.02, beta_1=0.0)}
    )
    assert float(state.optimizers["generator"].learning_rate) == pytest.approx(0.02)
    assert float(state.optimizers["discriminator"].learning_rate) == pytest.approx(0.1)
    assert (state.optimizers["generator"].beta_1, state.optimizers["discriminator"].beta_1) == (
        0.0,
        0.5,
    )
    with pytest.raises(ConfigError, match=r"'critic' .*generator, discriminator"):
        build(players={"critic": PlayerOptimizer()})


@pytest.mark.parametrize("name", ["adam", "adamw", "rmsprop", "sgd"])
def test_every_optimizer_moves_the_weights_and_the_rate_is_no_state(name: str) -> None:
    state, step = build(name, learning_rate=0.01)
    before = export(state.tensors())
    step.run(tf.constant(1, tf.int64), tf.zeros([1]))
    after = export(state.tensors())
    assert not np.array_equal(before["generator/dense/kernel"], after["generator/dense/kernel"])
    assert not [key for key in after if "learning_rate" in key and "scale" not in key]


def test_clip_norm_bounds_the_update_of_plain_descent() -> None:
    state, step = build("sgd", learning_rate=1.0, clip_norm=0.001)
    before = export({v.path: v for v in state.model.trainable("discriminator")})
    step.run(tf.constant(1, tf.int64), tf.zeros([1]))
    after = export({v.path: v for v in state.model.trainable("discriminator")})
    moved = math.sqrt(sum(float(np.sum((after[key] - before[key]) ** 2)) for key in before))
    assert moved == pytest.approx(0.001, rel=1e-3)


def test_weights_are_clipped_where_the_loss_asks_for_it() -> None:
    model = models.build(
        Dcgan(width=2, latent_dim=3), SOURCE.spec, Loss("wasserstein", weight_clip=0.01), seed=0
    )
    state = State(
        model, optimizers.build(model, Optimizer("sgd"), Schedule("constant"), 10, "float32"), 0.0
    )
    Step(state, DeviceFeed(SOURCE, 4, 0), 0).run(tf.constant(2, tf.int64), tf.zeros([1]))
    assert max(np.abs(v.numpy()).max() for v in model.trainable("discriminator")) == pytest.approx(
        0.01
    )
    assert max(np.abs(v.numpy()).max() for v in model.trainable("generator")) > 0.1


def test_the_moving_average_follows_its_formula() -> None:
    state, step = build(ema=0.15, learning_rate=0.1)
    key = "generator/dense/kernel"
    average = export(state.sampler_tensors())[key]
    for index in range(3):
        step.run(tf.constant(1, tf.int64), tf.zeros([1]))
        decay = min(0.15, (1 + index) / (10 + index))
        average = decay * average + (1 - decay) * export(state.tensors())[key]
        np.testing.assert_allclose(
            export(state.sampler_tensors())[key], average, rtol=1e-4, atol=1e-6
        )


def test_half_of_the_average_is_forgotten_after_its_half_life() -> None:
    """Ten steps of 4 images are 40 images."""
    training = Training(batch_size=4, precision="float32", ema_half_life=40, ema_decay=0.5)
    options = Dcgan(width=2, latent_dim=3)
    parts = (options, None, Loss("hinge"), Optimizer("adam"), Schedule("constant"), training)
    state = build_state(TrainConfig(*parts), SOURCE, 10)
    assert state.ema_decay**10 == pytest.approx(0.5)


def test_without_an_average_the_sampler_is_the_generator_itself() -> None:
    state, _ = build(ema=0.0)
    assert state.sampler.networks["generator"] is state.model.networks["generator"]
    assert not [key for key in state.tensors() if key.startswith("average/")]


def test_the_step_stops_at_the_first_loss_that_is_not_finite_and_names_it() -> None:
    state, step = build("sgd", learning_rate=1e30)
    seen: list[int] = []
    with pytest.raises(NonFiniteError, match=r"loss_|weight") as error:
        Loop(state, step, [Recorder(seen)], batch_size=4, log_every=50, steps_per_call=50).run(
            200, Signals()
        )
    assert int(state.step.numpy()) < 10
    assert f"step {int(state.step.numpy())}" in str(error.value)
    assert seen == []


def test_a_weight_that_is_not_finite_stops_the_run_though_the_losses_are() -> None:
    state, step = build(learning_rate=1e-9)
    moving = state.model.networks["generator"].get_layer("norm_0").moving_mean
    moving.assign(tf.fill(moving.shape, float("nan")))  # never read while training
    with pytest.raises(NonFiniteError, match=r"a weight is not finite after step 1$"):
        Loop(state, step, [], batch_size=4, log_every=5).run(9, Signals())


class Recorder:
    """Remembers the steps it was called at."""

    def __init__(self, seen: list[int], every: int = 3) -> None:
        self.every, self.seen, self.closed = every, seen, 0

    def __call__(self, progress: Progress) -> None:
        self.seen.append(progress.step)

    def close(self) -> None:
        self.closed += 1


@pytest.mark.parametrize("steps_per_call", [None, 1, 4, 100])
def test_hooks_are_called_when_due_and_at_the_last_step_however_calls_are_cut(
    steps_per_call: int | None, start: tuple[State, Step]
) -> None:
    state, step = start
    three, four = Recorder([], 3), Recorder([], 4)
    loop = Loop(
        state, step, [three, four], batch_size=4, log_every=5, steps_per_call=steps_per_call
    )
    moment, stop = loop.run(10, Signals())
    assert stop is None
    assert (three.seen, four.seen) == ([3, 6, 9, 10], [4, 8, 10])
    assert (three.closed, four.closed) == (1, 1)
    assert (moment.step, moment.total) == (10, 10)
    assert set(moment.logs) == {
        "loss_generator",
        "loss_discriminator",
        "logits_real",
        "logits_fake",
        "ordered",
    }


class Scores(Recorder):
    """Measures something, and wants the run to end at a step."""

    def __init__(self, every: int, last: int | None = None) -> None:
        super().__init__([], every)
        self.last = last

    def __call__(self, progress: Progress) -> Answer:
        super().__call__(progress)
        stop = Finish("enough") if progress.step == self.last else None
        return Answer({f"score_{self.every}": float(progress.step)}, stop)


class Watcher(Recorder):
    """Remembers the scores it was shown."""

    def __init__(self, every: int) -> None:
        super().__init__([], every)
        self.scores: list[dict[str, float]] = []

    def __call__(self, progress: Progress) -> None:
        super().__call__(progress)
        self.scores.append(dict(progress.scores))


def test_scores_of_a_hook_are_shown_to_the_hooks_after_it_at_that_step_alone(
    start: tuple[State, Step],
) -> None:
    state, step = start
    before, after, seldom = Watcher(0), Watcher(0), Watcher(4)
    hooks = [before, Scores(2), Scores(3), after, seldom]
    loop = Loop(state, step, hooks, batch_size=4, log_every=5, steps_per_call=1)
    moment, _ = loop.run(5, Signals())
    assert before.scores == [{}] * 5
    assert after.scores == [
        {},
        {"score_2": 2},
        {"score_3": 3},
        {"score_2": 4},
        {"score_2": 5, "score_3": 5},
    ]
    assert seldom.scores == [{"score_2": 4}, {"score_2": 5, "score_3": 5}]
    assert moment.scores == {"score_2": 5, "score_3": 5}


def test_a_hook_that_finishes_makes_its_step_the_last_one_for_the_hooks_after_it(
    start: tuple[State, Step],
) -> None:
    state, step = start
    early, scores, late = Recorder([], 5), Scores(3, last=6), Recorder([], 5)
    loop = Loop(state, step, [early, scores, late], batch_size=4, log_every=50)
    progress, stop = loop.run(100, Signals())
    assert stop == Finish("enough")
    assert (progress.step, int(state.step.numpy())) == (6, 6)
    assert (early.seen, scores.seen, late.seen) == ([5], [3, 6], [5, 6])
    assert (early.closed, scores.closed, late.closed) == (1, 1, 1)


def test_a_pause_ends_the_loop_at_its_step(
    start: tuple[State, Step],
) -> None:
    state, step = start
    late = Recorder([], 5)
    loop = Loop(state, step, [PauseAt(3), late], batch_size=4, log_every=50)
    progress, stop = loop.run(100, Signals())
    assert (progress.step, stop, late.seen) == (3, Pause(), [3])


def test_no_hook_sees_the_step_of_a_rollback_after_it(
    start: tuple[State, Step],
) -> None:
    class Back(Recorder):
        def __call__(self, progress: Progress) -> Answer:
            super().__call__(progress)
            return Answer(stop=RollBack(Optimizer("adam")))

    state, step = start
    before, back, after = Recorder([], 2), Back([], 2), Recorder([], 2)
    loop = Loop(state, step, [before, back, after], batch_size=4, log_every=50)
    progress, stop = loop.run(100, Signals())
    assert (progress.step, stop) == (2, RollBack(Optimizer("adam")))
    assert (before.seen, back.seen, after.seen) == ([2], [2], [])


@pytest.mark.slow
def test_steps_compiled_by_xla_are_the_same_bits_however_they_are_cut() -> None:
    totals = []
    for cuts in ((4,), (1, 3)):
        state, _ = build(learning_rate=0.01)
        step, total = Step(state, DeviceFeed(SOURCE, 4, 0), 0, xla=True), tf.zeros([1])
        for count in cuts:
            finite, total = step.run(tf.constant(count, tf.int64), total)
            assert bool(finite)
        totals.append(
            (total.numpy().tolist(), export(state.tensors())["generator/dense/kernel"].tobytes())
        )
        assert int(state.step.numpy()) == 4
    assert totals[0] == totals[1]
    assert step.names == [
        "loss_generator",
        "loss_discriminator",
        "logits_real",
        "logits_fake",
        "ordered",
    ]


@pytest.mark.slow
def test_logs_are_means_of_the_interval_and_the_same_bits_for_any_cut() -> None:
    logs = []
    for steps_per_call in (1, 3, 100):
        state, step = build(learning_rate=0.01)
        logs.append(
            Loop(state, step, [], batch_size=4, log_every=4, steps_per_call=steps_per_call)
            .run(6, Signals())[0]
            .logs
        )
    assert logs[0] == logs[1] == logs[2]
    state, step = build(learning_rate=0.01)
    single = [
        Loop(state, step, [], batch_size=4, log_every=1).run(n, Signals())[0].logs
        for n in range(1, 7)
    ]
    mean = (single[4]["loss_generator"] + single[5]["loss_generator"]) / 2
    assert logs[0]["loss_generator"] == pytest.approx(mean, rel=1e-5)


def test_a_signal_ends_the_loop_at_the_next_step_boundary(
    start: tuple[State, Step],
) -> None:
    state, step = start
    signals = Signals()

    class Alarm(Recorder):
        def __call__(self, progress: Progress) -> None:
            signals.received = 15

    loop = Loop(state, step, [Alarm([], 3)], batch_size=4, log_every=50)
    assert loop.run(100, signals)[0].step == 3


def test_metrics_drop_what_was_written_after_the_checkpoint_and_what_a_kill_cut(
    tmp_path: Path,
) -> None:
    path = tmp_path / "metrics.jsonl"
    log = MetricsLog(path, 1, 0)
    for step in (10, 20, 30):
        log(
            Progress(
                step, 100, {"loss_generator": 0.5}, seconds=step / 10, images_per_second=100.04
            )
        )
    log.close()
    with path.open("a") as file:
        file.write('{"step": 35, "los')
    log = MetricsLog(path, 1, 20)
    log(Progress(25, 100, {"loss_generator": 0.25}, seconds=0.5))
    log.close()
    lines = list(entries(path))
    assert [(line["step"], line["seconds"]) for line in lines] == [(10, 1.0), (20, 2.0), (25, 2.5)]
    assert lines[0] == {
        "step": 10,
        "seconds": 1.0,
        "images_per_second": 100.0,
        "loss_generator": 0.5,
    }


def test_metrics_have_a_line_at_each_interval_each_score_and_the_end(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    log = MetricsLog(path, 4, 0)
    for step in range(1, 11):
        scores = {"frechet": 9.5, "diversity": 0.5} if step == 3 else {}
        log(Progress(step, 10, {"loss_generator": 0.5} if step != 8 else {}, scores=scores))
    log.close()
    lines = list(entries(path))
    assert [line["step"] for line in lines] == [3, 4, 10]
    assert [line.get("frechet") for line in lines] == [9.5, None, None]
    assert lines[0] == {
        "step": 3,
        "seconds": 0.0,
        "images_per_second": 0.0,
        "loss_generator": 0.5,
    } | {
        "frechet": 9.5,
        "diversity": 0.5,
    }


def test_entries_are_the_lines_up_to_a_step(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    assert list(entries(path, 9)) == []
    lines = [{"step": step, "seconds": step / 2, "ordered": 0.5} for step in (2, 4, 6)]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert list(entries(path, 0)) == []
    assert list(entries(path, 1)) == []
    assert list(entries(path, 4)) == list(entries(path, 5)) == lines[:2]
    assert list(entries(path, 6)) == lines


def test_a_line_that_was_changed_taken_out_or_put_in_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    log = MetricsLog(path, 1, 0)
    for step in range(1, 6):
        log(Progress(step, 9, {"loss_generator": 0.5}, seconds=step / 10))
    log.close()
    whole = path.read_bytes().splitlines(keepends=True)
    assert json.loads(whole[0])["crc32"] == f"{zlib.crc32(whole[0][:-23]):08x}"
    assert (first_damaged(path), len(list(entries(path)))) == (None, 5)
    for lines, number in (
        ([*whole[:2], whole[2].replace(b"0.5", b"0.6"), *whole[3:]], 3),
        ([*whole[:2], whole[2].replace(b"e", b"E", 1), *whole[3:]], 3),
        ([*whole[:2], *whole[3:]], 3),
        (whole[1:], 1),
        ([*whole[:2], whole[1], *whole[2:]], 3),
        ([*whole[:2], b'{"step": 3, "seconds": 0.3}\n', *whole[3:]], 3),
        ([*whole[:4], whole[4][:-9]], None),
    ):
        path.write_bytes(b"".join(lines))
        assert first_damaged(path) == number
        assert [line["step"] for line in entries(path)] == list(range(1, number or 5))
    assert first_damaged(path, 2) is None


def test_a_resumed_log_goes_on_with_the_same_chain(tmp_path: Path) -> None:
    def logged(path: Path, parts: list[list[int]]) -> bytes:
        for steps in parts:
            log = MetricsLog(path, 1, steps[0] - 1)
            for step in steps:
                log(Progress(step, 9, {"loss_generator": 0.5}))
            log.close()
        return path.read_bytes()

    straight = logged(tmp_path / "a", [[1, 2, 3, 4, 5]])
    assert logged(tmp_path / "b", [[1, 2, 3, 4], [3, 4], [5]]) == straight


def test_lines_of_any_length_and_depth_are_read_in_constant_memory(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    good = b'{"action": "rollback"}\n'
    path.write_bytes(
        good
        + b"[" * 3_000_000
        + b"\n"
        + good
        + b'{"a": "'
        + b"x" * 3_000_000
        + b'"}\n'
        + good
        + b"\xff\n[1]\n{"
    )
    tracemalloc.start()
    found = [entry for entry, _ in json_lines(path) if entry is not None]
    assert found == [{"action": "rollback"}] * 3
    assert tracemalloc.get_traced_memory()[1] < 2_000_000
    tracemalloc.stop()
    assert [entry for entry, _ in json_lines(path)][-3:] == [None] * 3
    assert [end for _, end in json_lines(path)][-1] == path.stat().st_size


@pytest.mark.parametrize("make", ["link", "pipe"])
def test_a_metrics_file_that_is_no_plain_file_is_refused_and_left_alone(
    make: str, tmp_path: Path
) -> None:
    path, precious = tmp_path / "metrics.jsonl", tmp_path / "precious"
    precious.write_text("mine")
    path.symlink_to(precious) if make == "link" else os.mkfifo(path)
    with pytest.raises(
        RunDirectoryError, match="is a link" if make == "link" else "not a plain file"
    ):
        MetricsLog(path, 1, 10)
    with pytest.raises(RunDirectoryError):
        list(entries(path, 10))
    assert precious.read_text() == "mine"


@pytest.mark.parametrize(
    "line",
    [
        "[1]",
        '{"step": 5}',
        '{"step": 5, "seconds": {}}',
        '{"step": "5", "seconds": 1}',
        '{"step": 5.5, "seconds": 1}',
        '{"step": 1, "seconds": 1}',
        '{"step": -5, "seconds": 1}',
        '{"step": 5, "seconds": -1}',
        '{"step": 5, "seconds": Infinity}',
        '{"step": 5, "seconds": NaN}',
        '{"step": 5, "seconds": 1' + "0" * 400 + "}",
        '{"step": 5, "seconds": 1' + "0" * 5000 + "}",
        '{"step": 5, "seconds": 1, "text": "' + "x" * 100_000 + '"}',
        "[" * 50_000,
        "\xff",
    ],
    ids=range(15),
)
def test_lines_of_a_stranger_s_metrics_are_dropped_from_the_first_that_is_none(
    line: str, tmp_path: Path
) -> None:
    path = tmp_path / "metrics.jsonl"
    path.write_text(
        '{"step": 1, "seconds": 0.5}\n' + line + '\n{"step": 6, "seconds": 1}\n', encoding="latin-1"
    )
    MetricsLog(path, 1, 10).close()
    assert path.read_text() == '{"step": 1, "seconds": 0.5}\n'


def test_progress_lines_and_bar_name_step_speed_losses_and_time_left(
    capsys: pytest.CaptureFixture[str],
) -> None:
    moment = Progress(
        50, 200, {"loss_generator": 0.51234, "loss_discriminator": 1.25}, 3.0, 8812.3, 75.0
    )
    ProgressLines(10, print)(moment)
    assert (
        capsys.readouterr().out
        == "step 50/200  8,812 images/s  generator 0.5123  discriminator 1.25  01:15 left\n"
    )
    bar = ProgressBar(0, 200)
    bar(moment)
    bar.close()
    last = capsys.readouterr().out.replace("\r", "\n").strip().splitlines()[-1]
    for part in (" 25%|", "50/200", "<01:15, 8,812 img/s, G 0.512, D 1.25"):
        assert part in last


def test_the_bar_knows_no_time_left_before_the_first_step_was_timed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    bar = ProgressBar(0, 200)
    bar(Progress(1, 200, {"loss_generator": 0.5}, 30.0))  # its graph was traced for so long
    bar.close()
    last = capsys.readouterr().out.replace("\r", "\n").strip().splitlines()[-1]
    assert "<?, 0 img/s, G 0.5]" in last


SCORED = Progress(55, 200, {"loss_generator": 0.5}, scores={"frechet": 12.345})


def test_a_progress_line_comes_at_a_score_between_two_others(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lines = ProgressLines(10, print)
    for moment in (Progress(54, 200, SCORED.logs), SCORED, Progress(60, 200, SCORED.logs)):
        lines(moment)
    scored, plain = capsys.readouterr().out.splitlines()
    assert scored == "step 55/200  0 images/s  generator 0.5  Fréchet 12.35  00:00 left"
    assert plain == "step 60/200  0 images/s  generator 0.5  00:00 left"


def test_the_bar_shows_a_score_until_the_next_one(capsys: pytest.CaptureFixture[str]) -> None:
    bar = ProgressBar(0, 200)
    bar(SCORED)
    bar(Progress(56, 200, SCORED.logs))
    bar.close()
    last = capsys.readouterr().out.replace("\r", "\n").strip().splitlines()[-1]
    assert "56/200" in last
    assert "0 img/s, G 0.5, FD 12.3" in last


def test_a_sampler_that_is_compiled_already_draws_the_same_images() -> None:
    model = models.build(Dcgan(width=2), SOURCE.spec, Loss("hinge"), seed=0)
    function = drawing.compiled(model)
    calls: list[int] = []

    def counted(inputs: drawing.Inputs) -> np.ndarray:
        calls.append(len(inputs.latents))
        return function(inputs)

    given = np.concatenate(list(drawing.batches(model, 9, 5, 4, counted)))
    np.testing.assert_array_equal(given, np.concatenate(list(drawing.batches(model, 9, 5, 4))))
    assert calls == [4, 4, 1]


@pytest.mark.parametrize("batch_size", [1, 7, 64, 100])
def test_samples_do_not_depend_on_the_batch_size(batch_size: int) -> None:
    model = models.build(Dcgan(width=8), SOURCE.spec, Loss("hinge"), seed=0)
    whole = np.concatenate(list(drawing.batches(model, 100, 5, 33)))
    parts = list(drawing.batches(model, 100, 5, batch_size))
    assert whole.shape == (100, 8, 8, 1)
    assert [len(part) for part in parts[:-1]] == [batch_size] * (len(parts) - 1)
    np.testing.assert_array_equal(np.concatenate(parts), whole)
    other = np.concatenate(list(drawing.batches(model, 100, 6, 33)))
    assert (other != whole).mean() > 0.5


def test_previews_of_a_run(tiny_run: Path) -> None:
    assert {path.name for path in (tiny_run / "samples").iterdir()} == {
        "progress.gif",
        *(["progress.mp4"] if has_video() else []),
        "real.png",
        "step-00000004.png",
        "step-00000008.png",
    }
    with (
        Image.open(tiny_run / "samples" / "step-00000008.png") as grid,
        Image.open(tiny_run / "samples" / "real.png") as real,
    ):
        assert grid.size == real.size == (262, 262)
        assert np.asarray(grid)[0, 0] == 255
    with Image.open(tiny_run / "samples" / "progress.gif") as gif:
        assert gif.n_frames == 2


def test_a_model_s_fingerprint_is_of_what_was_chosen() -> None:
    """An option that a later version adds, at its default, leaves older checkpoints their model."""
    card = ModelCard(FORMAT, Dcgan(width=3), Loss("hinge"), SOURCE.spec)
    facts = {
        "format": FORMAT,
        "data": {  # nothing of captions, which this data has not
            key: value
            for key, value in asdict(SOURCE.spec).items()
            if key not in ("vocabulary", "caption_length", "captions")
        },
        "model": {"name": "dcgan", "width": 3},
        "loss": {"name": "hinge"},
    }
    assert card.fingerprint == files.fingerprint(facts)
    others = [
        replace(card, loss=Loss("hinge", r1=1.0)),
        replace(card, model=Dcgan(width=4)),
        replace(card, loss=Loss("minimax")),
    ]
    assert len({card.fingerprint, *(other.fingerprint for other in others)}) == 4
