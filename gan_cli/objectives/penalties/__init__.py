"""Penalties on the discriminator's gradients at images, one file each, without their weights.

A penalty is a function `(logits_of, real, fake, noise, options) -> (scalar, logs)`. `logits_of`
takes images [B, ...], of any rank, to logits [B, 1] float32, each image's from that image alone:
batch normalization would mix them. No gradient flows back into what made the images.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gan_cli.base.lazy import tf
from gan_cli.base.randomness import Noise
from gan_cli.base.spec import Logs
from gan_cli.config.catalogue import Catalogue, Entry, NoOptions, current_plugin

LogitsOf = Callable[["tf.Tensor"], "tf.Tensor"]
Compute = Callable[[LogitsOf, "tf.Tensor", "tf.Tensor", Noise, Any], "tuple[tf.Tensor, Logs]"]


@dataclass(frozen=True, kw_only=True)
class PenaltyEntry(Entry):
    """A registered penalty; `text` is the description of its weight, the key `loss.NAME`."""

    text: str


PENALTIES: Catalogue[PenaltyEntry] = Catalogue("loss", __name__)
"""Every penalty by its name."""


def penalty(name: str, text: str, options: type = NoOptions) -> Callable[[Compute], Compute]:
    """Register a penalty: any loss takes it by the keys `loss.NAME`, its weight, and
    `loss.NAME_interval`, the updates from one to the next.

    Args:
        text: description of the weight, for help and docs.
        options: dataclass of further settings; each becomes a key `loss.NAME_SETTING`.
    """

    def register(compute: Compute) -> Compute:
        entry = PenaltyEntry(
            name=name, build=compute, options=options, plugin=current_plugin(), text=text
        )
        PENALTIES.add(entry)
        return compute

    return register
