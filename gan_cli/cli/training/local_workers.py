"""`distribution.workers=N`: the workers of one run as processes of this machine.

The parent trains nothing. It starts them, passes signals on to the chief, and ends them all where
one is lost.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, suppress
from typing import Any

import psutil
from omegaconf import DictConfig, OmegaConf

from gan_cli.base.errors import WorkerError
from gan_cli.base.machines import cluster, machine, shared_memory
from gan_cli.config.options import parse
from gan_cli.config.schema import Distribution
from gan_cli.runs.listing import locate
from gan_cli.runs.rundir import RunDirectory
from gan_cli.training.distributed import shares
from gan_cli.training.signals import Signals

START = "import sys; from gan_cli.cli.commands import train; sys.exit(train())"
POLL, PATIENCE, SAVING = 0.1, 20.0, 120.0
"""Seconds between two looks; that the others have to end where one is lost; that the chief has to
save after a signal.
"""


def wanted(composed: DictConfig, overrides: list[str]) -> int:
    """How many workers this process shall start; 0: it is one itself, or the run has no such.

    Args:
        overrides: those of the command line; without any of these a run goes on as it was.
    """
    if cluster.worker() is not None:
        return 0
    given: Any = OmegaConf.to_container(composed.get("distribution") or {}, resolve=True)
    if composed.resume is not None and not any(
        each.lstrip("+~").startswith("distribution") for each in overrides
    ):
        given = (
            RunDirectory.read(str(locate.run(composed.resume))).read_config().get("distribution")
            or {}
        )
    options = shares.with_workers(parse(Distribution, given, "distribution"))
    return (options.workers or 0) if options.name == "multi_worker" else 0


def run(count: int, arguments: list[str]) -> int:
    """Run a command in `count` workers; the exit code of the chief, or of what was lost.

    Raises:
        WorkerError: a worker is lost, and the chief did not say so itself.
    """
    signals = Signals()
    with ExitStack() as stack:
        said = [stack.enter_context(tempfile.TemporaryFile()) for _ in range(count)]
        places = shared_memory.places(count) if shared_memory.goes_here() else []
        workers = [
            subprocess.Popen(
                [sys.executable, "-c", START, *arguments],
                env=os.environ | environment | (places[index].environment() if places else {}),
                pass_fds=places[index].descriptors() if places else (),
                stdin=subprocess.DEVNULL,
                stdout=None if index == 0 else subprocess.DEVNULL,
                stderr=None if index == 0 else said[index],
                start_new_session=True,  # Ctrl-C is ours to pass on
            )
            for index, environment in enumerate(_environments(count))
        ]
        for place in places:
            place.close()
        _pinned(workers)
        stack.callback(_end, workers)
        with signals.heard():
            return _watched(workers, said, signals)


def _watched(workers: list[subprocess.Popen[bytes]], said: list[Any], signals: Signals) -> int:
    """Until the chief ends. A worker that fails before it is lost: the chief notices, or is
    ended.
    """
    killed, deadline, lost, passed_on = machine.killed_for_memory(), None, None, False
    chief, *others = workers
    while chief.poll() is None:
        time.sleep(POLL)
        if signals.received is not None and not passed_on:
            chief.send_signal(signals.received)
            deadline, passed_on = time.monotonic() + SAVING, True
        failed = [index for index, each in enumerate(others, 1) if each.poll()]
        if failed and lost is None:
            lost, deadline = failed[0], time.monotonic() + PATIENCE
        if deadline and time.monotonic() > deadline:
            break
    code = chief.poll()
    spoke = code is not None and code >= 0
    own = lost is not None and workers[lost].poll() != WorkerError.exit_code  # it lost nobody
    if lost is not None and code not in (0, WorkerError.exit_code) and (own or spoke):
        words = _words(said[lost]) or _ended(workers[lost].poll(), killed)
        raise WorkerError(f"worker {lost} of {len(workers)} {words}; resume=RUN continues it")
    if code is None or code < 0:  # it could not say so itself
        raise WorkerError(
            f"worker 0 of {len(workers)}, the chief, {_ended(code, killed)}; "
            "resume=RUN continues it"
        )
    return code


def _ended(code: int | None, killed_before: int) -> str:
    """How a process has ended, in words."""
    if code is None:
        return "does not answer"
    if code >= 0:
        return f"ended with exit code {code}"
    if code == -signal.SIGKILL and machine.killed_for_memory() > killed_before:
        return "was killed by the system: out of memory"
    return f"was killed by {signal.Signals(-code).name}"


def _words(said: Any) -> str | None:
    """The line by which a worker has ended."""
    said.seek(0)
    lines = [line for line in said.read().decode(errors="replace").splitlines() if line]
    found = [line for line in lines if line.startswith("gan-train: ")]
    return f"said: {found[-1].removeprefix('gan-train: ')}" if found else None


def _end(workers: list[subprocess.Popen[bytes]]) -> None:
    """Nobody outlives the run: what follows has nothing to save."""
    for each in workers:
        if each.poll() is None:
            with suppress(subprocess.TimeoutExpired):
                each.wait(5.0 if each is not workers[0] else 0.0)
        if each.poll() is None:
            each.kill()
        each.wait()


def _environments(count: int) -> list[dict[str, str]]:
    """Of each worker: its place in the cluster, and its GPU where there are any."""
    addresses = [f"localhost:{port}" for port in _free_ports(count)]
    gpus, cores = machine.gpus(), machine.cores() // count
    return [
        {
            cluster.CONFIG: json.dumps(
                {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}}
            ),
            # While one operation waits for the others, another computes.
            "TF_NUM_INTEROP_THREADS": str(max(2, cores)),
            **({"CUDA_VISIBLE_DEVICES": gpus[index % len(gpus)]} if gpus else {}),
        }
        for index in range(count)
    ]


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        found = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in found:
            each.bind(("localhost", 0))
        return [each.getsockname()[1] for each in found]


def _pinned(workers: list[subprocess.Popen[bytes]]) -> None:
    """Processors of its own for each worker: the threads of all would get in each other's way."""
    cores = machine.processors()
    share = len(cores) // len(workers)
    for index, each in enumerate(workers if share else []):
        with suppress(psutil.Error, OSError, AttributeError):
            psutil.Process(each.pid).cpu_affinity(cores[index * share : (index + 1) * share])
