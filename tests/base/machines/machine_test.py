"""What the machine has, as the system and its container say."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gan_cli.base.machines import machine


@pytest.mark.parametrize(
    ("chosen", "names"),
    [
        ("0,1", ["0", "1"]),
        ("GPU-1b, MIG-2", ["GPU-1b", "MIG-2"]),
        ("", []),
        ("-1", []),
        ("0,-1,1", ["0"]),
    ],
)
def test_the_environment_chooses_gpus(
    chosen: str, names: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", chosen)
    assert machine.gpus() == names


def test_the_driver_s_tool_lists_gpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert machine.gpus() == []
    tool = tmp_path / "nvidia-smi"
    tool.write_text('#!/bin/sh\n[ "$1" = --query-gpu=uuid ] && echo GPU-1 && echo GPU-2\n')
    tool.chmod(0o755)
    assert machine.gpus() == ["GPU-1", "GPU-2"]
    tool.write_text("#!/bin/sh\necho NVIDIA-SMI has failed; exit 9\n")
    assert machine.gpus() == []


def test_a_container_s_limits_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "CONTROL_GROUP", tmp_path)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(6)), raising=False)
    assert machine.cores() == 6
    assert machine.processors() == [0, 1, 2, 3, 4, 5]
    free = machine.available_memory()
    assert free > 1e6
    assert machine.killed_for_memory() == 0
    (tmp_path / "cpu.max").write_text("250000 100000\n")
    (tmp_path / "memory.max").write_text("12345\n")
    (tmp_path / "memory.events").write_text("low 0\nhigh 0\nmax 3\noom 2\noom_kill 1\n")
    assert (machine.cores(), machine.available_memory(), machine.killed_for_memory()) == (
        2,
        12345,
        1,
    )
    assert machine.processors() == []
    (tmp_path / "cpu.max").write_text("50000 100000\n")
    assert machine.cores() == 1
    (tmp_path / "cpu.max").write_text("max 100000\n")
    (tmp_path / "memory.max").write_text("max\n")
    assert machine.cores() == 6
    assert machine.available_memory() > 1e6
