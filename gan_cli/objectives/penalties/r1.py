"""R1: the squared gradients at real images (Mescheder et al. 2018)."""

from __future__ import annotations

from gan_cli.base.lazy import tf
from gan_cli.base.randomness import Noise
from gan_cli.base.spec import Logs
from gan_cli.config.catalogue import NoOptions
from gan_cli.objectives.gradients import zero_centred
from gan_cli.objectives.penalties import LogitsOf, penalty


@penalty("r1", "weight of the penalty on gradients at real images; 0: off")
def r1(
    logits_of: LogitsOf, real: tf.Tensor, fake: tf.Tensor, noise: Noise, options: NoOptions
) -> tuple[tf.Tensor, Logs]:
    """1/2 E ||grad D(x)||^2 where x are real images (eq. 9)."""
    value = zero_centred(logits_of, real)
    return value, {"r1": value}
