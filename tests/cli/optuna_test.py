"""`hydra/sweeper=optuna`: trials that fail, end early and are drawn again, on runs that take no
time.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from hydra.errors import MissingConfigException

from gan_cli.base.errors import ConfigError
from gan_cli.cli import app, jobs, launcher
from gan_cli.runs.record import read_job
from gan_cli.sweeps.processes import Task
from tests.conftest import Command

STUDY = [
    *("-m", "hydra/sweeper=optuna", "hydra.sweeper.n_jobs=2", "hydra.sweeper.n_trials=4"),
    *("optimizer.learning_rate=interval(0.001,0.1)", "training.steps=60", "evaluation.every=20"),
]
SEEDED = "hydra.sweeper.sampler.seed=0"
TRAINER = """
import json, sys
from pathlib import Path
from gan_cli.base.errors import ConfigError
from gan_cli.runs.record import read_job
directory, until = Path(sys.argv[1]), int(sys.argv[2])
overrides = dict(each.split("=", 1) for each in sys.argv[3:])
record = read_job(directory)
if int(overrides.get("model.width", 1)) < 0:
    sys.exit(record.update(directory, state="failed", reason="too narrow") and 2)
for step in range(60 if (directory / "metrics.jsonl").exists() else 20, (until or 60) + 1, 20):
    with (directory / "metrics.jsonl").open("a") as file:
        score = 100 * float(overrides["optimizer.learning_rate"]) - step / 100
        print(json.dumps({"step": step, "seconds": step, "frechet": score}), file=file)
    (directory / "checkpoints" / f"step-{step:08d}").mkdir(parents=True, exist_ok=True)
