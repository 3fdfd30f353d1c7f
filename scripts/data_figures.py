"""Figures of the data sources: `python scripts/data_figures.py [folder feed memory refuse]`.

`folder` compares the first and later starts of data=folder, and its epochs, with an epoch of
keras.utils.image_dataset_from_directory on the same 10,000 JPEGs; `feed` a resident data set with
tf.data; `memory` measures 100,000 and 200,000 files; `refuse` times the answer to each bad input.
Contenders take turns, each in a process of its own. Real pictures come from data=cifar10, which is
found as gan-train finds it.
"""

from __future__ import annotations

import functools
import io
import json
import os
import re
import resource
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

ROUNDS = 7
SIDE, BATCH = 64, 64


# ---- what is measured, each in a fresh process: prints seconds, or bytes


def start(folder: str) -> float:
    """Seconds from the options to the source: listing, and decoding where there is no cache."""
    from gan_cli import data
    from gan_cli.data.folder import Folder

    began = time.perf_counter()
    data.load(Folder(path=folder, size=SIDE, test_share=0.0))
    return time.perf_counter() - began


def keras_epoch(folder: str) -> float:
    """The second epoch of Keras's data set: its first one also starts threads and traces."""
    import keras

    dataset = keras.utils.image_dataset_from_directory(
        folder, image_size=(SIDE, SIDE), batch_size=BATCH, verbose=False
    )
    for _ in range(2):
        began = time.perf_counter()
        for _images, _labels in dataset:
            pass
    return time.perf_counter() - began


def our_epoch(kind: str, folder: str) -> float:
    """An epoch of a feed as the training step reads it: shuffled, scaled to [-1, 1]."""
    from gan_cli import data
    from gan_cli.data.folder import Folder

    return _feed_epoch(data.load(Folder(path=folder, size=SIDE, test_share=0.0)), kind, BATCH)


