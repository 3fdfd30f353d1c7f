"""Feature extractors, one file each: networks that turn images into features, class probabilities
and feature maps.

What is measured on these lives in `metrics`. Importing an extractor's file costs no TensorFlow.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from gan_cli.base.errors import ConfigError, unknown
from gan_cli.base.lazy import np
from gan_cli.config.catalogue import Catalogue, Entry, current_plugin

if TYPE_CHECKING:
    from gan_cli.metrics.extractors.feature_extractor import Extractor, Images

AUTO = "auto"
Given = Literal["classes", "maps"]


@dataclass(frozen=True)
class Context:
    """What an extractor may be built from.

    Attributes:
        images: uint8 [N, H, W, C] that models are trained on.
        labels: integers [N] in [0, num_classes), or None.
        fingerprint: of the images.
        weights: path of the file that the user names; None: it is looked for.
        cache: the folder of all caches.
        say: takes a line on what takes a while, or was found damaged.
        planes: the same of the images that each plane of these is one of, where they are stacks.
    """

    images: Images
    labels: np.ndarray | None
    num_classes: int
    fingerprint: str
    weights: str | None
    cache: Path
    say: Callable[[str], None]
    planes: Context | None = None


@dataclass(frozen=True, kw_only=True)
class ExtractorEntry(Entry):
    """A registered extractor.

    Attributes:
        gives: what it has beside features: class probabilities, feature maps.
        needs_labels: whether it cannot be built without labels.
        reads_weights: whether it reads a file that `weights=` may name.
    """

    gives: tuple[Given, ...] = ()
    needs_labels: bool = False
    reads_weights: bool = False


EXTRACTORS: Catalogue[ExtractorEntry] = Catalogue("extractor", __name__)
"""Every extractor by its name."""

Build = Callable[[Context], "Extractor"]


def extractor(
    name: str,
    *,
    gives: tuple[Given, ...] = (),
    needs_labels: bool = False,
    reads_weights: bool = False,
) -> Callable[[Build], Build]:
    """Register `build(context) -> Extractor` as `extractor=name`; see ExtractorEntry."""

    def register(build: Build) -> Build:
        EXTRACTORS.add(
            ExtractorEntry(
                name=name,
                build=build,
                plugin=current_plugin(),
                gives=gives,
                needs_labels=needs_labels,
                reads_weights=reads_weights,
            )
        )
        return build

    return register


def check(key: str, name: str) -> None:
    """Refuse a name that is neither an extractor's nor `auto`.

    Raises:
        ConfigError: it names the configuration's key and what is accepted.
    """
    if name != AUTO and name not in EXTRACTORS:
        raise ConfigError(unknown(key, name, [AUTO, *EXTRACTORS]))


def automatic(num_classes: int) -> str:
    """What `extractor=auto` stands for: it follows from the data alone."""
    return "classifier" if num_classes > 1 else "random"


def that(condition: Callable[[ExtractorEntry], bool]) -> str:
    """The names of extractors of which something holds, for a message: "inception or vgg16"."""
    *others, last = [name for name, entry in EXTRACTORS.items() if condition(entry)]
    return f"{', '.join(others)} or {last}" if others else last
