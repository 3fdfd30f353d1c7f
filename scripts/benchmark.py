"""Figures of speed, each a ratio of two contenders that take turns: `python scripts/benchmark.py
[SECTION ...]`.

Every contender is a process of its own that builds its networks once and then, on a line from the
parent, runs a round. The parent lets them alternate, so that a machine whose speed drifts slows
both. MNIST is found as `data=mnist` finds it.

Sections: training, small, keras, bfloat16, critic, sampling (ratios), checkpoint (share of the
run), startup (seconds).
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROUNDS = 9
CRITIC_STEPS = 5
Round = Callable[[], float]


# ---- contenders: build once, then every call is a round that returns images per second


def ours(
    data: str,
    batch: int,
    steps: int,
    precision: str = "float32",
    threads: int | None = None,
    critic: bool = False,
) -> Round:
    """The loop of gan-train with its progress, log and non-finite checks, as the command runs it
    between previews.
    """
    import io

    from gan_cli import models
    from gan_cli.base import device
    from gan_cli.config.schema import Optimizer, Schedule
    from gan_cli.data.pipeline.feed import DeviceFeed
    from gan_cli.models.dcgan import Dcgan
    from gan_cli.models.wgan_gp import WganGp
    from gan_cli.objectives.options import Loss
    from gan_cli.training import optimizers, progress
    from gan_cli.training.loop import Loop
    from gan_cli.training.signals import Signals
    from gan_cli.training.state import State
    from gan_cli.training.step import Step

    device.prepare(threads)
    source = load(data)
    options, loss, optimizer = Dcgan(width=width(data)), Loss("non_saturating"), Optimizer("adam")
    if critic:
        options, optimizer = WganGp(width=width(data)), Optimizer("adam", 1e-4, 0.0, 0.9)
        loss = Loss("wasserstein", discriminator_steps=CRITIC_STEPS, gradient_penalty=10.0)
    model = models.build(options, source.spec, loss, precision=precision)
    players = optimizers.build(model, optimizer, Schedule("constant"), 10**6, precision)
    state = State(model, players, 0.999)
    step = Step(state, DeviceFeed(source, batch, 0), 0)
    folder = Path(tempfile.mkdtemp())

    def run() -> float:
        start = int(state.step.numpy())
        watchers = [
            progress.ProgressLines(100, io.StringIO()),
            progress.MetricsLog(folder / "metrics.jsonl", 100, start),
        ]
        began = time.perf_counter()
        Loop(state, step, watchers, batch_size=batch, log_every=100).run(start + steps, Signals())
        return steps * step.batches * batch / (time.perf_counter() - began)

    return run


def handwritten(data: str, batch: int, steps: int) -> Round:
    """The loop of the TensorFlow tutorial: tf.data, two tapes, one compiled step, Keras's Adam; no
    average, no checks.
    """
    import keras
    import tensorflow as tf

    source = load(data)
    generator, discriminator = networks(source, data)
    generator_optimizer, discriminator_optimizer = (
        keras.optimizers.Adam(2e-4, 0.5),
        keras.optimizers.Adam(2e-4, 0.5),
    )
    cross_entropy = keras.losses.BinaryCrossentropy(from_logits=True)
    pixels = source.images.astype("float32") / 127.5 - 1.0
    dataset = tf.data.Dataset.from_tensor_slices(pixels).shuffle(len(pixels)).repeat()
    batches = iter(dataset.batch(batch, drop_remainder=True).prefetch(tf.data.AUTOTUNE))

    @tf.function
    def train_step(images: tf.Tensor) -> None:
        noise = tf.random.normal([batch, 100])
        with tf.GradientTape() as generator_tape, tf.GradientTape() as discriminator_tape:
            fake = generator(noise, training=True)
            real_logits, fake_logits = (
                discriminator(images, training=True),
                discriminator(fake, training=True),
            )
            generator_loss = cross_entropy(tf.ones_like(fake_logits), fake_logits)
            discriminator_loss = cross_entropy(tf.ones_like(real_logits), real_logits)
            discriminator_loss += cross_entropy(tf.zeros_like(fake_logits), fake_logits)
        gradients = generator_tape.gradient(generator_loss, generator.trainable_variables)
        generator_optimizer.apply_gradients(
            zip(gradients, generator.trainable_variables, strict=True)
        )
        gradients = discriminator_tape.gradient(
            discriminator_loss, discriminator.trainable_variables
        )
        discriminator_optimizer.apply_gradients(
            zip(gradients, discriminator.trainable_variables, strict=True)
        )

    def run() -> float:
        began = time.perf_counter()
        for _ in range(steps):
            train_step(next(batches))
        generator_optimizer.iterations.numpy()
        return steps * batch / (time.perf_counter() - began)

    return run


def handwritten_critic(data: str, batch: int, steps: int) -> Round:
    """WGAN-GP as Gulrajani et al.'s algorithm 1 reads: tf.data, one compiled step of five critic
    updates and the generator's.

    Images are counted as gan-train counts them: those of all six updates, though the generator's
    own needs no real ones.
    """
    import keras
    import tensorflow as tf

    source = load(data)
    generator, critic = networks(source, data, dropout=0.0)
    generator_optimizer, critic_optimizer = (
        keras.optimizers.Adam(1e-4, 0.0, 0.9),
        keras.optimizers.Adam(1e-4, 0.0, 0.9),
    )
    pixels = source.images.astype("float32") / 127.5 - 1.0
    dataset = (
        tf.data.Dataset.from_tensor_slices(pixels)
        .shuffle(len(pixels))
        .repeat()
        .batch(batch, drop_remainder=True)
    )
    batches = iter(dataset.batch(CRITIC_STEPS).prefetch(tf.data.AUTOTUNE))

    def critic_step(real: tf.Tensor) -> None:
        fake = generator(tf.random.normal([batch, 100]), training=True)
        mixed = fake + tf.random.uniform([batch, 1, 1, 1]) * (real - fake)
        with tf.GradientTape() as tape:
            with tf.GradientTape() as inner:
                inner.watch(mixed)
                judged = critic(mixed, training=True)
            squares = tf.reduce_sum(tf.square(inner.gradient(judged, mixed)), axis=[1, 2, 3])
            penalty = tf.reduce_mean(tf.square(tf.sqrt(squares) - 1.0))
            distance = tf.reduce_mean(critic(fake, training=True)) - tf.reduce_mean(
                critic(real, training=True)
            )
            loss = distance + 10.0 * penalty
        gradients = tape.gradient(loss, critic.trainable_variables)
        critic_optimizer.apply_gradients(zip(gradients, critic.trainable_variables, strict=True))

    @tf.function
    def train_step(images: tf.Tensor) -> None:
        for index in range(CRITIC_STEPS):
            critic_step(images[index])
        with tf.GradientTape() as tape:
            loss = -tf.reduce_mean(
                critic(generator(tf.random.normal([batch, 100]), training=True), training=True)
            )
        gradients = tape.gradient(loss, generator.trainable_variables)
        generator_optimizer.apply_gradients(
            zip(gradients, generator.trainable_variables, strict=True)
        )

    def run() -> float:
        began = time.perf_counter()
        for _ in range(steps):
            train_step(next(batches))
        generator_optimizer.iterations.numpy()
        return steps * (CRITIC_STEPS + 1) * batch / (time.perf_counter() - began)

    return run


def train_on_batch(data: str, batch: int, steps: int, predict: str) -> Round:
    """The old Keras way: real, fake, and the stacked model, a train_on_batch each; the fakes come
    from `predict`.
    """
    import keras
    import numpy as np

    source = load(data)
    generator, discriminator = networks(source, data)
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    discriminator.compile(keras.optimizers.Adam(2e-4, 0.5), loss)
    frozen = keras.models.clone_model(discriminator)
    frozen.trainable = False
    stacked = keras.Sequential([generator, frozen])
    stacked.compile(keras.optimizers.Adam(2e-4, 0.5), loss)
    pixels = source.images.astype("float32") / 127.5 - 1.0
    random = np.random.default_rng(0)
    draw = {
        "predict": lambda noise: generator.predict(noise, verbose=0),
        "predict_on_batch": generator.predict_on_batch,
    }[predict]
    ones, zeros = np.ones((batch, 1), "float32"), np.zeros((batch, 1), "float32")

    def run() -> float:
        began = time.perf_counter()
        for _ in range(steps):
            noise = random.standard_normal((batch, 100), dtype="float32")
            discriminator.train_on_batch(pixels[random.integers(0, len(pixels), batch)], ones)
            discriminator.train_on_batch(draw(noise), zeros)
            stacked.train_on_batch(noise, ones)
        return steps * batch / (time.perf_counter() - began)

    return run


def sample_ours(data: str, batch: int, steps: int) -> Round:
    """The generator of batches behind gan-sample, uint8 out."""
    from gan_cli import models
    from gan_cli.models.dcgan import Dcgan
    from gan_cli.objectives.options import Loss
    from gan_cli.sampling import drawing

    model = models.build(Dcgan(width=width(data)), load(data).spec, Loss("non_saturating"))

    def run() -> float:
        began = time.perf_counter()
        count = sum(len(images) for images in drawing.batches(model, steps * batch, 0, batch))
        return count / (time.perf_counter() - began)

    return run


def sample_bare(data: str, batch: int, steps: int) -> Round:
    """The generator's compiled function called in a bare loop, one fetched result at a time."""
    import tensorflow as tf

    generator, _ = networks(load(data), data)
    function = tf.function(lambda latents: generator(latents, training=False))
    latents = tf.random.normal([batch, 100])

    def run() -> float:
        began = time.perf_counter()
        for _ in range(steps):
            function(latents).numpy()
        return steps * batch / (time.perf_counter() - began)

    return run


