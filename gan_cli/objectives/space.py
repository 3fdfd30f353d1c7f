"""Where images come from: networks, sampling, and the space between latents and images."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from gan_cli.base.lazy import keras, tf

Networks = Mapping[str, "keras.Model"]
Sample = Callable[[Networks, "tf.Tensor", "tf.Tensor | None", "int | None"], "tf.Tensor"]


@dataclass(frozen=True, kw_only=True)
class Styles:
    """A space between latents and images: a vector for each layer of the network that makes images
    (W of Karras et al. 2019, where these are all the same; else W+ of Abdal et al. 2019).

    Attributes:
        shape: of the styles of an image, (layers, length).
        of: (networks, latents, labels) -> styles [B, *shape].
        images: (networks, styles) -> images [B, H, W, C] float32, not bounded.
        mean: (networks) -> the mean of all vectors, [length].
        kernels: (networks) -> for each layer what its styles are multiplied with, [length, n].
        assemble: (networks, share) -> one keras.Model from latents, or [latents, labels], to images
            of truncated styles.
    """

    shape: tuple[int, int]
    of: Callable[[Networks, tf.Tensor, tf.Tensor | None], tf.Tensor]
    images: Callable[[Networks, tf.Tensor], tf.Tensor]
    mean: Callable[[Networks], tf.Tensor]
    kernels: Callable[[Networks], list[tf.Tensor]]
    assemble: Callable[[Networks, float], keras.Model]

    def sample(
        self,
        networks: Networks,
        latents: tf.Tensor,
        labels: tf.Tensor | None,
        steps: int | None,
    ) -> tf.Tensor:
        """Latents -> images in [-1, 1]."""
        return self.sample_styles(networks, self.of(networks, latents, labels), None, None)

    def sample_styles(
        self,
        networks: Networks,
        styles: tf.Tensor,
        labels: tf.Tensor | None,
        steps: int | None,
    ) -> tf.Tensor:
        """Styles [B, *shape] -> images in [-1, 1]."""
        return tf.clip_by_value(self.images(networks, styles), -1.0, 1.0)

    def truncated(self, share: float) -> Styles:
        """Only this share is left of the distance from the mean (Karras et al. 2019, appendix
        B).
        """

        def nearer(networks: Networks, styles: tf.Tensor) -> tf.Tensor:
            mean = self.mean(networks)
            return mean + share * (styles - mean)

        return self._changed(nearer)

    def moved(self, offset: tf.Tensor) -> Styles:
        """`offset`, [*shape], is added to all styles."""
        return self._changed(lambda networks, styles: styles + offset)

    def _changed(self, change: Callable[[Networks, tf.Tensor], tf.Tensor]) -> Styles:
        return replace(
            self,
            of=lambda networks, latents, labels: change(
                networks, self.of(networks, latents, labels)
            ),
        )
