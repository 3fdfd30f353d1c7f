"""Scores with their provenance: what they are, how they are stored, and when two of them may be
compared.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from gan_cli.base import files
from gan_cli.base.errors import ConfigError, RunDirectoryError
from gan_cli.config.options import parse

FORMAT: Literal[2] = 2
_STRICT = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, defer_build=True)


WORD, WORDS = r"^[\w.-]{1,128}$", r"^[\w.,;:/ '()-]{1,200}$"
Word = Annotated[str, Field(pattern=WORD)]
Words = Annotated[str, Field(pattern=WORDS)]
"""A stored file may come from a stranger: nothing in it that is printed can steer a terminal."""


@dataclass(frozen=True, config=_STRICT)
class Score:
    """One figure: mean and standard deviation over the repeats, what real images score, which way
    is better.
    """

    mean: float | None
    deviation: float | None
    baseline: float | None
    better: Literal["lower", "higher", "as real"]


@dataclass(frozen=True, config=_STRICT)
class Provenance:
    """With what a score was measured; scores compare only where all of it is equal.

    Attributes:
        extractor_weights: SHA-256.
        resize: in words, how images became the extractor's input.
        data: fingerprint of the training images.
        real_count, real_seed: how many real images, and which.
        count, repeats, seed: of the samples.
    """

    data_name: Word
    data: Word
    split: Word
    extractor: Word
    extractor_weights: Word
    resize: Words
    real_count: Annotated[int, Field(ge=0)]
    real_seed: Annotated[int, Field(ge=0)]
    count: Annotated[int, Field(ge=0)]
    repeats: Annotated[int, Field(ge=1)]
    seed: Annotated[int, Field(ge=0)]


@dataclass(frozen=True, config=_STRICT)
class Report:
    """A JSON file of scores.

    Attributes:
        subject: what was scored: path, step, and SHA-256 of the sampler's weights or of the images.
        versions: of the packages.
        seconds: that it took.
    """

    format: Literal[2]
    subject: dict[str, str | int]
    provenance: Provenance
    scores: dict[str, Score]
    versions: dict[str, str]
    seconds: float
    people: dict[str, float] | None = None


def versions() -> dict[str, str]:
    from importlib.metadata import version

    return {name: version(name) for name in ("gan_cli", "tensorflow", "keras", "numpy")}


def write(path: Path, report: Report) -> None:
    path.parent.mkdir(exist_ok=True)
    files.write_checked(path, asdict(report))


def read(path: Path) -> Report:
    """A stored report.

    Raises:
        RunDirectoryError: it is none.
    """
    try:
        return parse(Report, files.read_checked(path))
    except ConfigError as error:
        raise RunDirectoryError(f"{path}: {error}") from None


def joined(path: Path, report: Report, warn: Callable[[str], None]) -> Report:
    """The report, and what is stored there already of the same weights: other metrics, where they
    were measured in the same way, and what people answered; what is damaged is said and left out.
    """
    if not path.is_file():
        return report
    try:
        old = read(path)
    except RunDirectoryError as error:
        warn(f"{error}; written anew")
        return report
    if old.subject.get("sha256") != report.subject.get("sha256"):
        return report
    same = (old.provenance, old.versions) == (report.provenance, report.versions)
    return replace(
        report, scores={**old.scores, **report.scores} if same else report.scores, people=old.people
    )


def refuse_different(first: Report, second: Report) -> None:
    """Two scores measured differently say nothing about each other.

    Raises:
        ConfigError: it names the first difference.
    """
    ours, theirs = asdict(first.provenance), asdict(second.provenance)
    for key, value in ours.items():
        if value != theirs[key]:
            names = " and ".join(str(each.subject.get("path")) for each in (first, second))
            raise ConfigError(
                f"{names} cannot be compared: {key} is {_short(value)} and {_short(theirs[key])}"
            )


def ranked(reports: list[Report], key: str) -> list[Report]:
    """The best first, by one score.

    Raises:
        ConfigError: two of them were measured differently, or one lacks the score.
    """
    for report in reports[1:]:
        refuse_different(reports[0], report)
    for report in reports:
        if key not in report.scores:
            raise ConfigError(
                f"{report.subject.get('path')} has no score {key} (it has "
                f"{', '.join(report.scores)})"
            )
    return sorted(reports, key=lambda report: _loss(report.scores[key]))


def _loss(score: Score) -> float:
    """The lower the better."""
    if score.mean is None:
        return float("inf")
    if score.better == "as real":
        return abs(score.mean - (score.baseline or 0.0))
    return score.mean if score.better == "lower" else -score.mean


def _short(value: Any) -> str:
    text = str(value)
    return f"{text[:12]}..." if len(text) > 40 else text
