"""Sums over processes through shared memory: values, bits, and what is lost."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from gan_cli.base.machines import shared_memory

pytestmark = pytest.mark.skipif(
    not hasattr(os, "memfd_create"), reason="this system has no memory without a name"
)
PROGRAM = """
import hashlib, itertools, sys
import numpy as np
from gan_cli.base.machines.shared_memory import LostError, SharedSum, inherited

index, kind = int(sys.argv[1]), sys.argv[3]
sizes = itertools.repeat(1000)
if sys.argv[2] != "endless":
    sizes = [int(each) for each in sys.argv[2].split(",")]
add = SharedSum(inherited(), index)
for turn, size in enumerate(sizes):
    drawn = np.random.default_rng([index, turn]).normal(size=size) * 100
    try:
        found = add(drawn.astype(kind), mean=turn % 2 == 1 and kind != "int64")
    except LostError as error:
        sys.exit(str(error))
    print(hashlib.sha256(found.tobytes()).hexdigest(), flush=True)
"""


def started(count: int, sizes: str, kind: str = "float32") -> list[subprocess.Popen[str]]:
    places = shared_memory.places(count)
    found = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(index), sizes, kind],
            env=os.environ | place.environment(),
            pass_fds=place.descriptors(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for index, place in enumerate(places)
    ]
    for place in places:
        place.close()
    return found


@pytest.mark.parametrize("count", [2, 3])
@pytest.mark.parametrize("kind", ["float32", "int64"])
def test_all_get_the_bits_of_a_sum_in_order(count: int, kind: str) -> None:
    sizes = [1, 700_001, 5, 1_000_000]  # the large ones go in several pieces
    processes = started(count, ",".join(map(str, sizes)), kind)
    said = [each.communicate(timeout=60) for each in processes]
    assert [each.returncode for each in processes] == [0] * count, said
    for turn, size in enumerate(sizes):
        parts = [
            (np.random.default_rng([index, turn]).normal(size=size) * 100).astype(kind)
            for index in range(count)
        ]
        expected = parts[0] + parts[1] if count == 2 else parts[0] + parts[1] + parts[2]
        if turn % 2 == 1 and kind != "int64":
            expected = expected / count
        digest = hashlib.sha256(expected.astype(kind).tobytes()).hexdigest()
        assert [out.split()[turn] for out, _ in said] == [digest] * count


def test_the_others_notice_at_once_that_one_is_killed() -> None:
    first, second = started(2, "endless")
    assert first.stdout is not None
    first.stdout.readline()
    second.kill()
    began = time.monotonic()
    _, why = first.communicate(timeout=30)
    assert time.monotonic() - began < 10
    assert why.strip() == "worker 1 has ended"
    assert first.returncode == 1
    second.communicate()


@pytest.mark.slow
def test_one_that_hangs_is_waited_for_until_it_is_silent_too_long() -> None:
    first, second = started(2, "endless")
    assert first.stdout is not None
    first.stdout.readline()
    second.send_signal(signal.SIGSTOP)
    time.sleep(4)
    assert first.poll() is None
    second.send_signal(signal.SIGCONT)
    time.sleep(2)
    assert first.poll() is None
    second.send_signal(signal.SIGSTOP)
    try:
        _, why = first.communicate(timeout=40)
        assert why.strip() == "worker 1 does not answer"
    finally:
        second.kill()
        second.communicate()
