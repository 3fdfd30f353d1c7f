"""Weights that are made once and kept in the cache: safetensors, and a JSON card that says what
they are and their hash.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from gan_cli.base import files
from gan_cli.base.errors import DataError, RunDirectoryError
from gan_cli.base.lazy import np
from gan_cli.metrics.extractors.feature_extractor import digest

SHIPPED = Path(__file__).with_name("shipped")
"""What comes with the package for the data that come with it, in files of the same names."""
LARGEST_HEADER = 64 * 1024
"""Bytes that names and shapes may take in the file."""

Arrays = dict[str, "np.ndarray"]


def arrays(
    path: Path,
    identity: Mapping[str, Any],
    like: Arrays,
    make: Callable[[], Arrays],
    say: Callable[[str], None],
) -> Arrays:
    """What is kept under a path, or is made now because nothing is, or something else, or it is
    damaged.

    Args:
        identity: a plain value that says what decides the arrays.
        like: arrays of the names, shapes and dtypes they must have.

    Raises:
        DataError: the cache cannot be written.
    """
    from filelock import FileLock

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(
            path.with_name(f".{path.name}.lock")
        ):  # where another process is at it, wait for its work
            found = _read(path, identity, like, say)
            if found is None:
                found = _read(SHIPPED / path.name, identity, like, say) or make()
                _write(path, identity, found)
            return found
    except OSError as error:
        raise DataError(
            f"{error.filename or path}: {error.strerror or error}; GAN_CACHE_DIR=FOLDER keeps "
            "what is made once elsewhere"
        ) from None


def _read(
    path: Path, identity: Mapping[str, Any], like: Arrays, say: Callable[[str], None]
) -> Arrays | None:
    """The arrays, or None where there are none to be used."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    if not path.exists():
        return None
    limit = sum(array.nbytes for array in like.values()) + LARGEST_HEADER
    try:
        card = files.read_json(path.with_suffix(".json"))
        with files.open_regular(path) as file:
            found = load(file.read(limit))
        if card.get("identity") != files.fingerprint(identity) or card.get("sha256") != digest(
            found
        ):
            raise RunDirectoryError(f"{path}: not what was kept there (SHA-256 differs)")
        if _shapes(found) != _shapes(like):
            raise RunDirectoryError(f"{path}: other arrays than expected")
    except (RunDirectoryError, SafetensorError) as error:
        say(f"DAMAGED CACHE {error}; it is made again")
        return None
    return found


def _write(path: Path, identity: Mapping[str, Any], made: Arrays) -> None:
    """The card last: without it nothing counts."""
    from safetensors.numpy import save_file

    card = path.with_suffix(".json")
    files.remove(card)
    with files.whole(path) as partial:
        save_file(made, partial)
        files.sync(partial)
    files.write_json(
        card, {**identity, "identity": files.fingerprint(identity), "sha256": digest(made)}
    )


def _shapes(values: Arrays) -> dict[str, tuple[tuple[int, ...], str]]:
    return {name: (array.shape, array.dtype.str) for name, array in values.items()}
