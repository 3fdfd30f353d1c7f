"""Ten steps of a model on one device and on several, in a process of its own: how far the weights
are apart. `python -m tests.training.distributed.on_replicas 2 dcgan KEY=VALUE ...`
"""

from __future__ import annotations

import json
import sys
from typing import Any

import numpy as np
import tensorflow as tf
from hydra import compose, initialize_config_module

from gan_cli.base.machines.replicas import Replica, group
from gan_cli.cli.hydra import source as yaml
from gan_cli.cli.training.stored import plain
from gan_cli.config.schema import TrainConfig
from gan_cli.data.pipeline.feed import DeviceFeed
from gan_cli.data.reading.captions import fitting
from gan_cli.data.reading.source import Source
from gan_cli.models import MODELS, needs
from gan_cli.networks.variables import export
from gan_cli.training.build import build, compiled
from gan_cli.training.configuration import train_config
from gan_cli.training.state import State
from gan_cli.training.step import Part

STEPS, BATCH, FRAMES = 10, 8, 3


def config(name: str, overrides: list[str]) -> TrainConfig:
    fields = MODELS[name].options.__dataclass_fields__
    sizes = [f"model.{key}={n}" for key, n in (("width", 4), ("latent_dim", 6)) if key in fields]
    common = [
        f"model={name}",
        *sizes,
        f"training.batch_size={BATCH}",
        "training.precision=float32",
        "optimizer.learning_rate=1e-4",
    ]
    yaml.register()
    with initialize_config_module("gan_cli.configs", version_base="1.3"):
        return train_config(plain(compose("train", [*common, *overrides])))


def source(config: TrainConfig) -> Source:
    shape = (FRAMES, 16, 16, 1) if "sequences" in needs(config.model) else (16, 16, 1)
    pixels = np.random.default_rng(0).integers(0, 256, (24, *shape), dtype=np.uint8)
    found = Source(pixels, np.arange(24) % 2, ["even", "odd"])
    return fitting(found, "captions" in needs(config.model))


def trained(config: TrainConfig, places: list[Replica | None]) -> tuple[list[State], Any]:
    """The states of all replicas after ten steps, and the sums of the logs."""
    images = source(config)
    parts = [
        Part(build(config, images, STEPS, each), DeviceFeed(images, BATCH, config.seed, each))
        for each in places
    ]
    step = compiled(config, parts[0].state, parts[0].feed, STEPS, parts[1:])
    totals = step.run(tf.constant(STEPS, tf.int64), tf.zeros([1]))[1]
    return [each.state for each in parts], dict(zip(step.names, totals.numpy(), strict=True))


def largest(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> tuple[float, str]:
    """The largest difference of any number, relative to the largest of its tensor, and where."""
    found = (0.0, "")
    for key in one.keys() & other.keys():
        a, b = (np.asarray(each[key], np.float64) for each in (one, other))
        scale = max(np.abs(a).max(initial=0.0), 1e-2)
        found = max(found, (float(np.abs(a - b).max(initial=0.0) / scale), key))
    return found


def _weights(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {key: each for key, each in arrays.items() if key.endswith(("kernel", "counts", "bank"))}


def main(count: int, name: str, overrides: list[str]) -> dict[str, Any]:
    settings = config(name, overrides)
    (alone,), logs = trained(settings, [None])
    states, logs_together = trained(settings, [*group([f"/CPU:{n}" for n in range(count)])])
    start = export(build(settings, source(settings), STEPS).tensors())
    one, *others = [export(each.tensors()) for each in states]
    difference, where = largest(export(alone.tensors()), one)
    return {
        "model": name,
        "difference": difference,
        "where": where,
        "moved": largest(_weights(start), one)[0],
        "apart": max(largest(one, each)[0] for each in others),
        "logs": max(
            abs(float(logs[key] - logs_together[key])) / max(abs(float(logs[key])), 1.0)
            for key in logs
        ),
        "devices": [
            str(each.model.networks[each.model.sampler[0]].variables[0].value.device)
            for each in states
        ],
    }


if __name__ == "__main__":
    tf.config.set_logical_device_configuration(
        tf.config.list_physical_devices("CPU")[0],
        [tf.config.LogicalDeviceConfiguration()] * int(sys.argv[1]),
    )
    for each in sys.argv[2].split(","):
        print(json.dumps(main(int(sys.argv[1]), each, sys.argv[3:])), flush=True)
