"""Samplers and pruners by Optuna's names; studies that are cut and go on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from gan_cli.base.errors import ConfigError
from gan_cli.sweeps.algorithms import PRUNER, SAMPLER, Algorithm, Sampler
from gan_cli.sweeps.study import Study, opened

from .tasks import logged, task

SPACE = {"rate": FloatDistribution(1e-4, 1e-1, log=True), "width": IntDistribution(4, 32, step=4)}
GRID = {"loss": CategoricalDistribution(["a", "b", "c"]), "width": IntDistribution(4, 12, step=4)}


@pytest.mark.parametrize(
    ("key", "name", "known"),
    [
        (SAMPLER, "tpe", "TPESampler"),
        (SAMPLER, "TPESampler", "TPESampler"),
        (SAMPLER, "random", "RandomSampler"),
        (SAMPLER, "nsgaii", "NSGAIISampler"),
        (SAMPLER, "grid", "GridSampler"),
        (SAMPLER, "brute_force", "BruteForceSampler"),
        (PRUNER, "SuccessiveHalvingPruner", "SuccessiveHalvingPruner"),
        (PRUNER, "median", "MedianPruner"),
        (PRUNER, "Hyperband", "HyperbandPruner"),
    ],
)
def test_by_optuna_s_own_names(key: str, name: str, known: str) -> None:
    assert Algorithm(key, name).name == Algorithm(key, {"name": name}).name == known


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ("tpa", "unknown hydra.sweeper.sampler 'tpa'; did you mean 'tpe'"),
        ({"seed": 0}, "hydra.sweeper.sampler has no name; hydra.sweeper.sampler.name= gives it"),
        ({"name": "tpe", "nope": 1}, "hydra.sweeper.sampler: TPESampler: .*nope"),
        ({"name": "tpe", "seed": -1}, "hydra.sweeper.sampler.seed=-1: a whole number"),
        ("grid", "sampler=grid needs a choice or a range of rate"),
    ],
)
def test_what_cannot_be_made(given: Any, line: str) -> None:
    with pytest.raises(ConfigError, match=line):
        Sampler(given, SPACE)


@pytest.mark.parametrize(("name", "package"), [("cmaes", "cmaes"), ("gp", "torch")])
def test_a_package_that_a_sampler_misses_is_named_before_the_first_trial(
    name: str, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def found(each: str) -> object:
        return None if each == package else object()

    monkeypatch.setattr("gan_cli.sweeps.algorithms.find_spec", found)
    with pytest.raises(ConfigError, match=f"sampler={name} needs another package: .* {package}"):
        Sampler(name, SPACE)


def study(directory: Path, sampler: Any, space: Any = SPACE, resuming: bool = False) -> Study:
    found, storage = opened(directory, "frechet", ["a=1"], resuming)
    return Study(found, storage, "frechet", space, Sampler(sampler, space), None)


def run(made: Study, directory: Path, until: int) -> list[dict[str, Any]]:
    """Trials whose score is a function of what was drawn, two at a time."""
    drawn = []
    while (first := made.next) < until:
        numbers = range(first, min(until, (first // 2 + 1) * 2))
        values = {number: made.draw(number) for number in numbers}
        for number, each in values.items():
            score = 100 * each.get("rate", 0.0) + abs(each["width"] - 12)
            made.tell(number, directory / "none", None if score > 30 else score, False)
        drawn += values.values()
    return drawn


NAMES = ["tpe", "random", "nsgaii", "grid", "brute_force", "qmc"]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
@pytest.mark.parametrize("name", NAMES)
def test_a_study_that_was_cut_draws_as_one_that_was_not(name: str, tmp_path: Path) -> None:
    options = {"name": name, "seed": 3} | ({"n_startup_trials": 4} if name == "tpe" else {})
    options |= {"population_size": 4} if name == "nsgaii" else {}
    space = GRID if name in ("grid", "brute_force") else SPACE
    whole = run(study(tmp_path / "whole", options, space), tmp_path, 9)
    cut = study(tmp_path / "cut", options, space)
    run(cut, tmp_path, 4)
    drawn = [cut.draw(4)]  # and the process is killed before it draws the other one
    again = study(tmp_path / "cut", options, space, resuming=True)
    assert again.draw(4) == drawn[0] == whole[4]
    assert run(again, tmp_path, 9) == whole[4:]
    assert len({str(each) for each in whole}) > 6
    other = run(study(tmp_path / "other", options | {"seed": 4}, space), tmp_path, 9)
    assert other != whole or name == "qmc"  # which is not scrambled


def test_a_grid_ends_when_all_is_tried(tmp_path: Path) -> None:
    sampler = Sampler({"name": "grid", "seed": 0}, GRID)
    assert sampler.most == 9
    drawn = run(study(tmp_path, {"name": "grid", "seed": 0}, GRID), tmp_path, 9)
    assert len({(each["loss"], each["width"]) for each in drawn}) == 9


def test_a_trial_that_was_half_drawn_is_drawn_again_to_its_end(tmp_path: Path) -> None:
    options = {"name": "tpe", "seed": 0}
    whole = run(study(tmp_path / "whole", options), tmp_path, 5)
    run(study(tmp_path / "cut", options), tmp_path, 4)
    study(tmp_path / "cut", options, resuming=True).draw(4)
    journal = tmp_path / "cut" / "study.journal"
    lines = journal.read_bytes().splitlines(keepends=True)
    assert b'"width"' in lines[-1]
    journal.write_bytes(b"".join(lines[:-1]))
    assert study(tmp_path / "cut", options, resuming=True).draw(4) == whole[4]


def compared(folder: Path, pruner: Any, scores: list[list[float]]) -> list[list[int]]:
    """Numbers of the trials that end at steps 10, 20 and 40, one trial after another."""
    found, storage = opened(folder, "frechet", [], resuming=False)
    chosen = Algorithm(PRUNER, pruner) if pruner else None
    sampler = Sampler({"name": "random", "seed": 0}, SPACE)
    made = Study(found, storage, "frechet", SPACE, sampler, chosen)
    made.climb([10, 20, 40], 80, 2)
    ended: list[list[int]] = [[], [], []]
    for number, values in enumerate(scores):
        made.draw(number)
        one = task(folder, number)
        logged(one.directory, frechet=list(zip([10, 20, 40, 80], values, strict=False)))
        for place, step in enumerate([10, 20, 40]):
            if made.ends([one], step):
                ended[place].append(number)
                break
        made.tell(
            number,
            one.directory / "metrics.jsonl",
            min(values),
            any(number in each for each in ended),
        )
    return ended


def test_successive_halving_is_asked_at_our_rungs(tmp_path: Path) -> None:
    scores = [[9, 8, 7, 6], [5, 4, 3, 2], [7, 1, 1, 1], [4, 4, 4, 4], [6, 6, 6, 6]]
    # of those that have reached a rung the better half goes on, at least the best
    assert compared(tmp_path, None, scores) == [[2, 4], [], [3]]


def test_the_median_pruner_is_asked_there_too(tmp_path: Path) -> None:
    scores = [[5, 5, 5, 5], [4, 4, 4, 4], [6, 6, 6, 6], [4.6, 4.4, 4.4, 4], [4.4, 5, 5, 5]]
    given = {"name": "median", "n_startup_trials": 2}
    # 6 > median of 5 and 4; 4.6 > 4.5; 4.4 is its best at any step, and so goes on at 10 only
    ended = compared(tmp_path, given, scores)
    assert ended == [[2, 3], [], []]


def test_hyperband_and_thresholds_too(tmp_path: Path) -> None:
    scores = [[5, 5, 5, 5], [4, 4, 4, 4], [6, 6, 6, 6]]
    assert compared(tmp_path / "a", {"name": "threshold", "upper": 4.5}, scores) == [[0, 2], [], []]
    assert sum(map(len, compared(tmp_path / "b", "hyperband", scores))) >= 1


def test_no_score_at_a_rung_is_an_end(tmp_path: Path) -> None:
    made = study(tmp_path, {"name": "random", "seed": 0})
    made.climb([10], 20, 2)
    made.draw(0)
    one = task(tmp_path, 0)
    assert made.ends([one], 10) == {0: "halving: it has no score at step 10"}
    one.record = replace(one.record, state="pruned", reason="before")
    assert made.ends([one], 10) == {0: "before"}
    with pytest.raises(ConfigError, match="cannot be searched over"):
        made.climb([20], 40, 2)
