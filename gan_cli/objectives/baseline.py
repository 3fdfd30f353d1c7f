"""Models that learn nothing by gradients: what a generator must beat to be worth its training."""

from __future__ import annotations

import keras
import tensorflow as tf

from gan_cli.base.machines import replicas
from gan_cli.base.spec import Batch, Logs
from gan_cli.objectives.model import Context, Model, Networks, Phase


def baseline(network: keras.Model) -> Model:
    """A network without weights to train, whose last layer may remember what it has seen."""

    def observed(batch: Batch, context: Context) -> tuple[dict[str, tf.Tensor], Logs]:
        return {}, network.layers[-1].observe(replicas.gathered(batch["images"]))

    def sample(
        networks: Networks, latents: tf.Tensor, labels: tf.Tensor | None, steps: int | None
    ) -> tf.Tensor:
        return networks[network.name](latents, training=False)

    return Model(
        networks={network.name: network},
        players={},
        sampler=(network.name,),
        phases=(Phase(observed, trains=()),),
        latent_shape=tuple(network.input_shape[1:]),
        sampling=sample,
    )
