"""Which jobs compare, their ranks, and the spread of each setting over its seeds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from string import ascii_uppercase

from gan_cli.metrics.intervals import Interval, of_mean
from gan_cli.reports import provenance
from gan_cli.reports.provenance import Provenance
from gan_cli.reports.rows import Place, Row
from gan_cli.reports.settings import SEED, Settings
from gan_cli.sweeps.outcome import OBJECTIVES

NOT_SCORED, SAME_SEED = "done without a score", "done with a seed that is there already"


@dataclass(frozen=True)
class Spread:
    """Scores of one setting.

    Attributes:
        deviation: of a sample (divided by count - 1); None of a single score, as is `interval`.
        interval: 95 % confidence interval of the mean, by Student's t.
    """

    count: int
    mean: float
    deviation: float | None
    interval: Interval | None


@dataclass(frozen=True)
class Setting:
    """Jobs that differ in their seed only.

    Attributes:
        spread: of the finished ones that are scored; None where there are none.
        best: of those.
        left_out: why -> how many jobs are in no mean.
    """

    settings: Settings
    spread: Spread | None
    best: Row | None
    left_out: Counter[str]


@dataclass(frozen=True)
class Comparison:
    """Jobs whose scores were measured alike.

    Attributes:
        letter: A, B, ...: A has the most finished jobs.
        apart: what tells it from A, in words.
        rows: the best first, finished or not.
        settings: those that have a mean, the best first.
    """

    letter: str
    provenance: Provenance
    apart: list[str]
    rows: list[Row]
    settings: list[Setting]

    @property
    def repeated(self) -> bool:
        """Whether any setting has more than one score."""
        return any(each.spread is not None and each.spread.count > 1 for each in self.settings)


@dataclass(frozen=True)
class Ranking:
    """What the scores of the jobs allow to say.

    Attributes:
        order: all jobs, the best of A first, those without a score last.
        without_mean: settings of which no job is done and scored.
    """

    comparisons: list[Comparison]
    order: list[Place]
    without_mean: list[Setting]


def rank(rows: Sequence[Row]) -> Ranking:
    """Compare, average and order the jobs of a directory."""
    comparisons = compare(rows)
    without = [
        _setting(jobs, set())
        for jobs in _repeated(rows)
        if any(jobs[0].settings.values())
        and not any(row.state == "done" and row.outcome.score is not None for row in jobs)
    ]
    return Ranking(comparisons, in_order(rows, comparisons), without)


def compare(rows: Sequence[Row]) -> list[Comparison]:
    """The comparisons that the rows allow; none where nothing is scored."""
    groups: dict[object, list[Row]] = {}
    for row in rows:
        if row.provenance is not None:
            groups.setdefault((row.provenance.fingerprint, row.provenance.count), []).append(row)
    ordered = sorted(
        groups.values(), key=lambda group: (-sum(row.state == "done" for row in group), -len(group))
    )
    repeated = _repeated(rows)
    return [_comparison(place, group, ordered[0], repeated) for place, group in enumerate(ordered)]


def _repeated(rows: Sequence[Row]) -> list[list[Row]]:
    """The jobs of each setting."""
    found: dict[object, list[Row]] = {}
    for row in rows:
        found.setdefault(row.setting, []).append(row)
    return list(found.values())


def in_order(rows: Sequence[Row], comparisons: Sequence[Comparison]) -> list[Place]:
    """All rows, each with the letter of its comparison and its rank there: the best of A first,
    those without score last.
    """
    ranked: list[Place] = [
        (row, each.letter, rank)
        for each in comparisons
        for rank, row in enumerate(each.rows, start=1)
    ]
    there = {row.name for row, _, _ in ranked}
    return ranked + [(row, "", None) for row in rows if row.name not in there]


def spread(scores: Sequence[float]) -> Spread:
    """Of at least one score."""
    several = len(scores) > 1
    return Spread(
        len(scores),
        fmean(scores),
        stdev(scores) if several else None,
        of_mean(scores) if several else None,
    )


def _comparison(
    place: int, group: list[Row], first: list[Row], repeated: list[list[Row]]
) -> Comparison:
    own, main = _provenance(group), _provenance(first)
    made = [_setting(jobs, {row.name for row in group}) for jobs in repeated]
    means = sorted(
        (each for each in made if each.spread),
        key=lambda each: _loss(each, group[0].outcome.objective),
    )
    ranked = sorted(group, key=lambda row: row.outcome.loss)
    return Comparison(
        _letter(place),
        own,
        provenance.differences(main, own) if place else [],
        ranked,
        means,
    )


def _provenance(group: list[Row]) -> Provenance:
    """What they were measured with, by the first that has it stored."""
    found = [row.provenance for row in group if row.provenance]
    return next((each for each in found if each.stored), found[0])


def _setting(jobs: list[Row], scored: set[str]) -> Setting:
    counted: dict[str, Row] = {}
    left_out: Counter[str] = Counter()
    for row in jobs:
        seed = row.settings.get(SEED) or row.name
        if row.state != "done":
            left_out[row.state] += 1
        elif row.outcome.score is None:
            left_out[NOT_SCORED] += 1
        elif row.name not in scored:
            left_out["measured otherwise"] += 1
        elif seed in counted:  # the same numbers again would make the mean look surer than it is
            left_out[SAME_SEED] += 1
        else:
            counted[seed] = row
    scores = [row.outcome.score for row in counted.values() if row.outcome.score is not None]
    best = min(counted.values(), key=lambda row: row.outcome.loss, default=None)
    return Setting(dict(jobs[0].setting), spread(scores) if scores else None, best, left_out)


def _loss(setting: Setting, objective: str) -> float:
    assert setting.spread is not None
    return OBJECTIVES[objective] * setting.spread.mean


def _letter(place: int) -> str:
    return ascii_uppercase[place] if place < len(ascii_uppercase) else f"A{place}"
