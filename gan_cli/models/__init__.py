"""Training algorithms, one per file, built by their registered names."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import keras

from gan_cli.base.spec import DataSpec
from gan_cli.config import fit
from gan_cli.config.catalogue import MODELS
from gan_cli.config.schema import Loss
from gan_cli.data.pipeline.augment import Transform
from gan_cli.models.base import Game, Model
from gan_cli.networks.variables import variables_by_key

POLICIES = {"float32": "float32", "bfloat16": "mixed_bfloat16", "float16": "mixed_float16"}


def build(
    options: Any,
    spec: DataSpec,
    loss: Loss,
    *,
    seed: int = 0,
    precision: str = "float32",
    view: Transform | None = None,
) -> Model:
    """The model that `options` name, for data of `spec`; the same seed gives the same weights.

    `view` changes every image, real and generated, before a discriminator sees it.

    Raises:
        ConfigError: model, data and loss do not go together.
    """
    fit.check(options, spec, loss)
    with _seeded(seed), _precision(precision):
        model: Model = MODELS[options.name].load()(options, spec, Game(loss, view))
    return model


class Plan(NamedTuple):
    """What a model would be: network -> key -> (shape, dtype), and which of the networks sampling
    needs.
    """

    networks: dict[str, dict[str, tuple[tuple[int, ...], str]]]
    sampler: tuple[str, ...]


def plan(options: Any, spec: DataSpec, loss: Loss) -> Plan:
    """What `build` would make, without taking the memory.

    This is how the size of a stranger's model is known before a byte is allocated for it.
    """
    try:
        with keras.StatelessScope(initialize_variables=False):
            model = build(options, spec, loss)
            networks = {
                name: {
                    key: (tuple(v.shape), v.dtype)
                    for key, v in variables_by_key(name, network).items()
                }
                for name, network in model.networks.items()
            }
    finally:
        keras.utils.clear_session()  # forget the variables that were planned and never made
    return Plan(networks, model.sampler)


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Keras draws the seeds of initializers and Dropout from Python's generator: set it, and put it
    back.
    """
    before = random.getstate()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(before)


@contextmanager
def _precision(name: str) -> Iterator[None]:
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(POLICIES[name])
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
