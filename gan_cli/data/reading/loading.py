"""From pictures, wherever they lie, to one split of a data set."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from gan_cli.base.errors import DataError
from gan_cli.base.lazy import np
from gan_cli.data.reading.building import Recipe
from gan_cli.data.reading.cache import Stored
from gan_cli.data.reading.captions import Captions, captioned
from gan_cli.data.reading.hashes import held_out
from gan_cli.data.reading.listing import read_file
from gan_cli.data.reading.options import Decode, Pictures
from gan_cli.data.reading.pictures import LARGEST_BYTES, BadPicture, Decoded, Look, decode_stored
from gan_cli.data.reading.scan import Loader
from gan_cli.data.reading.source import Skipped, Source, Split

NO_PIXELS = ("path", "test_path", "max_bad_fraction", "caption_column", "decode")
"""Options that no pixel depends on."""


@dataclass(frozen=True)
class FileLoader:
    """Reads and decodes files below a folder."""

    root: Path
    look: Look

    def __call__(self, name: str) -> tuple[Decoded, bytes]:
        try:
            content = read_file(self.root / name, LARGEST_BYTES)
        except OSError as error:
            raise BadPicture(f"cannot be read ({error.strerror})") from None
        except ValueError as error:
            raise BadPicture(str(error)) from None
        return decode_stored(content, self.look)


def recipe(loader: Loader, wanted: Look, decode: Decode) -> Recipe:
    """How a loader's pictures are stored."""
    row_shape = (*wanted.size, wanted.planes) if wanted.size else None
    return Recipe(loader, row_shape, wanted.channels == "auto", repr(wanted), decode=decode)


def source(
    found: Stored,
    options: Pictures,
    split: Split,
    origin: str,
    labels: np.ndarray | None,
    class_names: Sequence[str],
    *,
    own_split: bool = False,
    captions: Captions | None = None,
) -> Source:
    """One split of decoded pictures.

    Raises:
        DataError: more of the files are broken than `options.max_bad_fraction` allows.
    """
    refuse_bad(origin, len(found.names), found.skipped, options.max_bad_fraction)
    recipe = repr({key: value for key, value in asdict(options).items() if key not in NO_PIXELS})
    whole = Source(
        found.images,
        labels,
        list(class_names),
        origin,
        found.hashes,
        recipe,
        found.names,
        found.skipped,
        _sizes(found.shapes),
        on_the_fly=found.on_the_fly,
    )
    whole = captioned(whole, captions)
    return whole if own_split else whole.take(held_out(found.hashes, options.test_share, split))


def refuse_bad(origin: str, good: int, skipped: list[Skipped], most: float) -> None:
    """Stop where too large a share cannot be read."""
    if len(skipped) / (good + len(skipped)) > most:
        raise DataError(
            f"{origin}: {len(skipped)} of {good + len(skipped)} files cannot be read, the first: "
            f"{skipped[0].name}: "
            f"{skipped[0].reason}; gan-data lists them; remove them or raise "
            f"data.max_bad_fraction={most:g}"
        )


def _sizes(shapes: np.ndarray) -> list[str]:
    counts = Counter(map(tuple, shapes.tolist())).most_common(3)
    common = ", ".join(f"{height}x{width} ({count:,})" for (height, width), count in counts)
    smallest, largest = shapes.min(axis=0), shapes.max(axis=0)
    return [
        f"pictures of {smallest[0]}x{smallest[1]} to {largest[0]}x{largest[1]} pixels, most often "
        f"{common}"
    ]
