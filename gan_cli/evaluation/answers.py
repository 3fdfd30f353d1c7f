"""What human judges answered to a page of `people`: the files, which may come from strangers, and
the error rates in them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass as plain_dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from gan_cli.base.errors import ConfigError, DataError, RunDirectoryError
from gan_cli.base.files import read_json
from gan_cli.base.lazy import np
from gan_cli.base.terminal import printable
from gan_cli.config.options import STRICT, parse
from gan_cli.evaluation import people
from gan_cli.metrics.intervals import wilson


@dataclass(frozen=True, config=STRICT)
class Answer:
    """One line of the file that a page writes."""

    index: Annotated[int, Field(ge=0, lt=people.MOST_IMAGES)]
    real: bool
    milliseconds: Annotated[int, Field(ge=0, le=people.LONGEST)]


@dataclass(frozen=True, config=STRICT)
class AnswerFile:
    """The file that a page writes; its score is for people only and is computed anew."""

    format: Literal[1]
    session: Annotated[str, Field(pattern="^[0-9a-f]{32}$")]
    deck: str
    answers: Annotated[list[Answer], Field(max_length=people.MOST_IMAGES)]
    score: dict[str, Any]


@plain_dataclass(frozen=True)
class Answers:
    """The checked answers of one judge.

    Attributes:
        session: hexadecimal, drawn by the page when it was opened.
        deck: what was shown: `Deck.text`, as plain values.
        real: bool [N], which images were real.
        judged_real: bool [N], what the judge said.
        milliseconds: int64 [N], from the image's appearance to the answer.
    """

    session: str
    deck: dict[str, Any]
    real: np.ndarray
    judged_real: np.ndarray
    milliseconds: np.ndarray


def read_answers(path: Path, fingerprint: str) -> Answers:
    """The answers of a judge to the page of that fingerprint (`Deck.fingerprint`); the file may
    come from a stranger.

    Raises:
        DataError: no readable file of answers, another page's, or not one answer for each image.
    """
    try:
        file = parse(
            AnswerFile, read_json(Path(os.path.realpath(path)))
        )  # a link that the user names is the user's choice
    except RunDirectoryError as error:
        raise DataError(str(error)) from None
    except ConfigError as error:
        raise DataError(f"{path}: no file of answers: {printable(str(error)[:200])}") from None
    if people.fingerprint(file.deck) != fingerprint:
        raise DataError(f"{path}: answers to another page than {fingerprint[:12]}")
    shown = json.loads(file.deck)  # ours, byte for byte
    answers = sorted(file.answers, key=lambda answer: answer.index)
    indices, count = [answer.index for answer in answers], len(shown["key"])
    if indices != list(range(count)):
        raise DataError(
            f"{path}: {len(indices)} answers to {len(set(indices))} images, not one to each of "
            f"{count}"
        )
    return Answers(
        file.session,
        shown,
        np.array([key == "1" for key in shown["key"]]),
        np.array([answer.real for answer in answers]),
        np.array([answer.milliseconds for answer in answers], np.int64),
    )


def score(judges: Sequence[Answers]) -> dict[str, float]:
    """Error rates of one or more judges of the same page, pooled, in percent with 95 % Wilson
    intervals.

    `hype` is the share of all answers that are wrong: 0 where all judges told all images apart, 50
    where they guessed, more where generated images look more real than real ones. Answers count as
    independent: with many judges of few images the interval is too narrow.

    Raises:
        DataError: answers to different pages, or one judge's twice.
    """
    if len({json.dumps(judge.deck) for judge in judges}) != 1:
        raise DataError("answers to different pages cannot be pooled")
    if len({judge.session for judge in judges}) < len(judges):
        raise DataError("the same answers are given twice")
    real = np.concatenate([judge.real for judge in judges])
    wrong = np.concatenate([judge.judged_real for judge in judges]) != real
    seconds = np.concatenate([judge.milliseconds for judge in judges]) / 1000.0
    return {
        **_rate("hype", wrong),
        **_rate("generated_judged_real", wrong[~real]),
        **_rate("real_judged_generated", wrong[real]),
        "judges": len(judges),
        "median_seconds": float(np.median(seconds)),
    }


def _rate(name: str, wrong: np.ndarray) -> dict[str, float]:
    """Percent, both ends of its interval, errors and answers; `people.html` computes the same."""
    errors, count = int(wrong.sum()), len(wrong)
    low, high = wilson(errors, count)
    return {
        name: 100.0 * errors / count,
        f"{name}_low": 100.0 * low,
        f"{name}_high": 100.0 * high,
        f"{name}_errors": errors,
        f"{name}_count": count,
    }
