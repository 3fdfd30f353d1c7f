"""`hydra/sweeper=optuna`: trials that fail, end early and are drawn again, on runs that take no
time.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import optuna
import pytest
from hydra.errors import MissingConfigException
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from gan_cli.base.errors import ConfigError
from gan_cli.cli import app
from gan_cli.cli.multirun import jobs, launcher
from gan_cli.runs.record import read_job
from gan_cli.sweeps.processes import Task
from tests.conftest import Command, one_line

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
        line = {"step": step, "seconds": step, "frechet": score, "elbo_held_out": score}
        print(json.dumps(line), file=file)
    (directory / "checkpoints" / f"step-{step:08d}").mkdir(parents=True, exist_ok=True)
record.update(directory, state="paused" if until else "done")
"""
"""A process that scores 100 times its learning rate, a little less at each step, and cannot do with
a negative width.
"""


@pytest.fixture
def study(train: Command, monkeypatch: pytest.MonkeyPatch) -> Command:
    """gan-train with this trainer in place of training."""

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


def study_of(sweep: Path) -> optuna.Study:
    """As `optuna-dashboard` opens it."""
    storage = JournalStorage(JournalFileBackend(str(sweep / "study.journal")))
    return optuna.load_study(study_name=None, storage=storage)


def test_a_study_names_its_best_trial_and_is_kept_in_optuna_s_journal(
    study: Command, tmp_path: Path
) -> None:
    result = study(*STUDY, SEEDED, "hydra.sweep.dir=sweep")
    assert (result.code, result.err) == (0, "")
    found = [min(_scores(tmp_path / "sweep" / str(number))) for number in range(4)]
    best = found.index(min(found))
    line = next(each for each in result.out.splitlines() if each.startswith("best"))
    assert line.startswith(f"best: job {best}, Fréchet {found[best]:.4g}: optimizer.learning_rate=")
    assert float(line.rpartition("=")[2]) == pytest.approx((found[best] + 0.6) / 100)
    assert _states(tmp_path / "sweep") == ["done"] * 4
    kept = study_of(tmp_path / "sweep")
    assert kept.direction.name == "MINIMIZE"
    assert [trial.value for trial in kept.trials] == found
    assert (kept.best_trial.number, kept.best_value) == (best, found[best])
    for trial in kept.trials:
        assert list(trial.params) == ["optimizer.learning_rate"]
        rate = trial.params["optimizer.learning_rate"]
        expected = {20: 100 * rate - 0.2, 40: 100 * rate - 0.4, 60: 100 * rate - 0.6}
        assert trial.intermediate_values == pytest.approx(expected)
        record = read_job(tmp_path / "sweep" / str(trial.number))
        assert record is not None
        assert record.overrides[0] == f"optimizer.learning_rate={rate}"


@pytest.mark.slow
def test_of_a_bound_more_is_better(study: Command, tmp_path: Path) -> None:
    result = study(*STUDY, SEEDED, "evaluation.objective=elbo_held_out", "hydra.sweep.dir=sweep")
    assert result.code == 0, result.err
    kept = study_of(tmp_path / "sweep")
    assert kept.direction.name == "MAXIMIZE"
    rates = [trial.params["optimizer.learning_rate"] for trial in kept.trials]
    assert kept.best_trial.params["optimizer.learning_rate"] == max(rates)


@pytest.mark.slow
def test_samplers_and_pruners_have_names_and_arguments(study: Command, tmp_path: Path) -> None:
    chosen = [
        "hydra.sweeper.sampler.name=grid",
        "hydra.sweeper.pruner.name=threshold",
        "+hydra.sweeper.pruner.upper=4.5",
    ]
    rates = "optimizer.learning_rate=choice(0.02,0.04,0.06)"
    result = study(*STUDY, rates, *chosen, SEEDED, "sweep.halving=2", "hydra.sweep.dir=sweep")
    assert result.code == 0, result.err
    trials = study_of(tmp_path / "sweep").trials
    ended = {trial.params["optimizer.learning_rate"]: trial.state.name for trial in trials}
    assert ended == {0.02: "COMPLETE", 0.04: "COMPLETE", 0.06: "PRUNED"}
    assert len(trials) == 3  # all there is, of n_trials=4


