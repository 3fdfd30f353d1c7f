"""Many items decoded at once, in this process and in several."""

from __future__ import annotations

import concurrent.futures
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from gan_cli.base.errors import DataError
from gan_cli.data.reading import scan as scanning
from gan_cli.data.reading.hashes import digest
from gan_cli.data.reading.pictures import BadPicture, Decoded
from gan_cli.data.reading.scan import Outcome, scan

SHAPE = (2, 3, 1)


def painted(name: str) -> tuple[Decoded, bytes]:
    """Item '7' is all 7; 'bad' is broken, 'tall' of another shape, 'colour' not grey."""
    if name == "bad":
        raise BadPicture("for a reason")
    if name == "tall":
        return Decoded(np.zeros((3, 3, 1), np.uint8), (30, 3), True), digest(b"tall")
    level = 99 if name == "colour" else int(name)
    return Decoded(np.full(SHAPE, level, np.uint8), (20, 30 + level), name != "colour"), digest(
        name.encode()
    )


def _in_worker(act: int, name: str) -> tuple[Decoded, bytes]:
    """Send this process a signal, but never the one that runs the tests."""
    assert multiprocessing.parent_process() is not None
    if name == "3":
        os.kill(os.getpid(), act)
    return painted(name)


def _out_of_memory(name: str) -> tuple[Decoded, bytes]:
    raise MemoryError


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """A file with room for ten rows."""
    path = tmp_path / "images"
    path.write_bytes(bytes([1]) * 10 * 6)
    return path


