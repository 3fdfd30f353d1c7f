"""Draws are a pure function of (seed, step, stream); replicas have rows of them."""

import numpy as np
import pytest
import tensorflow as tf

from gan_cli.base.machines.replicas import group
from gan_cli.base.randomness import Noise, key

SHAPE = (100_000,)


def draw(kind: str, stream: str = "latents", **noise: int) -> np.ndarray:
    return getattr(Noise(**{"seed": 1, "step": 2} | noise), kind)(stream, SHAPE).numpy()


def test_a_key_never_changes():
    """Stored runs go on with these numbers: a new hash would be another run from the next step
    on.
    """
    assert key(0, "latents", 7).numpy().tolist() == [3351319699131288543, 7]
    assert key(0, "latents", 7).dtype == tf.int64


@pytest.mark.parametrize("kind", ["normal", "uniform"])
def test_the_same_key_gives_the_same_bits(kind: str):
    np.testing.assert_array_equal(draw(kind), draw(kind))


@pytest.mark.parametrize("kind", ["normal", "uniform"])
@pytest.mark.parametrize("change", [{"seed": 2}, {"step": 3}, {"stream": "dropout"}])
def test_another_key_gives_independent_draws(kind: str, change: dict):
    one, other = draw(kind), draw(kind, **change)
    assert np.mean(one == other) < 0.001
    correlation = np.corrcoef(one, other)[0, 1]  # standard error 0.003
    assert -0.015 < correlation < 0.015


def test_keys_of_neighbours_differ():
    """Seed and stream do not run into each other, nor steps."""
    keys = {
        tuple(key(seed, stream, step).numpy().tolist())
        for seed in (0, 1, 11, 111)
        for stream in ("", "1", "11", "latents")
        for step in (0, 1, 11)
    }
    assert len(keys) == 4 * 4 * 3


def test_normal_is_standard():
    values = draw("normal")
    assert values.dtype == np.float32
    assert -0.015 < values.mean() < 0.015
    assert 0.99 < values.std() < 1.01
    assert 0.672 < np.mean(np.abs(values) < 1.0) < 0.693  # 0.6827


def test_uniform_fills_the_unit_interval():
    values = draw("uniform")
    assert values.dtype == np.float32
    assert 0.0 <= values.min() < 0.001
    assert 0.999 < values.max() < 1.0
    assert 0.495 < values.mean() < 0.505
    assert 0.286 < values.std() < 0.292  # 1 / sqrt(12) = 0.2887


@pytest.mark.parametrize("kind", ["normal", "uniform"])
@pytest.mark.parametrize("shape", [(2, 4), (1, 5), (16, 3, 7)])  # the last skips what is before
def test_replicas_have_the_rows_of_one_draw(kind: str, shape: tuple[int, ...]):
    whole = getattr(Noise(1, 2), kind)("latents", (3 * shape[0], *shape[1:])).numpy()
    found = []
    for replica in group(["/CPU:0"] * 3):
        with replica.active():
            found.append(getattr(Noise(1, 2), kind)("latents", shape).numpy())
    np.testing.assert_array_equal(np.concatenate(found), whole)
    assert len(np.unique(whole)) == whole.size  # no replica has another's numbers


def test_shapes():
    assert Noise(0, 0).normal("latents", (2, 3, 4)).shape == (2, 3, 4)
    assert Noise(0, 0).uniform("latents", ()).shape == ()


@pytest.mark.parametrize("kind", ["normal", "uniform"])
def test_a_graph_with_the_step_in_a_tensor_gives_the_bits_of_eager(kind: str):
    @tf.function(input_signature=[tf.TensorSpec([], tf.int64)])
    def in_graph(step: tf.Tensor) -> tf.Tensor:
        return getattr(Noise(5, step), kind)("latents", (64,))

    for step in (0, 1, 2**40):
        np.testing.assert_array_equal(
            in_graph(step).numpy(), getattr(Noise(5, step), kind)("latents", (64,)).numpy()
        )
    assert in_graph.experimental_get_tracing_count() == 1


def test_global_seed_has_no_say():
    tf.random.set_seed(1)
    before = draw("normal")
    tf.random.set_seed(2)
    np.testing.assert_array_equal(draw("normal"), before)
