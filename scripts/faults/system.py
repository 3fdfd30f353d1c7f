"""What the system does to a process: limits, signals, closed streams, full disks, rights."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from damage import COMMANDS
from harness import DOCUMENTED, KILLED, Case, Outcome
from worlds import TINY, UNSCORED

LONG = ["gan-train", *TINY, UNSCORED, "training.steps=1000000", "run_dir=new"]
SHORT = ["gan-train", *TINY, UNSCORED, "training.steps=6", "run_dir=new"]
NOBODY = 65534
MOUNT = ["mount", "-t", "tmpfs", "-o"]


def cases(world: Path) -> Iterator[Case]:
    """Each of them; those that need rights which are not given are left out."""
    for closed in ([0], [1], [2], [0, 1], [1, 2], [0, 1, 2]):
        yield Case(f"system: streams {closed} closed", SHORT, code(0), inside=_closed(closed))
        yield Case(
            f"system: gan-sample, streams {closed} closed",
            COMMANDS["sample"][0],
            code(0),
            inside=_closed(closed),
            world=world,
        )
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        for steps in (0, 1):
            yield Case(
                f"system: {number.name} {'while it trains' if steps else 'at the start'}",
                LONG,
                _saved(number, bool(steps)),
                meanwhile=_signal(number, bool(steps)),
                ends=(128 + number,) if steps else (128 + number, -number),
            )
    for megabytes in (8, 64):
        yield Case(
            f"system: {megabytes} MB more than it has: gan-train goes on",
            COMMANDS["train"][0],
            _whole,
            inside=_memory(megabytes),
            world=world,
            # Inside TensorFlow, which may hang too; what was saved is whole.
            ends=(*DOCUMENTED, -signal.SIGABRT, -signal.SIGSEGV, 127, KILLED),
        )
    yield Case("system: stopped and continued", SHORT, code(0), meanwhile=_paused)
    for name, (command, _) in {**COMMANDS, "new": (SHORT, None)}.items():
        for limit, value, what in (
            (resource.RLIMIT_NOFILE, 12, "12 open files"),
            (resource.RLIMIT_FSIZE, 4096, "files of 4 KiB"),
        ):
            yield Case(
                f"system: {what}: {name}", command, _fails, inside=_limit(limit, value), world=world
            )
        yield Case(f"system: standard output full: {name}", command, inside=_full, world=world)
        yield Case(
            f"system: no HOME, C locale: {name}", command, code(0), inside=_bare, world=world
        )
        yield Case(f"system: one column: {name}", command, code(0), inside=_narrow, world=world)
        if os.geteuid() == 0:
            yield Case(f"system: no rights: {name}", command, _fails, inside=_nobody, world=world)
            if _can_mount():
                yield from _full_disks(name, command, world)


def code(*expected: int) -> Callable[[Outcome], str | None]:
    def holds(outcome: Outcome) -> str | None:
        if outcome.code in expected:
            return None
        return f"exit code {outcome.code}, expected {expected}: {outcome.words[-300:]}"

    return holds


def _fails(outcome: Outcome) -> str | None:
    """Or not; that its exit code is documented is asked anyway."""
    return None


def _closed(numbers: list[int]) -> Callable[[], None]:
    return lambda: [os.close(number) for number in numbers] and None


def _limit(which: int, value: int) -> Callable[[], None]:
    def inside() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(which, (value, resource.getrlimit(which)[1]))

    return inside


def _memory(megabytes: int) -> Callable[[], None]:
    def inside() -> None:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        most = pages * resource.getpagesize() + megabytes * 1024**2
        resource.setrlimit(resource.RLIMIT_AS, (most, most))

    return inside


def _whole(outcome: Outcome) -> str | None:
    """The newest checkpoint is that which was there, or a later one, and whole."""
    from gan_cli.runs.reading import read_run

    found = read_run(outcome.folder / "run").checkpoint("newest")
    return None if found is not None and found.step >= 8 else f"{found} is left"


def _full() -> None:
    os.dup2(os.open("/dev/full", os.O_WRONLY), 1)


def _bare() -> None:
    os.environ.pop("HOME", None)
    os.environ.update(LC_ALL="C", LANG="C", TERM="dumb")


def _narrow() -> None:
    os.environ.update(COLUMNS="1", LINES="1")


def _nobody() -> None:
    os.setgid(NOBODY)
    os.setuid(NOBODY)


def _signal(number: int, training: bool) -> Callable[[Path, int], bool]:
    def meanwhile(folder: Path, child: int) -> bool:
        if training and not list(folder.glob("new/checkpoints/step-*")):
            return False
        if not training and not (folder.parent / "err").exists():
            return False
        os.kill(child, number)
        return True

    return meanwhile


def _saved(number: int, training: bool) -> Callable[[Outcome], str | None]:
    def holds(outcome: Outcome) -> str | None:
        if training and "saved" not in outcome.words:
            return f"it does not say that it saved: {outcome.words[-300:]}"
        return None

    return holds


def _paused(folder: Path, child: int) -> bool:
    if not (folder / "new").exists():
        return False
    os.kill(child, signal.SIGSTOP)
    os.kill(child, signal.SIGCONT)
    return True


def _can_mount() -> bool:
    with tempfile.TemporaryDirectory() as folder:
        if subprocess.run([*MOUNT, "size=64k", "tmpfs", folder], capture_output=True).returncode:
            return False
        subprocess.run(["umount", folder], check=True)
    return True


def _full_disks(name: str, command: list[str], world: Path) -> Iterator[Case]:
    """The folder on a disk that has little room left."""
    blocks = sum(-(-each.stat().st_size // 4096) + 1 for each in world.rglob("*"))
    for free in (0, 4, 20, 60):

        def arrange(work: Path, free: int = free) -> None:
            kept = work.with_name("kept")
            work.rename(kept)
            work.mkdir()
            size = f"size={4 * (blocks + free)}k"
            subprocess.run([*MOUNT, size, "tmpfs", str(work)], check=True)
            shutil.copytree(kept, work, dirs_exist_ok=True, symlinks=True)

        def holds(outcome: Outcome) -> str | None:
            subprocess.run(["umount", "-l", str(outcome.folder)], check=False)
            return None

        disk = f"system: a disk with {4 * free} KiB left: {name}"
        yield Case(disk, command, holds, arrange, world=world)
