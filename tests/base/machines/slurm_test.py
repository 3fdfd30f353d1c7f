"""What a task of Slurm's is told: where the others listen, in the order of their numbers."""

from __future__ import annotations

import json
import os

import pytest

from gan_cli.base.errors import ConfigError
from gan_cli.base.machines import machine, slurm

STEP = {
    "SLURM_PROCID": "1",
    "SLURM_LOCALID": "1",
    "SLURM_JOB_ID": "3",
    "SLURM_STEP_NUM_TASKS": "4",
    "SLURM_STEP_NODELIST": "n[9-10],m3",
    "SLURM_STEP_TASKS_PER_NODE": "2,1(x2)",
}


@pytest.fixture
def step(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in STEP.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("TF_CONFIG", "")
    monkeypatch.delenv("TF_CONFIG")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    return monkeypatch


def test_addresses_have_the_order_of_the_tasks(step: pytest.MonkeyPatch) -> None:
    slurm.name_workers()
    assert json.loads(os.environ["TF_CONFIG"]) == {
        "cluster": {"worker": ["n9:10192", "n9:10193", "n10:10194", "m3:10195"]},
        "task": {"type": "worker", "index": 1},
    }
    step.setenv("SLURM_JOB_ID", "999999999")
    assert 10_000 <= int(slurm.addresses("a", "1", 999_999_999)[0].removeprefix("a:")) < 30_000


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SLURM_STEP_NODELIST", "n[9-"),
        ("SLURM_STEP_NODELIST", "n9"),
        ("SLURM_STEP_NODELIST", ""),
        ("SLURM_STEP_TASKS_PER_NODE", "2(y3)"),
        ("SLURM_STEP_TASKS_PER_NODE", "2,2,2"),
    ],
)
def test_variables_that_say_something_else(name: str, value: str, step: pytest.MonkeyPatch) -> None:
    step.setenv(name, value)
    with pytest.raises(ConfigError, match="do not say where 4 tasks are: SLURM_STEP_NODELIST="):
        slurm.name_workers()


def test_each_task_of_a_node_has_its_gpu(step: pytest.MonkeyPatch) -> None:
    step.setenv("CUDA_VISIBLE_DEVICES", "4,6")
    slurm.take_gpu()
    assert machine.gpus() == ["6"]
    slurm.take_gpu()
    assert machine.gpus() == ["6"]  # its own already
    step.setenv("TF_CONFIG", "{}")
    step.setenv("CUDA_VISIBLE_DEVICES", "4,6")
    slurm.take_gpu()
    assert machine.gpus() == ["4", "6"]  # not started by Slurm