@pytest.fixture
def several(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two processes, however little there is to do, each with one item at a time."""
    monkeypatch.setattr(scanning, "_cores", lambda: 2)
    monkeypatch.setattr(scanning, "SECONDS_PER_ITEM", 1.0)


ITEMS = [(9, "4"), (0, "5"), (2, "bad"), (3, "6"), (4, "tall"), (5, "colour")]
OUTCOMES = [
    Outcome(9, digest(b"4"), (20, 34), True),
    Outcome(0, digest(b"5"), (20, 35), True),
    Outcome(2, bytes(16), (0, 0), True, "for a reason"),
    Outcome(3, digest(b"6"), (20, 36), True),
    Outcome(4, digest(b"tall"), (30, 3), True),
    Outcome(5, digest(b"colour"), (20, 129), False),
]
ROWS = [5, 1, 1, 6, 1, 99, 1, 1, 1, 4]


def _rows(images: Path) -> list[int]:
    rows = np.fromfile(images, np.uint8).reshape(10, 6)
    assert (rows == rows[:, :1]).all()
    return rows[:, 0].tolist()


def test_rows_and_outcomes_in_this_process(images: Path) -> None:
    assert scan(images, SHAPE, painted, ITEMS, 0) == OUTCOMES
    assert _rows(images) == ROWS


@pytest.mark.slow
@pytest.mark.usefixtures("several")
def test_rows_and_outcomes_are_the_same_from_several_processes(images: Path) -> None:
    used = []
    seen = ProcessPoolExecutor
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            concurrent.futures,
            "ProcessPoolExecutor",
            lambda *arguments: used.append(arguments[0]) or seen(*arguments),
        )
        assert scan(images, SHAPE, painted, ITEMS, 0) == OUTCOMES
    assert used == [2]
    assert _rows(images) == ROWS


def test_nothing_to_do(images: Path) -> None:
    assert scan(images, SHAPE, painted, [], 0) == []
    assert _rows(images) == [1] * 10


@pytest.mark.parametrize(
    ("count", "weight", "cores", "workers", "size"),
    [
        (2_000, 2_000 * 500, 16, 1, 256),  # 0.2 s of small files
        (60_000, 60_000 * 2_000, 2, 2, 256),
        (60_000, 60_000 * 2_000, 16, 16, 256),
        (1_000, 1_000 * 100_000, 16, 16, 24),
        (20, 20 * 5_000_000, 16, 16, 1),  # photos: a bar that moves, a Ctrl-C that is heard
        (1, 200_000_000, 16, 1, 1),
    ],
)
def test_processes_and_their_portions_follow_the_work(
    count: int,
    weight: int,
    cores: int,
    workers: int,
    size: int,
    images: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mapped: list[int] = []
    found: list[int] = []

    class Mapper:
        def __init__(self, chosen: int) -> None:
            found.append(max(chosen, 1))

        def __enter__(self) -> object:
            return lambda work, chunks: mapped.extend(map(len, chunks)) or []

        def __exit__(self, *error: object) -> None: ...

    monkeypatch.setattr(scanning, "_mapper", Mapper)
    monkeypatch.setattr(scanning, "_cores", lambda: cores)
    scan(images, SHAPE, painted, [(0, "0")] * count, weight)
    assert (found, mapped[0], sum(mapped)) == ([workers], size, count)


@pytest.mark.usefixtures("several")
def test_a_worker_leaves_ctrl_c_to_its_parent(images: Path) -> None:
    outcomes = scan(
        images, SHAPE, partial(_in_worker, signal.SIGINT), [(row, str(row)) for row in range(6)], 0
    )
    assert [(outcome.row, outcome.reason) for outcome in outcomes] == [
        (row, "") for row in range(6)
    ]


@pytest.mark.usefixtures("several")
@pytest.mark.timeout(60)
def test_a_worker_that_is_killed_is_an_error_of_one_line(images: Path) -> None:
    with pytest.raises(DataError) as caught:
        scan(
            images,
            SHAPE,
            partial(_in_worker, signal.SIGKILL),
            [(row, str(row)) for row in range(6)],
            0,
        )
    assert str(caught.value).startswith("a decoding process was killed, probably out of memory; ")
    assert "\n" not in str(caught.value)


def test_too_little_memory_is_the_same_error(images: Path) -> None:
    with pytest.raises(
        DataError, match=r"^a decoding process was killed, probably out of memory; "
    ):
        scan(images, SHAPE, _out_of_memory, [(0, "0")], 0)


@pytest.mark.usefixtures("several")
def test_a_disk_that_cannot_be_written_is_told_from_a_worker(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        scan(tmp_path / "nothing", SHAPE, painted, ITEMS, 0)


PROCESS = """
import os, pathlib, signal, sys, time
import numpy as np
from gan_cli.data.reading import scan
from gan_cli.data.reading.pictures import Decoded

def slow(name):
    (started / str(os.getpid())).touch()
    time.sleep(0.2)
    return Decoded(np.zeros((1, 1, 1), np.uint8), (1, 1), True), bytes(16)

started = pathlib.Path(sys.argv[1])
# ignored in what a shell starts in the background
signal.signal(signal.SIGINT, signal.default_int_handler)
scan._cores, scan.SECONDS_PER_ITEM = (lambda: 2), 1.0
scan.scan(started / "images", (1, 1, 1), slow, [(0, "a")] * 1000, 0)
"""


def _decoding(started: Path) -> tuple[subprocess.Popen[str], list[int]]:
    """A process that decodes for minutes, as leader of its group, and its two workers."""
    started.mkdir()
    (started / "images").write_bytes(bytes(1))
    process = subprocess.Popen(
        [sys.executable, "-c", PROCESS, str(started)],
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    workers = _until(
        lambda: [int(path.name) for path in started.iterdir() if path.name.isdigit()],
        lambda found: len(found) == 2,
    )
    return process, workers


def _until(look: object, enough: object) -> list[int]:
    """What `look` sees once that is enough, or after ten seconds."""
    end = time.monotonic() + 10
    while not enough(found := look()) and time.monotonic() < end:
        time.sleep(0.02)
    return found


def _alive(workers: list[int]) -> list[int]:
    def running(worker: int) -> bool:
        try:
            return "\nState:\tZ" not in Path(f"/proc/{worker}/status").read_text()
        except OSError:
            return False

    return [worker for worker in workers if running(worker)]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")
@pytest.mark.parametrize(
    ("act", "whole_group"), [(signal.SIGINT, True), (signal.SIGKILL, False)], ids=["Ctrl-C", "kill"]
)
def test_workers_go_with_their_parent(act: int, whole_group: bool, tmp_path: Path) -> None:
    process, workers = _decoding(tmp_path / "started")
    (os.killpg if whole_group else os.kill)(process.pid, act)
    _, error = process.communicate(timeout=20)
    assert process.returncode == -act
    assert error.count("Traceback") == (1 if act == signal.SIGINT else 0), error
    assert len(workers) == 2
    assert _until(lambda: _alive(workers), lambda found: not found) == []
