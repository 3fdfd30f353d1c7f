"""Printed commands, run in this process."""

from __future__ import annotations

import importlib
import re
import shutil
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from gan_cli.cli.multirun import launcher
from gan_cli.runs.listing import locate
from gan_cli.runs.record import read_job
from gan_cli.sweeps.processes import Task
from tests import printed
from tests.pages import made, small

COMPLETED = {
    "gan-edit edit=project": "gan-edit RUN edit=project images=pictures",
    "gan-edit RUN edit=inpaint": "gan-edit RUN edit=inpaint image=picture.png 'mask=[9,9,10,10]'",
    "gan-sample format=npz": "gan-sample RUN format=npz",
    "gan-sample seed=7": "gan-sample RUN seed=7",
    "gan-edit edit=NAME --help": "gan-edit edit=project --help",
    "gan-data augment=ada ...": "gan-data augment=ada data=folder data.path=pictures",
    "gan-train 'resume=$run'": "gan-train resume=/shared/sweeps/fourth/0",
    "gan-train data=cifar10 'seed=$TASK' 'run_dir=$run'": (
        "gan-train data=cifar10 seed=1 run_dir=/shared/sweeps/fourth/1"
    ),
}
"""Commands that a page cuts short, or writes with variables of a shell."""
BEFORE = {
    "gan-train 'resume=$run'": "gan-train data=cifar10 run_dir=/shared/sweeps/fourth/0",
    "gan-report last": "gan-train -m seed=0,1",
}
"""What a page leaves to its reader before a command."""
COPIES = "runs/2026-11-21"


class Runner:
    """Runs commands in the current folder, and keeps what was trained.

    Args:
        kept: a folder for runs, so that a command that comes to a run that was trained copies it.
    """

    def __init__(self, kept: Path) -> None:
        self._kept = kept
        self._trained: dict[frozenset[str], Path] = {}

    def run(self, command: str) -> None:
        """Run a command as printed, but small.

        Raises:
            AssertionError: it ends with another exit code than 0.
        """
        if before := BEFORE.get(command):
            self.run(before)
        command = _meant(command)
        again = re.search(r"sweep\.resume=(\S+)", command)
        if again and not Path(again[1]).exists():
            self.run(command.replace("sweep.resume=", "hydra.sweep.dir="))
        name, arguments = command.split()[0], small.arguments(command)
        if name != "gan-train" or re.search(r" resume=| --(help|cfg)| logger=", command):
            self._call(name, *arguments)
        elif "-m" in arguments:
            self._sweep(arguments)
        else:
            self._train(arguments)

    def _sweep(self, arguments: list[str]) -> None:
        """Train the first job as a run of its own, and have copies of it for the jobs."""
        of_job = [each for each in arguments if not each.startswith(("-m", "hydra", "sweep."))]
        trained = self._train([values[0] for values in printed.values(of_job)])

        def command(task: Task) -> list[str]:
            shutil.copytree(trained, task.directory, dirs_exist_ok=True)
            record = read_job(task.directory)
            assert record is not None
            record.update(task.directory, state="paused" if task.until else "done")
            return [sys.executable, "-S", "-c", ""]

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(launcher, "command", command)
            self._call("gan-train", *arguments)

    def _train(self, arguments: list[str]) -> Path:
        """Train a run, or copy the same one; where it is kept."""
        settings = dict(each.split("=", 1) for each in arguments if "=" in each)
        place = settings.pop("run_dir", None)
        key = frozenset(f"{name}={value}" for name, value in settings.items())
        if same := self._trained.get(key):
            copied = shutil.copytree(same, place or f"{COPIES}/{uuid4()}")
            (Path(copied) / "train.log").touch()  # by which `last` is known
            return same
        self._call("gan-train", *arguments)
        found = Path(place) if place else locate.run("last")
        self._trained[key] = shutil.copytree(found, self._kept / str(len(self._trained)))
        return self._trained[key]

    def _call(self, name: str, *arguments: str) -> None:
        main = importlib.import_module(f"gan_cli.cli.{name.removeprefix('gan-')}").main
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "argv", [name, *arguments])
            with _looked_at(patch) if name == "gan-watch" else nullcontext():
                code = main()
        assert code == 0, f"exit code {code}"


def _meant(command: str) -> str:
    """A printed command with what its placeholders stand for."""
    command = COMPLETED.get(command, command).replace("evaluate metrics=", "evaluate RUN metrics=")
    times = [time for words, time in made.STANDS_FOR.items() if words in command]
    run = f"runs/{made.run(times[0])}" if times else "last"
    for name, meant in {r"\bRUN\b": run, r"\bFOLDER\b": "runs", "/shared/": "shared/"}.items():
        command = re.sub(name, meant, command)
    return command


@contextmanager
def _looked_at(patch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have gan-watch end once its page was read."""
    import uvicorn

    serve, pages = uvicorn.Server.run, list[bytes]()

    def run(self: uvicorn.Server, sockets: Any) -> None:
        looking = threading.Thread(target=look, args=(self, sockets[0].getsockname()[1]))
        looking.start()
        serve(self, sockets)
        looking.join()

    def look(server: uvicorn.Server, port: int) -> None:
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        for _ in range(100):
            with suppress(OSError):  # it does not listen yet
                pages.append(direct.open(f"http://127.0.0.1:{port}/", timeout=20).read())
                break
            time.sleep(0.1)
        server.should_exit = True

    patch.setattr("uvicorn.Server.run", run)
    yield
    assert b"<html" in pages[0]
