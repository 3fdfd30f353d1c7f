"""Scores while training, without training: a made-up generator, scripted distances, real
checkpoints.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from gan_cli import data
from gan_cli.base import files
from gan_cli.base.images import to_uint8
from gan_cli.config.schema import Evaluation
from gan_cli.data.digits import Digits
from gan_cli.data.reading.source import Source
from gan_cli.evaluation import scorer
from gan_cli.evaluation.reference import Evaluator
from gan_cli.evaluation.scorer import Scorer, evaluator_of_run
from gan_cli.metrics.extractors.pixels import Pixels
from gan_cli.metrics.frechet import Moments, frechet_distance
from gan_cli.runs import checkpoint, ranking
from gan_cli.runs.rundir import RunDirectory
from gan_cli.sampling import drawing
from gan_cli.training.hooks.hook import Progress
from gan_cli.training.hooks.saving import Checkpoint

from ..training.toys import Labelled, Toy

OPTIONS = Digits(size=8)
EVALUATION = Evaluation(every=2, count=32, final_count=64, extractor="pixels")


@pytest.fixture(scope="module")
def source() -> Source:
    return data.load(OPTIONS)


@pytest.fixture
def made(source: Source) -> Evaluator:
    found = evaluator_of_run(OPTIONS, source, EVALUATION, 2, print)
    assert found is not None
    return found


class Bench:
    """A run directory whose training is only a number of steps, with scripted distances."""

    def __init__(
        self, folder: Path, made: Evaluator, evaluation: Evaluation = EVALUATION, step: int = 0
    ) -> None:
        folder.mkdir(exist_ok=True)
        self.run, self.said = RunDirectory(folder), list[str]()
        self.step = tf.Variable(step, dtype=tf.int64)
        tensors = {"step": self.step}
        state: Any = SimpleNamespace(
            sampler=Toy(),
            step=self.step,
            replica=None,
            tensors=lambda: tensors,
            sampler_tensors=lambda: tensors,
        )
        saver = Checkpoint(self.run, state, 100, "model", "data", step)
        self.scorer = Scorer(
            made, evaluation, self.run, state.sampler, int(state.step.numpy()), saver
        )

    def go(self, until: int) -> None:
        """Every step up to one, the scorer being called when it is due."""
        for step in range(int(self.step) + 1, until + 1):
            self.step.assign(step)
            if step % self.scorer.every == 0:
                self.scorer(Progress(step, 100))
                if self.scorer.finished:
                    break

    def choose(self) -> None:
        self.scorer.choose(self.said.append)

    @property
    def scores(self) -> dict[int, float]:
        """step -> score of what is kept."""
        return {each.step: each.score or 0.0 for each in ranking.ranked(self.run.checkpoints)}

    @property
    def full(self) -> dict[int, float | None]:
        return {each.step: each.full_score for each in ranking.ranked(self.run.checkpoints)}


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The distances to come, the next one first."""
    distances: list[float] = []
    monkeypatch.setattr(scorer, "frechet_distance", lambda real, generated: distances.pop(0))
    monkeypatch.setattr(scorer, "load_sampler", lambda run, manifest: Toy())
    return distances


@pytest.mark.parametrize(
    ("every", "total", "there"), [(None, 100, False), (4, 3, False), (4, 4, True), (4, 5, True)]
)
def test_a_run_that_ends_before_its_first_score_has_no_evaluator(
    every: int | None, total: int, there: bool, source: Source
) -> None:
    said: list[str] = []
    found = evaluator_of_run(OPTIONS, source, replace(EVALUATION, every=every), total, said.append)
    assert (found is not None) == there
    assert said == []


