"""What is compared with what: a declaration each, whose settings state all that decides the work,
so that a change of defaults leaves it as it is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Settings = dict[str, Any]

MNIST: Settings = {"data.name": "mnist"}
DIGITS: Settings = {"data.name": "digits", "data.size": 16}
MOVING: Settings = {
    "data.name": "moving_mnist",
    "data.size": 40,
    "data.frames": 16,
    "data.digits": 1,
    "data.count": 512,
}
TUTORIAL: Settings = {
    "model.name": "dcgan",
    "model.latent_dim": 100,
    "model.width": 64,
    "model.discriminator_width": 64,
    "model.discriminator_depth": 2,
    "model.kernel_size": 5,
    "model.dropout": 0.3,
    "model.discriminator_norm": "none",
    "training.batch_size": 128,
    "training.precision": "float32",
}
NARROW: Settings = {
    **TUTORIAL,
    "model.width": 16,
    "model.discriminator_width": 16,
    "training.batch_size": 64,
    "training.precision": "auto",
    "training.threads": "auto",
}
CRITIC: Settings = {
    **TUTORIAL,
    "model.name": "wgan_gp",
    "model.dropout": 0.0,
    "loss.name": "wasserstein",
    "loss.discriminator_steps": 5,
    "loss.gradient_penalty": 10.0,
    "optimizer.learning_rate": 1e-4,
    "optimizer.beta_1": 0.0,
    "optimizer.beta_2": 0.9,
    "training.batch_size": 64,
}
VAE: Settings = {
    "model.name": "vae",
    "model.latent_dim": 40,
    "model.width": 32,
    "training.batch_size": 64,
    "training.precision": "float32",
}
SEQUENCES: Settings = {
    "model.name": "sequence_vae",
    "model.latent_dim": 64,
    "model.width": 16,
    "model.state_channels": 32,
    "model.hidden": 128,
    "training.batch_size": 16,
    "training.precision": "float32",
}
BFLOAT16: Settings = {"training.precision": "bfloat16"}

GAN = {"generator": 3.0, "discriminator": 7.0}
"""Forward passes that the arithmetic of a step equals, for each image: the discriminator sees real
and generated ones, and leads the generator's gradient through itself.
"""


@dataclass(frozen=True)
class Comparison:
    """Two contenders that take turns.

    Attributes:
        title: what is compared.
        goal: the ratio that it should have.
        settings: of our side.
        other: the hand-written one, a function of `contenders` or `autoencoder_contenders`.
        steps: of a round.
        width: of the hand-written networks; our settings say the same.
        passes: network -> forward passes for each item.
        ours: a function of `ours`.
        more: further arguments of the hand-written one.
    """

    title: str
    goal: float
    settings: Settings
    other: str
    steps: int
    width: int = 64
    passes: dict[str, float] = field(default_factory=GAN.copy)
    ours: str = "train"
    more: Settings = field(default_factory=dict)


def has(instructions: str) -> bool:
    """Whether the processor knows some instructions, by Linux's name of them."""
    path = Path("/proc/cpuinfo")
    return path.exists() and instructions in path.read_text().split()


COMPARISONS = {
    "training": Comparison(
        "tutorial DCGAN, float32, over a hand-written loop", 1.08, MNIST | TUTORIAL, "gan", 50
    ),
    "small": Comparison(
        "narrow DCGAN, 16x16, by default settings, over a hand-written loop",
        1.3,
        DIGITS | NARROW,
        "gan",
        500,
        16,
    ),
    "bfloat16": Comparison(
        "tutorial DCGAN, bfloat16 over a hand-written loop in float32",
        2.2 if has("amx_bf16") else 1.5,
        MNIST | TUTORIAL | BFLOAT16,
        "gan",
        50,
    ),
    "mixed": Comparison(
        "tutorial DCGAN, bfloat16, over a hand-written loop in mixed_bfloat16",
        1.2,
        MNIST | TUTORIAL | BFLOAT16,
        "gan",
        50,
        more={"policy": "mixed_bfloat16"},
    ),
    "keras": Comparison(
        "tutorial DCGAN, float32, over three train_on_batch calls",
        1.8,
        MNIST | TUTORIAL,
        "train_on_batch",
        30,
        more={"predict": "predict_on_batch"},
    ),
    "critic": Comparison(
        "WGAN-GP, float32, over a hand-written step",
        1.0,
        MNIST | CRITIC,
        "critic",
        8,
        passes={"generator": 8 / 6, "discriminator": 62 / 6},
    ),
    "vae": Comparison(
        "VAE, float32, over a hand-written step",
        1.0,
        MNIST | VAE,
        "vae",
        100,
        32,
        passes={"encoder": 3.0, "decoder": 3.0},
    ),
    "sequences": Comparison(
        "sequence VAE, 16 frames of 40x40, float32, over a hand-written step",
        1.0,
        MOVING | SEQUENCES,
        "sequence_vae",
        8,
        16,
        passes={"reader": 48.0, "encoder": 3.0, "start": 3.0, "cell": 57.0, "frames": 48.0},
    ),
    "sampling": Comparison(
        "sampling, tutorial DCGAN, over the bare compiled generator",
        0.9,
        MNIST | TUTORIAL | {"training.batch_size": 64},
        "sample",
        150,
        passes={"generator": 1.0},
        ours="sample",
    ),
}
