"""Scores while training: they choose the best checkpoint, and may end the run early."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from gan_cli.base import files
from gan_cli.base.errors import CheckpointError, ConfigError, DataError, RunDirectoryError
from gan_cli.config.schema import Evaluation
from gan_cli.data.reading.source import Source
from gan_cli.evaluation import bounds
from gan_cli.evaluation.reference import Evaluator, EvaluatorOptions, Say, build_evaluator
from gan_cli.metrics.frechet import Moments, frechet_distance
from gan_cli.objectives.model import Model
from gan_cli.runs import checkpoint, ranking
from gan_cli.runs.checkpoint import Scored
from gan_cli.runs.origin import Score
from gan_cli.runs.ranking import CONTENDING, Ranked
from gan_cli.runs.reading import StoredRun
from gan_cli.runs.rundir import RunDirectory
from gan_cli.sampling import drawing
from gan_cli.sampling.generate import load_sampler

REAL_COUNT = 10_000
"""Most real images that samples are compared with."""
BOUND_COUNT = 2000
"""Most held-out images whose bound is measured."""
SEED = 0
BATCH = 250
FACTS = Path("scores", "training.json")
"""In a run directory: what its scores were measured with, and the step at whose end the best was
chosen.
"""


def evaluator_of_run(
    options: Any, source: Source, evaluation: Evaluation, total: int, say: Say
) -> Evaluator | None:
    """The evaluator of a run of `total` steps; None for a run that is over before its first score,
    and, with a line that says why, for data that cannot be scored.
    """
    if evaluation.every is None or total < evaluation.every:
        return None
    try:
        evaluator = build_evaluator(
            options,
            EvaluatorOptions(evaluation.extractor, count=REAL_COUNT),
            say,
            train=source,
            metrics=["frechet"],
        )
        if evaluator.reference.of_real(Moments.of).covariance.trace() == 0.0:
            raise DataError(
                f"{source.origin}: all images look the same to extractor={evaluation.extractor}"
            )
    except (ConfigError, DataError) as error:
        say(f"without scores: {error}")
        return None
    return evaluator


def owed(run: RunDirectory, evaluation: Evaluation) -> bool:
    """Whether a run that has reached its end was killed before its best checkpoint was chosen by
    full scores.
    """
    if (
        evaluation.every is None
        or evaluation.final_count is None
        or not (run.path / FACTS).exists()
    ):
        return False
    try:
        chosen = files.read_checked(run.path / FACTS).get("chosen_at")
    except RunDirectoryError:
        return False
    return chosen != checkpoint.steps(run.checkpoints)[0]


class Progress(Protocol):
    """How far training is."""

    @property
    def step(self) -> int: ...


class Saver(Protocol):
    """What writes a checkpoint of the state as it is now, at once or when all else is written."""

    def save(self, step: int, scored: Scored | None = None) -> None: ...


class Scorer:
    """Every so often a Fréchet distance of the averaged generator's samples; a checkpoint where it
    is among the best.

    Beside it `diversity`: the variance of the samples' features over that of real images; and of a
    model that has one `elbo_held_out`: the averaged networks' evidence lower bound of held-out
    images, in nats per image.

    Attributes:
        fingerprint: of all that scores are measured with: only those of one fingerprint compare.
        since: step after which the run's scores were measured as they are now.
        finished: whether patience has run out.
        newest: the last score of this process; None: none yet.
    """

    def __init__(
        self,
        evaluator: Evaluator,
        evaluation: Evaluation,
        run: RunDirectory,
        sampler: Model,
        start: int,
        saver: Saver,
    ) -> None:
        assert evaluation.every is not None
        self.every = evaluation.every
        self._evaluator, self._options, self._run, self._saver = evaluator, evaluation, run, saver
        self._model, self._sample = sampler, drawing.compiled(sampler)
        bounded = bounds.measurable(self._model)
        self._bound = bounds.compiled(bounded, evaluator.held_out, BOUND_COUNT) if bounded else None
        facts = evaluator.provenance | {"count": evaluation.count, "seed": SEED}
        self.fingerprint = files.fingerprint(facts)
        (run.path / "scores").mkdir(exist_ok=True)
        self._path = run.path / FACTS
        self.newest: Score | None = None
        if start < self.every and not ranking.contenders(run.checkpoints):
            start = 0  # no score was due yet
        self.since = _since(self._path, facts, start)
        self._facts = facts | {"final_count": evaluation.final_count, "since": self.since}
        files.write_checked(self._path, self._facts)
        self.finished = start % self.every == 0 and self._waited_long(
            start
        )  # a run that has ended early ends again

    def __call__(self, progress: Progress) -> Mapping[str, float]:
        batches = drawing.single_images(self._model, self._options.count, SEED, BATCH, self._sample)
        generated, real = self._moments(batches), self._real
        score = frechet_distance(real, generated)
        self.newest = Score(progress.step, score)
        ahead = [each.score for each in self._contenders()][:CONTENDING]
        if len(ahead) < CONTENDING or score < ahead[-1]:
            self._saver.save(progress.step, Scored(score, self.fingerprint))
        better = not ahead or score < ahead[0]
        self.finished = not better and self._waited_long(progress.step)
        scores = {
            "frechet": score,
            "diversity": float(generated.covariance.trace() / real.covariance.trace()),
        }
        return scores if self._bound is None else scores | {"elbo_held_out": self._bound(SEED)}

    def close(self) -> None:
        pass

    def choose(self, say: Say) -> None:
        """Score the best few again with many samples, so that noise does not choose, and keep the
        best of them.
        """
        count = self._options.final_count
        if count is None:
            return
        for place, each in enumerate(self._contenders()):
            if each.full_count != count and (place < CONTENDING or each.full_score is not None):
                self._score_fully(each.step, count, say)
        ranking.prune(self._run.checkpoints)
        best = self._best(say)
        if best is not None and best.full_score is not None:
            baseline = self._evaluator.baseline(["frechet"])["frechet"]
            say(
                f"best step      {best.step}, Fréchet {best.full_score:.4g} ({count:,} "
                f"samples; real images {baseline:.3g})"
            )
        files.write_checked(
            self._path, self._facts | {"chosen_at": checkpoint.steps(self._run.checkpoints)[0]}
        )

    @property
    def _real(self) -> Moments:
        return self._evaluator.reference.of_real(Moments.of)

    def _score_fully(self, step: int, count: int, say: Say) -> None:
        folder = self._run.checkpoints
        try:
            manifest = StoredRun(self._run).checkpoint(step, (checkpoint.SAMPLER,))
            assert manifest is not None  # of a step it is there, or an error
            model = load_sampler(self._run, manifest)
        except CheckpointError as error:
            say(f"DAMAGED CHECKPOINT {error}; without a full score")
            return
        moments = self._moments(drawing.single_images(model, count, SEED, BATCH))
        checkpoint.add_full_score(folder, manifest, frechet_distance(self._real, moments), count)

    def _moments(self, batches: Any) -> Moments:
        moments = None
        for batch in batches:
            features = self._evaluator.reference.extractor.features(batch)
            if moments is None:
                moments = Moments.of(features)
            else:
                moments.add(features)
        assert moments is not None
        return moments

    def _best(self, say: Say) -> checkpoint.Manifest | None:
        """The best whole checkpoint, if it was scored as this run scores now."""
        try:
            best = StoredRun(self._run, say).checkpoint("best", (checkpoint.SAMPLER,))
        except CheckpointError as error:
            say(str(error))
            return None
        return best if best is not None and best.evaluator == self.fingerprint else None

    def _contenders(self) -> list[Ranked]:
        return [
            each
            for each in ranking.contenders(self._run.checkpoints)
            if each.evaluator == self.fingerprint
        ]

    def _waited_long(self, step: int) -> bool:
        """Whether as many scores as `patience` allows have come since the best one: known from the
        checkpoints alone.
        """
        best = self._contenders()
        return bool(
            self._options.patience
            and best
            and step - best[0].step >= self._options.patience * self.every
        )


def _since(path: Path, facts: Mapping[str, Any], start: int) -> int:
    """The step after which scores were measured by these facts: an earlier part of the run may have
    had others.
    """
    try:
        stored = files.read_checked(path)
    except RunDirectoryError:
        return start
    since = stored.get("since")
    same = all(stored.get(key) == value for key, value in facts.items())
    return since if same and isinstance(since, int) and 0 <= since <= start else start
