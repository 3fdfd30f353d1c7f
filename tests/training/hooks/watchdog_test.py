"""What the watchdog sees in scripted moments, when it says so, and what a rollback changes."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest

from gan_cli.base.errors import RunDirectoryError
from gan_cli.config.schema import Optimizer, PlayerOptimizer
from gan_cli.runs import journal
from gan_cli.runs.journal import entries
from gan_cli.runs.reading import StoredRun
from gan_cli.runs.rundir import RunDirectory
from gan_cli.training.hooks.hook import Progress
from gan_cli.training.hooks.progress import MetricsLog
from gan_cli.training.hooks.watchdog import ADVICE, Finding, Watchdog, halved

LOG_EVERY = 10


class Told(list[tuple[int, str]]):
    """(step, kind) of each finding."""

    def __call__(self, step: int, finding: Finding) -> None:
        self.append((step, finding.kind))


def intervals(*ordered: float) -> list[Progress]:
    """A moment after each interval."""
    return [
        Progress(LOG_EVERY * number, 10_000, {"ordered": value})
        for number, value in enumerate(ordered, 1)
    ]


def scores(*frechet: float, diversity: float = 1.0) -> list[Progress]:
    """A moment with a score after each interval."""
    values = [{"frechet": value, "diversity": diversity} for value in frechet]
    return [
        Progress(LOG_EVERY * number, 10_000, {}, scores=each)
        for number, each in enumerate(values, 1)
    ]


def diversities(*values: float) -> list[Progress]:
    return [
        Progress(LOG_EVERY * number, 10_000, {}, scores={"frechet": 9.0, "diversity": value})
        for number, value in enumerate(values, 1)
    ]


def told(moments: list[Progress]) -> Told:
    seen = Told()
    dog = Watchdog(LOG_EVERY, seen)
    for moment in moments:
        dog(moment)
    dog.close()
    return seen


@pytest.mark.parametrize(
    ("moments", "expected"),
    [
        (intervals(*[1.0] * 9), []),
        (intervals(*[1.0] * 10), [(100, "saturated")]),
        (intervals(*[0.9991] * 10), [(100, "saturated")]),
        (intervals(*[0.999] * 10), []),
        (intervals(*[1.0] * 5, 0.99, *[1.0] * 9), []),
        (intervals(*[1.0] * 5, 0.99, *[1.0] * 10), [(160, "saturated")]),
        (diversities(*[0.2] * 4), []),  # a young run
        (diversities(*[0.2] * 5), [(50, "collapsed")]),
        (diversities(*[0.2499] * 5), [(50, "collapsed")]),
        (diversities(*[0.25] * 5), []),
        (diversities(0.19, 0.21, 0.53), []),  # a healthy one, as measured
        (diversities(1.0, 0.0, 0.0), [(30, "collapsed")]),
        (diversities(0.8, 0.399, 0.399), [(30, "collapsed")]),
        (diversities(0.8, 0.4, 0.4), []),
        (diversities(0.8, 0.1, 0.5, 0.1), []),
        (diversities(30.0, 0.6, 0.6), []),  # noise varies more than real images
        (scores(4.0, *[5.01] * 5), [(60, "rising")]),
        (scores(4.0, *[5.01] * 4), []),
        (scores(4.0, *[5.0] * 5), []),
        (scores(4.0, 9.0, 9.0, 4.9, 9.0, 9.0, 9.0, 9.0), []),
        (scores(4.0, 9.0, 9.0, 4.9, 9.0, 9.0, 9.0, 9.0, 9.0), [(90, "rising")]),
        (scores(4.0, *[9.0] * 4, 3.0, *[3.8] * 5), [(110, "rising")]),
        (scores(4.0, *[9.0] * 4, 3.0, *[3.7] * 5), []),
        (scores(0.0, *[0.1] * 5), [(60, "rising")]),
    ],
)
def test_what_is_seen_and_when(moments: list[Progress], expected: list[tuple[int, str]]) -> None:
    assert told(moments) == expected


@pytest.mark.parametrize(
    ("moments", "expected"),
    [
        (intervals(*[1.0] * 14, 0.5, *[1.0] * 12), [(100, "saturated"), (250, "saturated")]),
        (
            diversities(0.9, 0.1, 0.1, 0.1, 0.8, 0.1, 0.1, 0.1),
            [(30, "collapsed"), (70, "collapsed")],
        ),
        (scores(4.0, *[9.0] * 7, 4.5, *[9.0] * 7), [(60, "rising"), (140, "rising")]),
    ],
)
def test_a_finding_is_said_once_until_it_has_gone(
    moments: list[Progress], expected: list[tuple[int, str]]
) -> None:
    assert told(moments) == expected


def test_only_whole_intervals_count_for_the_discriminator_and_only_scores_for_the_samples() -> None:
    between = [Progress(moment.step + 5, 10_000, moment.logs) for moment in intervals(*[1.0] * 9)]
    assert told([*intervals(*[1.0] * 9), *between]) == []
    scored_between = [
        Progress(95 + number, 10_000, {"ordered": 0.0}, scores={"frechet": 1.0, "diversity": 1.0})
        for number in range(3)
    ]
    assert told(
        [*intervals(*[1.0] * 9), *scored_between, Progress(100, 10_000, {"ordered": 1.0})]
    ) == [(100, "saturated")]


def test_two_findings_of_one_moment_are_both_said() -> None:
    moments = [*diversities(1.0), *intervals(*[1.0] * 9)]
    both = Progress(100, 10_000, {"ordered": 1.0}, scores={"frechet": 1.0, "diversity": 0.1})
    first = Progress(95, 10_000, {}, scores={"frechet": 1.0, "diversity": 0.1})
    assert told([*moments, first, both]) == [(100, "collapsed"), (100, "saturated")]


def test_logs_without_the_numbers_tell_nothing() -> None:
    assert told([Progress(step, 1000, {"loss_encoder": 1.0}) for step in range(10, 300, 10)]) == []
    assert (
        told([Progress(step, 1000, {}, scores={"frechet": 1.0}) for step in range(10, 300, 10)])
        == []
    )


def test_every_kind_has_advice_and_a_sentence_with_its_numbers() -> None:
    found: list[Finding] = []
    dog = Watchdog(LOG_EVERY, lambda step, finding: found.append(finding))
    for moment in [*intervals(*[1.0] * 10), *diversities(1.0, 0.1234, 0.1234)]:
        dog(moment)
    dog = Watchdog(LOG_EVERY, lambda step, finding: found.append(finding))
    for moment in scores(4.0, *[8.5] * 5):
        dog(moment)
    assert [(each.text, each.player) for each in found] == [
        (
            "the discriminator has recognised practically every real image for 10 log intervals",
            "discriminator",
        ),
        ("samples vary only 0.12 times as much as real images", None),
        ("the Fréchet distance, 8.5, stays well above its best, 4", None),
    ]
    assert {each.kind for each in found} | {"not finite"} == set(ADVICE)


SCRIPT = [
    Progress(
        step,
        400,
        {"ordered": 0.5 if step == 200 else 1.0},
        scores={
            "frechet": 4.0 if step < 100 else 9.0,
            "diversity": 0.1 if 150 <= step < 280 else 1.0,
        }
        if step % 20 == 0
        else {},
    )
    for step in range(5, 401, 5)
]


@pytest.mark.parametrize("cut", [5, 95, 100, 105, 160, 195, 200, 205, 280, 395])
def test_a_resumed_run_sees_what_an_unbroken_one_does(cut: int, tmp_path: Path) -> None:
    """The history is read from metrics.jsonl, a line for each interval and score."""
    path = tmp_path / "metrics.jsonl"
    straight, first, second = told(SCRIPT), Told(), Told()
    log = MetricsLog(path, LOG_EVERY, 0)
    dog = Watchdog(LOG_EVERY, first)
    for moment in SCRIPT[: cut // 5]:
        log(
            Progress(moment.step, cut, moment.logs, scores=moment.scores)
        )  # its last line is that of a run's end
        dog(moment)
    log.close()
    dog = Watchdog(LOG_EVERY, second, entries(path, cut))
    for moment in SCRIPT[cut // 5 :]:
        dog(moment)
    assert first + second == straight
    assert straight == [(100, "saturated"), (180, "collapsed"), (180, "rising"), (300, "saturated")]


def test_scores_of_before_that_were_measured_otherwise_count_for_nothing() -> None:
    history = [{"step": 10, "seconds": 1.0, "frechet": 1.0, "diversity": 0.1, "ordered": 1.0}]
    seen = Told()
    dog = Watchdog(LOG_EVERY, seen, history, since=10)
    for moment in scores(*[9.0] * 6, diversity=0.9):
        dog(moment)
    assert seen == []
    dog = Watchdog(LOG_EVERY, seen, history, since=9)
    for moment in scores(*[9.0] * 5, diversity=0.9):
        dog(moment)
    assert seen == [(50, "rising")]


@pytest.mark.parametrize(
    "junk", ["1", None, [1.0], {"a": 1}, float("nan"), float("inf"), -float("inf"), 10**400, True]
)
def test_a_stranger_s_history_does_no_harm(junk: Any) -> None:
    history = [
        {"step": step, "ordered": junk, "frechet": junk, "diversity": junk}
        for step in range(10, 200, 10)
    ]
    seen = Told()
    dog = Watchdog(LOG_EVERY, seen, history)
    for moment in diversities(0.9, 0.1, 0.1):
        dog(moment)
    assert seen == [(30, "collapsed")]


def test_half_the_rate_for_all_players_halves_their_own_rates_too() -> None:
    players = {
        "generator": PlayerOptimizer(learning_rate=1e-4, beta_1=0.1),
        "discriminator": PlayerOptimizer(clip_norm=1.0),
    }
    optimizer = Optimizer("rmsprop", learning_rate=4e-4, rho=0.8, players=players)
    changed, key, value = halved(optimizer, None)
    assert (key, value) == ("optimizer.learning_rate", 2e-4)
    assert changed == Optimizer(
        "rmsprop",
        learning_rate=2e-4,
        rho=0.8,
        players={
            "generator": PlayerOptimizer(learning_rate=5e-5, beta_1=0.1),
            "discriminator": PlayerOptimizer(clip_norm=1.0),
        },
    )
    assert optimizer.players == players
    assert optimizer.learning_rate == 4e-4


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ({}, {"discriminator": PlayerOptimizer(learning_rate=2e-4)}),
        (
            {
                "discriminator": PlayerOptimizer(beta_1=0.1),
                "generator": PlayerOptimizer(learning_rate=1.0),
            },
            {
                "discriminator": PlayerOptimizer(learning_rate=2e-4, beta_1=0.1),
                "generator": PlayerOptimizer(learning_rate=1.0),
            },
        ),
        (
            {"discriminator": PlayerOptimizer(learning_rate=1e-3, epsilon=1.0)},
            {"discriminator": PlayerOptimizer(learning_rate=5e-4, epsilon=1.0)},
        ),
    ],
)
def test_half_the_rate_for_one_player_leaves_the_others(
    own: dict[str, PlayerOptimizer], expected: dict[str, PlayerOptimizer]
) -> None:
    changed, key, value = halved(
        Optimizer("adam", learning_rate=4e-4, players=own), "discriminator"
    )
    assert changed == Optimizer("adam", learning_rate=4e-4, players=expected)
    assert (key, value) == (
        "optimizer.players.discriminator.learning_rate",
        expected["discriminator"].learning_rate,
    )


def test_the_log_is_a_line_per_entry(tmp_path: Path) -> None:
    run = StoredRun(RunDirectory(tmp_path))
    assert list(run.warnings()) == []
    written = [
        {"step": 5, "action": "warned", "text": '"rollback"'},
        {"step": 9, "action": "rollback"},
    ]
    for entry in written:
        journal.append(run.directory.watchdog, entry)
    assert (list(run.warnings()), run.damage) == (written, [])
    text = run.directory.watchdog.read_text()
    run.directory.watchdog.write_text(text.replace('"step": 9', '"step": 8'))
    assert (list(run.warnings()), len(run.damage)) == (written[:1], 1)


def test_a_cut_line_of_the_log_takes_no_other_with_it(tmp_path: Path) -> None:
    run = StoredRun(RunDirectory(tmp_path))
    path = run.directory.watchdog
    path.write_bytes(
        b'{"action": "rollback"}\n\xff\xfe[1]\n' + b"[" * 200_000 + b'\n{"action": "roll'
    )
    journal.append(path, {"action": "rollback"})
    journal.append(path, {"action": "warned"})
    assert [each["action"] for each in run.warnings()] == ["rollback", "rollback", "warned"]
    assert run.damage == [f"{path}: line 2 is not as written; such lines are left out"]
    assert b'{"action": "roll\n{"action": "rollback", "crc32": ' in path.read_bytes()


@pytest.mark.parametrize("make", ["link", "pipe"])
def test_a_log_that_is_no_plain_file_is_refused(make: str, tmp_path: Path) -> None:
    path = tmp_path / "watchdog.jsonl"
    (tmp_path / "precious").write_text('{"action": "rollback"}\n')
    path.symlink_to(tmp_path / "precious") if make == "link" else os.mkfifo(path)
    with pytest.raises(RunDirectoryError):
        list(StoredRun(RunDirectory(tmp_path)).warnings())


PAGE = (Path(__file__).parents[3] / "docs" / "trouble.md").read_text(encoding="utf-8")


def test_the_guide_quotes_lines_as_they_are_said() -> None:
    said: dict[str, str] = {}

    def react(step: int, finding: Finding) -> None:
        number = r"[\\d.]*\\d"
        text = re.escape(f"{finding.text}; {ADVICE[finding.kind]}")
        said[finding.kind] = re.sub(r"\d+(\\\.\d+)?", number, text)

    for moments in (intervals(*[1.0] * 10), diversities(1.0, 0.0, 0.0), scores(1.5, *[9.25] * 5)):
        dog = Watchdog(LOG_EVERY, react)
        for moment in moments:
            dog(moment)
    quoted = re.findall(r"^WATCHDOG at step \d+: (.*)$", PAGE, re.MULTILINE)
    found = [[kind for kind, text in said.items() if re.fullmatch(text, line)] for line in quoted]
    assert sorted(found) == [["collapsed"], ["rising"], ["saturated"]]


def test_advice_ends_with_its_place_in_the_guide() -> None:
    headings = re.findall(r"^## (.*)$", PAGE, re.MULTILINE)
    places = {heading.lower().replace(" ", "-") for heading in headings}
    for text in ADVICE.values():
        help_, _, place = text.rpartition(": docs/trouble.md#")
        assert help_.endswith("may help")
        assert place in places
