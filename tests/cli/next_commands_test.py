"""What gan-train prints of a run: what it will take, where it goes, and what to do with it then."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from gan_cli.cli.training.next_commands import next_commands
from gan_cli.runs.rundir import RunDirectory
from gan_cli.training.hooks.hook import Progress
from gan_cli.training.hooks.progress import Outlook, in_words
from tests.conftest import TINY, Command
from tests.runs.listing.overview_test import save


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["model=cgan"], "gan-sample run 'labels=[0]'"),
        (["model=info_gan"], "gan-sample run 'codes=[[0],[1]]'"),
    ],
)
def test_what_it_suggests_works(
    arguments: list[str], expected: str, train: Command, sample: Command
) -> None:
    result = train(*arguments, *TINY, "training.steps=4", "run_dir=run")
    assert result.code == 0, result.err
    lines = [line.removeprefix("next").strip() for line in result.out.splitlines()[-3:]]
    assert lines == [
        expected,
        "gan-evaluate run",
        "gan-train resume=run training.steps=8",
    ]
    drawn = sample(*shlex.split(lines[0])[1:], "count=4")
    assert drawn.code == 0, drawn.err
    assert train(*shlex.split(lines[2])[1:]).code == 0


def test_where_the_best_is_past_the_curves_say_when(tiny_run: Path) -> None:
    from gan_cli.config.schema import Optimizer, Schedule, TrainConfig
    from gan_cli.data.digits import Digits
    from gan_cli.models.dcgan import Dcgan
    from gan_cli.objectives.options import Loss

    run = RunDirectory.read(str(tiny_run))
    config = TrainConfig(Dcgan(), Digits(), Loss("hinge"), Optimizer("adam"), Schedule("constant"))
    spec = run.read_card().data
    longer = f"gan-train resume={tiny_run} training.steps=16"
    assert next_commands(run, config, spec)[2] == longer
    for step, score, third in ((12, 5.0, longer), (16, 7.0, f"gan-plot {tiny_run}")):
        save(tiny_run, step, score)
        assert next_commands(run, config, spec)[2] == third


def test_the_time_is_said_once_by_the_speed_of_the_first_seconds() -> None:
    said: list[str] = []
    outlook = Outlook("10,000 steps of 8 images", Path("run"), True, 1000, said.append)
    for step, seconds in ((1, 0.5), (100, 2.9), (200, 3.1), (300, 5.0)):
        outlook(Progress(step, 10_000, {}, seconds, 100.0, 40.0))
    assert said == ["10,000 steps of 8 images, about 40 s plus scoring; files in run"]
    said.clear()
    slow = Outlook("10,000 steps of 8 images", Path("run"), False, 1000, said.append)
    slow(Progress(1, 10_000, {}, 20.0))  # the graph is traced
    assert said == []
    slow(Progress(2, 10_000, {}, 20.1, 100.0, 600.0))
    assert said[0].startswith("10,000 steps of 8 images, about 10 min; files in run")
    said.clear()
    early = Outlook("8 steps of 8 images", Path("run"), False, 2, said.append)
    early(Progress(2, 8, {}, 0.1, 100.0, 0.5))
    assert said == ["8 steps of 8 images; files in run"]


@pytest.mark.parametrize(
    ("seconds", "words"), [(4.4, "4 s"), (89, "89 s"), (100, "2 min"), (7900, "2 h 12 min")]
)
def test_times_in_words(seconds: float, words: str) -> None:
    assert in_words(seconds) == words
