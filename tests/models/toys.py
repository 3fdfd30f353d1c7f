"""Gradients of any model."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from gan_cli.base.spec import Batch
from gan_cli.objectives.model import Model

from ..objectives.toys import context


def gradients(model: Model, batch: Batch) -> dict[str, list[tf.Tensor]]:
    """Player -> the gradients of its loss in its phase; losses and logs are checked to be
    finite.
    """
    found = {}
    for phase in model.phases:
        with tf.GradientTape(persistent=True) as tape:
            losses, logs = phase.losses(batch, context())
        assert set(losses) == set(phase.trains)
        for name, value in (losses | logs).items():
            assert value.shape == (), name
            assert np.isfinite(value), name
        found |= {
            player: tape.gradient(loss, model.trainable(player)) for player, loss in losses.items()
        }
    assert set(found) == set(model.players)
    return found


def assert_all_move(model: Model, batch: Batch) -> None:
    """Every variable of every player has a finite gradient, and every kernel one that is not 0."""
    for player, found in gradients(model, batch).items():
        for variable, gradient in zip(model.trainable(player), found, strict=True):
            assert gradient is not None, variable.path
            assert np.isfinite(gradient).all(), variable.path
            assert len(gradient.shape) < 2 or np.abs(gradient).max() > 0.0, variable.path
