"""A worker that is not the chief: the same replica of the same run, which is told when to go on.

It writes nothing, has no hooks, and needs no run directory.
"""

from __future__ import annotations

import tensorflow as tf

from gan_cli.base.errors import OutOfMemoryError, WorkerError
from gan_cli.base.machines import device
from gan_cli.config.schema import TrainConfig
from gan_cli.data.pipeline.feed import FEEDS
from gan_cli.data.reading.source import Source
from gan_cli.training import automatic, failures
from gan_cli.training.build import build, compiled
from gan_cli.training.distributed import distribution, workers
from gan_cli.training.signals import Signals
from gan_cli.training.training_run import steps_of


def follow(config: TrainConfig, source: Source) -> None:
    """Train as the chief says, to the end.

    Raises:
        WorkerError: another worker is lost.
    """
    config, signals = automatic.with_precision(config), Signals()
    total = steps_of(config, source)
    with signals.heard():
        automatic.prepare(config, source.spec)
        others = distribution.connected(config.distribution)
        assert others is not None
        try:
            others.same(*distribution.facts(config, source, total))
            (place,) = distribution.places(config.distribution, others)
            state = build(config, source, total, place)
            distribution.alike([state], others)
            where = device.placement(source.nbytes, config.training.feed)
            feed = FEEDS[where](source, config.training.batch_size, config.seed, place)
            step = compiled(config, state, feed, total)
            while (steps := others.agree(0, signals.received)[0]) > 0:
                step.run(tf.constant(steps, tf.int64), tf.zeros([1]))
        except (MemoryError, tf.errors.ResourceExhaustedError) as error:
            raise OutOfMemoryError(f"{others.worker}: {failures.too_much(error)}") from error
        except tf.errors.OpError as error:
            number = workers.lost(error)
            if number is None:
                raise
            raise WorkerError(f"{others.worker} has lost worker {number}") from None
