"""Image sequences from one latent, and what reads them: a convolutional GRU, frames of its states,
and a GRU over features.

`start` makes the first state of a latent, `cell` the next state of each, `frames` the picture that
a state shows. States are small pictures themselves, so that moving something is the same work at
every place (Shi et al. 2015).
"""

from __future__ import annotations

import math
from typing import Any

import keras

from gan_cli.networks.autoencoder import LogScale
from gan_cli.networks.dcgan import ImageShape, crop, halvings, sizes
from gan_cli.networks.layers.common import LEAK, NORMS, batch_norm
from gan_cli.networks.layers.dropout import Dropout

KERNEL = 4
"""Of the stride-2 convolutions: a multiple of the stride, without the checkerboard that other
kernels leave.
"""
HIDDEN = 256
"""Units between the latent and the first state."""
SLOW = -2.0
"""Bias of the update gate at first: an eighth of a state is new at each step, so that the last one
still knows the first.
"""


def state_shape(image_shape: ImageShape, channels: int) -> tuple[int, int, int]:
    """(height, width, channels) of a state; its shorter side is 8 to 15 pixels, of images below 16
    pixels 4 to 7.
    """
    height, width = sizes(image_shape, doublings(image_shape))[-1]
    return height, width, channels


def doublings(image_shape: ImageShape) -> int:
    """How often a state is doubled until it is an image."""
    return max(1, halvings(image_shape) - 1)


def generator(
    image_shape: ImageShape,
    *,
    latent_dim: int,
    width: int,
    state_channels: int,
    norm: str,
    **output: Any,
) -> dict[str, keras.Model]:
    """The networks that make a sequence of a latent: start, cell and frames.

    Args:
        norm: normalization of the start.
        output: of the frames: activation, scale, learn_scale.
    """
    state = state_shape(image_shape, state_channels)
    return {
        "start": start(state, latent_dim=latent_dim, norm=norm),
        "cell": cell(state),
        "frames": frames(state, image_shape, width=width, **output),
    }


def start(state: ImageShape, *, latent_dim: int, norm: str = "none") -> keras.Model:
    """Latents [B, latent_dim] -> first states [B, *state] in [-1, 1] float32.

    With `norm="batch"` the states of a batch differ whatever the weights are; without, a game was
    seen to end with one sequence for all latents.
    """
    with keras.name_scope("start"):
        latents = keras.Input((latent_dim,), name="latents")
        x = _normed(
            keras.layers.Dense(HIDDEN, use_bias=norm == "none", name="dense_1")(latents),
            norm,
            "norm_1",
        )
        x = keras.layers.LeakyReLU(LEAK, name="activation_1")(x)
        x = _normed(
            keras.layers.Dense(math.prod(state), use_bias=norm == "none", name="dense_2")(x),
            norm,
            "norm_2",
        )
        x = keras.layers.Reshape(state, name="reshape")(x)
        first = keras.layers.Activation("tanh", dtype="float32", name="state")(x)
    return keras.Model(latents, first, name="start")


def cell(state: ImageShape) -> keras.Model:
    """States [B, *state] -> the next ones: a gated recurrent unit of convolutions, without input
    (Ballas et al. 2016, eq. 5-8).

    The gates follow the precision of the networks; the state is float32, for small changes add up
    in it.
    """
    channels, slow = state[2], keras.initializers.Constant(SLOW)
    with keras.name_scope("cell"):
        current = keras.Input(state, name="state")
        update = keras.layers.Conv2D(
            channels, 3, padding="same", activation="sigmoid", bias_initializer=slow, name="update"
        )(current)
        reset = keras.layers.Conv2D(
            channels, 3, padding="same", activation="sigmoid", name="reset"
        )(current)
        proposal = keras.layers.Conv2D(
            channels, 3, padding="same", activation="tanh", name="proposal"
        )(reset * current)
        following = current + update * (proposal - current)
    return keras.Model(current, following, name="cell")


