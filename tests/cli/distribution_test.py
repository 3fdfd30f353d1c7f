"""`distribution=`: what is refused, several devices and several workers, and the loss of one."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
from filelock import FileLock
from safetensors.numpy import load_file

from gan_cli.cli.training.local_workers import START
from gan_cli.runs import checkpoint
from tests.conftest import TINY, Command

ENDLESS = ["training.steps=1000000", "training.checkpoint_every=50", "training.log_every=50"]
LONGEST = 60.0
"""Seconds in which a lost worker ends the run."""


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (
            ["distribution=mirrored", "distribution.replicas=16"],
            "16 replicas are more than the images of a batch; training.batch_size=8, so at most 8",
        ),
        (
            ["distribution.workers=16"],
            "16 replicas are more than the images of a batch; training.batch_size=8, so at most 8",
        ),
        (
            ["distribution=mirrored", "distribution.replicas=3"],
            "training.batch_size=8 does not give 3 replicas equal shares: 6 would",
        ),
        (
            ["distribution=mirrored", "distribution.replicas=4", "loss.pack=4"],
            "equal shares, each of whole packs (loss.pack=4): 16 would",
        ),
        (
            ["distribution=mirrored", "distribution.replicas=2", "training.xla=true"],
            "training.xla compiles the step of one device; distribution=mirrored has 2",
        ),
        (
            ["distribution=mirrored", "distribution.replicas=2", "training.minutes=1"],
            "training.minutes measures one device; with distribution= give training.steps",
        ),
        (["distribution.workers=2", "watchdog=rollback"], "watchdog=rollback is for one process"),
        (["distribution=multi_worker"], "TF_CONFIG names no workers, nor does Slurm"),
        (["distribution.replicas=2"], "distribution.replicas goes with distribution=mirrored"),
        (
            ["distribution=mirrored", "distribution.workers=2"],
            "distribution.workers goes with distribution=multi_worker",
        ),
        (["distribution=both"], "unknown distribution 'both'"),
    ],
)
def test_what_cannot_be_shared_is_a_line(
    train: Command, tmp_path: Path, arguments: list[str], line: str
) -> None:
    result = train(*TINY, "run_dir=run", *arguments)
    assert (result.code, len(result.err.splitlines())) == (2, 1)
    assert line in result.err
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("{", "TF_CONFIG is not a cluster and a task of it"),
        ('{"cluster": {"worker": ["a:1"]}, "task": {"type": "ps", "index": 0}}', "KeyError 'ps'"),
        (
            '{"cluster": {"worker": ["a:1"]}, "task": {"type": "worker", "index": 1}}',
            "task 1 is none of the 1 workers",
        ),
    ],
)
def test_a_damaged_tf_config_is_a_line(
    train: Command, monkeypatch: pytest.MonkeyPatch, text: str, line: str
) -> None:
    monkeypatch.setenv("TF_CONFIG", text)
    result = train(*TINY, "distribution=multi_worker")
    assert (result.code, len(result.err.splitlines())) == (2, 1)
    assert line in result.err


class Job:
    """gan-train in processes of its own, in a folder."""

    def __init__(self, folder: Path, *arguments: str, **environment: str) -> None:
        self._said = (folder / f"said-{time.monotonic_ns()}").open("w+b")
        self.process = subprocess.Popen(
            [sys.executable, "-c", START, *arguments],
            cwd=folder,
            env=os.environ | environment,
            stdout=self._said,
            stderr=subprocess.STDOUT,
        )

    def workers(self, count: int = 2) -> list[psutil.Process]:
        """In the order in which they were started: the chief first."""
        found = psutil.Process(self.process.pid).children()
        assert len(found) == count
        return sorted(found, key=lambda each: each.pid)

    def code(self, seconds: float = 120.0) -> int:
        return self.process.wait(seconds)

    @property
    def said(self) -> str:
        self._said.seek(0)
        return self._said.read().decode()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[object]:
    jobs: list[Job] = []

    def started(*arguments: str, **environment: str) -> Job:
        jobs.append(Job(tmp_path, *arguments, **environment))
        return jobs[-1]

    yield started
    for job in jobs:
        if job.process.poll() is None:
            for each in psutil.Process(job.process.pid).children(recursive=True):
                each.kill()
            job.process.kill()


def weights(run: Path, step: int) -> dict[str, np.ndarray]:
    return dict(load_file(run / "checkpoints" / f"step-{step:08d}" / "state.safetensors"))


def alike(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> bool:
    return one.keys() == other.keys() and all(
        one[key].tobytes() == other[key].tobytes() for key in one
    )


def saved(folder: Path, seconds: float = 90.0) -> None:
    """Wait until a run has a checkpoint."""
    end = time.monotonic() + seconds
    while not list(folder.glob("checkpoints/step-*/manifest.json")):
        assert time.monotonic() < end
        time.sleep(0.1)


@pytest.mark.slow
def test_workers_and_devices_train_what_one_device_trains(start: type[Job], tmp_path: Path) -> None:
    tiny = [*TINY, "optimizer.epsilon=1e-3"]
    runs = {
        "alone": [],
        "workers": ["distribution.workers=2"],
        "devices": ["distribution=mirrored", "distribution.replicas=2"],
    }
    for name, more in runs.items():
        job = start(*tiny, "training.steps=8", f"run_dir={name}", *more)
        assert job.code() == 0, job.said
    alone, workers, devices = (weights(tmp_path / name, 8) for name in runs)
    for key in alone:
        assert np.allclose(alone[key], workers[key], rtol=1e-4, atol=1e-5), key
        assert np.allclose(alone[key], devices[key], rtol=1e-4, atol=1e-5), key
    manifest = tmp_path / "workers" / "checkpoints" / "step-00000008" / "manifest.json"
    assert json.loads(manifest.read_text())["replicas"] == 2


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["distribution.workers=2", "distribution.replicas=2"])
def test_a_resume_on_as_many_replicas_has_the_same_bits(
    start: type[Job], tmp_path: Path, kind: str
) -> None:
    chosen = [*TINY, kind, *(["distribution=mirrored"] if "replicas" in kind else [])]
    assert start(*chosen, "training.steps=8", "run_dir=whole").code() == 0
    assert start(*chosen, "training.steps=4", "run_dir=part").code() == 0
    job = start("resume=part", "training.steps=8")
    assert job.code() == 0, job.said
    assert "differ" not in job.said
    assert alike(weights(tmp_path / "whole", 8), weights(tmp_path / "part", 8))
    other = start("resume=part", "training.steps=12", "distribution=none")
    assert other.code() == 0, other.said
    assert "saved with 2 replicas, going on with 1: the bits will differ" in other.said


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
@pytest.mark.parametrize("which", [0, 1])
def test_a_lost_worker_ends_the_run_and_a_resume_goes_on(
    start: type[Job], tmp_path: Path, number: signal.Signals, which: int
) -> None:
    job = start(*TINY, *ENDLESS, "distribution.workers=2", "run_dir=run")
    saved(tmp_path / "run")
    before = time.monotonic()
    job.workers()[which].send_signal(number)
    assert job.code(LONGEST) == 11, job.said
    print(f"{number.name} of worker {which}: {time.monotonic() - before:.1f} s")
    lines = [line for line in job.said.splitlines() if line.startswith("gan-train: ")]
    assert len(lines) == 1, job.said
    assert re.match(rf"gan-train: worker {which}\b", lines[0])
    assert "Traceback" not in job.said
    step = checkpoint.steps(tmp_path / "run" / "checkpoints")[0]
    again = start("resume=run", f"training.steps={step + 10}")
    assert again.code() == 0, again.said
    assert f"resumed at step {step}" in again.said


@pytest.mark.slow
@pytest.mark.parametrize("which", [0, 1])
def test_a_worker_without_memory_ends_the_run_and_is_named(
    start: type[Job], tmp_path: Path, which: int
) -> None:
    assert start(*TINY, "training.steps=4", "distribution.workers=2", "run_dir=run").code() == 0
    job = start("resume=run", "training.steps=1000000")
    while (worker := started(job, which)).memory_info().vms < 1.2e9:  # TensorFlow is imported
        time.sleep(0.02)
    worker.rlimit(psutil.RLIMIT_AS, (1_400_000_000, 1_400_000_000))
    assert job.code(LONGEST) in (9, 11), job.said
    (line,) = (each for each in job.said.splitlines() if each.startswith("gan-train: "))
    assert f"worker {which}" in line
    assert "Traceback" not in job.said
    step = checkpoint.steps(tmp_path / "run" / "checkpoints")[0]
    again = start("resume=run", f"training.steps={step + 4}", "distribution=none")
    assert again.code() == 0, again.said
    assert f"resumed at step {step}" in again.said


def started(job: Job, which: int, seconds: float = 60.0) -> psutil.Process:
    end = time.monotonic() + seconds
    while len(psutil.Process(job.process.pid).children()) < 2:
        assert time.monotonic() < end
        time.sleep(0.02)
    return job.workers()[which]


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_reaches_all_and_the_chief_saves(
    start: type[Job], tmp_path: Path, number: signal.Signals
) -> None:
    job = start(*TINY, *ENDLESS, "distribution.workers=2", "run_dir=run")
    saved(tmp_path / "run")
    workers = job.workers()
    job.process.send_signal(number)
    assert job.code(LONGEST) == 128 + number, job.said
    assert "stopped and saved at step" in job.said
    assert not any(each.is_running() for each in workers)


@pytest.mark.slow
def test_tf_config_and_slurm_name_workers_too(start: type[Job], tmp_path: Path) -> None:
    arguments = [*TINY, "training.steps=4", "distribution=multi_worker"]
    cluster = {"worker": ["localhost:23471", "localhost:23472"]}
    jobs = [
        start(
            *arguments,
            "run_dir=of_config",
            TF_CONFIG=json.dumps({"cluster": cluster, "task": {"type": "worker", "index": index}}),
        )
        for index in range(2)
    ]
    assert [job.code() for job in jobs] == [0, 0], [job.said for job in jobs]
    slurm = {
        "SLURM_JOB_ID": "4711",
        "SLURM_STEP_NUM_TASKS": "2",
        "SLURM_STEP_NODELIST": "localhost",
        "SLURM_STEP_TASKS_PER_NODE": "2",
    }
    jobs = [
        start(*arguments, "run_dir=of_slurm", SLURM_PROCID=str(index), **slurm)
        for index in range(2)
    ]
    assert [job.code() for job in jobs] == [0, 0], [job.said for job in jobs]
    assert alike(weights(tmp_path / "of_config", 4), weights(tmp_path / "of_slurm", 4))
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_dir()) == [
        "of_config",
        "of_slurm",
    ]  # one writes


@pytest.mark.slow
def test_the_tasks_of_a_slurm_job_are_the_workers_of_its_run(
    start: type[Job], tmp_path: Path
) -> None:
    slurm = {
        "SLURM_JOB_ID": "4712",
        "SLURM_STEP_NUM_TASKS": "2",
        "SLURM_STEP_NODELIST": "localhost",
        "SLURM_STEP_TASKS_PER_NODE": "2",
    }
    command = ["-m", "hydra/launcher=basic", *TINY, "training.steps=4", "hydra.sweep.dir=sweep"]
    jobs = [start(*command, SLURM_PROCID=str(index), **slurm) for index in range(2)]
    assert [job.code() for job in jobs] == [0, 0], [job.said for job in jobs]
    manifest = tmp_path / "sweep" / "0" / "checkpoints" / "step-00000004" / "manifest.json"
    assert json.loads(manifest.read_text())["replicas"] == 2
    assert json.loads((tmp_path / "sweep" / "0" / "job.json").read_text())["state"] == "done"


@pytest.mark.slow
def test_a_worker_that_trains_by_itself_respects_the_lock(start: type[Job], tmp_path: Path) -> None:
    """TF_CONFIG of an older job is still set."""
    assert start(*TINY, "training.steps=4", "run_dir=run").code() == 0
    task = {"cluster": {"worker": ["a:1", "b:1"]}, "task": {"type": "worker", "index": 1}}
    again = ["resume=run", "training.steps=8", "distribution=none"]
    with FileLock(tmp_path / "run" / ".lock"):
        job = start(*again, TF_CONFIG=json.dumps(task))
        assert job.code() == 4, job.said
    assert not (tmp_path / "run" / "checkpoints" / "step-00000008").exists()
    assert start(*again, TF_CONFIG=json.dumps(task)).code() == 0


@pytest.mark.slow
def test_workers_with_other_settings_are_refused(start: type[Job]) -> None:
    arguments = [*TINY, "training.steps=4", "distribution=multi_worker", "run_dir=run"]
    cluster = {"worker": ["localhost:23473", "localhost:23474"]}
    jobs = [
        start(
            *arguments,
            f"seed={index}",
            TF_CONFIG=json.dumps({"cluster": cluster, "task": {"type": "worker", "index": index}}),
        )
        for index in range(2)
    ]
    assert [job.code() for job in jobs] == [2, 2], [job.said for job in jobs]
    assert "worker 1 has other settings" in jobs[0].said
