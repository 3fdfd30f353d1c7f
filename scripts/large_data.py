"""Training from a million encoded pictures: `python scripts/large_data.py PICTURES.zip FOLDER`.

Repeats the pictures of a zip in tars as webdataset lays them out (3 GB for a million of CIFAR-10's
as JPEG; those that lie in FOLDER already are taken), trains dcgan on them, decoded on the fly, and
says what memory grows to, how long steps wait for their batches, and what the same steps take
from resident pixels. `taskset -c 0` in front measures one core for all of it.
"""

from __future__ import annotations

import argparse
import io
import tarfile
import time
import zipfile
from pathlib import Path
from typing import Any

import psutil
from ours import NEEDED

from gan_cli import data
from gan_cli.base.nested import unflatten
from gan_cli.config.schema import TrainConfig
from gan_cli.data.reading.source import Source
from gan_cli.training.configuration import train_config

PER_SHARD = 10_000


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pictures", type=Path, help="a zip of pictures in folders of their class")
    parser.add_argument("folder", type=Path, help="where the tars are, or are written")
    for name, default in (
        ("count", 10**6),
        ("size", 32),
        ("batch", 64),
        ("steps", 300),
        ("blocks", 5),
        ("threads", 1),
    ):
        parser.add_argument(f"--{name}", type=int, default=default, help=f"default: {default}")
    given = parser.parse_args()
    if not given.folder.exists():
        write(given.pictures, given.folder, given.count)
    shards = {"data.name": "webdataset", "data.path": str(given.folder)}
    resident = {"data.name": "zip", "data.path": str(given.pictures), "training.feed": "resident"}
    fly = {"data.decode": "on_the_fly", "training.feed": "stream"}
    for config, source in [ready(given, {**shards, **fly}), ready(given, resident)]:
        train(given, config, source)


def write(pictures: Path, folder: Path, count: int) -> None:
    """`count` samples, a picture and its class each, in tars of PER_SHARD."""
    folder.mkdir(parents=True)
    with zipfile.ZipFile(pictures) as archive:
        names = [each for each in archive.namelist() if each.endswith((".jpg", ".jpeg", ".png"))]
        found = [
            (name.split("/")[-2], Path(name).suffix, archive.read(name)) for name in sorted(names)
        ]
    for start in range(0, count, PER_SHARD):
        with tarfile.open(folder / f"{start // PER_SHARD:05d}.tar", "w") as tar:
            for number in range(start, min(start + PER_SHARD, count)):
                label, suffix, content = found[number % len(found)]
                add(tar, f"{number:08d}{suffix}", content)
                add(tar, f"{number:08d}.cls", label.encode())


def add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    tar.addfile(member, io.BytesIO(content))


def ready(given: argparse.Namespace, settings: dict[str, Any]) -> tuple[TrainConfig, Source]:
    """The data, before TensorFlow is imported, as in gan-train."""
    began = time.perf_counter()
    values = {"model.name": "dcgan", "data.size": given.size, "data.channels": 3}
    training = {"training.batch_size": given.batch, "training.precision": "float32"}
    config = train_config(unflatten({**NEEDED, **settings, **values, **training}))
    source = data.load(config.data)
    seconds, memory = time.perf_counter() - began, psutil.Process().memory_info().rss
    found = f"{len(source):,} {source.spec}"
    print(f"{found}, ready in {seconds:.1f} s, RSS {memory / 1e6:,.0f} MB", flush=True)
    return config, source


def train(given: argparse.Namespace, config: TrainConfig, source: Source) -> None:
    """Blocks of steps, and what is measured after each of them."""
    import tensorflow as tf

    from gan_cli.base.machines import device
    from gan_cli.data.pipeline.feed import FEEDS
    from gan_cli.training.build import build, compiled

    device.prepare(given.threads, wish=True)
    state = build(config, source, 10**6)
    feed = FEEDS[config.training.feed](source, given.batch, config.seed)
    step = compiled(config, state, feed, 10**6)
    totals = step.run(tf.constant(5, tf.int64), tf.zeros([1]))[1]  # traces the graph
    for _ in range(given.blocks):
        began, waited, worked = time.perf_counter(), feed.waited, time.process_time()
        finite, totals = step.run(tf.constant(given.steps, tf.int64), totals)
        finite.numpy()
        seconds = time.perf_counter() - began
        print(
            f"{config.training.feed}: {given.steps * given.batch / seconds:,.0f} images/s, "
            f"waited {(feed.waited - waited) / seconds:.2%}, "
            f"{1000 * (time.process_time() - worked) / given.steps:.1f} ms of processor a step, "
            f"RSS {psutil.Process().memory_info().rss / 1e6:,.0f} MB",
            flush=True,
        )


if __name__ == "__main__":
    main()
