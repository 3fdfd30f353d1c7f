"""Sweeps whose jobs run elsewhere: submitit, Ray, and schedulers that know nothing of sweeps."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from hydra import compose, initialize_config_module

from gan_cli.base.errors import Interrupted, SweepError
from gan_cli.cli.multirun import jobs, sweeper
from gan_cli.runs.record import read_job
from tests.cli import slurm_commands
from tests.conftest import TINY, Command, Result

ROOT = Path(__file__).parents[2]
PLUGINS = {
    "local": "hydra_submitit_launcher",
    "slurm": "hydra_submitit_launcher",
    "ray": "hydra_ray_launcher",
}


@pytest.fixture
def stub(train: Command, monkeypatch: pytest.MonkeyPatch) -> Command:
    """gan-train whose jobs take no time; seed 1 fails."""

    def trained(composed: object, directory: Path, until: int | None) -> object:
        assert composed.seed != 1, "a bug"  # type: ignore[attr-defined]
        return type("Ended", (), {"paused": False})

    monkeypatch.setattr(jobs, "train", trained)
    return train


def states(sweep: Path) -> dict[str, str]:
    return {
        path.parent.name: json.loads(path.read_text())["state"]
        for path in sorted(sweep.glob("*/job.json"))
    }


@pytest.mark.parametrize(
    "name", sorted(path.stem for path in (ROOT / "configs" / "cluster").glob("*.yaml"))
)
def test_every_cluster_composes(name: str) -> None:
    if name in PLUGINS and find_spec(f"hydra_plugins.{PLUGINS[name]}") is None:
        pytest.skip("an extra")
    with initialize_config_module("gan_cli.configs", version_base="1.3"):
        composed = compose("train", [f"cluster={name}"], return_hydra_config=True)
    expected = PLUGINS.get(name, "hydra_plugins.gan_cli.Processes")
    assert expected in composed.hydra.launcher._target_
    assert composed.hydra.callbacks.sweep._target_ == "gan_cli.cli.multirun.sweeper.Sweep"


def test_a_cluster_is_for_a_sweep(train: Command) -> None:
    result = train("cluster=slurm", *TINY)
    assert (result.code, len(result.err.splitlines())) == (2, 1)
    assert "add -m" in result.err


def test_halving_needs_the_processes_of_this_machine(train: Command, tmp_path: Path) -> None:
    result = train("-m", "cluster=local", "sweep.halving=2", "seed=0,1", "hydra.sweep.dir=sweep")
    assert (result.code, len(result.err.splitlines())) == (2, 1)
    assert "needs hydra/launcher=processes" in result.err
    assert not (tmp_path / "sweep").exists()


def test_slurm_must_be_there(
    train: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("hydra_plugins.hydra_submitit_launcher")
    monkeypatch.setenv("PATH", str(tmp_path))
    result = train("-m", "cluster=slurm", "seed=0,1", "hydra.sweep.dir=sweep")
    assert (result.code, len(result.err.splitlines())) == (2, 1)
    assert "no srun is found here" in result.err
    assert not (tmp_path / "sweep").exists()


def test_where_a_job_runs_is_no_part_of_it() -> None:
    assert jobs.own(["cluster=slurm", "seed=1", "sweep.resume=x", "+sweep.halving=2"]) == ["seed=1"]


@pytest.mark.slow
def test_a_job_that_slurm_has_requeued_goes_on(
    stub: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ["-m", "hydra/launcher=basic", "seed=0,2", "hydra.sweep.dir=sweep"]
    assert stub(*command).code == 0
    read_job(tmp_path / "sweep" / "0").update(tmp_path / "sweep" / "0", state="running")  # type: ignore[union-attr]
    again = stub(*command)
    assert (again.code, len(again.err.splitlines())) == (4, 1)
    monkeypatch.setenv("SLURM_RESTART_COUNT", "1")
    assert stub(*command).code == 0
    assert [read_job(tmp_path / "sweep" / name).attempts for name in "01"] == [2, 1]  # type: ignore[union-attr]


def test_there_must_be_something_to_go_on_in(train: Command, tmp_path: Path) -> None:
    missing = train("-m", "hydra/launcher=basic", "sweep.resume=sweep", "seed=0")
    assert (missing.code, missing.err) == (4, "gan-train: sweep.resume=sweep: no such directory\n")
    assert not (tmp_path / "sweep").exists()


def test_what_others_say_becomes_a_line(tmp_path: Path) -> None:
    def fail(error: BaseException) -> None:
        sweeper.Sweep.directory = tmp_path
        raise error

    lost = type("UncompletedJobError", (RuntimeError,), {"__module__": "submitit.core.utils"})
    with (
        pytest.raises(
            SweepError, match=r"submitit has no answer of a job: Job 7; sweep.resume= continues it"
        ),
        sweeper.ending(),
    ):
        fail(lost("Job 7\nwas killed"))
    with (
        pytest.raises(Interrupted, match="jobs that a cluster was given go on there") as caught,
        sweeper.ending(),
    ):
        fail(KeyboardInterrupt())
    assert caught.value.exit_code == 130
    with pytest.raises(ZeroDivisionError), sweeper.ending():
        fail(ZeroDivisionError())
    with pytest.raises(KeyboardInterrupt), sweeper.ending():
        raise KeyboardInterrupt  # of a command that has not become a sweep


def apart(folder: Path, *arguments: str, **environment: str) -> Result:
    """gan-train in a process of its own: submitit keeps this one's standard output in its log
    handlers.
    """
    code = "import sys; from gan_cli.cli.train import main; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
    )
    return Result(done.returncode, done.stdout, done.stderr)


@pytest.mark.slow
def test_jobs_of_submitit(tmp_path: Path) -> None:
    pytest.importorskip("hydra_plugins.hydra_submitit_launcher")
    command = [
        "-m",
        "cluster=local",
        *TINY,
        "training.steps=4",
        "training.threads=1",
        "model.latent_dim=6,-1,8",
    ]
    result = apart(tmp_path, *command, "hydra.sweep.dir=sweep")
    sweep = tmp_path / "sweep"
    assert result.code == 7, result.err
    assert "gan-train: 1 of the sweep's jobs failed" in result.err
    assert (
        "model.latent_dim=-1: input should be greater than or equal to 1"
        in result.err.splitlines()[-1]
    )
    assert states(sweep) == {"0": "done", "1": "failed", "2": "done"}
    record = read_job(sweep / "2")
    assert record is not None
    assert record.seconds > 0.0
    assert "model.latent_dim=8" in record.overrides
    assert "cluster=local" not in record.arguments
    assert apart(tmp_path, *record.arguments, "run_dir=alone").code == 0
    name = "checkpoints/step-00000004/state.safetensors"
    assert (sweep / "2" / name).read_bytes() == (tmp_path / "alone" / name).read_bytes()

    record.update(sweep / "2", state="stopped")
    again = apart(tmp_path, *command, "sweep.resume=sweep")
    assert again.code == 7, again.err
    assert [read_job(sweep / each).attempts for each in "012"] == [1, 2, 2]  # type: ignore[union-attr]
    other = apart(tmp_path, "-m", "cluster=local", *TINY, "training.steps=5", "sweep.resume=sweep")
    assert other.code == 2
    assert other.err.splitlines()[-1].startswith("gan-train: ")
    assert "takes the command that began the sweep" in other.err


@pytest.mark.slow
def test_the_tasks_on_two_nodes_are_the_workers_of_a_run(tmp_path: Path) -> None:
    """submitit's own way through sbatch, srun and sacct; seed 1 fails in both of its tasks."""
    pytest.importorskip("hydra_plugins.hydra_submitit_launcher")
    path = slurm_commands.install(tmp_path / "bin")
    result = apart(
        tmp_path,
        *["-m", "cluster=slurm", "hydra.launcher.nodes=2", "hydra.sweep.dir=sweep"],
        *[*TINY, "training.steps=4", "training.threads=1", "model.latent_dim=6,-1"],
        PATH=path,
        SLURM_JOBS=str(tmp_path / "jobs"),
    )
    assert result.code == 7, result.err
    assert "1 of the sweep's jobs failed" in result.err
    assert "model.latent_dim=-1: input should be" in result.err.splitlines()[-1]
    sweep = tmp_path / "sweep"
    assert states(sweep) == {"0": "done", "1": "failed"}
    manifest = sweep / "0" / "checkpoints" / "step-00000004" / "manifest.json"
    assert json.loads(manifest.read_text())["replicas"] == 2
    said = (sweep / ".submitit").glob("*_0/*_0_log.out")
    assert "2 replicas with 4 images a step each" in "".join(each.read_text() for each in said)
