"""Data sources: they say what they hold before anything is built. No TensorFlow up to `feed`."""

from __future__ import annotations

from typing import Any

from gan_cli.data.source import ArraySource
from gan_cli.registry import DATA


def load(options: Any) -> ArraySource:
    """The training images that `options` name.

    Raises:
        DataError: the data is missing or damaged; the message names the file and the way out.
    """
    source: ArraySource = DATA[options.name].load()(options)
    return source
