"""How many samples of a run on MNIST are digits: `python scripts/quality.py RUN [--count 5000]`.

A small convolutional classifier is the judge: a sample counts as recognised where its highest class
probability is over 0.9. Real test digits are judged beside it, as the reference. The judge is
trained once (about a minute) and then kept in the user's cache folder. MNIST is found as
`data=mnist` finds it; the test digits come from mnist.npz.
"""

from __future__ import annotations

import argparse
import hashlib
import inspect
import os
import sys
from pathlib import Path

import numpy as np

from gan_cli import data
from gan_cli.base.download import candidates
from gan_cli.base.errors import DataError, GanError, RunDirectoryError
from gan_cli.base.images import from_uint8
from gan_cli.base.quiet import quiet
from gan_cli.data.mnist import Mnist
from gan_cli.data.reading.arrays import read_npz
from gan_cli.data.reading.source import Source
from gan_cli.runs.rundir import RunDirectory

CONFIDENT = 0.9
COVERED = 0.01
"""Share of all samples from which a class counts as covered."""

with quiet():
    import keras

    from gan_cli.runs import checkpoint
    from gan_cli.sampling import drawing, generate


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("run", help="a run directory of gan-train data=mnist")
    parser.add_argument("--count", type=int, default=5000, help="samples to judge (default: 5000)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the samples (default: 0)")
    arguments = parser.parse_args()
    if arguments.count < 1 or arguments.seed < 0:
        parser.error("--count starts at 1 and --seed at 0")
    try:
        report(*draw(arguments.run, arguments.count, arguments.seed))
    except GanError as error:
        print(f"quality: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def draw(path: str, count: int, seed: int) -> tuple[str, np.ndarray]:
    """What was drawn from, and `count` images of the newest checkpoint, uint8 [count, H, W, C]."""
    run = RunDirectory.read(path)
    manifest = checkpoint.newest(run.checkpoints, print, (checkpoint.SAMPLER,))
    if manifest is None:
        raise RunDirectoryError(f"{path} has no checkpoint yet")
    model = generate.load_sampler(run, manifest)
    return f"{path}, step {manifest.step}", np.concatenate(
        list(drawing.batches(model, count, seed, batch_size=250))
    )


def report(title: str, samples: np.ndarray) -> None:
    source = data.load(Mnist())
    if samples.shape[1:] != source.images.shape[1:]:
        raise RunDirectoryError(
            f"{title}: images of {samples.shape[1:]}, MNIST's are {source.images.shape[1:]}"
        )
    real, labels = test_digits()
    judge = classifier(source)
    real_probabilities, probabilities = (
        judge.predict(from_uint8(x.astype("float32")), 250, 0) for x in (real, samples)
    )
    shares = np.bincount(probabilities.argmax(1), minlength=source.spec.num_classes) / len(samples)
    print(
        f"judge: {(real_probabilities.argmax(1) == labels).mean():.2%} of {len(real):,} test "
        "digits classified correctly"
    )
    print(
        f"real test digits recognised with probability over {CONFIDENT}: "
        f"{recognised(real_probabilities):.3f}"
    )
    print(f"{title}: {len(samples):,} samples")
    print(f"samples recognised with probability over {CONFIDENT}: {recognised(probabilities):.3f}")
    print(
        f"classes covered (at least {COVERED:.0%} of the samples): "
        f"{(shares >= COVERED).sum()} of "
        f"{len(shares)}"
    )
    print(
        "share per class:",
        "  ".join(
            f"{name} {share:.3f}" for name, share in zip(source.class_names, shares, strict=True)
        ),
    )


def recognised(probabilities: np.ndarray) -> float:
    return float((probabilities.max(1) > CONFIDENT).mean())


def test_digits() -> tuple[np.ndarray, np.ndarray]:
    """MNIST's 10,000 test images, uint8 [N, 28, 28, 1], and their labels."""
    places = candidates(None)
    for place in places:
        if (place / "mnist.npz").is_file():
            arrays = read_npz(place / "mnist.npz", ("x_test", "y_test"))
            return arrays["x_test"][..., None], arrays["y_test"]
    raise DataError(f"no mnist.npz in {', '.join(map(str, places))}")


def classifier(source: Source) -> keras.Model:
    """The judge, from the cache or trained; the file is named after all that decides its
    weights.
    """
    recipe = (
        f"{source.fingerprint} {keras.__version__} {inspect.getsource(untrained)} "
        f"{inspect.getsource(fit)}"
    )
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "gan_cli"
    path = (
        folder / f"quality-classifier-{hashlib.sha256(recipe.encode()).hexdigest()[:16]}.weights.h5"
    )
    keras.utils.set_random_seed(0)
    judge = untrained(source.images.shape[1:], source.spec.num_classes)
    if path.exists():
        judge.load_weights(path)
        return judge
    fit(judge, source)
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / f".{os.getpid()}-{path.name}"
    judge.save_weights(partial)
    os.replace(partial, path)
    return judge


def untrained(image_shape: tuple[int, ...], num_classes: int) -> keras.Model:
    layers: list[keras.Layer] = [keras.Input(image_shape)]
    for filters in (32, 64, 128):
        layers.append(keras.layers.Conv2D(filters, 3, padding="same", use_bias=False))
        layers += [
            keras.layers.BatchNormalization(momentum=0.9),
            keras.layers.ReLU(),
            keras.layers.MaxPooling2D(),
        ]
    layers += [
        keras.layers.Flatten(),
        keras.layers.Dropout(0.3),
        keras.layers.Dense(num_classes, activation="softmax"),
    ]
    return keras.Sequential(layers)


def fit(judge: keras.Model, source: Source) -> None:
    epochs, batch_size = 4, 128
    rate = keras.optimizers.schedules.CosineDecay(2e-3, epochs * len(source.images) // batch_size)
    judge.compile(
        keras.optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    judge.fit(
        from_uint8(source.images.astype("float32")), source.labels, batch_size, epochs, verbose=2
    )


if __name__ == "__main__":
    sys.exit(main())
