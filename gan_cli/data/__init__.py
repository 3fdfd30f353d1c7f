"""Data sets, one file per source: what each takes, and its images as a `Source`.

Listing, decoding and caching, which sources share, live in `data.reading`; what feeds a step in
`data.pipeline`. No TensorFlow but there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from gan_cli.config.catalogue import Catalogue, Entry, current_plugin
from gan_cli.data.reading.source import Source, Split

DATA: Catalogue[Entry] = Catalogue("data", __name__)
"""Every data set by its name."""

Load = TypeVar("Load", bound=Callable[..., Source])


def data_source(name: str, options: type) -> Callable[[Load], Load]:
    """Register `load(options, split) -> Source` as `data=name`.

    Args:
        options: the dataclass of its settings, made by `gan_cli.config.options.options`; its field
            `name` has the default `name`.
    """

    def register(load: Load) -> Load:
        DATA.add(Entry(name=name, build=load, options=options, plugin=current_plugin()))
        return load

    return register


def load(options: Any, split: Split = "train") -> Source:
    """One split of the data set that `options` name.

    The test split is the set's own where it has one, else a share held out by each item's hash.

    Raises:
        DataError: the data is missing or damaged; the message names the file and the way out.
    """
    loaded: Source = DATA[options.name].build(options, split)
    return loaded
