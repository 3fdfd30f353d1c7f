"""Batches as a pure function of the position: the order of an epoch is a permutation made from (seed, epoch)."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from gan_cli.data.source import ArraySource, batches_per_epoch
from gan_cli.images import from_uint8
from gan_cli.randomness import key
from gan_cli.spec import Batch


class DeviceFeed:
    """Data that lives on the device as uint8 and is gathered and scaled in the graph.

    The last batch of an epoch is dropped where it would not be full. Nothing here is state of the run: `_order` is the
    permutation of the epoch in hand, made again whenever another epoch is asked for.
    """

    def __init__(self, source: ArraySource, batch_size: int, seed: int) -> None:
        count = len(source.images)
        self.batch_size, self.batches_per_epoch = batch_size, batches_per_epoch(count, batch_size)
        self._seed, self._count = seed, count
        # Variables, not constants: TensorFlow gathers uint8 on a GPU from resources only.
        self._images = tf.Variable(source.images, trainable=False, name="images")
        self._labels = None if source.labels is None else tf.Variable(source.labels, trainable=False, name="labels")
        self._order = tf.Variable(np.zeros(count, np.int64), trainable=False, name="order")
        self._epoch = tf.Variable(np.int64(-1), trainable=False, name="epoch")

    def batch(self, position: tf.Tensor) -> Batch:
        """The batch at a position (int64 scalar, from 0 over all epochs), in the graph."""
        epoch, index = position // self.batches_per_epoch, position % self.batches_per_epoch
        tf.cond(tf.equal(epoch, self._epoch), lambda: False, lambda: self._shuffle(epoch))
        # Gathered, not sliced: XLA would compile anew for every beginning of a slice.
        chosen = tf.gather(self._order, index * self.batch_size + tf.range(self.batch_size, dtype=tf.int64))
        batch = Batch(images=from_uint8(tf.cast(tf.gather(self._images, chosen), tf.float32)))
        if self._labels is not None:
            batch["labels"] = tf.gather(self._labels, chosen)
        return batch

    def _shuffle(self, epoch: tf.Tensor) -> bool:
        # Sorting 64-bit draws, not stateless_shuffle, which XLA does not know.
        draws = tf.random.stateless_uniform([self._count], key(self._seed, "order", epoch), None, None, tf.int64)
        self._order.assign(tf.cast(tf.argsort(draws, stable=True), tf.int64))
        self._epoch.assign(epoch)
        return True
