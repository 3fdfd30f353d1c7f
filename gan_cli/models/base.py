"""What every training algorithm is to the step and the loop: networks, players and phases."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import NamedTuple

import keras
import tensorflow as tf

from gan_cli.base.randomness import Noise
from gan_cli.base.spec import Batch, Logs
from gan_cli.config.schema import Loss
from gan_cli.data.pipeline.augment import Transform


class Phase(NamedTuple):
    """A part of the step: `losses(batch, noise)` gives player -> scalar loss from one shared
    forward, and extra logs.

    `trains` names those players; each of the `repeats` draws its own batch and noise.
    """

    losses: Callable[[Batch, Noise], tuple[dict[str, tf.Tensor], Logs]]
    trains: tuple[str, ...]
    repeats: int = 1


class Game(NamedTuple):
    """What decides how a generator plays against discriminators; models without one ignore it."""

    loss: Loss
    view: Transform | None = None


class Model(ABC):
    """Networks and the rules to train them; the step knows nothing else.

    Attributes:
        networks: name -> built keras.Model whose layers are all named.
        players: player -> the networks that it trains; each player has an optimizer of its own.
        sampler: the networks needed to sample; the moving average follows these.
        phases: run in order, each with its repeats, in every step.
        latent_shape: shape of one latent.
        num_classes: of a model that is told the class; 0: it takes no labels.
        default_steps: frames of a sequence; 0: it makes single images.
    """

    networks: dict[str, keras.Model]
    players: dict[str, tuple[str, ...]]
    sampler: tuple[str, ...]
    phases: tuple[Phase, ...]
    latent_shape: tuple[int, ...]
    num_classes: int = 0
    default_steps: int = 0

    @abstractmethod
    def sample(
        self, latents: tf.Tensor, labels: tf.Tensor | None = None, steps: int | None = None
    ) -> tf.Tensor:
        """Latents [B, *latent_shape] -> images [B, H, W, C] float32 in [-1, 1], in inference mode.

        Args:
            labels: int64 [B], where the model has num_classes; else ignored.
            steps: frames, where it makes sequences: then images are [B, steps, H, W, C]; None: as
                many as the data has.
        """

    def prepare(self) -> None:  # noqa: B027
        """Load what training needs and sampling does not; called once before the first step, in
        eager mode.
        """

    def trainable(self, player: str) -> list[keras.Variable]:
        """The variables that a player trains, in a fixed order."""
        return [
            variable
            for name in self.players[player]
            for variable in self.networks[name].trainable_variables
        ]

    def with_networks(self, networks: Mapping[str, keras.Model]) -> Model:
        """The same model for sampling, with some of its networks replaced."""
        other = copy.copy(self)
        other.networks = {**self.networks, **networks}
        return other


class Autoencoder(Model):
    """A model that also finds the latents of given images."""

    @abstractmethod
    def reconstruct(self, images: tf.Tensor) -> tf.Tensor:
        """Images [B, H, W, C] in [-1, 1] -> what encoder and decoder make of them, in inference
        mode, without noise.
        """


class LikelihoodModel(Autoencoder):
    """An autoencoder that gives the pixels of an image a probability."""

    @abstractmethod
    def bound(self, images: tf.Tensor, noise: Noise) -> tf.Tensor:
        """The evidence lower bound of each image, float32 [B], in nats; higher is better."""
