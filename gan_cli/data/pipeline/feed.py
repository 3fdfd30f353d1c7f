"""Batches as a pure function of the position: the order of an epoch is a permutation made from
(seed, epoch).
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

import numpy as np
import tensorflow as tf

from gan_cli.base.images import from_uint8
from gan_cli.base.machines import replicas
from gan_cli.base.machines.replicas import Replica
from gan_cli.base.randomness import key, uniform
from gan_cli.base.spec import Batch
from gan_cli.data.reading.source import Source

WAITING, SHORTEST_WAIT = 0.1, 1.0
"""Share of the time, and seconds, that steps may wait for their batches without a word."""


class Feed(ABC):
    """Gives the batch of any position; nothing in it is state of the run.

    The last batch of an epoch is dropped where it would not be full.

    Args:
        batch_size: of all replicas together.
        replica: whose rows of each batch are given; None: all.

    Attributes:
        failure: what went wrong while a batch was read, where the graph can only say that something
            did.
        waited: seconds that steps have waited for their batches.
    """

    failure: Exception | None = None
    waited = 0.0

    def __init__(
        self, source: Source, batch_size: int, seed: int, replica: Replica | None = None
    ) -> None:
        self.batch_size, self.batches_per_epoch = batch_size, source.batches(batch_size)
        self._own = batch_size // replica.count if replica else batch_size
        self._first = self._own * replica.index if replica else 0
        self._seed, self._count = seed, len(source)
        self._name = "sequence" if source.spec.sequence_length else "images"
        self._remedy = (
            "data.decode=ahead decodes them once"
            if source.on_the_fly
            else "training.feed=resident keeps them in memory, where they fit"
        )

    def hold_up(self, seconds: float) -> str:
        """What there is to say where steps have waited for a tenth of `seconds` or more, else
        ''.
        """
        if self.waited < max(WAITING * seconds, SHORTEST_WAIT):
            return ""
        return (
            f"steps have waited for their images {self.waited / seconds:.0%} of the time; "
            f"{self._remedy}"
        )

    @abstractmethod
    def batch(self, position: tf.Tensor) -> Batch:
        """The batch at a position (int64 scalar, from 0 over all epochs), in the graph."""

    def _order_of(self, epoch: tf.Tensor) -> tf.Tensor:
        """The permutation of an epoch, int64 [N]."""
        # Sorting 64-bit draws, not stateless_shuffle, which XLA does not know.
        draws = tf.random.stateless_uniform(
            [self._count], key(self._seed, "order", epoch), None, None, tf.int64
        )
        return tf.cast(tf.argsort(draws, stable=True), tf.int64)

    def _batch(
        self, position: tf.Tensor, pixels: tf.Tensor, told: Mapping[str, tf.Tensor]
    ) -> Batch:
        """`told` are labels [B] and captions [B, K, L], of which each item has one at a time."""
        batch: Batch = {self._name: from_uint8(tf.cast(pixels, tf.float32))}  # type: ignore[misc]
        if "labels" in told:
            batch["labels"] = told["labels"]
        if "captions" in told:
            batch["captions"] = self._one_of(told["captions"], position)
        return batch

    def _one_of(self, captions: tf.Tensor, position: tf.Tensor) -> tf.Tensor:
        """One caption of each item, drawn by the position: [B, K, L] -> [B, L]."""
        if captions.shape[1] == 1:
            return captions[:, 0]
        there = tf.reduce_any(captions > 0, axis=2)
        counts = tf.reduce_sum(tf.cast(there, tf.float32), axis=1)
        place = key(self._seed, "caption", position)
        draws = replicas.own_draw(partial(uniform, place), (self._own,))
        return tf.gather(captions, tf.cast(draws * counts, tf.int32), axis=1, batch_dims=1)


class DeviceFeed(Feed):
    """Data that lives on the device as uint8 and is gathered and scaled in the graph.

    `_order` is the permutation of the epoch in hand, made again whenever another epoch is asked
    for.
    """

    def __init__(
        self, source: Source, batch_size: int, seed: int, replica: Replica | None = None
    ) -> None:
        super().__init__(source, batch_size, seed, replica)
        # Variables, not constants: TensorFlow gathers uint8 on a GPU from resources only.
        self._images = tf.Variable(source.images[:], trainable=False, name="images")
        self._told = {
            name: tf.Variable(rows, trainable=False, name=name)
            for name, rows in told(source).items()
        }
        self._order = tf.Variable(np.zeros(self._count, np.int64), trainable=False, name="order")
        self._epoch = tf.Variable(np.int64(-1), trainable=False, name="epoch")

    def batch(self, position: tf.Tensor) -> Batch:
        epoch, index = position // self.batches_per_epoch, position % self.batches_per_epoch
        tf.cond(tf.equal(epoch, self._epoch), lambda: False, lambda: self._shuffle(epoch))
        # Gathered, not sliced: XLA would compile anew for every beginning of a slice.
        chosen = tf.gather(
            self._order,
            index * self.batch_size
            + tf.range(self._first, self._first + self._own, dtype=tf.int64),
        )
        rows = {name: tf.gather(variable, chosen) for name, variable in self._told.items()}
        return self._batch(position, tf.gather(self._images, chosen), rows)

    def _shuffle(self, epoch: tf.Tensor) -> bool:
        self._order.assign(self._order_of(epoch))
        self._epoch.assign(epoch)
        return True


class StreamFeed(Feed):
    """Data that is read while the device computes: the batches that follow the last one asked for
    are fetched ahead.

    The order is that of DeviceFeed, bit for bit.
    """

    AHEAD = 8
    THREADS = 4

    def __init__(
        self, source: Source, batch_size: int, seed: int, replica: Replica | None = None
    ) -> None:
        super().__init__(source, batch_size, seed, replica)
        self._source, self._told = source, told(source)
        self._orders: dict[int, np.ndarray] = {}
        self._fetched: dict[int, Future[np.ndarray]] = {}
        self._pool = ThreadPoolExecutor(self.THREADS, "feed")

    def batch(self, position: tf.Tensor) -> Batch:
        types = [tf.uint8, *(rows.dtype for rows in self._told.values())]
        pixels, *found = tf.nest.flatten(tf.numpy_function(self._take, [position], types))
        pixels.set_shape([self._own, *self._source.images.shape[1:]])
        for each, rows in zip(found, self._told.values(), strict=True):
            each.set_shape([self._own, *rows.shape[1:]])
        return self._batch(position, pixels, dict(zip(self._told, found, strict=True)))

    def _take(self, position: np.int64) -> list[np.ndarray]:
        """The pixels of a position, and what is told of them."""
        try:
            rows = self._rows(int(position))
            return [self._pixels(int(position)), *(each[rows] for each in self._told.values())]
        except Exception as error:
            self.failure = error
            raise

    def _pixels(self, here: int) -> np.ndarray:
        """The pixels of a position; the next ones begin to be read."""
        for stale in [each for each in self._fetched if not here <= each < here + self.AHEAD]:
            self._fetched.pop(stale).cancel()
        for each in range(here, here + self.AHEAD):
            if each not in self._fetched:
                self._fetched[each] = self._pool.submit(
                    self._source.images.__getitem__, self._rows(each)
                )
        began = time.perf_counter()
        try:
            return self._fetched.pop(here).result()
        finally:
            self.waited += time.perf_counter() - began

    def _rows(self, position: int) -> np.ndarray:
        epoch, index = divmod(position, self.batches_per_epoch)
        if epoch not in self._orders:
            self._orders = {
                number: order for number, order in self._orders.items() if abs(number - epoch) <= 1
            }
            self._orders[epoch] = self._order_of(tf.constant(epoch, tf.int64)).numpy()
        first = index * self.batch_size + self._first
        return self._orders[epoch][first : first + self._own]


def told(source: Source) -> dict[str, np.ndarray]:
    """What a source says of its items: labels int64 [N], captions int32 [N, K, L]."""
    found = {"labels": source.labels, "captions": source.captions}
    return {name: rows for name, rows in found.items() if rows is not None}


FEEDS: dict[str, Callable[..., Feed]] = {
    "resident": DeviceFeed,
    "stream": StreamFeed,
}
