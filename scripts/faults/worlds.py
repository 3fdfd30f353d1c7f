"""Folders that cases begin as copies of: small runs, and small data of every kind."""

from __future__ import annotations

import gzip
import io
import os
import zipfile
from pathlib import Path

import numpy as np
from harness import Case, run
from PIL import Image

import gan_cli

TINY = [
    "data=digits",
    "data.size=8",
    "model.width=4",
    "model.latent_dim=6",
    "training.batch_size=8",
    "training.precision=float32",
    "training.log_every=2",
    "training.preview_every=4",
    "training.preview_count=4",
    "training.checkpoint_every=4",
]
"""A run of a second."""
UNSCORED = "evaluation.every=null"
SCORED = ["evaluation.every=4", "evaluation.extractor=pixels", "evaluation.count=64"]


def finished(folder: Path) -> Path:
    """A folder with `run`: 8 steps, checkpoints and scores at 4 and 8."""
    arguments = [*TINY, *SCORED, "training.steps=8", "run_dir=run"]
    outcome = run(Case("a finished run", ["gan-train", *arguments]), folder)
    if outcome.code:
        raise SystemExit(f"the run that all begins with fails: {outcome.words}")
    return outcome.folder


def pictures(folder: Path) -> Path:
    """A folder with small data of each format, all readable."""
    random, folder = np.random.default_rng(0), folder / "data"
    pixels = random.integers(0, 256, (12, 8, 8, 1), dtype=np.uint8)
    (folder / "folder" / "a").mkdir(parents=True)
    (folder / "folder" / "b").mkdir()
    encoded = []
    for place, image in enumerate(pixels):
        buffer = io.BytesIO()
        Image.fromarray(image[..., 0]).save(buffer, "PNG" if place % 2 else "JPEG")
        encoded.append(buffer.getvalue())
        suffix = "png" if place % 2 else "jpg"
        (folder / "folder" / "ab"[place % 2] / f"{place}.{suffix}").write_bytes(encoded[-1])
    with zipfile.ZipFile(folder / "data.zip", "w") as archive:
        for place, content in enumerate(encoded):
            archive.writestr(f"{'ab'[place % 2]}/{place}.{'png' if place % 2 else 'jpg'}", content)
    labels = np.arange(12, dtype=np.uint8) % 2
    np.savez(folder / "data.npz", x_train=pixels[..., 0], y_train=labels, x_test=pixels[:4, ..., 0],
             y_test=labels[:4])  # fmt: skip
    rows = [f"folder/{'ab'[place % 2]}/{place}.{'png' if place % 2 else 'jpg'},{place % 2}"
            for place in range(12)]  # fmt: skip
    (folder / "data.csv").write_text("\n".join(["path,label", *rows]) + "\n")
    (folder / "idx").mkdir()
    for part, count in (("train", 12), ("t10k", 4)):
        _idx(folder / "idx" / f"{part}-images-idx3-ubyte.gz", pixels[:count, ..., 0])
        _idx(folder / "idx" / f"{part}-labels-idx1-ubyte.gz", labels[:count])
    frames = [Image.fromarray(image[..., 0]) for image in pixels[:4]]
    (folder / "frames").mkdir()
    for place in range(3):
        frames[0].save(folder / "frames" / f"{place}.gif", save_all=True, append_images=frames[1:])
    return folder


def many(folder: Path, count: int) -> Path:
    """A folder with as many small digits, links to some thousand files."""
    digits = np.load(Path(gan_cli.__file__).parent / "data" / "mnist_small.npz")
    folder.mkdir(parents=True)
    for place, (image, label) in enumerate(zip(digits["images"], digits["labels"], strict=True)):
        first = folder / str(label) / f"{place}.png"
        first.parent.mkdir(exist_ok=True)
        if place < count:
            Image.fromarray(image).save(first)
        for copy in range(place + len(digits["images"]), count, len(digits["images"])):
            os.link(first, first.with_name(f"{copy}.png"))
    return folder


def _idx(path: Path, values: np.ndarray) -> None:
    header = bytes([0, 0, 8, values.ndim]) + b"".join(
        side.to_bytes(4, "big") for side in values.shape
    )
    path.write_bytes(gzip.compress(header + values.tobytes()))


READ = {
    "folder": ["data=folder", "data.path=folder", "data.size=8"],
    "data.zip": ["data=zip", "data.path=data.zip", "data.size=8"],
    "data.npz": ["data=mnist", "data.path=data.npz"],
    "data.csv": ["data=csv", "data.path=data.csv", "data.size=8"],
    "idx": ["data=mnist", "data.path=idx"],
    "frames": ["data=frames", "data.path=frames", "data.frames=3"],
}
"""File or folder -> how gan-data is told to read it."""
