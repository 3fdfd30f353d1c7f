"""Single images of any model: of sequences the frames."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from gan_cli.sampling import drawing

from ..training.toys import Sequences, Toy


@pytest.mark.parametrize(("count", "batch_size"), [(1, 64), (10, 64), (12, 8), (13, 3), (40, 5)])
def test_single_images_are_the_samples_or_their_frames(count: int, batch_size: int) -> None:
    plain = list(drawing.single_images(Toy(), count, 3, batch_size))
    np.testing.assert_array_equal(
        np.concatenate(plain), np.concatenate(list(drawing.batches(Toy(), count, 3, 64)))
    )
    frames = list(drawing.single_images(Sequences(), count, 3, batch_size))
    whole = np.concatenate(list(drawing.batches(Sequences(), -(-count // 4), 3, 64)))
    np.testing.assert_array_equal(np.concatenate(frames), whole.reshape(-1, 8, 8, 1)[:count])
    assert max(map(len, frames)) <= max(4, batch_size)


MANY = """
import tensorflow as tf
from gan_cli.sampling import drawing

class Grey:
    latent_shape, num_classes, sequence_length, captions = (3,), 0, 0, None

    def sample(self, latents, labels=None, steps=None):
        return tf.zeros([tf.shape(latents)[0], 8, 8, 1])

for _ in range(8):
    next(drawing.batches(Grey(), 2, 0, 2))
"""


@pytest.mark.slow
def test_many_models_are_drawn_from_without_a_warning_of_retracing() -> None:
    ended = subprocess.run(  # TensorFlow warns twice in a process, and then never again
        [sys.executable, "-c", MANY], check=True, capture_output=True, text=True
    )
    assert "retracing" not in ended.stderr
