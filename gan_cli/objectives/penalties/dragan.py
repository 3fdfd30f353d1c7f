"""The gradient penalty of DRAGAN (Kodali et al. 2017), around real images."""

from __future__ import annotations

from gan_cli.base.lazy import tf
from gan_cli.base.machines import replicas
from gan_cli.base.randomness import Noise
from gan_cli.base.spec import Logs
from gan_cli.config.catalogue import NoOptions
from gan_cli.objectives.gradients import per_item, unit_norms
from gan_cli.objectives.penalties import LogitsOf, penalty

REACH = 0.5
"""Largest step away from the data, in standard deviations of its pixels."""


@penalty("dragan", "weight of the gradient penalty around real images; 0: off")
def dragan(
    logits_of: LogitsOf, real: tf.Tensor, fake: tf.Tensor, noise: Noise, options: NoOptions
) -> tuple[tf.Tensor, Logs]:
    """E (||grad D(x + delta)|| - 1)^2, delta = mix * REACH * std * directions.

    mix and directions are uniform in [0, 1), with the deviation of all pixels of the batch, as in
    the authors' published code; the paper writes a normal delta of fixed variance.
    """
    mix = noise.uniform("dragan/mix", (real.shape[0],))
    directions = noise.uniform("dragan/directions", real.shape)
    reach = REACH * tf.math.reduce_std(replicas.gathered(real))
    moved = real + reach * per_item(mix, real) * directions
    value, norm = unit_norms(logits_of, moved, one_sided=False)
    return value, {"gradient_norm_dragan": norm}
