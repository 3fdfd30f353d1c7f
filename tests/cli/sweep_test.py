"""`gan-train -m` with its own launcher: processes, resume, halving, and what is refused before the
first job.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gan_cli.cli.multirun import launcher
from gan_cli.runs import checkpoint
from gan_cli.runs.record import Job, read_job, read_sweep
from gan_cli.sweeps.processes import Task
from tests.conftest import TINY, Command, one_line

from ..sweeps.tasks import SAYS

WHERE = "hydra.sweep.dir=sweep"
SCORED = [each for each in TINY if not each.startswith("evaluation")] + [
    "evaluation.every=4",
    "evaluation.count=16",
    "evaluation.final_count=32",
    "evaluation.extractor=pixels",
]


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Task]:
    """Jobs are processes that only say that they are done; the tasks that were started."""
    tasks: list[Task] = []

    def command(task: Task) -> list[str]:
        tasks.append(task)
        return [
            sys.executable,
            "-S",
            "-c",
            f"import os\nos.chdir({str(task.directory.absolute())!r})\n{SAYS}\nsay(state='done')",
        ]

    monkeypatch.setattr(launcher, "command", command)
    return tasks


def alone(job: Job, folder: Path) -> None:
    """The run that a job's record says, in a process of its own: threads are fixed once TensorFlow
    runs.
    """
    code = "import sys; from gan_cli.cli.train import main; sys.exit(main())"
    subprocess.run(
        [sys.executable, "-c", code, *job.arguments, "run_dir=alone"],
        cwd=folder,
        check=True,
        capture_output=True,
    )


@pytest.mark.slow
def test_jobs_are_processes_that_equal_single_runs(train: Command, tmp_path: Path) -> None:
    result = train(
        "-m", *TINY, "training.steps=4", "model.latent_dim=-1,6", "hydra.sweep.dir=sweep"
    )
    assert result.code == 7
    assert "Traceback" not in result.err
    assert "1 of the sweep's jobs failed" in result.err
    assert "0  " in result.err.splitlines()[-1]
    assert (
        "model.latent_dim=-1: input should be greater than or equal to 1"
        in result.err.splitlines()[-1]
    )
    lines = result.out.splitlines()
    assert "job 1 (latent_dim=6) started in sweep/1" in lines
    assert lines[-2].startswith("sweep: 2 jobs, 1 done, 1 failed; 00:")
    assert lines[-1] == "ranking: gan-report sweep"
    failed, done = (read_job(tmp_path / "sweep" / name) for name in "01")
    assert (failed.state, failed.exit_code, failed.attempts) == ("failed", 2, 1)
    assert (done.state, done.exit_code, done.reason) == ("done", 0, None)
    assert done.peak_bytes > 3e8
    assert "model.latent_dim=-1" in (tmp_path / "sweep" / "0" / "train.log").read_text()
    alone(done, tmp_path)
    name = "checkpoints/step-00000004/state.safetensors"
    assert (tmp_path / "sweep" / "1" / name).read_bytes() == (
        tmp_path / "alone" / name
    ).read_bytes()


@pytest.mark.slow
def test_jobs_of_two_devices_each(train: Command, tmp_path: Path) -> None:
    devices = ["distribution=mirrored", "distribution.replicas=2"]
    result = train("-m", *TINY, *devices, "training.steps=4", "seed=0,1", "hydra.sweep.dir=sweep")
    assert result.code == 0, result.err
    name = "checkpoints/step-00000004"
    for seed in "01":
        manifest = tmp_path / "sweep" / seed / name / "manifest.json"
        assert json.loads(manifest.read_text())["replicas"] == 2
    alone(read_job(tmp_path / "sweep" / "1"), tmp_path)
    for file in ("state.safetensors", "sampler.safetensors"):
        made = [tmp_path / each / name / file for each in ("sweep/1", "alone")]
        assert made[0].read_bytes() == made[1].read_bytes()


@pytest.mark.slow
def test_a_resumed_sweep_runs_what_is_missing_or_unfinished(
    train: Command, tmp_path: Path, started: list[Task]
) -> None:
    command = ["-m", *TINY, "training.steps=4", "seed=0,1,2"]
    assert train(*command, "hydra.sweep.dir=sweep").code == 0
    sweep = tmp_path / "sweep"
    assert [task.number for task in started] == [0, 1, 2]
    read_job(sweep / "1").update(sweep / "1", state="running")
    read_job(sweep / "0").update(sweep / "0", state="failed", reason="a crash")
    (sweep / "2" / "job.json").unlink()
    started.clear()
    assert train(*command, "sweep.resume=sweep").code == 0
    assert [task.number for task in started] == [0, 1, 2]
    assert [task.record.attempts for task in started] == [2, 2, 1]
    started.clear()
    assert train(*command, "sweep.resume=sweep").code == 0
    assert started == []
    assert [read_job(sweep / name).state for name in "012"] == ["done"] * 3


@pytest.mark.slow
def test_what_the_sweep_adds_stands_in_the_command_that_repeats_a_job(
    train: Command, tmp_path: Path, started: list[Task], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gan_cli.base.machines.machine.cores", lambda: 8)
    monkeypatch.setattr("gan_cli.base.machines.machine.gpus", lambda: [])
    (tmp_path / "mine" / "loss").mkdir(parents=True)
    (tmp_path / "mine" / "loss" / "own.yaml").write_text("name: hinge\n")
    options = [
        "training.steps=4",
        "loss=own,hinge",
        "hydra.sweep.dir=sweep",
        "hydra.launcher.jobs=2",
    ]
    assert train("-m", "--config-dir", str(tmp_path / "mine"), *options).code == 0
    job = read_job(tmp_path / "sweep" / "0")
    assert job.overrides == ["training.steps=4", "loss=own"]
    assert job.arguments == [
        f"--config-dir={tmp_path}/mine",
        "training.steps=4",
        "loss=own",
        "evaluation.every=4",
        "training.threads=4",
    ]
    assert read_sweep(tmp_path / "sweep").arguments[0] == "-m"
    assert (
        train("-m", *options[:1], "training.threads=2", "seed=0,1", "hydra.sweep.dir=other").code
        == 0
    )
    assert "training.threads=4" not in read_job(tmp_path / "other" / "0").arguments


def test_nothing_of_a_stranger_s_sweep_becomes_a_command_or_steers_the_terminal(
    train: Command, tmp_path: Path, started: list[Task]
) -> None:
    command = ["-m", *TINY, "training.steps=4", "seed=0,1"]
    assert train(*command, "hydra.sweep.dir=sweep").code == 0
    job, sweep = tmp_path / "sweep" / "1", tmp_path / "sweep"
    honest = read_job(job).arguments
    evil = ["+hydra.callbacks.evil._target_=os.system", "--config-dir=/evil"]
    read_job(job).update(job, state="stopped", arguments=[*honest, *evil], reason="\x1b[2Jgone")
    started.clear()
    assert train(*command, "sweep.resume=sweep").code == 0
    assert [task.record.arguments for task in started] == [honest]
    assert read_job(job).arguments == honest
    (job / "job.json").unlink()
    stored = json.loads((sweep / "sweep.json").read_text())
    del stored["sha256"]
    (sweep / "sweep.json").write_text(json.dumps(stored | {"arguments": ["\x1b]0;title\x07"]}))
    result = train(*command[:-1], "seed=0,2", "sweep.resume=sweep")
    assert (result.code, "\x1b" in result.err) == (2, False)
    assert "job 1 had seed=1 where seed=2 is given now" in one_line(result)


@pytest.mark.slow
@pytest.mark.parametrize("chosen", [None, "1"])
def test_a_job_has_hydra_s_tracebacks_only_where_the_user_wants_them(
    chosen: str | None, tmp_path: Path
) -> None:
    script = (
        "import sys\nfrom gan_cli.cli import train\nfrom gan_cli.cli.multirun import launcher\n"
        "launcher.command = lambda task: [sys.executable, '-S', '-c', "
        "'import os; print(os.environ.get(\"HYDRA_FULL_ERROR\"))']\nsys.exit(train.main())"
    )
    environment = {name: value for name, value in os.environ.items() if "HYDRA" not in name}
    subprocess.run(
        [sys.executable, "-c", script, "-m", "seed=0", "hydra.sweep.dir=sweep"],
        cwd=tmp_path,
        env=environment | ({"HYDRA_FULL_ERROR": chosen} if chosen else {}),
        capture_output=True,
    )
    assert (tmp_path / "sweep" / "0" / "console.log").read_text() == f"{chosen}\n"


def test_a_grid_has_a_job_for_each_combination_the_last_key_first(
    train: Command, tmp_path: Path, started: list[Task]
) -> None:
    assert train("-m", *TINY, "loss=hinge,wasserstein", "seed=range(2)", WHERE).code == 0
    assert len(started) == 4
    assert [read_job(tmp_path / "sweep" / str(each)).overrides[-2:] for each in range(4)] == [  # type: ignore[union-attr]
        ["loss=hinge", "seed=0"],
        ["loss=hinge", "seed=1"],
        ["loss=wasserstein", "seed=0"],
        ["loss=wasserstein", "seed=1"],
    ]


def test_two_sweeps_in_one_directory_are_refused(
    train: Command, tmp_path: Path, started: list[Task]
) -> None:
    command = ["-m", *TINY, "training.steps=4", "seed=0,1", "hydra.sweep.dir=sweep"]
    assert train(*command).code == 0
    result = train(*command)
    assert result.code == 4
    assert one_line(result).startswith(
        "gan-train: sweep: already holds a sweep; sweep.resume=sweep continues it"
    )
    assert len(started) == 2


def test_a_directory_with_a_run_in_it_is_no_job_s(
    train: Command, tmp_path: Path, started: list[Task]
) -> None:
    (tmp_path / "sweep" / "1").mkdir(parents=True)
    (tmp_path / "sweep" / "1" / "model.json").write_text("{}")
    result = train("-m", *TINY, "seed=0,1", "hydra.sweep.dir=sweep")
    assert result.code == 4
    assert "sweep/1: already holds a run" in one_line(result)
    assert started == []


@pytest.mark.parametrize(
    ("options", "code", "line"),
    [
        (["traning.steps=1,2"], 2, "unknown key 'traning.steps'"),
        (["model.dropout=interval(0,1)"], 2, "hydra/sweeper=optuna draws from it"),
        (["model=dcgan,nope"], 2, "unknown model 'nope'"),
        (
            ["model=vae,dcgan", "model.beta=2"],
            2,
            "model=dcgan has no key model.beta; these have it: model=sequence_vae, vae, vae_gan",
        ),
        (["sweep.resume=none"], 4, "sweep.resume=none: no such directory"),
        (["sweep.resume=sweep", "hydra.sweep.dir=sweep"], 2, "leave out hydra.sweep.dir="),
        (
            ["sweep.halving=3", "training.steps=2000"],
            2,
            "sweep.halving=3 compares scores on the way",
        ),
        (["sweep.halving=3", "training.epochs=3", "evaluation.every=1"], 2, "not epochs"),
        (["sweep.halving=3", "training.minutes=3", "evaluation.every=1"], 2, "or minutes"),
        (
            ["sweep.halving=2", "evaluation.every=null"],
            2,
            "sweep.halving=2 compares scores on the way",
        ),
        (["sweep.halving=1"], 2, "sweep.halving=1: input should be greater than or equal to 2"),
        (["hydra.launcher.jobs=0"], 2, "hydra.launcher.jobs=0"),
        (["hydra.launcher.timeout=-1"], 2, "hydra.launcher.timeout=-1"),
        (["hydra.launcher.retry=1"], 2, "hydra.launcher.retry"),
        (["run_dir=here"], 2, "run_dir= and resume= are for one run"),
    ],
)
def test_mistakes_show_before_the_first_job(
    options: list[str], code: int, line: str, train: Command, tmp_path: Path, started: list[Task]
) -> None:
    before = ["seed=0,1"] if "=" in options[0] and "," not in options[0] else []
    where = (
        []
        if any("sweep.dir" in each or "sweep.resume" in each for each in options)
        else ["hydra.sweep.dir=sweep"]
    )
    result = train("-m", *before, *options, *where)
    assert (result.code, started) == (code, []), result.err
    assert line in one_line(result)
    assert not list(tmp_path.glob("sweep/*"))


@pytest.mark.parametrize("option", ["sweep.resume=sweep", "sweep.halving=3"])
def test_what_is_for_sweeps_needs_one(option: str, train: Command) -> None:
    result = train(option)
    assert (result.code, "add -m" in one_line(result)) == (2, True)


@pytest.mark.slow
def test_halving_pauses_and_ends_the_worse_and_equals_an_uninterrupted_run(
    train: Command, tmp_path: Path
) -> None:
    options = [*SCORED, "training.steps=16", "seed=0,1"]
    result = train(
        "-m",
        *options,
        "optimizer.learning_rate=1e-9,1e-2",
        "sweep.halving=2",
        "hydra.sweep.dir=sweep",
    )
    assert result.code == 0, result.err
    jobs = [read_job(tmp_path / "sweep" / name) for name in "0123"]
    assert [job.state for job in jobs].count("done") == 2
    assert [job.state for job in jobs].count("pruned") == 2
    done = next(number for number, job in enumerate(jobs) if job.state == "done")
    pruned = next(number for number, job in enumerate(jobs) if job.state == "pruned")
    assert checkpoint.steps(tmp_path / "sweep" / str(done) / "checkpoints")[0] == 16
    assert checkpoint.steps(tmp_path / "sweep" / str(pruned) / "checkpoints")[0] == 4
    alone(jobs[done], tmp_path)
    name = "checkpoints/step-00000016/state.safetensors"
    assert (tmp_path / "sweep" / str(done) / name).read_bytes() == (
        tmp_path / "alone" / name
    ).read_bytes()
    logs = [
        (tmp_path / path / "metrics.jsonl").read_text().splitlines()
        for path in (f"sweep/{done}", "alone")
    ]
    scores = [
        [
            (entry["step"], entry["frechet"])
            for line in log
            if "frechet" in (entry := json.loads(line))
        ]
        for log in logs
    ]
    assert scores[0] == scores[1] != []
