"""What a model is to the step and the loop: networks, players, phases, and how it is sampled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from gan_cli.base.lazy import keras, np, tf
from gan_cli.base.randomness import Noise
from gan_cli.base.spec import Batch, Logs
from gan_cli.objectives.codes import Codes
from gan_cli.objectives.space import Networks, Sample, Styles


class Context(NamedTuple):
    """Where training stands when a loss is computed.

    Attributes:
        step: int64 scalar, steps done before this one.
        update: int64 scalar, how often this phase's players were updated before.
        noise: the random draws of this update.
        penalty_factor: what the weights of penalties are multiplied with now.
    """

    step: tf.Tensor
    update: tf.Tensor
    noise: Noise
    penalty_factor: tf.Tensor | float = 1.0

    def branch(self, name: str) -> Context:
        """The same moment with draws that are independent of these."""
        return self._replace(noise=self.noise.branch(name))


Losses = Callable[[Batch, Context], tuple[dict[str, "tf.Tensor"], Logs]]


class Phase(NamedTuple):
    """A part of a step: one forward pass, and an update of each player that has a loss in it.

    Attributes:
        losses: (batch, context) -> player -> scalar loss, and what else is logged.
        trains: those players.
        repeats: updates in one step, each on a batch of its own.
    """

    losses: Losses
    trains: tuple[str, ...]
    repeats: int = 1


Encode = Callable[[Networks, "tf.Tensor"], "tf.Tensor"]
Bound = Callable[[Networks, "tf.Tensor", Noise], "tf.Tensor"]


class Filling(NamedTuple):
    """Of a model that fills holes [B, H, W, 1], 1 where they are, of images in [-1, 1].

    Attributes:
        fill: (networks, images, holes) -> whole images, of which those pixels count.
        given: (networks, latents) -> the images and holes whose filling is the sample of them.
    """

    fill: Callable[[Networks, tf.Tensor, tf.Tensor], tf.Tensor]
    given: Callable[[Networks, tf.Tensor], list[tf.Tensor]]


@dataclass(frozen=True, kw_only=True)
class Model:
    """Networks and the rules to train and sample them; step and loop know nothing else.

    Attributes:
        networks: name -> built keras.Model whose layers are all named.
        players: player -> the networks that it trains; each player has an optimizer of its own.
        sampler: the networks needed to sample; the moving average follows these.
        phases: run in order, each with its repeats, in every step.
        latent_shape: shape of one latent.
        sampling: (networks, latents, labels, steps) -> images, in inference mode.
        num_classes: of a model that is conditioned on the class; 0: it takes no labels.
        captions: int32 [M, L], tokens of captions that stand for those of the data, of a model that
            takes captions in the place of labels; None: it takes none.
        sequence_length: frames of a sequence; 0: it makes single images.
        encoding: (networks, images) -> latents, of a model that finds the latents of images.
        evidence_bound: (networks, images, noise) -> [B] in nats, of a model with a likelihood.
        assemble: (networks) -> one keras.Model from latents, or [latents, labels], to images;
            None: the sampler is that network.
        styles: the space between latents and images, of a model that has one; truncation is there
            then, and of latents in the others.
        prepare: loads what training needs and sampling does not, before the first step.
        variables: name -> what the objective remembers from step to step, saved with the rest.
        filling: of a model that fills holes of images; None: it does not.
        codes: where in a latent the codes stand that it is known to have; None: it has none.
    """

    networks: Networks
    players: Mapping[str, tuple[str, ...]]
    sampler: tuple[str, ...]
    phases: tuple[Phase, ...]
    latent_shape: tuple[int, ...]
    sampling: Sample
    num_classes: int = 0
    captions: np.ndarray | None = None
    sequence_length: int = 0
    encoding: Encode | None = None
    evidence_bound: Bound | None = None
    assemble: Callable[[Networks], keras.Model] | None = None
    styles: Styles | None = None
    prepare: Callable[[], None] = lambda: None
    variables: Mapping[str, tf.Variable] = field(default_factory=dict)
    codes: Codes | None = None
    filling: Filling | None = None

    def sample(
        self, latents: tf.Tensor, labels: tf.Tensor | None = None, steps: int | None = None
    ) -> tf.Tensor:
        """Latents [B, *latent_shape] -> images [B, H, W, C] float32 in [-1, 1].

        Args:
            labels: int64 [B], where the model has num_classes; int32 [B, L], where it has captions;
                else ignored.
            steps: frames, where it makes sequences: then images are [B, steps, H, W, C]; None: as
                many as the data has.
        """
        return self.sampling(self.networks, latents, labels, steps)

    @property
    def generator(self) -> keras.Model:
        """What samples, as one network: latents, or these and labels or captions -> images in
        [-1, 1].
        """
        return self.assemble(self.networks) if self.assemble else self.networks[self.sampler[0]]

    def reconstruct(self, images: tf.Tensor) -> tf.Tensor:
        """Images [B, H, W, C] in [-1, 1] -> what the model makes of them, without noise."""
        return self.sample(self.encode(images))

    def encode(self, images: tf.Tensor) -> tf.Tensor:
        """Images [B, H, W, C] in [-1, 1] -> the mean of their latents [B, *latent_shape]."""
        assert self.encoding is not None
        return self.encoding(self.networks, images)

    def fill(self, images: tf.Tensor, holes: tf.Tensor) -> tf.Tensor:
        """Images [B, H, W, C] in [-1, 1] and holes [B, H, W, 1] of 0 and 1 -> whole images."""
        assert self.filling is not None
        return self.filling.fill(self.networks, images, holes)

    def bound(self, images: tf.Tensor, noise: Noise) -> tf.Tensor:
        """The evidence lower bound of each image, float32 [B], in nats; higher is better."""
        assert self.evidence_bound is not None
        return self.evidence_bound(self.networks, images, noise)

    def trainable(self, player: str) -> list[keras.Variable]:
        """The variables that a player trains, in a fixed order."""
        names = self.players[player]
        return [each for name in names for each in self.networks[name].trainable_variables]

    def after_update(self, player: str) -> None:
        """Let the layers that keep something of their own weights follow an update of a player:
        those with a method `after_update`.
        """
        for name in self.players[player]:
            for layer in self.networks[name].layers:
                if hasattr(layer, "after_update"):
                    layer.after_update()

    def truncated(self, share: float) -> Model:
        """The same model, sampled nearer to the mean in its own space."""
        assert self.styles is not None
        styles = self.styles
        return replace(
            self._through(styles.truncated(share)),
            assemble=lambda networks: styles.assemble(networks, share),
        )

    def moved(self, offset: tf.Tensor) -> Model:
        """The same model, sampled elsewhere: `offset`, of the shape of a latent or of the styles of
        an image, is added to these.
        """
        if self.styles is not None and tuple(offset.shape) == self.styles.shape:
            return self._through(self.styles.moved(offset))

        def sampling(
            networks: Networks, latents: tf.Tensor, labels: tf.Tensor | None, steps: int | None
        ) -> tf.Tensor:
            return self.sampling(networks, latents + offset, labels, steps)

        return replace(self, sampling=sampling)

    def in_styles(self) -> Model:
        """The model without what makes styles of latents: its latents are styles."""
        assert self.styles is not None
        return replace(
            self,
            sampling=self.styles.sample_styles,
            latent_shape=self.styles.shape,
            num_classes=0,
            styles=None,
        )

    def _through(self, styles: Styles) -> Model:
        return replace(self, styles=styles, sampling=styles.sample)

    def with_networks(self, networks: Networks) -> Model:
        """The same model for sampling, with some of its networks replaced."""
        return replace(self, networks={**self.networks, **networks})
