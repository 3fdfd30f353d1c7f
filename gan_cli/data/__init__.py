"""Data sources: they say what they hold before anything is built. No TensorFlow up to `feed`."""

from __future__ import annotations

from typing import Any

from gan_cli.config.catalogue import DATA
from gan_cli.data.reading.source import Source, Split


def load(options: Any, split: Split = "train") -> Source:
    """One split of the data set that `options` name.

    The test split is the set's own where it has one, else a share held out by the hash of each
    item.

    Raises:
        DataError: the data is missing or damaged; the message names the file and the way out.
    """
    source: Source = DATA[options.name].load()(options, split)
    return source
