"""The pool: what it starts, how it ends processes, and what their records say then."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from gan_cli.base.errors import DiskFullError, Interrupted
from gan_cli.base.machines import machine
from gan_cli.runs.record import read_job
from gan_cli.sweeps import processes
from gan_cli.sweeps.slots import Slot

from .tasks import Seen, pool, task


@pytest.mark.slow
def test_all_tasks_run_and_no_more_at_a_time_than_there_are_slots(tmp_path: Path) -> None:
    tasks = [task(tmp_path, number) for number in range(5)]
    seen = Seen()
    pool("time.sleep(0.3); say(state='done')", seen, slots=2).run(tasks)
    assert seen.most == 2
    assert [number for event, number in seen.events if event == "started"] == [0, 1, 2, 3, 4]
    for each in tasks:
        stored = read_job(each.directory)
        assert stored == each.record
        assert (stored.state, stored.attempts, stored.exit_code, stored.reason) == (
            "done",
            1,
            0,
            None,
        )
        assert 0.3 <= stored.seconds < 30
        assert stored.peak_bytes > 1e6


def test_what_a_process_prints_is_kept_and_its_environment_has_the_slot(tmp_path: Path) -> None:
    one = task(tmp_path, 0)
    script = (
        "time.sleep(0.2); print('gpu', os.environ['CUDA_VISIBLE_DEVICES'], "
        "os.sched_getaffinity(0)); say(state='done')"
    )
    last = max(os.sched_getaffinity(0))
    pool(script, Seen(), [Slot({"CUDA_VISIBLE_DEVICES": "GPU-7"}, (last,))]).run([one])
    assert (one.directory / "console.log").read_text() == f"gpu GPU-7 {{{last}}}\n"


def test_a_failure_that_a_job_has_recorded_is_not_tried_again(tmp_path: Path) -> None:
    one, seen = task(tmp_path, 0), Seen()
    pool("say(state='failed', reason='a loss is not finite'); sys.exit(6)", seen, retries=3).run(
        [one]
    )
    assert seen.events == [("started", 0), ("failed", 0)]
    assert (one.record.state, one.record.reason, one.record.exit_code) == (
        "failed",
        "a loss is not finite",
        6,
    )


def test_a_crash_is_tried_again_and_then_reported_with_the_last_words(tmp_path: Path) -> None:
    one, seen = task(tmp_path, 0), Seen()
    pool(
        "print('before'); print('the\\x1b last words', flush=True); os.abort()", seen, retries=2
    ).run([one])
    assert seen.events == [("started", 0), ("failed", 0)] * 3
    assert (one.record.attempts, one.record.exit_code) == (3, -signal.SIGABRT)
    assert one.record.reason.startswith("crashed with SIGABRT (it held ")
    assert one.record.reason.endswith("the last words")


def test_a_crash_that_does_not_come_again_is_forgotten(tmp_path: Path) -> None:
    one, seen = task(tmp_path, 0), Seen()
    script = (
        "os.kill(os.getpid(), 9) if not os.path.exists('once') and not open('once', "
        "'w').close() else say(state='done')"
    )
    pool(script, seen, retries=1).run([one])
    assert seen.events == [("started", 0), ("failed", 0), ("started", 0), ("done", 0)]
    assert (one.record.state, one.record.reason, one.record.attempts) == ("done", None, 2)


@pytest.mark.parametrize(
    ("kills", "reason"),
    [
        (iter([4, 5]), "out of memory: killed by the system (it held "),
        (iter([4, 4]), "killed by SIGKILL, as systems do where memory runs out (it held "),
    ],
)
def test_a_process_that_the_system_kills_for_memory_is_reported_as_such(
    kills, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "killed_for_memory", lambda: next(kills))
    one = task(tmp_path, 0)
    pool("os.kill(os.getpid(), 9)", Seen()).run([one])
    assert one.record.state == "failed"
    assert one.record.reason.startswith(reason)


def test_a_failed_allocation_of_the_libraries_is_out_of_memory(tmp_path: Path) -> None:
    one = task(tmp_path, 0)
    pool(
        "print('terminate called after throwing', 'std::bad_alloc', flush=True); os.abort()", Seen()
    ).run([one])
    assert one.record.reason.startswith("out of memory: an allocation failed (it held ")


def test_a_process_that_says_nothing_leaves_its_last_line_as_the_reason(tmp_path: Path) -> None:
    one = task(tmp_path, 0)
    pool("print('gan-train: unknown key', file=sys.stderr); sys.exit(2)", Seen(), retries=1).run(
        [one]
    )
    assert (one.record.state, one.record.reason, one.record.attempts) == (
        "failed",
        "gan-train: unknown key",
        1,
    )


@pytest.mark.slow
def test_a_timeout_stops_and_counts_all_parts_of_a_job(tmp_path: Path) -> None:
    one = task(tmp_path, 0)
    made = pool("signal.signal(15, stop); time.sleep(60)", Seen(), timeout=0.5)
    began = time.monotonic()
    made.run([one])
    assert time.monotonic() - began < 20
    assert (one.record.state, one.record.exit_code) == ("failed", 143)
    assert one.record.reason == "took longer than hydra.launcher.timeout=0.5 s; it was stopped"
    one.spent = 100.0
    made.run([one])
    assert one.record.state == "failed"


@pytest.mark.slow
def test_one_that_does_not_hear_is_killed_after_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "PATIENCE", 0.3)
    one = task(tmp_path, 0)
    pool(
        "signal.signal(15, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)",
        Seen(),
        timeout=0.5,
    ).run([one])
    assert (one.record.state, one.record.exit_code) == ("failed", -9)
    assert one.record.reason.startswith("took longer")


def test_ctrl_c_has_all_save_and_leaves_those_that_wait(tmp_path: Path) -> None:
    tasks = [task(tmp_path, number) for number in range(3)]
    threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT)).start()
    with pytest.raises(Interrupted) as stopped:
        pool("signal.signal(15, stop); time.sleep(60)", Seen(), slots=2).run(tasks)
    assert stopped.value.exit_code == 130
    assert [read_job(each.directory).state for each in tasks] == ["stopped", "stopped", "waiting"]


def test_one_stopped_before_it_could_hear_is_stopped_not_failed(tmp_path: Path) -> None:
    one = task(tmp_path, 0)
    threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGTERM)).start()
    with pytest.raises(Interrupted) as stopped:
        pool("time.sleep(60)", Seen(), retries=1).run([one])
    assert stopped.value.exit_code == 143
    assert (one.record.state, one.record.exit_code, one.record.attempts) == ("stopped", -15, 1)


@pytest.mark.slow
def test_a_full_disk_stops_the_sweep(tmp_path: Path) -> None:
    tasks = [task(tmp_path, number) for number in range(4)]
    script = (
        "signal.signal(15, stop); time.sleep(0.5)\nif os.getcwd().endswith('0'): "
        "sys.exit(8)\ntime.sleep(60)"
    )
    with pytest.raises(DiskFullError, match="the disk is full"):
        pool(script, Seen(), slots=2).run(tasks)
    assert [each.record.state for each in tasks] == ["failed", "stopped", "waiting", "waiting"]


def test_a_disk_that_takes_no_record_stops_it_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    tasks = [task(tmp_path, number) for number in range(2)]
    monkeypatch.setattr("gan_cli.base.files.write_json", full)
    with pytest.raises(DiskFullError):
        pool("signal.signal(15, stop); time.sleep(60)", Seen()).run(tasks)
    assert tasks[1].tries == 0


def test_processes_are_not_of_this_terminal_s_group(tmp_path: Path) -> None:
    one = task(tmp_path, 0)
    pool("print(os.getpgid(0)); say(state='done')", Seen()).run([one])
    assert int((one.directory / "console.log").read_text()) != os.getpgid(0)