def _feed_epoch(source: object, kind: str, batch: int) -> float:
    import tensorflow as tf

    from gan_cli.data.pipeline.feed import FEEDS

    feed = FEEDS[kind](source, batch, 0)

    @tf.function(autograph=False)
    def epoch(first: tf.Tensor) -> tf.Tensor:
        def body(position: tf.Tensor, total: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            return position + 1, total + tf.reduce_sum(feed.batch(position)["images"])

        end = first + feed.batches_per_epoch
        return tf.while_loop(
            lambda position, _: position < end, body, [first, 0.0], parallel_iterations=1
        )[1]

    for number in range(3):
        began = time.perf_counter()
        epoch(tf.constant(number * feed.batches_per_epoch, tf.int64)).numpy()
    return time.perf_counter() - began


def mnist_feed() -> float:
    from gan_cli import data
    from gan_cli.data.mnist import Mnist

    return _feed_epoch(data.load(Mnist()), "resident", 128)


def mnist_tf_data() -> float:
    """The usual pipeline of a data set that fits in memory, read inside a graph like ours."""
    import tensorflow as tf

    from gan_cli import data
    from gan_cli.data.mnist import Mnist

    pixels = data.load(Mnist()).images
    dataset = (
        tf.data.Dataset.from_tensor_slices(pixels)
        .shuffle(len(pixels))
        .batch(128, drop_remainder=True)
    )
    dataset = dataset.map(
        lambda block: tf.cast(block, tf.float32) / 127.5 - 1.0, tf.data.AUTOTUNE
    ).prefetch(tf.data.AUTOTUNE)
    epoch = tf.function(
        lambda: dataset.reduce(0.0, lambda total, block: total + tf.reduce_sum(block))
    )
    for _ in range(3):
        began = time.perf_counter()
        epoch().numpy()
    return time.perf_counter() - began


def peak_of_scan(folder: str) -> float:
    """Most bytes that this process or one of its workers held while the folder was read for the
    first time.
    """
    start(folder)
    return max(peak(), 1024.0 * resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)


def peak() -> float:
    """Most bytes that this process held; getrusage would count what its parent held when it was
    started.
    """
    (line,) = (
        line
        for line in Path("/proc/self/status").read_text().splitlines()
        if line.startswith("VmHWM")
    )
    return 1024.0 * int(line.split()[1])


MEASURES: dict[str, Callable[..., float]] = {
    each.__name__: each
    for each in (start, keras_epoch, our_epoch, mnist_feed, mnist_tf_data, peak_of_scan)
}


def measure(name: str, *arguments: object, cache: Path | None = None) -> float:
    """The figure of one process."""
    environment = (
        os.environ
        | {"TF_CPP_MIN_LOG_LEVEL": "3"}
        | ({"GAN_CACHE_DIR": str(cache)} if cache else {})
    )
    command = [sys.executable, str(Path(__file__).resolve()), "--one", name, *map(str, arguments)]
    answer = subprocess.run(command, env=environment, capture_output=True, text=True)
    if answer.returncode:
        raise SystemExit(answer.stderr[-2000:])
    return float(answer.stdout.split()[-1])


def shown(name: str, values: list[float], unit: str = "s", scale: float = 1.0) -> None:
    low, middle, high = (
        scale * value for value in (min(values), statistics.median(values), max(values))
    )
    print(f"  {name:<52}{middle:9.3f} {unit} ({low:.3f} to {high:.3f})", flush=True)


def ratio(name: str, above: list[float], below: list[float]) -> None:
    shown(name, [a / b for a, b in zip(above, below, strict=True)], "x")


# ---- sections


def folder(work: Path) -> None:
    pictures, cache = work / "pictures", work / "cache"
    jpegs(pictures)
    print(f"folder: 10,000 JPEGs of {SIDE}x{SIDE}, {ROUNDS} rounds in turn")
    first, later, keras, resident, stream = [], [], [], [], []
    for _ in range(ROUNDS):
        keras.append(measure("keras_epoch", pictures))
        subprocess.run(["rm", "-rf", str(cache)], check=True)
        first.append(measure("start", pictures, cache=cache))
        later.append(measure("start", pictures, cache=cache))
        resident.append(measure("our_epoch", "resident", pictures, cache=cache))
        stream.append(measure("our_epoch", "stream", pictures, cache=cache))
    for name, values in (
        ("an epoch of image_dataset_from_directory", keras),
        ("first start: list, decode, verify, write the cache", first),
        ("later start", later),
        ("an epoch, resident", resident),
        ("an epoch, streamed from the cache", stream),
    ):
        shown(name, values)
    ratio("first start, in epochs of Keras (goal: <= 3)", first, keras)
    ratio("Keras's epoch over ours, resident (goal: >= 5)", keras, resident)
    ratio("Keras's epoch over ours, streamed", keras, stream)


def feed(work: Path) -> None:
    print(f"feed: an epoch of MNIST in batches of 128, data only, {ROUNDS} rounds in turn")
    ours, theirs = [], []
    for _ in range(ROUNDS):
        theirs.append(measure("mnist_tf_data"))
        ours.append(measure("mnist_feed"))
    shown("tf.data", theirs)
    shown("resident", ours)
    ratio("tf.data over resident (goal: >= 5)", theirs, ours)


def memory(work: Path) -> None:
    """Names in other folders for the same files: 200,000 items without 200,000 times the disk."""
    pictures, cache, many = work / "pictures", work / "cache", work / "many"
    jpegs(pictures)
    print("memory: the same pictures under more names")
    for count in (10_000, 100_000, 200_000):
        linked(pictures, many, count)
        subprocess.run(["rm", "-rf", str(cache)], check=True)
        shown(
            f"{count:,} files: peak of the first start",
            [measure("peak_of_scan", many, cache=cache)],
            "MB",
            1e-6,
        )
        shown(
            f"{count:,} files: later start", [measure("start", many, cache=cache) for _ in range(3)]
        )
        run = [
            "data=folder",
            f"data.path={many}",
            "model.width=8",
            "training.steps=200",
            "training.feed=stream",
        ]
        answer = Answer([*run, f"run_dir={work / f'run-{count}'}"], work, cache)
        shown(f"{count:,} files: peak of 200 streamed steps", [answer.peak], "MB", 1e-6)


def refuse(work: Path) -> None:
    print("refuse: gan-train on bad input, whole command")
    for name, arguments in bad_inputs(work / "bad").items():
        answer = Answer([*arguments, f"run_dir={work / 'never'}"], work, work / "cache")
        lines = answer.err.strip().splitlines()
        one = len(lines) == 1 and not (work / "never").exists()
        said = "one line" if one else f"{len(lines)} LINES"
        print(
            f"  {name:<26} exit {answer.code}  {answer.seconds:5.2f} s  "
            f"{answer.peak / 1e6:4.0f} "
            f"MB  {said}"
        )
        print(f"      {lines[0].replace(str(work), '...')[:170]}")


# ---- what the sections need


class Answer:
    """How gan-train ended: exit code, standard error, seconds, most bytes held."""

    def __init__(self, arguments: list[str], folder: Path, cache: Path) -> None:
        environment = os.environ | {"GAN_CACHE_DIR": str(cache)}
        began = time.perf_counter()
        command = [sys.executable, str(Path(__file__).resolve()), "--train", *arguments]
        answer = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True
        )
        self.seconds = time.perf_counter() - began
        self.code, self.err = answer.returncode, answer.stderr
        self.peak = float(answer.stdout.split()[-1])


