"""Random draws that are a pure function of (seed, step, name of the stream): nothing to
save, nothing hidden.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from gan_cli.base.lazy import tf
from gan_cli.base.machines import replicas


def key(seed: int, stream: str, step: tf.Tensor | int) -> tf.Tensor:
    """The key [2] int64 of one draw for `tf.random.stateless_*`.

    Seed and stream are hashed while the graph is traced, so that a key costs one op at run
    time.
    """
    digest = hashlib.sha256(f"{seed}/0/{stream}".encode()).digest()
    return tf.stack(
        [
            tf.constant(int.from_bytes(digest[:8], "little", signed=True), tf.int64),
            tf.cast(step, tf.int64),
        ]
    )


def uniform(key: tf.Tensor, shape: Any, skip: int = 0) -> tf.Tensor:
    """Uniform float32 in [0, 1), without the first `skip`, a multiple of 4."""
    if not skip:
        return tf.random.stateless_uniform(shape, key)
    return tf.raw_ops.StatelessRandomUniformV2(shape=shape, **_beginning(key, skip))


def normal(key: tf.Tensor, shape: Any, skip: int = 0) -> tf.Tensor:
    """Standard normal float32, without the first `skip`, a multiple of 4."""
    if not skip:
        return tf.random.stateless_normal(shape, key)
    return tf.raw_ops.StatelessRandomNormalV2(shape=shape, **_beginning(key, skip))


def bits(key: tf.Tensor, shape: Any, skip: int = 0) -> tf.Tensor:
    """Random uint32, without the first `skip`, a multiple of 4."""
    if not skip:
        return tf.random.stateless_uniform(shape, key, None, None, tf.uint32)
    return tf.raw_ops.StatelessRandomUniformFullIntV2(
        shape=shape, dtype=tf.uint32, **_beginning(key, skip)
    )


def _beginning(key: tf.Tensor, skip: int) -> dict[str, Any]:
    """Philox (Salmon et al. 2011) counts groups of four numbers of 32 bits: one need not draw those
    before.
    """
    philox, counter = tf.raw_ops.StatelessRandomGetKeyCounter(seed=key)
    counter += tf.constant([skip // 4, 0], tf.uint64)
    return {"key": philox, "counter": counter, "alg": tf.random.Algorithm.PHILOX.value}


@dataclass(frozen=True)
class Noise:
    """The random draws of one step; two draws of one step need two stream names.

    Of several replicas, each has its rows of what one would draw: the first axis is that of items.
    """

    seed: int
    step: tf.Tensor | int
    prefix: str = ""

    def branch(self, name: str) -> Noise:
        """Draws of the same step whose streams are independent of these."""
        return replace(self, prefix=f"{self.prefix}{name}/")

    def normal(self, stream: str, shape: tuple[int, ...]) -> tf.Tensor:
        """Standard normal float32 of the given shape."""
        return replicas.own_draw(partial(normal, self._key(stream)), shape)

    def uniform(self, stream: str, shape: tuple[int, ...]) -> tf.Tensor:
        """Uniform float32 in [0, 1) of the given shape."""
        return replicas.own_draw(partial(uniform, self._key(stream)), shape)

    def _key(self, stream: str) -> tf.Tensor:
        return key(self.seed, self.prefix + stream, self.step)
