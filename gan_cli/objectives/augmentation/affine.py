"""Affine maps of the places of pixels and of their colours, one matrix for each image.

TensorFlow's own projective transform has another gradient, that of the inverse map; here gradients
are exact, the second ones too.

Sums are written out: a product of matrices would be rounded to ten bits on a GPU.
"""

from __future__ import annotations

import numpy as np
import tensorflow as tf

UNIT = np.eye(3, dtype=np.float32)


def product(first: tf.Tensor, second: tf.Tensor) -> tf.Tensor:
    """Matrices [B, n, n] times matrices [B, n, n]."""
    return tf.reduce_sum(first[:, :, :, None] * second[:, None, :, :], axis=2)


def warp(images: tf.Tensor, matrices: tf.Tensor) -> tf.Tensor:
    """Resample images [B, H, W, C], bilinearly: the pixel at (x, y) shows what was at the product
    of its matrix [B, 3, 3] and (x, y, 1).

    x and y count pixels to the right and down from the centre of the image. Beyond the centres of
    the outermost pixels an image goes on as its mirror image.
    """
    batch, height, width, channels = images.shape
    across = tf.range(width, dtype=tf.float32) - (width - 1) / 2
    down = (tf.range(height, dtype=tf.float32) - (height - 1) / 2)[:, None]
    rows = matrices[:, :2, :, None, None]
    source = rows[:, :, 0] * across + rows[:, :, 1] * down + rows[:, :, 2]
    x, y = source[:, 0] + (width - 1) / 2, source[:, 1] + (height - 1) / 2
    left, top = tf.floor(x), tf.floor(y)
    right_share, lower_share = x - left, y - top
    pixels, weights = [], []
    for row, of_row in ((top, 1.0 - lower_share), (top + 1.0, lower_share)):
        for column, of_column in ((left, 1.0 - right_share), (left + 1.0, right_share)):
            pixels.append(_mirrored(row, height) * width + _mirrored(column, width))
            weights.append(of_row * of_column)
    # one gather for the four neighbours, so that its gradient is one scattered sum
    flat = tf.reshape(images, (batch, height * width, channels))
    found = tf.gather(flat, tf.reshape(tf.stack(pixels, 1), (batch, -1)), axis=1, batch_dims=1)
    found = tf.reshape(found, (batch, 4, height, width, channels))
    return tf.reduce_sum(found * tf.stack(weights, 1)[..., None], axis=1)


def recolour(images: tf.Tensor, matrices: tf.Tensor) -> tf.Tensor:
    """Replace each colour of images [B, H, W, 3] by its matrix [B, 4, 4] times (r, g, b, 1).

    Grey images [B, H, W, 1] are colours of three equal parts, and their matrices must keep them so.
    """
    linear, added = matrices[:, None, None, :3, :3], matrices[:, None, None, :3, 3]
    if images.shape[-1] == 1:
        return images * tf.reduce_sum(linear[..., :1, :], axis=-1) + added[..., :1]
    return tf.reduce_sum(images[..., None, :] * linear, axis=-1) + added


def scaled(x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
    """Places times x [B] across and y [B] down, as matrices [B, 3, 3]."""
    zero = tf.zeros_like(x)
    return _rows([[x, zero, zero], [zero, y, zero]])


def turned(cosine: tf.Tensor, sine: tf.Tensor) -> tf.Tensor:
    """Places turned by an angle [B] such that what they show turns counter-clockwise by it."""
    zero = tf.zeros_like(sine)
    return _rows([[cosine, -sine, zero], [sine, cosine, zero]])


def moved(right: tf.Tensor, down: tf.Tensor) -> tf.Tensor:
    """Places moved such that what they show moves by so many pixels [B]."""
    one, zero = tf.ones_like(right), tf.zeros_like(right)
    return _rows([[one, zero, -right], [zero, one, -down]])


def coloured(linear: tf.Tensor, added: tf.Tensor | None = None) -> tf.Tensor:
    """Colours times [B, 3, 3], and an amount [B] added to each channel, as matrices [B, 4, 4]."""
    count = linear.shape[0]
    amounts = tf.zeros([count]) if added is None else added
    column = tf.tile(amounts[:, None, None], (1, 3, 1))
    last = tf.tile(tf.constant([[[0.0, 0.0, 0.0, 1.0]]]), (count, 1, 1))
    return tf.concat([tf.concat([linear, column], axis=2), last], axis=1)


def _rows(rows: list[list[tf.Tensor]]) -> tf.Tensor:
    """Two rows of three numbers [B] -> [B, 3, 3] with a last row of 0, 0, 1."""
    zero = tf.zeros_like(rows[0][0])
    last = [zero, zero, zero + 1.0]
    return tf.stack([tf.stack(row, axis=1) for row in (*rows, last)], axis=1)


def _mirrored(places: tf.Tensor, size: int) -> tf.Tensor:
    """Whole places along a side, of which 0 to size - 1 are within the image -> int32 there."""
    period = 2 * (size - 1)
    within = tf.math.floormod(tf.cast(places, tf.int32), period)
    return tf.minimum(within, period - within)
