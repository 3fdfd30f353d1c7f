"""Adversarial losses, one file per pair: pure functions from logits to scalars.

Each function takes float32 logits [B, 1] of real and fake images. The discriminator's loss falls as
real logits rise and fake ones fall. What else a side pays is for `penalties` and the models.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from gan_cli.base.lazy import tf
from gan_cli.config.catalogue import Catalogue, Entry, current_plugin

LossFunction = Callable[["tf.Tensor", "tf.Tensor"], "tf.Tensor"]


class AdversarialLoss(NamedTuple):
    """The two sides of a game, both of (real_logits, fake_logits)."""

    discriminator: LossFunction
    generator: LossFunction


@dataclass(frozen=True, kw_only=True)
class LossEntry(Entry):
    """A registered loss.

    Attributes:
        smooths: whether real images have a target that can be lowered: `build(smoothing)` then,
            else `build()`.
        boundary: the logit that parts real images from fake ones; None: differences of logits alone
            count.
    """

    smooths: bool = False
    boundary: float | None = 0.0


LOSSES: Catalogue[LossEntry] = Catalogue("loss", __name__)
"""Every adversarial loss by its name."""

Build = Callable[..., AdversarialLoss]


def adversarial_loss(
    name: str, *, smooths: bool = False, boundary: float | None = 0.0
) -> Callable[[Build], Build]:
    """Register a function that gives an `AdversarialLoss` as `loss=name`.

    Args:
        smooths: it takes the one-sided label smoothing (Salimans et al. 2016, section 3.4): its
            discriminator takes real images for real by 1 - smoothing only.
        boundary: the logit between real and fake images; None: differences of logits alone count.
    """

    def register(build: Build) -> Build:
        plugin = current_plugin()
        LOSSES.add(
            LossEntry(name=name, build=build, plugin=plugin, smooths=smooths, boundary=boundary)
        )
        return build

    return register


def build(name: str, smoothing: float = 0.0) -> AdversarialLoss:
    """The loss of a name."""
    entry = LOSSES[name]
    built: AdversarialLoss = entry.build(smoothing) if entry.smooths else entry.build()
    return built