record.update(directory, state="paused" if until else "done")
"""
"""A process that scores 100 times its learning rate, a little less at each step, and cannot do with
a negative width.
"""


@pytest.fixture
def study(train: Command, monkeypatch: pytest.MonkeyPatch) -> Command:
    """gan-train with this trainer in place of training."""
    pytest.importorskip("optuna")

    def command(task: Task) -> list[str]:
        return [
            sys.executable,
            "-c",
            TRAINER,
            str(task.directory),
            str(task.until or 0),
            *task.record.overrides,
        ]

    monkeypatch.setattr(launcher, "command", command)
    monkeypatch.setattr(jobs, "score", lambda directory: min(_scores(directory), default=None))
    return train


def _scores(directory: Path) -> list[float]:
    path = directory / "metrics.jsonl"
    return (
        [json.loads(line)["frechet"] for line in path.read_text().splitlines()]
        if path.exists()
        else []
    )


def _states(sweep: Path) -> list[str]:
    paths = sorted(sweep.glob("*/job.json"), key=lambda path: int(path.parent.name))
    return [json.loads(path.read_text())["state"] for path in paths]


def test_a_study_names_its_best_trial_and_nothing_else(study: Command, tmp_path: Path) -> None:
    result = study(*STUDY, SEEDED, "hydra.sweep.dir=sweep")
    assert result.code == 0, result.err
    assert result.err == ""
    found = {
        path.parent.name: min(_scores(path.parent))
        for path in (tmp_path / "sweep").glob("*/job.json")
    }
    name = min(found, key=lambda each: found[each])
    rate = (found[name] + 0.6) / 100
    line = next(each for each in result.out.splitlines() if each.startswith("best"))
    assert line.startswith(f"best: job {name}, Fréchet {found[name]:.4g}: optimizer.learning_rate=")
    assert float(line.rpartition("=")[2]) == pytest.approx(rate)
    assert _states(tmp_path / "sweep") == ["done"] * 4
    assert (
        f"best_value: {found[name]}"
        in (tmp_path / "sweep" / "optimization_results.yaml").read_text()
    )


def test_a_failed_trial_does_not_end_the_study(study: Command, tmp_path: Path) -> None:
    result = study(*STUDY, SEEDED, "model.width=choice(8,-1)", "hydra.sweep.dir=sweep")
    assert result.code == 7
    assert sorted(_states(tmp_path / "sweep")) == ["done", "done", "failed", "failed"]
    assert result.err.count("too narrow") == 2
    assert result.err.startswith("gan-train: 2 of the sweep's jobs failed")


def test_nor_do_failed_trials_alone(study: Command, tmp_path: Path) -> None:
    result = study(*STUDY, SEEDED, "model.width=choice(-2,-1)", "hydra.sweep.dir=sweep")
    assert result.code == 7
    assert _states(tmp_path / "sweep") == ["failed"] * 4
    assert len(result.err.splitlines()) == 5
    assert result.err.startswith("gan-train: 4 of the sweep's jobs failed")


def test_trials_without_a_score_are_an_error(
    study: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "score", lambda directory: None)
    result = study(*STUDY, SEEDED, "hydra.sweep.dir=sweep")
    assert (result.code, len(result.err.splitlines())) == (7, 1)
    assert "no trial has a score" in result.err


def test_worse_trials_end_early(study: Command, tmp_path: Path) -> None:
    result = study(
        *STUDY, SEEDED, "hydra.sweeper.n_trials=6", "sweep.halving=2", "hydra.sweep.dir=sweep"
    )
    assert result.code == 0, result.err
    found = [read_job(tmp_path / "sweep" / str(number)) for number in range(6)]
    rates = [float(each.overrides[0].partition("=")[2]) for each in found if each]
    best: list[float] = []
    for number, (rate, record) in enumerate(zip(rates, found, strict=True)):
        best = sorted([*best, rate])
        survives = (
            rate <= best[max(0, len(best) // 2 - 1)]
        )  # SuccessiveHalvingPruner: the better half of those so far
        assert record is not None
        assert record.state == ("done" if survives else "pruned"), (number, rates)
        assert max(_steps(tmp_path / "sweep" / str(number))) == (60 if survives else 40)
    assert {record.state for record in found if record} == {"done", "pruned"}


def _steps(directory: Path) -> list[int]:
    return [int(path.name.removeprefix("step-")) for path in (directory / "checkpoints").iterdir()]


def test_a_study_goes_on_with_the_same_trials(study: Command, tmp_path: Path) -> None:
    whole, cut = [*STUDY, SEEDED, "model.width=choice(8,-1)"], tmp_path / "cut"
    study(*whole, "hydra.sweep.dir=whole")
    study(*whole, "hydra.sweeper.n_trials=2", "hydra.sweep.dir=cut")
    assert len(_states(cut)) == 2
    result = study(*whole, "sweep.resume=cut")
    assert result.code == 7
    for number in range(4):
        one, other = (read_job(folder / str(number)) for folder in (tmp_path / "whole", cut))
        assert one is not None
        assert other is not None
        assert (one.overrides, one.state) == (other.overrides, other.state)


def test_failures_that_later_trials_were_drawn_after_stay_failures(
    study: Command, tmp_path: Path
) -> None:
    whole = [*STUDY, SEEDED, "model.width=choice(-2,-1)"]
    study(*whole, "hydra.sweep.dir=sweep")
    assert study(*whole, "sweep.resume=sweep").code == 7
    attempts = [
        record.attempts
        for number in range(4)
        if (record := read_job(tmp_path / "sweep" / str(number)))
    ]
    assert attempts == [1, 1, 2, 2]


def test_other_trials_are_refused_by_name(study: Command) -> None:
    study(*STUDY, SEEDED, "hydra.sweep.dir=sweep")
    other = study(*STUDY, "hydra.sweeper.sampler.seed=1", "sweep.resume=sweep")
    assert (other.code, len(other.err.splitlines())) == (2, 1)
    assert "sweep/0 had optimizer.learning_rate=" in other.err
    unseeded = study(*STUDY, "sweep.resume=sweep")
    assert (unseeded.code, len(unseeded.err.splitlines())) == (2, 1)
    assert "hydra.sweeper.sampler.seed=0" in unseeded.err


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["evaluation.every=null"], "evaluation.every=null: without scores"),
        (
            ["evaluation.objective=elbo_held_out"],
            "evaluation.objective=elbo_held_out needs hydra.sweeper.direction=maximize",
        ),
        (
            ["hydra.sweeper.direction=maximize"],
            "evaluation.objective=frechet needs hydra.sweeper.direction=minimize",
        ),
        (["sweep.halving=2", "hydra/launcher=basic"], "needs hydra/launcher=processes"),
        (["hydra.sweeper.storage=sqlite:///study.db"], "sqlalchemy<2"),
    ],
)
def test_what_cannot_work_is_refused_before_the_first_trial(
    study: Command, tmp_path: Path, arguments: list[str], line: str
) -> None:
    result = study(*STUDY, *arguments, "hydra.sweep.dir=sweep")
    assert (result.code, len(result.err.splitlines())) == (2, 1)
    assert line in result.err
    assert not (tmp_path / "sweep").exists()


def test_halving_of_a_grid_needs_processes_too(train: Command) -> None:
    result = train(
        "-m", "seed=0,1", "sweep.halving=2", "hydra/launcher=basic", "hydra.sweep.dir=sweep"
    )
    assert (result.code, len(result.err.splitlines())) == (2, 1)
    assert "needs hydra/launcher=processes" in result.err


def test_trials_in_one_process(
    study: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def trained(composed: object, directory: Path, until: int | None) -> object:
        if composed.model.width < 0:  # type: ignore[attr-defined]
            raise ConfigError("too narrow")
        (directory / "metrics.jsonl").write_text('{"frechet": 3.5}\n')
        return type("Ended", (), {"paused": False})

    monkeypatch.setattr(jobs, "train", trained)
    arguments = [
        *STUDY,
        SEEDED,
        "hydra/launcher=basic",
        "model.width=choice(8,-1)",
        "hydra.sweep.dir=sweep",
    ]
    result = study(*arguments)
    assert result.code == 7
    assert "best: job 0, Fréchet 3.5: " in result.out
    assert sorted(_states(tmp_path / "sweep")) == ["done", "done", "failed", "failed"]
    again = study(*arguments)
    assert (again.code, len(again.err.splitlines())) == (4, 1)
    assert "already holds a job; sweep.resume=" in again.err


@pytest.mark.parametrize(
    ("option", "extra"), [("sweeper/optuna", "sweep"), ("launcher/submitit_slurm", "slurm")]
)
def test_an_extra_that_is_missing_is_named(option: str, extra: str) -> None:
    error = MissingConfigException("", f"hydra/{option}", ["basic"])
    group, name = option.split("/")
    assert (
        app.explain(error, [])
        == f"hydra/{group}={name} comes with an extra: pip install 'gan_cli[{extra}]'"
    )


@pytest.mark.slow
def test_the_best_value_is_the_score_of_a_real_run(train: Command, tmp_path: Path) -> None:
    pytest.importorskip("optuna")
    options = [
        "model.width=4",
        "data.size=8",
        "training.threads=1",
        "evaluation.count=100",
        "evaluation.final_count=null",
    ]
    result = train(
        *STUDY,
        SEEDED,
        *options,
        "hydra.sweeper.n_trials=3",
        "sweep.halving=2",
        "hydra.sweep.dir=sweep",
    )
    assert (result.code, result.err) == (0, "")
    scores = [
        score
        for number in range(3)
        if (score := jobs.score(tmp_path / "sweep" / str(number))) is not None
    ]
    assert len(scores) == 3
    assert (
        f"best_value: {min(scores)}"
        in (tmp_path / "sweep" / "optimization_results.yaml").read_text()
    )
