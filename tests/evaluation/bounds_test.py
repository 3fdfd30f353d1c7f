"""The evidence lower bound of held-out images: of which images, with what noise, in training and by
gan-evaluate.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from gan_cli import data
from gan_cli.base.errors import ConfigError
from gan_cli.base.images import from_uint8
from gan_cli.base.randomness import Noise
from gan_cli.config.schema import Evaluation
from gan_cli.data.digits import Digits
from gan_cli.data.reading.source import Source
from gan_cli.evaluation import bounds, evaluate, reference, report
from gan_cli.evaluation.reference import EvaluatorOptions
from gan_cli.evaluation.scorer import Scorer, evaluator_of_run
from gan_cli.objectives.model import Networks
from gan_cli.runs.rundir import RunDirectory
from gan_cli.training.hooks.hook import Progress
from gan_cli.training.hooks.saving import Checkpoint

from ..training.toys import Toy

DIGITS = Digits(size=8)


class Explaining(Toy):
    """The bound of an image is `scale` times its brightness, from -1 to 1, and noise of a
    deviation.
    """

    def __init__(self, scale: float = 1.0, deviation: float = 0.0) -> None:
        def bound(networks: Networks, images: tf.Tensor, noise: Noise) -> tf.Tensor:
            brightness = tf.reduce_mean(tf.reshape(images, [tf.shape(images)[0], -1]), axis=1)
            return scale * brightness + deviation * noise.normal("latents", tf.shape(brightness))

        super().__init__(encoding=lambda networks, images: images, evidence_bound=bound)


def grey(levels: list[int], *shape: int) -> Source:
    """An image of each grey level."""
    return Source(np.stack([np.full(shape or (8, 8, 1), level, np.uint8) for level in levels]))


def test_the_bound_is_the_mean_over_the_images_themselves() -> None:
    assert bounds.compiled(Explaining(), grey([0, 255, 255, 255]), 10)(0) == pytest.approx(0.5)
    assert bounds.compiled(Explaining(-90.0), grey([255] * 7), 10)(0) == pytest.approx(-90.0)


def test_the_last_batch_counts_by_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    source = data.load(DIGITS, "test")
    expected = float(from_uint8(np.asarray(source.images, np.float64)).mean())
    for batch in (250, 7, 64):
        monkeypatch.setattr(bounds, "BATCH", batch)
        assert bounds.compiled(Explaining(), source, 10**6)(3) == pytest.approx(expected, rel=1e-6)


def test_large_images_and_sequences_come_in_small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    model = Explaining()
    monkeypatch.setattr(
        model,
        "bound",
        lambda images, noise: (seen.append(images.shape[0]), tf.zeros([images.shape[0]]))[1],
    )
    monkeypatch.setattr(bounds, "PIXELS", 256)
    for shape in ((8, 8, 3), (2, 8, 8, 1), (8, 64, 1), (3, 16, 16, 1)):
        assert bounds.compiled(model, grey([1] * 8, *shape), 8)(0) == 0
    assert seen == [4, 2, 1, 1]  # traced once each


def test_a_part_of_the_images_is_the_same_part_every_time() -> None:
    source = grey(list(range(200)))
    part = bounds.compiled(Explaining(), source, 50)
    assert part(0) == part(1) == bounds.compiled(Explaining(), source, 50)(0)
    rows = np.random.default_rng(0).permutation(200)[:50]
    assert part(0) == pytest.approx(rows.mean() / 127.5 - 1, abs=1e-6)
    assert part(0) != pytest.approx(bounds.compiled(Explaining(), source, 200)(0), abs=1e-4)


@pytest.mark.slow
def test_noise_follows_from_the_seed_and_is_another_for_every_batch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source = grey([127] * 500)
    bound = bounds.compiled(Explaining(0.0, 1.0), source, 500)
    values = [bound(seed) for seed in (0, 1, 2, 2**31 - 1)]
    assert values == [bound(seed) for seed in (0, 1, 2, 2**31 - 1)]
    assert len(set(values)) == 4
    assert max(map(abs, values)) < 4 / np.sqrt(500)
    monkeypatch.setattr(bounds, "BATCH", 100)
    many = [bounds.compiled(Explaining(0.0, 1.0), source, 500)(seed) for seed in range(40)]
    # Were it the same noise in all five batches, the deviation would be that of 100 draws.
    assert np.std(many) == pytest.approx(1 / np.sqrt(500), rel=0.3)


@pytest.mark.parametrize(
    ("model", "metrics", "there"),
    [
        (Explaining(), None, True),
        (Explaining(), ["elbo"], True),
        (Explaining(), ["frechet", "elbo"], True),
        (Explaining(), ["frechet"], False),
        (Toy(), None, False),
        (Toy(), ["frechet"], False),
    ],
)
def test_it_is_measured_where_there_is_one_and_it_is_wanted(
    model: Any, metrics: list[str] | None, there: bool
) -> None:
    assert bounds.measurable(model, metrics) is (model if there else None)


def test_a_model_without_one_is_refused_where_it_is_asked_for() -> None:
    with pytest.raises(
        ConfigError, match=r"^metrics=elbo needs a model with an evidence lower bound"
    ) as caught:
        bounds.measurable(Toy(), ["frechet", "elbo"])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("share", "enough", "split"), [(0.1, 1000, "train"), (0.1, 100, "test"), (0.0, 1000, "train")]
)
def test_held_out_images_are_the_test_split_where_there_is_one(
    share: float, enough: int, split: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the samples are compared with; without a test split they are the half that samples
    are not compared with.
    """
    monkeypatch.setattr(reference, "ENOUGH", enough)
    options = replace(DIGITS, test_share=share)
    made = reference.build_evaluator(
        options, EvaluatorOptions("pixels", count=32), print, metrics=["frechet"]
    )
    assert made.provenance["split"] == split
    test, train = data.load(options, "test"), data.load(options)
    if share:
        np.testing.assert_array_equal(made.held_out.images, test.images)
        return
    rows = {image.tobytes() for image in made.held_out.images[:]}
    assert len(made.held_out) == len(train) - len(train) // 2
    assert not rows & {image.tobytes() for image in made.reference.real.images}


