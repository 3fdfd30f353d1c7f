"""R2: the squared gradients at generated images (Mescheder et al. 2018)."""

from __future__ import annotations

from gan_cli.base.lazy import tf
from gan_cli.base.randomness import Noise
from gan_cli.base.spec import Logs
from gan_cli.config.catalogue import NoOptions
from gan_cli.objectives.gradients import zero_centred
from gan_cli.objectives.penalties import LogitsOf, penalty


@penalty("r2", "weight of the penalty on gradients at generated images; 0: off")
def r2(
    logits_of: LogitsOf, real: tf.Tensor, fake: tf.Tensor, noise: Noise, options: NoOptions
) -> tuple[tf.Tensor, Logs]:
    """1/2 E ||grad D(x)||^2 where x are generated images (eq. 10)."""
    value = zero_centred(logits_of, fake)
    return value, {"r2": value}
