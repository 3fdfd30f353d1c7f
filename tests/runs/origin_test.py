"""What pictures of a run state: the newest score that there was, or that there was none."""

from __future__ import annotations

from pathlib import Path

import pytest

from gan_cli import __version__
from gan_cli.runs import checkpoint, origin
from gan_cli.runs.origin import Score, newest_score
from tests.reports import made

SCORED = {50: 3.0, 150: 2.0}


def lines(*steps: int) -> list[dict[str, float]]:
    """Numbers at some steps, with a score at some of them."""
    return [
        {"step": step, "seconds": step / 10.0, "loss_generator": 1.0}
        | ({"frechet": SCORED[step]} if step in SCORED else {})
        for step in steps
    ]


@pytest.mark.parametrize(
    ("step", "score"),
    [(49, None), (50, Score(50, 3.0)), (149, Score(50, 3.0)), (150, Score(150, 2.0))],
)
def test_the_newest_score_up_to_a_step(step: int, score: Score | None, tmp_path: Path) -> None:
    run = made.run(tmp_path / "digits", lines=lines(25, 50, 100, 150))
    assert newest_score(run, step) == score


def test_a_run_without_numbers_has_no_score(tmp_path: Path) -> None:
    assert newest_score(tmp_path, 100) is None


@pytest.mark.parametrize(
    ("score", "full", "steps", "texts"),
    [
        (50.0, None, (50, 150), {"Score": "50"}),
        (50.0, 40.25, (50, 150), {"Score": "40.25"}),
        (None, None, (50, 100, 150), {"Score": "3", "Score of step": 50}),
        (None, None, (100, 150), {"Score": "not scored"}),
    ],
)
def test_a_checkpoint_states_its_own_score_or_the_one_before_it(
    score: float | None,
    full: float | None,
    steps: tuple[int, ...],
    texts: dict[str, object],
    tmp_path: Path,
) -> None:
    run = made.run(tmp_path / "digits", full, score, lines=lines(*steps))
    manifest = checkpoint.verify(run / "checkpoints", 100)
    about = {"Software": f"gan_cli {__version__}", "Run": "digits", "Step": 100, "Seed": 7}
    assert origin.of_checkpoint(run, manifest, seed=7) == about | texts
