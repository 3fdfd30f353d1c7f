"""Recurrent networks: shapes, the equations of the gated unit, what depends on what."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan_cli.networks import recurrent
from gan_cli.networks.variables import variables_by_key

SHAPES = [(8, 8, 1), (9, 13, 3), (28, 28, 1), (32, 32, 3), (48, 64, 3), (100, 100, 3)]


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).standard_normal(shape).astype(np.float32)


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-x))


def assign(model: keras.Model, **arrays: float) -> None:
    """Fill every variable of the named layers."""
    for variable in model.variables:
        variable.assign(np.full(variable.shape, arrays[variable.path.split("/")[1]], np.float32))


@pytest.mark.parametrize(
    ("image", "state"),
    [
        ((8, 8), (4, 4)),
        ((9, 13), (5, 7)),
        ((28, 28), (14, 14)),
        ((48, 64), (12, 16)),
        ((64, 64), (8, 8)),
        ((100, 99), (13, 13)),
    ],
)
def test_a_state_is_a_small_picture_of_the_frame(image: tuple[int, int], state: tuple[int, int]):
    assert recurrent.state_shape((*image, 3), 5) == (*state, 5)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_latent_becomes_frames(shape: tuple[int, int, int]):
    state = recurrent.state_shape(shape, 3)
    first = recurrent.start(state, latent_dim=5)(noise(2, 5))
    following = recurrent.cell(state)(first)
    pictures = recurrent.frames(state, shape, width=2)(following)
    assert first.shape == following.shape == (2, *state)
    assert pictures.shape == (2, *shape)
    assert first.dtype == following.dtype == pictures.dtype == tf.float32
    assert -1.0 <= pictures.numpy().min() < pictures.numpy().max() <= 1.0


def test_normalised_first_states_differ_whatever_the_weights_are():
    """Latents that hardly differ still fill the range of the states: a generator cannot make one
    sequence of all.
    """
    close = 1.0 + 1e-2 * noise(64, 5)
    spread = {
        norm: recurrent.start((4, 4, 2), latent_dim=5, norm=norm)(close, training=True).numpy()
        for norm in ("batch", "none")
    }
    np.testing.assert_allclose(np.abs(spread["batch"]).mean(), 0.6, atol=0.1)
    np.testing.assert_allclose(
        spread["batch"].std(axis=0), 0.63, atol=0.15
    )  # of tanh of a standard normal variable
    assert spread["none"].std(axis=0).max() < 0.05


def test_a_new_cell_changes_a_state_slowly():
    """An update gate of sigmoid(-2) at first: about an eighth of the way to the proposal, which is
    small.
    """
    state = 1e-3 * noise(2, 8, 8, 4)
    moved = recurrent.cell((8, 8, 4))(state).numpy() - state
    gate = 1.0 / (1.0 + np.exp(2.0))
    assert 0.5 * gate < np.abs(moved).mean() / np.abs(state).mean() < 2.0 * gate


def test_the_cell_is_a_gated_unit():
    """One channel whose neighbours are the same everywhere: 9 times the kernel at an inner pixel, 4
    times in a corner.
    """
    model = recurrent.cell((5, 5, 1))
    assign(model, update=0.1, reset=-0.2, proposal=0.3)
    state = 0.7
    found = model(np.full((1, 5, 5, 1), state, np.float32)).numpy()[0, :, :, 0]
    reset = np.full((5, 5), -0.2) + -0.2 * state * counts()
    held = sigmoid(reset) * state
    proposal = np.tanh(0.3 + 0.3 * around(held))
    update = sigmoid(0.1 + 0.1 * state * counts())
    np.testing.assert_allclose(found, (1.0 - update) * state + update * proposal, rtol=1e-5)


def counts() -> np.ndarray:
    return around(np.ones((5, 5)))


def around(values: np.ndarray) -> np.ndarray:
    """The sum of a pixel and its neighbours, zero outside."""
    padded = np.pad(values, 1)
    return sum(padded[y : y + 5, x : x + 5] for y in range(3) for x in range(3))


def test_a_shut_gate_keeps_the_state_and_an_open_one_replaces_it():
    model, state = recurrent.cell((4, 5, 2)), np.tanh(noise(3, 4, 5, 2))
    assign(model, update=0.0, reset=0.0, proposal=0.0)
    for bias, expected in ((-50.0, state), (50.0, np.zeros_like(state))):
        model.get_layer("update").bias.assign([bias, bias])
        np.testing.assert_allclose(model(state).numpy(), expected, atol=1e-6)


def test_motion_is_the_same_at_every_place():
    """Away from the edges the next state of a shifted state is the shifted next state."""
    model, state = recurrent.cell((9, 9, 2)), np.zeros((1, 9, 9, 2), np.float32)
    state[:, 3:5, 3:5] = noise(1, 2, 2, 2)
    shifted = np.roll(state, (1, 1), (1, 2))
    np.testing.assert_allclose(
        model(shifted).numpy()[:, 3:8, 3:8], model(state).numpy()[:, 2:7, 2:7], atol=1e-6
    )


@pytest.mark.parametrize("shape", SHAPES)
def test_a_sequence_becomes_a_logit_or_a_code(shape: tuple[int, int, int]):
    sequence = np.tanh(noise(2, 4, *shape))
    logits = recurrent.discriminator(4, shape, width=2, hidden=3)(sequence)
    mean, log_variance = recurrent.encoder(4, shape, latent_dim=5, width=2, hidden=3)(sequence)
    assert logits.shape == (2, 1)
    assert mean.shape == log_variance.shape == (2, 5)
    assert {each.dtype for each in (logits, mean, log_variance)} == {tf.float32}


def test_the_logit_is_the_mean_of_one_for_each_beginning():
    """The GRU reads forwards: the logit at a frame does not know the later ones."""
    model = recurrent.discriminator(4, (8, 8, 1), width=2, hidden=3)
    sequence = np.tanh(noise(1, 4, 8, 8, 1))
    each = keras.Model(model.input, model.get_layer("logits").output)
    changed = sequence.copy()
    changed[:, 2] *= -1.0
    before, after = each(sequence).numpy()[0, :, 0], each(changed).numpy()[0, :, 0]
    np.testing.assert_allclose(before[:2], after[:2], atol=1e-6)
    assert np.all(np.abs(before[2:] - after[2:]) > 1e-4)
    assert model(sequence).numpy() == pytest.approx(before.mean(), rel=1e-5)


def test_the_order_of_frames_matters_to_both_readers():
    sequence = np.tanh(noise(1, 4, 8, 8, 1))
    discriminator = recurrent.discriminator(4, (8, 8, 1), width=2, hidden=3)
    encoder = recurrent.encoder(4, (8, 8, 1), latent_dim=2, width=2, hidden=3)
    for read in (discriminator, lambda x: encoder(x)[0]):
        assert np.abs(read(sequence).numpy() - read(sequence[:, ::-1]).numpy()).max() > 1e-4


def test_norm_dropout_and_scale_are_where_they_are_asked_for():
    model = recurrent.discriminator(2, (16, 16, 1), width=2, hidden=3, norm="layer", dropout=0.5)
    names = [layer.name for layer in model.layers]
    assert [name for name in names if "norm" in name or "dropout" in name] == [
        "dropout_1",
        "norm_2",
        "dropout_2",
    ]
    plain = recurrent.discriminator(2, (16, 16, 1), width=2, hidden=3)
    assert not [
        layer.name for layer in plain.layers if "norm" in layer.name or "dropout" in layer.name
    ]
    state = recurrent.state_shape((8, 8, 3), 2)
    pictures, log_scale = recurrent.frames(state, (8, 8, 3), width=2, scale=0.5)(noise(6, *state))
    assert pictures.shape == (6, 8, 8, 3)
    assert log_scale.shape == (6, 1, 1, 3)
    np.testing.assert_allclose(log_scale, np.log(0.5), rtol=1e-6)


def test_every_variable_has_a_name_of_ours_and_survives_a_copy():
    for model in (
        recurrent.discriminator(3, (8, 8, 1), width=2, hidden=3, norm="batch"),
        recurrent.encoder(3, (8, 8, 1), latent_dim=2, width=2, hidden=3),
        recurrent.cell((4, 4, 2)),
    ):
        keys = variables_by_key("network", model)
        assert len(keys) == len(model.variables)
        copy = keras.models.clone_model(model)
        assert {key: v.shape for key, v in variables_by_key("network", copy).items()} == {
            k: v.shape for k, v in keys.items()
        }
        inputs = np.tanh(noise(2, *model.input_shape[1:]))
        for ours, theirs in zip(copy.variables, model.variables, strict=True):
            ours.assign(theirs)
        for ours, theirs in zip(
            tf.nest.flatten(copy(inputs)), tf.nest.flatten(model(inputs)), strict=True
        ):
            np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
def test_states_and_outputs_stay_float32(precision: str):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(precision)
    try:
        networks = [
            recurrent.start((4, 4, 2), latent_dim=3),
            recurrent.cell((4, 4, 2)),
            recurrent.frames((4, 4, 2), (8, 8, 1), width=2),
            recurrent.discriminator(3, (8, 8, 1), width=2, hidden=3),
            recurrent.encoder(3, (8, 8, 1), latent_dim=2, width=2, hidden=3),
        ]
    finally:
        keras.config.set_dtype_policy(before)
    for model in networks:
        assert {
            each.dtype for each in tf.nest.flatten(model(noise(2, *model.input_shape[1:])))
        } == {tf.float32}
        assert any(
            layer.compute_dtype == precision.removeprefix("mixed_")
            for layer in model.layers
            if layer.weights
        )