CONTENDERS = {
    each.__name__: each
    for each in (ours, handwritten, handwritten_critic, train_on_batch, sample_ours, sample_bare)
}


def load(data: str):
    """The named training set."""
    from gan_cli import data as sources
    from gan_cli.data.digits import Digits
    from gan_cli.data.mnist import Mnist

    return sources.load({"digits": Digits(), "mnist": Mnist()}[data])


def width(data: str) -> int:
    """The tutorial's network for MNIST; a narrow one for digits, where overhead decides."""
    return {"mnist": 64, "digits": 16}[data]


def networks(source, data: str, dropout: float = 0.3):
    """The same generator and discriminator for every contender."""
    from gan_cli.networks import dcgan

    shape = source.spec.image_shape
    return dcgan.generator(shape, width=width(data)), dcgan.discriminator(
        shape, width=width(data), dropout=dropout
    )


# ---- the parent


class Contender:
    """A process that runs a round for every line it is sent."""

    def __init__(self, name: str, **arguments: object) -> None:
        command = [sys.executable, __file__, "--worker", name, json.dumps(arguments)]
        environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=environment,
        )
        self.rates: list[float] = []

    def round(self) -> float:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return float(self._process.stdout.readline())

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


def duel(title: str, goal: float, first: Contender, second: Contender) -> None:
    """Let two contenders alternate; print the median ratio of their rounds and its range."""
    try:
        for contender in (first, second):
            contender.round()  # traces and warms up
        for number in range(ROUNDS):
            for contender in (first, second) if number % 2 else (second, first):
                contender.rates.append(contender.round())
    finally:
        first.close()
        second.close()
    ratios = sorted(a / b for a, b in zip(first.rates, second.rates, strict=True))
    medians = [statistics.median(contender.rates) for contender in (first, second)]
    print(
        f"{title}: {statistics.median(ratios):.3f} (rounds {ratios[0]:.3f} to {ratios[-1]:.3f}, "
        f"goal {goal}); "
        f"{medians[0]:,.0f} against {medians[1]:,.0f} images/s",
        flush=True,
    )


