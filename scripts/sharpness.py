"""How sharp reconstructions are: `python scripts/sharpness.py RUN RUN ... [picture.png]`.

Each run is one of an autoencoder (model=vae, vae_gan), all on the same data. Prints the mean
gradient magnitude of held-out images and of what the newest checkpoint of each run makes of them,
in grey levels a pixel, and the mean squared error of a pixel in [-1, 1]. The picture has a row of
originals, then a row for each run. For example, after

    gan-train model=vae data=mnist training.steps=2000 run_dir=runs/vae
    gan-train model=vae_gan data=mnist training.steps=2000 run_dir=runs/vae_gan
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import tensorflow as tf

from gan_cli import data
from gan_cli.base import images
from gan_cli.runs import checkpoint
from gan_cli.runs.rundir import RunDirectory
from gan_cli.sampling.generate import load_sampler
from gan_cli.training.configuration import train_config

COUNT, SHOWN, BATCH = 1000, 16, 100


def main(arguments: list[str]) -> None:
    runs = [RunDirectory.read(each) for each in arguments if not each.endswith(".png")]
    pixels = data.load(train_config(runs[0].read_config()).data, "test").some(COUNT)
    originals = images.from_uint8(pixels.astype(np.float32))
    print(f"{'':<32}gradient  squared error")
    print(f"{'originals':<32}{gradient(originals):8.2f}")
    shown = [originals]
    for run in runs:
        made = reconstructed(run, originals)
        print(
            f"{run.path.name:<32}{gradient(made):8.2f}  {np.square(made - originals).mean():13.4f}"
        )
        shown.append(made)
    for picture in (each for each in arguments if each.endswith(".png")):
        rows = np.concatenate([each[:SHOWN] for each in shown])
        images.save_png(Path(picture), images.grid(images.to_uint8(rows), columns=SHOWN))


def gradient(batch: np.ndarray) -> float:
    """Mean length of the gradient of brightness, by differences to the next pixel, in grey
    levels.
    """
    grey = batch.mean(axis=-1) * 127.5
    down, right = grey[:, 1:, :-1] - grey[:, :-1, :-1], grey[:, :-1, 1:] - grey[:, :-1, :-1]
    return float(np.hypot(down, right).mean())


def reconstructed(run: RunDirectory, originals: np.ndarray) -> np.ndarray:
    """What a run's newest checkpoint makes of images in [-1, 1]."""
    manifest = checkpoint.newest(run.checkpoints, print)
    if manifest is None:
        raise SystemExit(f"{run.path} has no checkpoint yet")
    model = load_sampler(run, manifest)
    reconstruct = tf.function(model.reconstruct, autograph=False)
    batches = (originals[start : start + BATCH] for start in range(0, len(originals), BATCH))
    return np.concatenate([reconstruct(tf.constant(batch)).numpy() for batch in batches])


if __name__ == "__main__":
    main(sys.argv[1:])
