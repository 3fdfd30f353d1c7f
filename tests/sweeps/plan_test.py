"""A sweep's directory, its records, and the slots of its jobs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gan_cli.base.errors import ConfigError, RunDirectoryError
from gan_cli.base.machines import machine
from gan_cli.runs.record import Job, Sweep, read_job, read_sweep
from gan_cli.sweeps import plan, slots


def test_a_new_directory_is_made_and_the_jobs_are_written_down(tmp_path: Path) -> None:
    made = plan.opened(tmp_path / "a" / "sweep", ["-m", "seed=0,1"], resuming=False)
    made.add([["seed=0"], ["seed=1"]], 0)
    assert read_sweep(tmp_path / "a" / "sweep") == Sweep(
        1, ["-m", "seed=0,1"], [["seed=0"], ["seed=1"]]
    )
    made.add([["seed=2"]], 2)
    assert read_sweep(made.directory).jobs == [["seed=0"], ["seed=1"], ["seed=2"]]
    made.release()


def test_two_sweeps_in_one_directory_are_refused(tmp_path: Path) -> None:
    first = plan.opened(tmp_path, [], resuming=False)
    with pytest.raises(RunDirectoryError, match="another sweep is running in it"):
        plan.opened(tmp_path, [], resuming=False)
    with pytest.raises(RunDirectoryError, match="another sweep is running in it"):
        plan.opened(tmp_path, [], resuming=True)
    first.add([["seed=0"]], 0)
    first.release()
    with pytest.raises(
        RunDirectoryError,
        match=f"already holds a sweep; sweep.resume={tmp_path} continues it, hydra.sweep.dir=",
    ):
        plan.opened(tmp_path, [], resuming=False)
    plan.opened(tmp_path, [], resuming=True).release()


def test_what_is_no_sweep_is_not_resumed(tmp_path: Path) -> None:
    with pytest.raises(RunDirectoryError, match="no such directory"):
        plan.opened(tmp_path / "none", [], resuming=True)
    with pytest.raises(RunDirectoryError, match="holds no sweep"):
        plan.opened(tmp_path, [], resuming=True)
    assert not (tmp_path / "none").exists()


def test_a_resumed_sweep_takes_the_same_jobs_and_more(tmp_path: Path) -> None:
    first = plan.opened(tmp_path, ["-m", "rate=1,2"], resuming=False)
    first.add([["a=1", "rate=1"], ["a=1", "rate=2"]], 0)
    first.release()
    again = plan.opened(tmp_path, ["-m"], resuming=True)
    with pytest.raises(ConfigError) as refused:
        again.add([["a=1", "rate=1"], ["a=1", "rate=3"]], 0)
    assert str(refused.value) == (
        f"{tmp_path}: job 1 had rate=2 where rate=3 is given now; "
        "sweep.resume= takes the command that began the sweep: gan-train -m rate=1,2"
    )
    assert len(read_sweep(tmp_path).jobs) == 2
    again.add([["a=1", "rate=1"], ["a=1", "rate=2"], ["a=1", "rate=3"]], 0)
    again.add([["a=1", "rate=1"]], 0)
    assert read_sweep(tmp_path).jobs[2] == ["a=1", "rate=3"]
    assert read_sweep(tmp_path).arguments == ["-m", "rate=1,2"]
    again.release()


def test_a_directory_without_a_sweep_goes_again_and_another_stays(tmp_path: Path) -> None:
    made = plan.opened(tmp_path / "sweep", [], resuming=False)
    made.release()
    (tmp_path / "sweep" / "multirun.yaml").write_text("")
    plan.discard_if_empty(tmp_path / "sweep")
    assert not (tmp_path / "sweep").exists()
    (tmp_path / "mine").write_text("")
    plan.discard_if_empty(tmp_path)
    assert (tmp_path / "mine").exists()
    plan.discard_if_empty(tmp_path / "none")


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        '{"format": 2}',
        '{"format": 1, "arguments": [1], "jobs": []}',
        '{"format": 1, "jobs": []}',
    ],
)
def test_a_stranger_s_record_is_checked(content: str, tmp_path: Path) -> None:
    (tmp_path / "sweep.json").write_text(content)
    with pytest.raises(RunDirectoryError, match=r"sweep\.json"):
        read_sweep(tmp_path)
    (tmp_path / "job.json").write_text(content)
    with pytest.raises(RunDirectoryError, match=r"job\.json"):
        read_job(tmp_path)


def test_a_record_says_how_to_do_the_same_again(tmp_path: Path) -> None:
    job = Job(
        1, ["loss=hinge"], ["--config-dir=my configs", "loss=hinge", "training.threads=1"], "done"
    )
    assert job.command == "gan-train '--config-dir=my configs' loss=hinge training.threads=1"
    job.update(tmp_path, state="failed", reason="x")
    assert json.loads((tmp_path / "job.json").read_text())["reason"] == "x"
    assert [
        Job(1, [], [], state).over
        for state in ("waiting", "running", "paused", "stopped", "failed")
    ] == [False] * 5
    assert [Job(1, [], [], state).over for state in ("done", "pruned")] == [True] * 2


@pytest.mark.parametrize(
    ("jobs", "cores", "memory", "most", "count", "threads"),
    [
        ("auto", 2, 24e9, 12, 2, 1),
        ("auto", 8, 24e9, 3, 3, 2),
        ("auto", 8, 4e9, 12, 2, 4),
        ("auto", 8, 1e9, 12, 1, 8),
        (5, 2, 1e9, 12, 5, 1),
        (5, 2, 1e9, 1, 1, 2),
    ],
)
def test_slots_by_cores_and_memory(
    jobs,
    cores: int,
    memory: float,
    most: int,
    count: int,
    threads: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(machine, "cores", lambda: cores)
    monkeypatch.setattr(machine, "available_memory", lambda: memory)
    monkeypatch.setattr(machine, "gpus", lambda: [])
    places = slots.places(jobs, 1.5, most, pin=False)
    assert places == [slots.Slot()] * count
    assert slots.threads(len(places)) == threads


def test_slots_by_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "gpus", lambda: ["GPU-a", "GPU-b"])

    def names(jobs, most: int) -> list[str]:
        return [
            place.environment["CUDA_VISIBLE_DEVICES"]
            for place in slots.places(jobs, 1.5, most, pin=True)
        ]

    assert names("auto", 12) == ["GPU-a", "GPU-b"]
    assert names(3, 12) == ["GPU-a", "GPU-b", "GPU-a"]
    assert names("auto", 1) == ["GPU-a"]


def test_slots_of_runs_with_several_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "gpus", lambda: list("abcde"))

    def names(jobs, devices: int) -> list[str]:
        places = slots.places(jobs, 1.5, 12, pin=False, devices=devices)
        return [place.environment["CUDA_VISIBLE_DEVICES"] for place in places]

    assert names("auto", 2) == ["a,b", "c,d"]
    assert names(3, 2) == ["a,b", "c,d", "e,a"]
    assert names("auto", 5) == ["a,b,c,d,e"]
    assert names("auto", 6) == ["a,b,c,d,e"]  # which that job refuses
    monkeypatch.setattr(machine, "gpus", lambda: [])
    monkeypatch.setattr(machine, "cores", lambda: 8)
    monkeypatch.setattr(machine, "available_memory", lambda: 24e9)
    assert len(slots.places("auto", 1.5, 12, pin=False, devices=2)) == 4
    assert len(slots.places("auto", 1.5, 12, pin=False, devices=9)) == 1


@pytest.mark.parametrize(
    ("processors", "jobs", "shares"),
    [
        ([0, 1], 2, [(0,), (1,)]),
        ([0, 1], 1, [()]),
        ([2, 3, 5, 8], 3, [(2,), (3,), (5, 8)]),
        ([4, 5], 3, [(4,), (5,), (4,)]),
        ([], 2, [(), ()]),
    ],
)
def test_each_run_has_cores_of_its_own(
    processors: list[int], jobs: int, shares: list[tuple[int, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "processors", lambda: processors)
    assert [place.processors for place in slots.places(jobs, 1.5, 12, pin=True)] == shares
    assert [place.processors for place in slots.places(jobs, 1.5, 12, pin=False)] == [()] * jobs