def test_data_that_cannot_be_scored_is_one_line(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    few, same = (
        source.take(np.arange(30)),
        Source(np.full((40, 8, 8, 1), 7, np.uint8), origin="grey.npz"),
    )
    monkeypatch.setattr(data, "load", lambda options, split: source.take(np.arange(0)))
    for images, reason in (
        (few, "are too few for scores"),
        (same, "grey.npz: all images look the same"),
    ):
        said: list[str] = []
        assert evaluator_of_run(OPTIONS, images, EVALUATION, 10, said.append) is None
        (line,) = said
        assert line.startswith("without scores: ")
        assert reason in line
    assert evaluator_of_run(OPTIONS, source.take(np.arange(32)), EVALUATION, 10, print) is not None


def test_the_score_and_the_diversity_are_those_of_the_first_samples_of_the_seed(
    made: Evaluator, tmp_path: Path
) -> None:
    bench = Bench(tmp_path, made, replace(EVALUATION, count=300))
    bench.step.assign(2)
    scores = bench.scorer(Progress(2, 100))
    latents = np.random.default_rng(0).standard_normal((300, 64), np.float32)
    images = to_uint8(np.tanh(latents)).reshape(300, 8, 8, 1)
    assert (
        images == np.concatenate(list(drawing.batches(Toy(), 300, 0, 64)))
    ).mean() > 0.99  # tanh may round otherwise
    features = Pixels().features(images)
    real = made.reference.real.features
    assert scores["frechet"] == pytest.approx(
        frechet_distance(Moments.of(real), Moments.of(features)), rel=1e-3
    )
    assert scores["diversity"] == pytest.approx(
        features.var(axis=0, ddof=1).sum() / real.var(axis=0, ddof=1).sum(), rel=1e-3
    )
    assert scores["diversity"] > 1.0
    assert bench.scores == {2: scores["frechet"]}


def test_a_conditional_model_is_scored_on_all_classes_alike(
    made: Evaluator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[np.ndarray] = []
    monkeypatch.setattr(scorer, "frechet_distance", lambda real, generated: 1.0)
    monkeypatch.setattr(
        made.reference.extractor,
        "features",
        lambda images: (seen.append(images), Pixels().features(images))[1],
    )
    bench = Bench(tmp_path, made, replace(EVALUATION, count=400))
    bench.scorer._model, bench.scorer._sample = Labelled(), drawing.compiled(Labelled())
    bench.scorer(Progress(2, 100))
    images = np.concatenate(seen)
    classes = np.bincount(images[:, 0, 0, 0] // 50, minlength=5)
    assert images.shape == (400, 8, 8, 1)
    assert classes.sum() == 400
    assert 50 < classes.min() <= classes.max() < 110


@pytest.mark.parametrize(
    ("distances", "saved", "kept"),
    [
        ([5.0, 4.0, 3.0], [2, 4, 6], {6: 3.0, 4: 4.0, 2: 5.0}),
        ([5.0, 4.0, 3.0, 6.0], [2, 4, 6], {6: 3.0, 4: 4.0, 2: 5.0}),
        ([5.0, 4.0, 3.0, 6.0, 2.0], [2, 4, 6, 10], {10: 2.0, 6: 3.0, 4: 4.0}),
        (
            [1.0, 2.0, 3.0, 3.0],
            [2, 4, 6],
            {2: 1.0, 4: 2.0, 6: 3.0},
        ),  # as good as the third is not among the best
        ([1.0, 5.0, 6.0, 4.0, 3.0, 2.0], [2, 4, 6, 8, 10, 12], {2: 1.0, 12: 2.0, 10: 3.0}),
        ([0.0, 0.0, 0.0], [2, 4, 6], {2: 0.0, 4: 0.0, 6: 0.0}),
    ],
)
def test_the_best_three_are_kept_while_the_run_lasts(
    distances: list[float],
    saved: list[int],
    kept: dict[int, float],
    script: list[float],
    made: Evaluator,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    commits: list[int] = []
    commit = checkpoint.save
    monkeypatch.setattr(
        checkpoint, "save", lambda *given: (commits.append(given[1]), commit(*given))
    )
    script[:] = distances
    bench = Bench(tmp_path, made)
    bench.go(2 * len(distances))
    assert commits == saved
    assert bench.scores == kept
    assert set(bench.full.values()) == {None}


def test_the_full_scores_choose_among_the_best_three(
    script: list[float], made: Evaluator, tmp_path: Path
) -> None:
    script[:] = [1.0, 3.0, 2.0, 4.0]
    bench = Bench(tmp_path, made)
    bench.go(8)
    script[:] = [30.0, 10.0, 20.0]  # of steps 2, 6 and 4, as their scores rank them
    bench.choose()
    assert script == []
    assert bench.full == {6: 10.0, 4: 20.0, 2: 30.0}
    best = ranking.best(bench.run.checkpoints, print)
    assert best is not None
    assert (best.step, best.score, best.full_score, best.full_count, best.evaluator) == (
        6,
        2.0,
        10.0,
        64,
        bench.scorer.fingerprint,
    )
    baseline = made.baseline(["frechet"])["frechet"]
    assert bench.said == [f"best step      6, Fréchet 10 (64 samples; real images {baseline:.3g})"]


def test_after_the_choice_the_newest_two_and_the_best_by_either_score_are_left(
    script: list[float], made: Evaluator, tmp_path: Path
) -> None:
    script[:] = [3.0, 1.0, 2.0, 9.0, 9.0, 8.0]
    bench = Bench(tmp_path, made)
    bench.go(12)
    for step in (13, 14):
        bench.scorer._saver.save(step)
    script[:] = [30.0, 20.0, 10.0]  # of steps 4, 6 and 2
    bench.choose()
    assert checkpoint.steps(bench.run.checkpoints) == [14, 13, 4, 2]
    bench.choose()  # what has its full score is not scored again
    assert bench.said[0] == bench.said[1]
    assert bench.full == {2: 10.0, 4: 30.0}


def test_full_scores_of_another_count_are_taken_again(
    script: list[float], made: Evaluator, tmp_path: Path
) -> None:
    script[:] = [1.0, 2.0, 3.0]
    bench = Bench(tmp_path, made)
    bench.go(6)
    script[:] = [5.0, 4.0, 6.0]
    bench.choose()
    assert bench.full == {4: 4.0, 2: 5.0, 6: 6.0}
    bench = Bench(tmp_path, made, replace(EVALUATION, final_count=128), step=6)
    script[:] = [0.5, 0.5, 0.5]
    bench.go(12)  # three that push the others from the first places
    assert bench.full == {4: 4.0, 8: None, 10: None, 12: None}
    script[:] = [2.4, 2.3, 2.2, 2.5]  # of 8, 10, 12 and of 4, which had one of 64 samples
    bench.choose()
    assert script == []
    assert bench.full == {12: 2.2, 10: 2.3, 8: 2.4}
    assert {each.full_count for each in ranking.ranked(bench.run.checkpoints)} == {128}


def test_without_a_final_count_the_scores_stand(
    script: list[float], made: Evaluator, tmp_path: Path
) -> None:
    script[:] = [1.0, 2.0, 3.0]
    bench = Bench(tmp_path, made, replace(EVALUATION, final_count=None))
    bench.go(6)
    bench.choose()
    assert bench.full == {2: None, 4: None, 6: None}
    assert bench.said == []


def test_a_damaged_contender_gets_no_full_score_and_ends_no_run(
    script: list[float], made: Evaluator, tmp_path: Path
) -> None:
    script[:] = [1.0, 2.0]
    bench = Bench(tmp_path, made)
    bench.go(4)
    path = checkpoint.path_of(bench.run.checkpoints, 2) / checkpoint.SAMPLER
    path.write_bytes(path.read_bytes()[:-1] + b"\xff")
    script[:] = [7.0]
    bench.choose()
    assert bench.full == {4: 7.0, 2: None}
    assert bench.said[0].startswith("DAMAGED CHECKPOINT")
    assert "step-00000002" in bench.said[0]
    assert "best step      4, Fréchet 7 " in bench.said[1]
    path.with_name("manifest.json").write_text("{}")
    (checkpoint.path_of(bench.run.checkpoints, 4) / "manifest.json").write_text("{}")
    bench.choose()
    assert bench.said[-1].endswith("none of its 2 checkpoints is valid")
    assert all(line.startswith("DAMAGED CHECKPOINT") for line in bench.said[2:-1])


@pytest.mark.parametrize(
    ("patience", "distances", "end"),
    [
        (1, [5.0, 4.0, 4.0], 6),
        (2, [5.0, 6.0, 7.0], 6),
        (2, [5.0, 6.0, 5.0], 6),
        (2, [5.0, 6.0, 4.9, 6.0, 5.0], 10),
        (3, [5.0, 6.0, 4.9, 6.0, 4.8, 9.0, 9.0, 9.0], 16),
        (3, [5.0, 6.0, 7.0], None),
        (None, [5.0] * 9, None),
    ],
)
def test_patience_ends_a_run_after_as_many_scores_without_a_better_one(
    patience: int | None,
    distances: list[float],
    end: int | None,
    script: list[float],
    made: Evaluator,
    tmp_path: Path,
) -> None:
    evaluation = replace(EVALUATION, patience=patience)
    script[:] = list(distances)
    bench = Bench(tmp_path, made, evaluation)
    bench.go(2 * len(distances))
    assert bench.scorer.finished == (end is not None)
    assert int(bench.step) == 2 * len(distances) == (end or 2 * len(distances))
    for start in {
        3,
        4,
        2 * len(distances) - 1,
    }:  # a run that went on from any step comes to the same end
        script[:] = list(distances)
        folder = tmp_path / f"from-{start}"
        first = Bench(folder, made, evaluation)
        first.go(start)
        second = Bench(folder, made, evaluation, step=start)
        assert not second.scorer.finished
        second.go(2 * len(distances))
        assert (second.scorer.finished, int(second.step)) == (
            bench.scorer.finished,
            int(bench.step),
        )
        assert second.scores == bench.scores


def test_a_run_that_has_ended_early_ends_again_unless_it_shall_wait_longer(
    script: list[float], made: Evaluator, tmp_path: Path
) -> None:
    script[:] = [5.0, 6.0, 7.0]
    bench = Bench(tmp_path, made, replace(EVALUATION, patience=2))
    bench.go(20)
    script[:] = [3.0, 2.0, 1.0]  # the choice may prefer another one
    bench.choose()
    for patience, finished in ((1, True), (2, True), (3, False), (None, False)):
        again = Bench(tmp_path, made, replace(EVALUATION, patience=patience), step=int(bench.step))
        assert again.scorer.finished == finished
    assert not Bench(
        tmp_path, made, replace(EVALUATION, patience=1, every=4), step=6
    ).scorer.finished  # no score is due at 6


def facts(folder: Path) -> dict[str, Any]:
    stored: dict[str, Any] = files.read_checked(folder / "scores" / "training.json")
    return stored


def test_what_scores_were_measured_with_is_stored_and_makes_their_fingerprint(
    made: Evaluator, tmp_path: Path
) -> None:
    first = Bench(tmp_path, made)
    assert facts(tmp_path) == made.provenance | {
        "count": 32,
        "seed": 0,
        "final_count": 64,
        "since": 0,
    }
    assert facts(tmp_path)["extractor"] == "pixels"
    assert facts(tmp_path)["data"] == data.load(OPTIONS).fingerprint
    assert (
        Bench(tmp_path, made, replace(EVALUATION, every=5, final_count=None), 8).scorer.fingerprint
        == first.scorer.fingerprint
    )
    assert (facts(tmp_path)["final_count"], facts(tmp_path)["since"]) == (None, 0)
    assert (
        Bench(tmp_path, made, replace(EVALUATION, count=33), 8).scorer.fingerprint
        != first.scorer.fingerprint
    )
    assert (facts(tmp_path)["count"], facts(tmp_path)["since"]) == (33, 8)
    assert Bench(tmp_path, made, replace(EVALUATION, count=33), 12).scorer.since == 8
    assert (
        Bench(tmp_path, made, replace(EVALUATION, count=33), 6).scorer.since == 6
    )  # rolled back beyond it
    other = made._replace(provenance=made.provenance | {"extractor_weights": "another"})
    assert Bench(tmp_path, other, replace(EVALUATION, count=33), 16).scorer.since == 16


@pytest.mark.parametrize(
    "content", ["", "[]", "[" * 100_000, '{"since": 1}', '{"since": "x"}', "x" * 5_000_000]
)
def test_a_stranger_s_facts_are_no_facts(content: str, made: Evaluator, tmp_path: Path) -> None:
    (tmp_path / "scores").mkdir()
    (tmp_path / "scores" / "training.json").write_text(content)
    assert Bench(tmp_path, made, step=6).scorer.since == 6
    for since in ("x", -1, 7, None, 1.5):
        values = facts(tmp_path) | {"since": since}
        (tmp_path / "scores" / "training.json").write_text(json.dumps(values))
        assert Bench(tmp_path, made, step=6).scorer.since == 6


def test_scores_of_another_evaluator_neither_rank_nor_wait(
    script: list[float], made: Evaluator, tmp_path: Path
) -> None:
    script[:] = [1.0, 2.0, 3.0]
    bench = Bench(tmp_path, made)
    bench.go(6)
    other = Bench(tmp_path, made, replace(EVALUATION, count=33, patience=1), step=6)
    assert not other.scorer.finished
    script[:] = [50.0, 60.0]
    other.go(10)
    assert other.scorer.finished
    assert other.scores == {8: 50.0, 10: 60.0}
    script[:] = [5.0, 6.0]
    other.choose()
    assert script == []
    assert checkpoint.steps(tmp_path / "checkpoints") == [10, 8]