@pytest.mark.slow
def test_a_failed_trial_does_not_end_the_study(study: Command, tmp_path: Path) -> None:
    result = study(*STUDY, SEEDED, "model.width=choice(8,-1)", "hydra.sweep.dir=sweep")
    assert result.code == 7
    states = _states(tmp_path / "sweep")
    assert set(states) == {"done", "failed"}
    failed = states.count("failed")
    assert result.err.count("too narrow") == failed
    assert result.err.startswith(f"gan-train: {failed} of the sweep's jobs failed")
    told = {"done": "COMPLETE", "failed": "FAIL"}
    trials = study_of(tmp_path / "sweep").trials
    assert [trial.state.name for trial in trials] == [told[state] for state in states]


@pytest.mark.slow
def test_nor_do_failed_trials_alone(study: Command, tmp_path: Path) -> None:
    result = study(*STUDY, SEEDED, "model.width=choice(-2,-1)", "hydra.sweep.dir=sweep")
    assert result.code == 7
    assert _states(tmp_path / "sweep") == ["failed"] * 4
    assert len(result.err.splitlines()) == 5
    assert result.err.startswith("gan-train: 4 of the sweep's jobs failed")


@pytest.mark.slow
def test_trials_without_a_score_are_an_error(
    study: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "score", lambda directory: None)
    result = study(*STUDY, SEEDED, "hydra.sweep.dir=sweep")
    assert (result.code, len(result.err.splitlines())) == (7, 1)
    assert "no trial has a score" in result.err


@pytest.mark.slow
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
    told = {"done": "COMPLETE", "pruned": "PRUNED"}
    for trial, record in zip(study_of(tmp_path / "sweep").trials, found, strict=True):
        assert record is not None
        assert trial.state.name == told[record.state]
        assert max(trial.intermediate_values) == (60 if record.state == "done" else 40)


def _steps(directory: Path) -> list[int]:
    return [int(path.name.removeprefix("step-")) for path in (directory / "checkpoints").iterdir()]


def same_trials(one: Path, other: Path) -> None:
    first, second = (study_of(folder).trials for folder in (one, other))
    assert [trial.number for trial in first] == list(range(len(second)))
    for left, right in zip(first, second, strict=True):
        assert (left.params, left.state, left.value) == (right.params, right.state, right.value)
        assert left.intermediate_values == right.intermediate_values


@pytest.mark.slow
def test_a_study_goes_on_with_more_trials(study: Command, tmp_path: Path) -> None:
    options = [*STUDY, SEEDED, "model.width=choice(8,-1)", "sweep.halving=2"]
    study(*options, "hydra.sweep.dir=whole")
    study(*options, "hydra.sweeper.n_trials=2", "hydra.sweep.dir=cut")
    assert len(_states(tmp_path / "cut")) == 2
    assert study(*options, "sweep.resume=cut").code in (0, 7)
    same_trials(tmp_path / "whole", tmp_path / "cut")
    attempts = [read_job(tmp_path / "cut" / str(number)).attempts for number in range(2)]  # type: ignore[union-attr]
    assert max(attempts) <= 2  # to the rung, and from it


@pytest.mark.slow
def test_without_a_seed_a_study_goes_on_too(study: Command, tmp_path: Path) -> None:
    study(*STUDY, "hydra.sweeper.n_trials=2", "hydra.sweep.dir=sweep")
    before = [trial.params for trial in study_of(tmp_path / "sweep").trials]
    assert study(*STUDY, "sweep.resume=sweep").code == 0
    trials = study_of(tmp_path / "sweep").trials
    assert [trial.params for trial in trials][:2] == before
    assert len(trials) == 4


KILLED = """
import json, sys
from gan_cli.cli.multirun import launcher
launcher.command = lambda task: [sys.executable, "-c", {trainer!r}, str(task.directory),
                                 str(task.until or 0), *task.record.overrides]
from gan_cli.cli.multirun import jobs
jobs.score = lambda directory: min(
    json.loads(line)["frechet"] for line in open(directory / "metrics.jsonl")
)
from gan_cli.cli.train import main
sys.exit(main())
"""


