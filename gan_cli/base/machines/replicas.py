"""Replicas: copies of a run's state, each on a device of its own, which train on their rows of the
same batch and add up what one device would have added up.

Sums, means and rows here are the identity where a run has one replica. They are collective
operations in the graph, not `tf.distribute.ReplicaContext.all_reduce`, which cannot be called in a
branch or a loop: penalties are computed now and then.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from gan_cli.base.lazy import tf

_GROUPS = count(7001)
"""Keys of groups; every process of a run makes the same groups in the same order."""
LARGE = 50_000
"""Numbers of a tensor that is summed by itself: the others would each wait for an answer."""
GROUP = 16
"""Numbers that are drawn together at most: four of 32 bits, or sixteen bytes."""
_CURRENT: ContextVar[Replica | None] = ContextVar("replica", default=None)


@dataclass(frozen=True)
class Replica:
    """One of the replicas of a run.

    Attributes:
        index: which one, from 0, which is the first one of the chief.
        count: of all processes.
        device: TensorFlow's name of where it is.
        group: the key of those that add up together.
        sum_over: how processes of one machine add up, or average; None: by TensorFlow's collective
            operations.
    """

    index: int
    count: int
    device: str
    group: int
    sum_over: Callable[[tf.Tensor, bool], tf.Tensor] | None = None
    _operations: Iterator[int] = field(default_factory=lambda: count(1), compare=False)

    @contextmanager
    def active(self) -> Iterator[Replica]:
        """What is traced here is this replica's.

        Replicas trace the same operations in the same order: the number of an operation is what the
        others know it by.
        """
        before = _CURRENT.set(self)
        try:
            with tf.device(self.device):
                yield self
        finally:
            _CURRENT.reset(before)

    def add(self, value: tf.Tensor) -> tf.Tensor:
        """The sum over all replicas, in the graph; its gradient is the sum of theirs."""

        @tf.custom_gradient
        def added(value: tf.Tensor) -> Any:
            return self.reduced(value), self.add

        return added(value)

    def reduced(self, value: tf.Tensor, mean: bool = False) -> tf.Tensor:
        """The sum, or the mean, over all replicas, without a gradient."""
        if self.sum_over is not None:
            return self.sum_over(value, mean)
        # Version 1: version 2 of this operation does not find its peers on the CPUs of a process.
        return tf.raw_ops.CollectiveReduce(
            input=value,
            group_size=self.count,
            group_key=self.group,
            instance_key=next(self._operations),
            merge_op="Add",
            final_op="Div" if mean else "Id",
            subdiv_offsets=[0],
        )


def group(devices: Sequence[str], first: int = 0, of: int | None = None) -> list[Replica]:
    """The replicas of this process, one on each device, from number `first` on of all `of`."""
    key, number = next(_GROUPS), of or len(devices)
    return [Replica(first + place, number, device, key) for place, device in enumerate(devices)]


def current() -> Replica | None:
    """Whose graph is traced; None: the run has one device."""
    return _CURRENT.get()


def number() -> int:
    """How many replicas there are."""
    replica = current()
    return replica.count if replica else 1


def total(value: tf.Tensor) -> tf.Tensor:
    """The sum of a tensor over all replicas."""
    replica = current()
    return replica.add(value) if replica else value


def mean(value: tf.Tensor) -> tf.Tensor:
    """The mean over all replicas of what is a mean over the rows of each."""
    return total(value) / number() if current() else value


def means(values: list[tf.Tensor | None]) -> list[tf.Tensor | None]:
    """The same of many tensors, float32, without gradients; None stays.

    Large ones are on their way while others are still computed; small ones go together.
    """
    replica = current()
    if replica is None:
        return values
    found = [replica.reduced(value, mean=True) if _is_large(value) else value for value in values]
    small = [value for value in values if value is not None and not _is_large(value)]
    if not small:
        return found
    together = tf.concat([tf.reshape(value, [-1]) for value in small], axis=0)
    flat = replica.reduced(together, mean=True)
    parts = iter(tf.split(flat, [value.shape.num_elements() for value in small]))
    return [
        each if value is None or _is_large(value) else tf.reshape(next(parts), value.shape)
        for value, each in zip(values, found, strict=True)
    ]


def _is_large(value: tf.Tensor | None) -> bool:
    return value is not None and value.shape.num_elements() >= LARGE


def own(rows: tf.Tensor) -> tf.Tensor:
    """This replica's rows of all rows [B, ...]: [B / replicas, ...]."""
    replica = current()
    return tf.split(rows, replica.count)[replica.index] if replica else rows


def gathered(rows: tf.Tensor) -> tf.Tensor:
    """The rows of all replicas, in their order; gradients reach all of them."""
    replica = current()
    if replica is None:
        return rows
    place = [[replica.index, replica.count - 1 - replica.index], *[[0, 0]] * len(rows.shape)]
    placed = replica.add(tf.pad(tf.expand_dims(rows, 0), place))
    return tf.reshape(placed, [replica.count * rows.shape[0], *rows.shape[1:]])


def own_draw(draw: Callable[[Any, int], tf.Tensor], shape: Any) -> tf.Tensor:
    """What `draw` gives of a shape [b, ...]: of several replicas, each gets its own rows of one
    draw for all, so that the number of replicas decides nothing.

    Args:
        draw: of a shape, and how many numbers to leave out before: a multiple of `GROUP`.
    """
    replica = current()
    if replica is None:
        return draw(shape, 0)
    if isinstance(shape, tf.Tensor):
        return own(draw(tf.concat([shape[:1] * replica.count, shape[1:]], axis=0), 0))
    before = replica.index * math.prod(shape)
    if before % GROUP == 0:
        return draw(shape, before)
    rows, *rest = shape
    return own(draw((rows * replica.count, *rest), 0))