def frames(
    state: ImageShape,
    image_shape: ImageShape,
    *,
    width: int = 16,
    activation: str = "tanh",
    scale: float | None = None,
    learn_scale: bool = True,
) -> keras.Model:
    """States [N, *state] -> frames [N, *image_shape] float32, of a whole batch of sequences or of
    one moment.

    Args:
        width: channels before the image; towards the state they double with each layer, up to 8
            times.
        activation: of the output: `tanh` for images in [-1, 1], `linear` for logits.
        scale: also return log_scale [N, 1, 1, C] float32, as `gan_cli.networks.autoencoder.decoder`
            does.
        learn_scale: whether that is trained.
    """
    depth = doublings(image_shape)
    targets = sizes(image_shape, depth)[::-1][1:]
    with keras.name_scope("frames"):
        x = states = keras.Input(state, name="states")
        for index, target in enumerate(targets, start=1):
            last = index == depth
            filters = image_shape[2] if last else width * 2 ** min(depth - 1 - index, 3)
            x = keras.layers.Conv2DTranspose(
                filters, KERNEL, strides=2, padding="same", use_bias=last, name=f"conv_{index}"
            )(x)
            x = crop(x, target, f"crop_{index}")
            if not last:
                x = batch_norm(f"norm_{index}")(x)
                x = keras.layers.LeakyReLU(LEAK, name=f"activation_{index}")(x)
        pictures = keras.layers.Activation(activation, dtype="float32", name="frames")(x)
        if scale is not None:
            log_scale = LogScale(
                math.log(scale), trainable=learn_scale, dtype="float32", name="log_scale"
            )(pictures)
            return keras.Model(states, [pictures, log_scale], name="frames")
    return keras.Model(states, pictures, name="frames")


def encoder(
    length: int,
    image_shape: ImageShape,
    *,
    latent_dim: int,
    width: int = 16,
    hidden: int = 128,
    norm: str = "batch",
) -> keras.Model:
    """Sequences [B, length, *image_shape] in [-1, 1] -> [mean, log_variance], both [B, latent_dim]
    float32.
    """
    with keras.name_scope("encoder"):
        sequence = keras.Input((length, *image_shape), name="sequence")
        x = _features(sequence, width, hidden, norm)
        x = _gru(hidden, backwards=True)(x)  # it ends where the decoder starts, at the first frame
        mean = keras.layers.Dense(latent_dim, dtype="float32", name="mean")(x)
        log_variance = keras.layers.Dense(latent_dim, dtype="float32", name="log_variance")(x)
    return keras.Model(sequence, [mean, log_variance], name="encoder")


def discriminator(
    length: int,
    image_shape: ImageShape,
    *,
    width: int = 16,
    hidden: int = 128,
    norm: str = "none",
    dropout: float = 0.0,
) -> keras.Model:
    """Sequences [B, length, *image_shape] in [-1, 1] -> logits [B, 1] float32.

    The logit is the mean over time of one of each frame and what came before it: the first judges a
    picture, the later ones motion too, the work of the two discriminators of Tulyakov et al. (2018,
    section 3.2).
    """
    with keras.name_scope("discriminator"):
        sequence = keras.Input((length, *image_shape), name="sequence")
        x = _features(sequence, width, hidden, norm, dropout)
        x = _gru(hidden, return_sequences=True)(x)
        each = keras.layers.Dense(1, dtype="float32", name="logits")(x)
        logits = keras.layers.GlobalAveragePooling1D(dtype="float32", name="mean_logits")(each)
    return keras.Model(sequence, logits, name="discriminator")


def _normed(x: keras.KerasTensor, norm: str, name: str) -> keras.KerasTensor:
    return x if norm == "none" else NORMS[norm](name)(x)


def _features(
    sequence: keras.KerasTensor, width: int, hidden: int, norm: str, dropout: float = 0.0
) -> keras.KerasTensor:
    """Sequences [B, T, H, W, C] -> [B, T, hidden]: each frame is halved until its shorter side is 4
    to 7 pixels.
    """
    length, *image_shape = sequence.shape[1:]
    x = keras.ops.reshape(sequence, (-1, *image_shape))
    for index in range(1, halvings(tuple(image_shape)) + 1):
        normed = norm != "none" and index > 1
        filters = width * 2 ** min(index - 1, 3)
        x = keras.layers.Conv2D(
            filters, KERNEL, strides=2, padding="same", use_bias=not normed, name=f"conv_{index}"
        )(x)
        if normed:
            x = NORMS[norm](f"norm_{index}")(x)
        x = keras.layers.LeakyReLU(LEAK, name=f"activation_{index}")(x)
        if dropout:
            x = Dropout(dropout, name=f"dropout_{index}")(x)
    x = keras.layers.Flatten(name="flatten")(x)
    x = keras.layers.Dense(hidden, name="dense")(x)
    x = keras.layers.LeakyReLU(LEAK, name="activation")(x)
    return keras.ops.reshape(x, (-1, length, hidden))


def _gru(
    units: int, *, backwards: bool = False, return_sequences: bool = False
) -> keras.layers.GRU:
    """Unrolled and without cuDNN: gradient penalties need the gradient of its gradient, which loops
    and cuDNN do not have.
    """
    return keras.layers.GRU(
        units,
        go_backwards=backwards,
        return_sequences=return_sequences,
        unroll=True,
        use_cudnn=False,
        dtype="float32",
        name="gru",
    )
