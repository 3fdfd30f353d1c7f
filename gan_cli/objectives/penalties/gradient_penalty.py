"""The gradient penalty of WGAN-GP (Gulrajani et al. 2017), between real and fake images."""

from __future__ import annotations

from typing import Literal

from gan_cli.base.lazy import tf
from gan_cli.base.randomness import Noise
from gan_cli.base.spec import Logs
from gan_cli.config.options import option, options
from gan_cli.objectives.gradients import per_item, unit_norms
from gan_cli.objectives.penalties import LogitsOf, penalty


@options
class GradientPenalty:
    """Settings beside the weight."""

    sides: Literal["two", "one"] = option(
        "two: penalize all gradient norms other than 1; one: only those above 1", "two"
    )


@penalty(
    "gradient_penalty",
    "weight of the gradient penalty between real and generated images; 0: off",
    GradientPenalty,
)
def gradient_penalty(
    logits_of: LogitsOf, real: tf.Tensor, fake: tf.Tensor, noise: Noise, options: GradientPenalty
) -> tuple[tf.Tensor, Logs]:
    """E (||grad D(x_hat)|| - 1)^2 on lines from fake to real images (eq. 3, its second term); one
    side: max(0, ||grad|| - 1)^2 (section 4).
    """
    mix = per_item(noise.uniform("gradient_penalty", (real.shape[0],)), real)
    value, norm = unit_norms(logits_of, fake + mix * (real - fake), options.sides == "one")
    return value, {"gradient_norm": norm}