def test_a_report_holds_it_without_a_baseline_and_with_the_spread_of_its_noise(
    tmp_path: Path,
) -> None:
    made = reference.build_evaluator(
        DIGITS, EvaluatorOptions("pixels", count=32), print, metrics=["frechet"]
    )
    bound = bounds.compiled(Explaining(1.0, 5.0), made.held_out, 10_000)
    drawn: list[int] = []
    of_model = {"elbo": lambda seed: {"elbo": bound(seed)}}

    def draw(seed: int) -> Iterator[np.ndarray]:
        drawn.append(seed)
        yield np.asarray(data.load(DIGITS).images)[:32]

    for names in (["frechet"], []):
        found = evaluate.report(made, names, draw, 32, 3, 7, {"path": "x"}, of_model)
        assert list(found.scores) == [*names, "elbo"]
        values = [bound(seed) for seed in (7, 8, 9)]
        elbo = found.scores["elbo"]
        assert (elbo.mean, elbo.deviation) == pytest.approx(
            (np.mean(values), np.std(values, ddof=1))
        )
        assert (elbo.baseline, elbo.better) == (None, "higher")
        assert np.std(values) > 0
        report.write(tmp_path / "x.json", found)
        assert report.read(tmp_path / "x.json") == found
    assert drawn == [7, 8, 9]  # without a metric of samples none are made
    assert list(evaluate.better(["edges", "elbo", "precision_recall"])) == [
        "edges",
        "elbo",
        "precision",
        "recall",
    ]
    assert evaluate.better(["elbo", "frechet"]) == {"elbo": "higher", "frechet": "lower"}


@pytest.mark.parametrize("explaining", [True, False])
def test_training_logs_the_bound_of_held_out_images_beside_the_score(
    explaining: bool, tmp_path: Path
) -> None:
    evaluation = Evaluation(every=2, count=32, final_count=64, extractor="pixels")
    source, model = data.load(DIGITS), Explaining(-2.0, 0.1) if explaining else Toy()
    made = evaluator_of_run(DIGITS, source, evaluation, 2, print)
    assert made is not None
    step = tf.Variable(2, dtype=tf.int64)
    state: Any = SimpleNamespace(
        sampler=model,
        step=step,
        replica=None,
        tensors=lambda: {"s": step},
        sampler_tensors=lambda: {"s": step},
    )
    run = RunDirectory(tmp_path)
    judge = Scorer(
        made,
        evaluation,
        run,
        state.sampler,
        int(state.step.numpy()),
        Checkpoint(run, state, 100, "model", "data", 2),
    )
    logged = judge(Progress(2, 100))
    if not explaining:
        assert set(logged) == {"frechet", "diversity"}
        return
    assert list(logged) == ["frechet", "diversity", "elbo_held_out"]
    test = data.load(DIGITS, "test")
    assert logged["elbo_held_out"] == pytest.approx(
        -2 * from_uint8(np.asarray(test.images, np.float64)).mean(), abs=0.03
    )
    assert logged == judge(Progress(2, 100))  # the noise is the same every time
