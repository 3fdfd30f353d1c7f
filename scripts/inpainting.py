"""How well holes are filled: `python scripts/inpainting.py RUN RUN ... [picture.png]`.

Held-out pictures of the data of the first run get a square hole in their middle. Each run fills it:
model=inpaint_gan as it was trained to, any other by projection; so do the mean of the training
pictures and, where it is installed (`pip install opencv-python-headless`), OpenCV. Printed are
means over the pictures: PSNR and SSIM of the hole, the perceptual distance of whole pictures by the
extractor of the data, and, where that is a classifier, the share of pictures that it reads rightly.
The picture has a row of pictures with holes, a row for each way of filling, and the originals. For
example, after

    gan-train model=inpaint_gan data=mnist run_dir=runs/holes
    gan-train model=vae data=mnist run_dir=runs/vae
    python scripts/inpainting.py runs/holes runs/vae --hole 10 --count 200 filled.png
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np

import gan_cli
from gan_cli import data
from gan_cli.base import images
from gan_cli.data.reading.source import Source
from gan_cli.editing.shared import blending
from gan_cli.evaluation.choice import build_extractor
from gan_cli.metrics.extractors.feature_extractor import Extractor
from gan_cli.metrics.shared import distance

SHOWN, BATCH = 12, 50


def main() -> None:
    given = arguments()
    runs = [gan_cli.load(each) for each in given.paths if not each.endswith(".png")]
    options = data.DATA.parse(runs[0].config["data"])
    source, held_out = data.load(options), data.load(options, "test")
    rows = held_out.rows_of_some(given.count)
    whole = held_out.images[rows]
    labels = None if held_out.labels is None else held_out.labels[rows]
    holes = middle(whole.shape, given.hole)
    extractor = build_extractor(options, "auto", None, source, print)
    shown = [np.where(holes, np.uint8(images.GREY), whole)]
    print(f"{'':<28}   PSNR   SSIM  distance  read rightly  ({len(whole)} pictures)")
    for name, filled in fillings(whole, holes, source, runs, given.steps):
        print(f"{name:<28}{figures(whole, filled, holes, labels, extractor)}", flush=True)
        shown.append(filled)
    some = np.unique(np.linspace(0, len(whole) - 1, SHOWN, dtype=int))
    for picture in (each for each in given.paths if each.endswith(".png")):
        kinds = np.concatenate([each[some] for each in (*shown, whole)])
        images.save_png(Path(picture), images.grid(kinds, len(some)))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("paths", nargs="+", metavar="RUN or picture.png")
    parser.add_argument("--hole", type=int, default=10, help="pixels of its side")
    parser.add_argument("--count", type=int, default=50, help="pictures")
    parser.add_argument("--steps", type=int, default=100, help="of a projection")
    return parser.parse_intermixed_args()


def middle(shape: tuple[int, ...], side: int) -> np.ndarray:
    """A square hole in the middle of each of [N, H, W, C]: bool [N, H, W, 1]."""
    holes = np.zeros((*shape[:3], 1), bool)
    top, left = ((size - side) // 2 for size in shape[1:3])
    holes[:, top : top + side, left : left + side] = True
    return holes


def fillings(
    whole: np.ndarray, holes: np.ndarray, source: Source, runs: list[gan_cli.Run], steps: int
) -> Iterator[tuple[str, np.ndarray]]:
    """Of each way of filling its name and the filled pictures."""
    mean = source.some(2000).mean(axis=0).round().astype(np.uint8)
    yield "mean of training pictures", np.where(holes, mean, whole)
    try:
        import cv2
    except ImportError:
        print("without OpenCV, which is not installed")
    else:
        for name, method in (("Telea", cv2.INPAINT_TELEA), ("Navier-Stokes", cv2.INPAINT_NS)):
            made = [
                cv2.inpaint(image, hole.astype(np.uint8), 3, method)
                for image, hole in zip(whole, holes, strict=True)
            ]
            yield f"OpenCV, {name}", np.stack(made).reshape(whole.shape)
    for run in runs:
        found = run.inpaint(whole, holes[..., 0], steps=steps)
        yield run.path.name, np.where(holes, found.made, whole)
        yield f"{run.path.name}, blended", found.images


def figures(
    whole: np.ndarray,
    filled: np.ndarray,
    holes: np.ndarray,
    labels: np.ndarray | None,
    extractor: Extractor,
) -> str:
    """The line of a table."""
    found = blending.scores(whole, filled, holes)
    features = distance.features(extractor)
    apart = [
        distance.squares(*(features(images.from_uint8(part)) for part in parts)).numpy()
        for parts in batches(whole.astype(np.float32), filled.astype(np.float32))
    ]
    means = [each.mean() for each in (found["psnr"], found["ssim"], np.concatenate(apart))]
    line = "{:7.2f}{:7.3f}{:10.3f}".format(*means)
    if labels is None or not extractor.classes:
        return line
    return f"{line}{(extractor.probabilities(filled).argmax(axis=1) == labels).mean():14.3f}"


def batches(*arrays: np.ndarray) -> Iterator[list[np.ndarray]]:
    for start in range(0, len(arrays[0]), BATCH):
        yield [each[start : start + BATCH] for each in arrays]


if __name__ == "__main__":
    main()