def train() -> None:
    """gan-train in this process, which says at last how much memory it took."""
    from gan_cli.cli.train import main

    sys.argv[1:] = sys.argv[2:]
    code = main()
    print(peak(), flush=True)
    raise SystemExit(code)


@functools.cache
def pixels() -> tuple[object, object]:
    from gan_cli import data
    from gan_cli.data.cifar10 import Cifar10

    source = data.load(Cifar10(size=SIDE))
    return source.images, source.labels


def jpegs(folder: Path, count: int = 10_000) -> None:
    """Real pictures as JPEG files, one folder per class."""
    from PIL import Image

    if folder.exists():
        return
    for index, (image, label) in enumerate(zip(*pixels(), strict=True)):
        if index == count:
            break
        target = folder / f"class{label}"
        target.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(target / f"{index:05}.jpg", quality=90)


def linked(pictures: Path, many: Path, count: int) -> None:
    """`count` names in `many`, hard links to the pictures."""
    files = sorted(pictures.rglob("*.jpg"))
    for index in range(count):
        target = many / files[index % len(files)].parent.name
        target.mkdir(parents=True, exist_ok=True)
        if not (name := target / f"{index:06}.jpg").exists():
            os.link(files[index % len(files)], name)


def bad_inputs(folder: Path) -> dict[str, list[str]]:
    """name -> the arguments of gan-train that meet it."""
    import numpy as np

    made: dict[str, list[str]] = {}

    def add(
        name: str, spoil: Callable[[Path], object] = lambda _: None, good: int = 20, *more: str
    ) -> None:
        place = folder / slug(name)
        jpegs(place, good) if good else place.mkdir(parents=True)
        spoil(place)
        made[name] = ["data=folder", f"data.path={place}", "training.batch_size=8", *more]

    jpeg = io.BytesIO()
    from PIL import Image

    Image.fromarray(pixels()[0][0]).save(jpeg, format="JPEG")  # type: ignore[index]
    add("empty folder", good=0)
    add("one image", good=1)
    add("fewer images than a batch", good=5)
    add("zero-byte file", lambda place: (place / "class6" / "z.jpg").write_bytes(b""))
    add(
        "truncated JPEG",
        lambda place: (place / "class6" / "z.jpg").write_bytes(jpeg.getvalue()[:900]),
    )
    add("text named .png", lambda place: (place / "class6" / "z.png").write_text("hello"))
    add(
        "PNG of 10000x10000",
        lambda place: (place / "class6" / "z.png").write_bytes(png_header(10_000, 10_000)),
    )
    add("FIFO", lambda place: os.mkfifo(place / "class6" / "z.png"))
    add("dangling link", lambda place: (place / "class6" / "z.png").symlink_to("nowhere"))
    add("link loop", lambda place: (place / "class6" / "z.png").symlink_to("z.png"))
    add(
        "mixed sizes",
        lambda place: Image.new("RGB", (9, 9)).save(place / "class6" / "z.png"),
        20,
        "data.size=null",
    )
    if os.geteuid():
        add("unreadable directory", lambda place: (place / "class6").chmod(0))

    def archive(name: str, members: dict[str, bytes], kind: int = zipfile.ZIP_STORED) -> None:
        with zipfile.ZipFile(folder / f"{slug(name)}.zip", "w", kind) as file:
            for member, content in members.items():
                file.writestr(member, content)
        made[name] = ["data=zip", f"data.path={file.filename}", "training.batch_size=8"]

    ten = {f"{index}.jpg": jpeg.getvalue() for index in range(10)}
    labels = [[f"{index}.jpg", index % 3] for index in range(10)]
    archive("zip with ../ names", {**ten, "../evil.jpg": jpeg.getvalue()})
    archive("zip bomb 1000:1", {**ten, "zeros.bmp": bytes(300_000_000)}, zipfile.ZIP_DEFLATED)
    archive(
        "label file lacks rows",
        {**ten, "dataset.json": json.dumps({"labels": labels[:-1]}).encode()},
    )
    archive(
        "label out of range",
        {**ten, "dataset.json": json.dumps({"labels": [*labels[:-1], ["9.jpg", -1]]}).encode()},
    )

    def arrays(name: str, **content: object) -> None:
        np.savez(folder / f"{slug(name)}.npz", **content)  # type: ignore[arg-type]
        made[name] = ["data=npz", f"data.path={folder / slug(name)}.npz", "training.batch_size=8"]

    arrays("npz with pickled objects", images=np.array([{"a": 1}] * 10, dtype=object))
    arrays(
        "npz labels out of range", images=np.zeros((10, 8, 8), np.uint8), labels=np.arange(10) - 1
    )
    for name, magic, payload in (
        ("IDX with a wrong magic", 0x0D03, 7840),
        ("IDX with a short payload", 0x0803, 7000),
    ):
        place = folder / slug(name)
        place.mkdir()
        (place / "train-images-idx3-ubyte").write_bytes(
            struct.pack(">IIII", magic, 10, 28, 28) + bytes(payload)
        )
        (place / "train-labels-idx1-ubyte").write_bytes(struct.pack(">II", 0x0801, 10) + bytes(10))
        made[name] = ["data=kmnist", f"data.path={place}", "training.batch_size=8"]
    (folder / "page.npz").write_text("<!DOCTYPE html><html><body>404</body></html>")
    made["HTML page as npz"] = ["data=mnist", f"data.path={folder / 'page.npz'}"]
    return made


def slug(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "_", name)


def png_header(width: int, height: int) -> bytes:
    """A PNG of a few bytes that claims a size."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content))
            + kind
            + content
            + struct.pack(">I", zlib.crc32(kind + content))
        )

    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
        + chunk(b"IDAT", b"")
    )


SECTIONS = {each.__name__: each for each in (folder, feed, memory, refuse)}


def main() -> None:
    if sys.argv[1:2] == ["--one"]:
        print(MEASURES[sys.argv[2]](*sys.argv[3:]))
        return
    if sys.argv[1:2] == ["--train"]:
        train()
    with tempfile.TemporaryDirectory() as work:
        for name in sys.argv[1:] or SECTIONS:
            SECTIONS[name](Path(work))


if __name__ == "__main__":
    main()
