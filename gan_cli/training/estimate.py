"""What a run will cost, measured on its first steps."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import psutil
import tensorflow as tf

from gan_cli.base.machines import device
from gan_cli.config.schema import TrainConfig
from gan_cli.data.pipeline.feed import FEEDS
from gan_cli.data.reading.source import Source
from gan_cli.training import automatic
from gan_cli.training.build import build, compiled


@dataclass(frozen=True)
class Estimate:
    """Measured on this machine.

    Attributes:
        weights: numbers in all networks.
        feed: 'resident' or 'stream', as the run would have it.
        free_bytes: memory that the device had before.
        state_bytes: weights, optimizers and averages.
        process_bytes: all that this process holds after the steps.
        seconds_per_step: mean of the timed steps.
        place: the device, in words.
    """

    weights: int
    feed: str
    free_bytes: int
    state_bytes: int
    process_bytes: int
    seconds_per_step: float
    place: str


def estimate(config: TrainConfig, source: Source, steps: int) -> Estimate:
    """Build the model and train it for 1 + `steps` steps; nothing is written.

    Raises:
        ConfigError: the model does not fit the data.
    """
    place = automatic.prepare(config, source.spec)
    config = automatic.with_precision(config)
    free = device.free_memory()
    where = device.placement(source.nbytes, config.training.feed)
    total = config.training.steps
    state = build(config, source, total)
    feed = FEEDS[where](source, config.training.batch_size, config.seed)
    step = compiled(config, state, feed, total)
    totals = step.run(tf.constant(1, tf.int64), tf.zeros([1]))[1]  # traces the graph
    began = time.perf_counter()
    step.run(tf.constant(steps, tf.int64), totals)[0].numpy()
    seconds = (time.perf_counter() - began) / steps
    tensors = state.tensors().values()
    return Estimate(
        weights=sum(network.count_params() for network in state.model.networks.values()),
        feed=where,
        free_bytes=free,
        state_bytes=sum(
            math.prod(tensor.shape) * tf.as_dtype(tensor.dtype).size for tensor in tensors
        ),
        process_bytes=psutil.Process().memory_info().rss,
        seconds_per_step=seconds,
        place=place,
    )
