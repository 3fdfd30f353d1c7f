"""caption_accuracy: what is read in images, against what their captions say."""

from __future__ import annotations

import numpy as np

from gan_cli.config.options import option  # noqa: F401
from gan_cli.data.reading.source import Examples
from gan_cli.evaluation import captions


class Reader:
    """Reads colour and place from the first two values of an image."""

    def read(self, images: np.ndarray) -> dict[str, np.ndarray]:
        return {"colour": images[:, 0, 0, 0], "place": images[:, 0, 1, 0]}


def test_shares_of_each_attribute_and_of_all() -> None:
    images = np.zeros((4, 2, 2, 1), np.uint8)
    images[:, 0, 0, 0], images[:, 0, 1, 0] = [0, 1, 2, 3], [5, 6, 7, 8]
    said = {"colour": np.array([0, 1, 2, 0]), "place": np.array([5, 0, 7, 8])}
    found = captions.accuracy(Reader(), images, Examples(images, [""] * 4, said), "_held_out")  # type: ignore[arg-type]
    assert found == {
        "caption_accuracy_held_out": 0.5,
        "caption_colour_held_out": 0.75,
        "caption_place_held_out": 0.75,
    }