def training() -> None:
    duel(
        "training, DCGAN on MNIST, batch 128, over a hand-written loop",
        1.0,
        Contender("ours", data="mnist", batch=128, steps=50),
        Contender("handwritten", data="mnist", batch=128, steps=50),
    )


def small() -> None:
    duel(
        "training, narrow DCGAN on digits, batch 64, over a hand-written loop",
        1.1,
        Contender("ours", data="digits", batch=64, steps=500),
        Contender("handwritten", data="digits", batch=64, steps=500),
    )
    duel(
        "the same with training.threads=1",
        1.1,
        Contender("ours", data="digits", batch=64, steps=500, threads=1),
        Contender("handwritten", data="digits", batch=64, steps=500),
    )


def keras() -> None:
    for predict in ("predict", "predict_on_batch"):
        duel(
            f"training, DCGAN on MNIST, batch 128, over three train_on_batch calls and {predict}",
            1.8,
            Contender("ours", data="mnist", batch=128, steps=30),
            Contender("train_on_batch", data="mnist", batch=128, steps=30, predict=predict),
        )


def bfloat16() -> None:
    duel(
        "training, DCGAN on MNIST, batch 128, bfloat16 over float32",
        1.25,
        Contender("ours", data="mnist", batch=128, steps=40, precision="bfloat16"),
        Contender("ours", data="mnist", batch=128, steps=40),
    )