@pytest.mark.slow
@pytest.mark.parametrize("number", [1, 2])
def test_a_study_that_is_killed_ends_as_one_that_is_not(
    number: int, study: Command, tmp_path: Path
) -> None:
    """Killed when the job of this number has begun, as without electricity."""
    options = [*STUDY, SEEDED, "sweep.halving=2"]
    study(*options, "hydra.sweep.dir=whole")
    script = KILLED.format(trainer="input()" if number < 2 else TRAINER)
    sweep = subprocess.Popen(
        [sys.executable, "-c", script, *options, "hydra.sweep.dir=cut"],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    while not (tmp_path / "cut" / str(number) / "job.json").exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    sweep.kill()
    sweep.wait()
    states = [trial.state.name for trial in study_of(tmp_path / "cut").trials]
    assert states[number] == "RUNNING"
    result = study(*options, "sweep.resume=cut")
    assert result.code == 0, result.err
    same_trials(tmp_path / "whole", tmp_path / "cut")


@pytest.mark.slow
def test_another_command_is_refused_by_name(study: Command, tmp_path: Path) -> None:
    study(*STUDY, "hydra.sweeper.n_trials=1", "hydra.sweep.dir=sweep")
    for given, line in [
        (["training.steps=80"], "had training.steps=60 where training.steps=80 is given now"),
        (["model.width=choice(8,16)"], "where 'model.width=choice(8,16)' is given now"),
    ]:
        result = study(*STUDY, *given, "sweep.resume=sweep")
        assert result.code == 2
        assert line in one_line(result)
    again = study(*STUDY, "hydra.sweep.dir=sweep")
    assert (again.code, "sweep.resume=sweep continues it" in one_line(again)) == (4, True)


def test_a_stranger_s_study_is_read_as_data(study: Command, tmp_path: Path) -> None:
    study(*STUDY, "hydra.sweeper.n_trials=1", "hydra.sweep.dir=sweep")
    journal = tmp_path / "sweep" / "study.journal"
    honest = journal.read_text()
    journal.write_text(honest + '{"op_code": 4, "wor')  # a full disk
    assert study(*STUDY, "hydra.sweeper.n_trials=2", "sweep.resume=sweep").code == 0
    assert len(study_of(tmp_path / "sweep").trials) == 2
    journal.write_text("[1]\n" + honest)
    damaged = study(*STUDY, "sweep.resume=sweep")
    assert damaged.code == 4
    assert "study.journal: no study of gan-train, or a damaged one" in one_line(damaged)
    lines = [json.loads(line) for line in honest.splitlines()]
    for line in lines:
        if "distribution" in line:
            line["distribution"] = line["distribution"].replace("0.1", "0.9")
    ended = [line for line in lines if line["op_code"] != 6]  # the trial has not ended
    journal.write_text("".join(json.dumps(line) + "\n" for line in ended))
    forged = study(*STUDY, "sweep.resume=sweep")
    assert (forged.code, "trial 0 is not one of this study" in one_line(forged)) == (4, True)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["evaluation.every=null"], "evaluation.every=null: without scores"),
        (["sweep.halving=2", "hydra/launcher=basic"], "needs hydra/launcher=processes"),
        (["hydra.sweeper.pruner=median"], "is asked at the steps of sweep.halving="),
        (["hydra.sweeper.sampler=tpa"], "did you mean 'tpe'?"),
        ([SEEDED, "hydra.sweeper.sampler=random"], "hydra.sweeper.sampler.name=random keeps them"),
        (["hydra.sweeper.n_trials=0"], "hydra.sweeper.n_trials=0"),
        (["model.widht=choice(1,2)"], "unknown key 'model.widht'"),
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


@pytest.mark.slow
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
    assert "already holds a study; sweep.resume=" in again.err


def test_optuna_is_an_extra(train: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gan_cli.cli.multirun.search.find_spec", lambda name: None)
    result = train(*STUDY, "hydra.sweep.dir=sweep")
    assert result.code == 2
    assert one_line(result).endswith("comes with an extra: pip install 'gan_cli[sweep]'")


def test_a_pickled_sampler_is_not_read_back(
    study: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study(*STUDY, "hydra.sweeper.n_trials=1", "hydra.sweep.dir=sweep")
    monkeypatch.setattr("gan_cli.sweeps.algorithms.find_spec", lambda name: name)
    result = study(*STUDY, "hydra.sweeper.sampler=cmaes", "sweep.resume=sweep")
    assert (result.code, "sweep.resume= cannot go on with sampler=cmaes" in one_line(result)) == (
        2,
        True,
    )


@pytest.mark.parametrize(
    ("option", "extra"), [("launcher/ray", "ray"), ("launcher/submitit_slurm", "slurm")]
)
def test_an_extra_that_is_missing_is_named(option: str, extra: str) -> None:
    error = MissingConfigException("", f"hydra/{option}", ["basic"])
    group, name = option.split("/")
    assert (
        app.explain(error, lambda key: [])
        == f"hydra/{group}={name} comes with an extra: pip install 'gan_cli[{extra}]'"
    )


@pytest.mark.slow
def test_the_best_value_is_the_score_of_a_real_run(train: Command, tmp_path: Path) -> None:
    options = [
        "model.width=4",
        "data=digits",
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
    assert study_of(tmp_path / "sweep").best_value == min(scores)
