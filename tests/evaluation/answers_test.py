"""People's answers to a page: what a stranger's file may be, and the score."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from gan_cli.base.errors import DataError
from gan_cli.evaluation import people
from gan_cli.evaluation.answers import Answers, read_answers, score
from gan_cli.metrics.intervals import wilson

from .people_test import PROVENANCE, deck


def answer_file(**changes: Any) -> dict[str, Any]:
    """What a page writes for a judge who says "real" to everything, after 1, 2, ... 7 seconds."""
    answers = [
        {"index": index, "real": True, "milliseconds": 1000 * (index + 1)} for index in range(7)
    ]
    return {
        "format": 1,
        "session": "0" * 32,
        "deck": deck().text,
        "answers": answers,
        "score": {},
        **changes,
    }


def read(tmp_path: Path, values: Any, fingerprint: str | None = None) -> Answers:
    path = tmp_path / "answers.json"
    path.write_text(values if isinstance(values, str) else json.dumps(values))
    return read_answers(path, fingerprint or deck().fingerprint)


def changed(**change: Any) -> dict[str, Any]:
    """A file of answers whose third answer is another one."""
    values = answer_file()
    values["answers"][2] |= change
    return values


def test_answers_are_read_in_the_order_of_the_images(tmp_path: Path):
    values = answer_file()
    values["answers"] = values["answers"][::-1]
    answers = read(tmp_path, values)
    assert answers.milliseconds.tolist() == [1000, 2000, 3000, 4000, 5000, 6000, 7000]
    assert answers.judged_real.tolist() == [True] * 7
    assert (answers.real.sum(), len(answers.real)) == (3, 7)
    assert answers.deck["provenance"] == PROVENANCE


def test_a_judge_who_takes_everything_for_real(tmp_path: Path):
    low, high = wilson(4, 7)
    assert score([read(tmp_path, answer_file())]) == pytest.approx(
        {
            **{
                "hype": 400 / 7,
                "hype_low": 100 * low,
                "hype_high": 100 * high,
                "hype_errors": 4,
                "hype_count": 7,
            },
            **{
                "generated_judged_real": 100.0,
                "generated_judged_real_low": 51.0109,
                "generated_judged_real_high": 100.0,
            },
            **{"generated_judged_real_errors": 4, "generated_judged_real_count": 4},
            **{
                "real_judged_generated": 0.0,
                "real_judged_generated_low": 0.0,
                "real_judged_generated_high": 56.1497,
            },
            **{"real_judged_generated_errors": 0, "real_judged_generated_count": 3},
            **{"judges": 1, "median_seconds": 4.0},
        },
        abs=1e-4,
    )


def test_judges_are_pooled_and_the_interval_shrinks(tmp_path: Path):
    one = read(tmp_path, answer_file())
    key = json.loads(deck().text)["key"]
    answers = [
        {"index": index, "real": key[index] == "1", "milliseconds": 500} for index in range(7)
    ]
    perfect = read(tmp_path, answer_file(session="1" * 32, answers=answers))
    pooled = score([one, perfect])
    assert (pooled["hype"], pooled["judges"], pooled["hype_count"]) == (
        pytest.approx(400 / 14),
        2,
        14,
    )
    assert (pooled["hype_low"], pooled["hype_high"]) == pytest.approx(
        [100 * end for end in wilson(4, 14)]
    )
    assert pooled["median_seconds"] == 0.75  # between seven times 0.5 s, and 1 s


def test_the_same_answers_twice_are_refused(tmp_path: Path):
    with pytest.raises(DataError, match="given twice"):
        score([read(tmp_path, answer_file())] * 2)


def test_answers_to_two_pages_are_not_pooled(tmp_path: Path):
    other = answer_file(deck=deck(1).text, session="1" * 32)
    with pytest.raises(DataError, match="different pages"):
        score([read(tmp_path, answer_file()), read(tmp_path, other, deck(1).fingerprint)])


def test_answers_to_another_page_are_refused(tmp_path: Path):
    with pytest.raises(DataError, match=f"another page than {deck(1).fingerprint[:12]}"):
        read(tmp_path, answer_file(), deck(1).fingerprint)


def test_nobody_can_change_the_key(tmp_path: Path):
    text = deck().text
    key = json.loads(text)["key"]
    with pytest.raises(DataError, match="another page"):
        read(tmp_path, answer_file(deck=text.replace(key, key[::-1])))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (changed(index=1), "7 answers to 6 images, not one to each of 7"),
        (changed(index=7), "not one to each of 7"),
        (
            answer_file(answers=answer_file()["answers"][:6]),
            "6 answers to 6 images, not one to each of 7",
        ),
        (answer_file(answers=[]), "0 answers"),
        (changed(index=-1), "greater than or equal to 0"),
        (changed(index=10**6), "less than 10000"),
        (changed(milliseconds=-1), "greater than or equal to 0"),
        (changed(milliseconds=people.LONGEST + 1), "less than or equal to 3600000"),
        (changed(milliseconds=float("nan")), "answers.milliseconds"),
        (changed(milliseconds=1.5), "answers.milliseconds"),
        (changed(real=1), "answers.real"),
        (changed(real="true"), "answers.real"),
        (changed(index=True), "answers.index"),
        (changed(more=1), "unknown key 'answers.more'"),
        (answer_file(session="../../etc"), "session"),
        (answer_file(deck="\ud800"), "deck"),
        (answer_file(format=2), "format"),
        ({"format": 1}, "is missing"),
        ([], "not a JSON object"),
        ("{", "not readable as JSON"),
        ("[" * 100_000, "not readable as JSON"),
        (" " * (4 * 1024**2 + 1), "larger than"),
    ],
)
def test_answers_of_a_stranger(tmp_path: Path, values: Any, message: str):
    with pytest.raises(DataError, match=re.escape(message)) as caught:
        read(tmp_path, values)
    assert str(caught.value).startswith(str(tmp_path / "answers.json"))


def test_a_strangers_words_cannot_write_on_the_terminal(tmp_path: Path):
    with pytest.raises(DataError) as caught:
        read(tmp_path, answer_file(session="\x1b[2J\n" + "x" * 10_000))
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 300 + len(str(tmp_path))


def test_a_missing_file_and_a_pipe_are_refused(tmp_path: Path):
    with pytest.raises(DataError, match=r"none\.json: No such file"):
        read_answers(tmp_path / "none.json", "")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DataError, match="not a plain file"):
        read_answers(tmp_path / "pipe", "")
