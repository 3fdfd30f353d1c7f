"""Decode many items once, on all cores, into rows of one file."""

from __future__ import annotations

import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from gan_cli.base.errors import DataError
from gan_cli.data.reading.hashes import DIGEST
from gan_cli.data.reading.pictures import BadPicture, Decoded

if TYPE_CHECKING:
    from tqdm import tqdm

CHUNK, SECONDS_PER_CHUNK = 256, 0.1
"""Items that a process takes at once: few enough for a bar that moves and a Ctrl-C that is heard.
"""
SECONDS_PER_ITEM, SECONDS_PER_BYTE = 7e-5, 4e-8
"""About what a small and a large JPEG cost one core: enough to tell whether processes are worth
their start.
"""
THREADED = {"tensorflow", "array_record"}

Loader = Callable[[str], tuple[Decoded, bytes]]
"""From an item's name to its pixels and the hash of its bytes; raises BadPicture. It is sent to
other processes.
"""


class Outcome(NamedTuple):
    """What became of an item: its hash, (height, width) of its picture, whether it is grey; or why
    it is broken.
    """

    row: int
    hash: bytes
    size: tuple[int, int]
    grey: bool
    reason: str = ""


def scan(
    images: Path | None,
    row_shape: tuple[int, ...],
    loader: Loader,
    items: Sequence[tuple[int, str]],
    weight: int,
) -> list[Outcome]:
    """Write row i of `images`, where a file is given, for each item (i, name), and say what became
    of each.

    A picture of another shape than `row_shape` is not written; its size is in the outcome.

    Args:
        weight: bytes of all items, for an estimate of the work.

    Raises:
        DataError: the memory does not suffice.
        OSError: `images` cannot be written.
    """
    from concurrent.futures.process import BrokenProcessPool

    work = partial(_decode, images, row_shape, loader)
    seconds = len(items) * SECONDS_PER_ITEM + weight * SECONDS_PER_BYTE
    size = max(1, min(CHUNK, int(len(items) * SECONDS_PER_CHUNK / seconds))) if items else 1
    chunks = [items[start : start + size] for start in range(0, len(items), size)]
    outcomes: list[Outcome] = []
    with (
        _mapper(min(_cores(), len(chunks), round(seconds / 0.2))) as mapped,
        _bar(len(items)) as bar,
    ):
        try:
            for done in mapped(work, chunks):
                outcomes.extend(done)
                bar.update(len(done))
        except (BrokenProcessPool, MemoryError):
            raise DataError(
                "a decoding process was killed, probably out of memory; make more of it free, "
                "or use fewer cores: taskset -c 0 gan-train ..."
            ) from None
    return outcomes


def _decode(
    images: Path | None,
    row_shape: tuple[int, ...],
    loader: Loader,
    items: Sequence[tuple[int, str]],
) -> list[Outcome]:
    outcomes = []
    with (
        nullcontext() if images is None else images.open("r+b", buffering=0) as file,
        warnings.catch_warnings(),
    ):
        warnings.simplefilter(
            "ignore"
        )  # Pillow's on sizes and palettes: `pictures` has bounds of its own
        for row, name in items:
            try:
                decoded, digest = loader(name)
            except BadPicture as error:
                outcomes.append(Outcome(row, bytes(DIGEST), (0, 0), True, str(error)))
                continue
            if file is not None and decoded.pixels.shape == row_shape:
                file.seek(row * decoded.pixels.size)
                file.write(decoded.pixels.tobytes())
            outcomes.append(Outcome(row, digest, decoded.size, decoded.grey))
    return outcomes


@contextmanager
def _mapper(workers: int) -> Iterator[Callable[..., Iterable[list[Outcome]]]]:
    """`map` in this process, or in several where the work is worth their start."""
    if workers < 2:
        yield map
        return
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    # A fork starts in milliseconds, but not beside the threads of these.
    fork = sys.platform == "linux" and not THREADED & set(sys.modules)
    context = multiprocessing.get_context("fork" if fork else "spawn")
    pool = ProcessPoolExecutor(workers, context, begin)
    try:
        yield pool.map
    finally:
        pool.shutdown(cancel_futures=True)


def begin() -> None:
    """A worker leaves Ctrl-C to its parent, and goes when that is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_follow, daemon=True).start()


def _follow() -> None:
    import multiprocessing

    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _bar(count: int) -> tqdm:
    """Silent for the first seconds; in a file a line every ten seconds."""
    from tqdm import tqdm

    interval = 0.1 if sys.stderr.isatty() else 10.0
    return tqdm(
        total=count, unit="img", desc="reading pictures", delay=2, mininterval=interval, leave=False
    )
