"""Encoder and decoder: shapes and sizes worked out by hand, for both architectures."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan_cli.networks import autoencoder

SHAPES = [(8, 8, 1), (9, 13, 3), (28, 28, 1), (32, 32, 3), (48, 64, 3), (100, 100, 3)]


def shapes(model: keras.Model, prefix: str) -> list[tuple[int, ...]]:
    """Shape after each layer whose name begins so."""
    return [
        tuple(layer.output.shape[1:]) for layer in model.layers if layer.name.startswith(prefix)
    ]


def parameters(model: keras.Model) -> dict[str, int]:
    return {layer.name: layer.count_params() for layer in model.layers if layer.count_params()}


def test_encoder_at_28_halves_twice():
    model = autoencoder.encoder((28, 28, 1), latent_dim=10, width=8)
    assert shapes(model, "conv") == [(14, 14, 8), (7, 7, 16)]
    assert parameters(model) == {
        "conv_1": 5 * 5 * 1 * 8 + 8,
        "conv_2": 5 * 5 * 8 * 16 + 16,
        "mean": 7 * 7 * 16 * 10 + 10,
        "log_variance": 7 * 7 * 16 * 10 + 10,
    }


def test_decoder_at_28_doubles_twice():
    model = autoencoder.decoder((28, 28, 1), latent_dim=10, width=8)
    assert shapes(model, "conv") == [(14, 14, 8), (28, 28, 1)]
    assert parameters(model) == {
        "dense": 10 * 7 * 7 * 16 + 7 * 7 * 16,
        "conv_1": 5 * 5 * 16 * 8 + 8,
        "conv_2": 5 * 5 * 8 * 1 + 1,
    }


def test_channels_stop_at_eight_times_the_width():
    encoder = autoencoder.encoder((300, 300, 3), width=2)  # 300 is halved six times
    assert [shape[-1] for shape in shapes(encoder, "conv")] == [2, 4, 8, 16, 16, 16]
    decoder = autoencoder.decoder((300, 300, 3), width=2)
    assert shapes(decoder, "reshape") == [(5, 5, 16)]
    assert [shape[-1] for shape in shapes(decoder, "conv")] == [16, 16, 8, 4, 2, 3]


def test_dense_is_as_wide_as_asked_for_whatever_the_width_of_convolutions():
    encoder = autoencoder.encoder(
        (28, 28, 1), latent_dim=40, architecture="dense", hidden=400, width=2
    )
    assert parameters(encoder) == {
        "dense_1": 784 * 400 + 400,
        "dense_2": 400 * 400 + 400,
        "mean": 400 * 40 + 40,
        "log_variance": 400 * 40 + 40,
    }
    decoder = autoencoder.decoder(
        (28, 28, 1), latent_dim=40, architecture="dense", hidden=400, width=2
    )
    assert parameters(decoder) == {
        "dense_1": 40 * 400 + 400,
        "dense_2": 400 * 400 + 400,
        "dense_3": 400 * 400 + 400,
        "pixels": 400 * 784 + 784,
    }


def test_dense_layers_add_to_what_came_before():
    """With weights of zero each layer says silu(bias); black is 0 to the first."""
    encoder = autoencoder.encoder((8, 8, 1), latent_dim=1, architecture="dense", hidden=2)
    silu = {bias: bias / (1.0 + math.exp(-bias)) for bias in (1.0, 2.0)}
    encoder.get_layer("dense_1").set_weights([np.ones((64, 2)), np.array([1.0, 2.0])])
    encoder.get_layer("dense_2").set_weights([np.zeros((2, 2)), np.array([2.0, 1.0])])
    encoder.get_layer("mean").set_weights([np.array([[1.0], [10.0]]), np.zeros(1)])
    mean, _ = encoder(-np.ones((1, 8, 8, 1), np.float32))
    first, second = silu[1.0] + silu[2.0], silu[2.0] + silu[1.0]
    assert mean.numpy() == pytest.approx(np.array([[first + 10.0 * second]]), rel=1e-5)


@pytest.mark.parametrize("architecture", ["conv", "dense"])
@pytest.mark.parametrize("shape", SHAPES)
def test_there_and_back(shape: tuple[int, int, int], architecture: str):
    sizes = {"latent_dim": 6, "width": 2, "architecture": architecture, "hidden": 8}
    encoder, decoder = autoencoder.encoder(shape, **sizes), autoencoder.decoder(shape, **sizes)
    mean, log_variance = encoder(np.zeros((2, *shape), np.float32))
    assert mean.shape == log_variance.shape == (2, 6)
    assert decoder(mean).shape == (2, *shape)


@pytest.mark.parametrize("norm", ["batch", "layer"])
def test_normalization_stands_between_convolutions(norm: str):
    encoder = autoencoder.encoder((32, 32, 3), width=2, norm=norm)
    assert [layer.name for layer in encoder.layers if "norm" in layer.name] == ["norm_2", "norm_3"]
    decoder = autoencoder.decoder((32, 32, 3), width=2, norm=norm)
    assert [layer.name for layer in decoder.layers if "norm" in layer.name] == [
        "norm_1",
        "norm_2",
        "norm_3",
    ]
    biased = [
        layer.name
        for model in (encoder, decoder)
        for layer in model.layers
        if getattr(layer, "use_bias", False)
    ]
    assert biased == [
        "conv_1",
        "mean",
        "log_variance",
        "conv_3",
    ]  # a norm that follows would take the others' bias away


def test_the_last_activation_is_the_callers():
    latents = tf.random.stateless_normal([4, 6], [0, 0]) * 100.0
    by_name = {
        name: autoencoder.decoder((8, 8, 1), latent_dim=6, width=2, activation=name)
        for name in ("linear", "tanh")
    }
    by_name["tanh"].set_weights(by_name["linear"].get_weights())
    linear, squashed = by_name["linear"](latents).numpy(), by_name["tanh"](latents).numpy()
    assert np.abs(linear).max() > 1.0
    assert squashed == pytest.approx(np.tanh(linear), abs=1e-6)


@pytest.mark.parametrize("learn_scale", [True, False])
def test_a_scale_is_one_number_per_channel(learn_scale: bool):
    decoder = autoencoder.decoder(
        (9, 13, 3), latent_dim=6, width=2, scale=0.2, learn_scale=learn_scale
    )
    decoded, log_scale = decoder(np.ones((2, 6), np.float32))
    assert decoded.shape == (2, 9, 13, 3)
    assert log_scale.numpy() == pytest.approx(np.full((2, 1, 1, 3), math.log(0.2)), rel=1e-6)
    assert (
        "log_scale" in {v.path.split("/")[-2] for v in decoder.trainable_variables}
    ) == learn_scale
    copy = keras.models.clone_model(decoder)
    assert copy.get_layer("log_scale").initial == pytest.approx(math.log(0.2))


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
@pytest.mark.parametrize("architecture", ["conv", "dense"])
def test_outputs_are_float32_in_mixed_precision(policy: str, architecture: str):
    keras.config.set_dtype_policy(policy)
    try:
        sizes = {"latent_dim": 6, "width": 2, "architecture": architecture, "hidden": 8}
        encoder, decoder = (
            autoencoder.encoder((8, 8, 1), **sizes),
            autoencoder.decoder((8, 8, 1), **sizes, scale=0.1),
        )
    finally:
        keras.config.set_dtype_policy("float32")
    inner = "conv_1" if architecture == "conv" else "dense_1"
    assert encoder.get_layer(inner).compute_dtype == policy.removeprefix("mixed_")
    assert [output.dtype for model in (encoder, decoder) for output in model.outputs] == [
        "float32"
    ] * 4
