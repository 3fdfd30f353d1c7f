"""Baselines that learn nothing by gradients: what a generator must beat to be worth its
training.
"""

from __future__ import annotations

import keras
import tensorflow as tf

from gan_cli.base.randomness import Noise
from gan_cli.base.spec import Batch, DataSpec, Logs
from gan_cli.config.models import RandomPixels, Template
from gan_cli.models.base import Game, Model, Phase
from gan_cli.networks import pixels
from gan_cli.networks.composition import composition

PIXELS = {"uniform": pixels.uniform, "histogram": pixels.histogram}


class Baseline(Model):
    """A network without weights to train, whose last layer may remember what it has seen; it has no
    players.
    """

    def __init__(self, network: keras.Model) -> None:
        self.networks = {network.name: network}
        self.players = {}
        self.sampler = (network.name,)
        self.phases = (Phase(self._losses, trains=()),)
        self.latent_shape = tuple(network.input_shape[1:])

    def _losses(self, batch: Batch, noise: Noise) -> tuple[dict[str, tf.Tensor], Logs]:
        return {}, self._network.layers[-1].observe(batch["images"])

    def sample(
        self, latents: tf.Tensor, labels: tf.Tensor | None = None, steps: int | None = None
    ) -> tf.Tensor:
        return self._network(latents, training=False)

    @property
    def _network(self) -> keras.Model:
        return self.networks[self.sampler[0]]


def random_pixels(options: RandomPixels, spec: DataSpec, game: Game) -> Baseline:
    """Every value of every pixel on its own, uniform or as often as the data has it there."""
    return Baseline(PIXELS[options.source](spec.image_shape))


def template(options: Template, spec: DataSpec, game: Game) -> Baseline:
    """Shapes at random places, of random sizes, filled with parts of real images, on real
    images.
    """
    return Baseline(
        composition(
            spec.image_shape,
            bank=options.bank,
            shapes=options.shapes,
            min_size=options.min_size,
            max_size=options.max_size,
            kinds=options.kinds,
            background=options.background,
        )
    )