def critic() -> None:
    duel(
        "training, WGAN-GP on MNIST, batch 64, over a hand-written step",
        0.95,
        Contender("ours", data="mnist", batch=64, steps=8, critic=True),
        Contender("handwritten_critic", data="mnist", batch=64, steps=8),
    )


def sampling() -> None:
    duel(
        "sampling, DCGAN 28x28, batch 64, over the bare compiled generator",
        0.9,
        Contender("sample_ours", data="mnist", batch=64, steps=150),
        Contender("sample_bare", data="mnist", batch=64, steps=150),
    )


def checkpoint() -> None:
    """Seconds inside the checkpoint hook over those of the whole run, at the default interval."""
    for data, arguments in (("digits", []), ("mnist", ["training.steps=1000"])):
        with tempfile.TemporaryDirectory(dir=".") as folder:
            command = [
                sys.executable,
                __file__,
                "--checkpoint",
                f"data={data}",
                f"run_dir={folder}/run",
                *arguments,
            ]
            answer = subprocess.run(
                command, capture_output=True, text=True, check=True
            ).stdout.splitlines()[-1]
        print(f"checkpoints, data={data} {' '.join(arguments)}: {answer}, goal 1 %", flush=True)


def checkpoint_worker(arguments: list[str]) -> None:
    from gan_cli.cli import train
    from gan_cli.training import hooks

    spent: list[float] = []
    call = hooks.Checkpoint.__call__

    def timed(self: hooks.Checkpoint, moment: hooks.Progress) -> None:
        began = time.perf_counter()
        call(self, moment)
        spent.append(time.perf_counter() - began)

    hooks.Checkpoint.__call__ = timed  # type: ignore[method-assign]
    sys.argv = ["gan-train", *arguments]
    began = time.perf_counter()
    assert train.main() == 0
    whole = time.perf_counter() - began
    print(
        f"{100 * sum(spent) / whole:.2f} % ({len(spent)} saves of "
        f"{1000 * statistics.median(spent):.0f} ms in {whole:.0f} s)"
    )


def startup() -> None:
    """Seconds to answer without TensorFlow, and to the first step beyond TensorFlow's own
    import.
    """
    bare = "import tensorflow, keras"
    with tempfile.TemporaryDirectory() as folder:
        commands = {
            "gan-train --help": ["gan-train", "--help"],
            "gan-train --cfg job": ["gan-train", "--cfg", "job"],
            "gan-train traning.steps=1": ["gan-train", "traning.steps=1"],
            "import tensorflow": [sys.executable, "-c", bare],
            "gan-train training.steps=1": ["gan-train", "training.steps=1"],
        }
        times: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(ROUNDS):
            for name, command in commands.items():
                began = time.perf_counter()
                subprocess.run(command, capture_output=True, cwd=folder)
                times[name].append(time.perf_counter() - began)
    for name, seconds in times.items():
        print(
            f"{name}: {statistics.median(seconds):.2f} s ({min(seconds):.2f} to "
            f"{max(seconds):.2f})",
            flush=True,
        )
    above = statistics.median(
        a - b
        for a, b in zip(
            times["gan-train training.steps=1"], times["import tensorflow"], strict=True
        )
    )
    print(
        f"first step, its preview and checkpoint, above the import: {above:.2f} s, goal 5 s",
        flush=True,
    )


SECTIONS = {
    each.__name__: each
    for each in (training, small, keras, bfloat16, critic, sampling, checkpoint, startup)
}


def worker(name: str, arguments: str) -> None:
    run = CONTENDERS[name](**json.loads(arguments))
    for _ in sys.stdin:
        print(run(), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sections", nargs="*", choices=[*SECTIONS, []], help="default: all")
    for section in parser.parse_args().sections or SECTIONS:
        SECTIONS[section]()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--worker"]:
        worker(*sys.argv[2:])
    elif sys.argv[1:2] == ["--checkpoint"]:
        checkpoint_worker(sys.argv[2:])
    else:
        main()
