"""Pictures in the rows of Arrow files, as Hugging Face's `datasets` keeps them on disk."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from gan_cli.data.reading.arrays import first_line
from gan_cli.data.reading.listing import Listing, read_file
from gan_cli.data.reading.pictures import LARGEST_BYTES, BadPicture, Decoded, Look, decode_stored

Files = tuple[str, ...]


@dataclass(frozen=True)
class RowLoader:
    """Reads and decodes the picture of a row, 'ANYTHING:ROW'.

    Attributes:
        column: which holds the bytes of a picture, or the path of one.
        roots: folders that such a path may lead into; all others are refused.
    """

    files: Files
    column: str
    roots: tuple[str, ...]
    look: Look

    def __call__(self, name: str) -> tuple[Decoded, bytes]:
        try:
            cell = rows(self.files)[self.column][int(name.rpartition(":")[2])].as_py()
        except Exception as error:  # of Arrow's C++ code
            raise BadPicture(f"cannot be read ({first_line(error)})") from None
        content, path = (cell, None) if not isinstance(cell, dict) else picked(cell)
        if content is None and path is not None:
            content = self._read(path)
        if content is None:
            raise BadPicture("the row holds no picture")
        return decode_stored(content, self.look)

    def _read(self, path: str) -> bytes:
        place = Path(os.path.normpath(path))
        if not any(place.is_relative_to(root) for root in self.roots):
            raise BadPicture("names a file outside of the data set, which is not read")
        try:
            return read_file(place, LARGEST_BYTES)
        except OSError as error:
            raise BadPicture(f"cannot be read ({error.strerror})") from None
        except ValueError as error:
            raise BadPicture(str(error)) from None


def picked(cell: dict[str, Any]) -> tuple[bytes | None, str | None]:
    """The bytes and the path of an image as `datasets` stores it."""
    return cell.get("bytes"), cell.get("path")


@lru_cache(maxsize=2)
def rows(files: Files) -> Any:
    """The rows of Arrow files, one after another, which are mapped and not loaded: a
    pyarrow.Table.
    """
    import pyarrow

    found = []
    for file in files:
        with pyarrow.memory_map(file) as mapped:
            found.append(pyarrow.ipc.open_stream(mapped).read_all())
    return pyarrow.concat_tables(found)


def texts(cells: Any) -> list[list[str]] | None:
    """The texts of each cell of a column, a pyarrow.ChunkedArray of texts or of lists of them; None
    where it holds something else.
    """
    from pyarrow import types

    kind = getattr(cells.type, "value_type", cells.type)
    if not (types.is_string(kind) or types.is_large_string(kind)):
        return None
    rows = (cell if isinstance(cell, list) else [cell] for cell in cells.to_pylist())
    return [[text for text in row if text] for row in rows]


def listed(files: Files, column: str, split: str) -> Listing:
    """All rows as 'FILE:ROW', where the picture's own file has a name, else 'SPLIT:ROW'.

    Raises:
        OSError: a file cannot be read.
        pyarrow.ArrowException: one is damaged.
    """
    import pyarrow
    from pyarrow import compute

    table = rows(files)
    table.validate(full=True)  # offsets that lead out of a damaged file would end the process
    cells, time = table[column], max(Path(file).stat().st_mtime_ns for file in files)
    paths = [None] * len(cells)
    if pyarrow.types.is_struct(cells.type):
        fields = {field.name for field in cells.type}
        paths = compute.struct_field(cells, "path").to_pylist() if "path" in fields else paths
        cells = compute.struct_field(cells, "bytes")
    listing = Listing()
    sizes = compute.binary_length(cells).to_pylist()
    for row, (size, path) in enumerate(zip(sizes, paths, strict=True)):
        name = f"{Path(path).name if path else split}:{row}"
        if size is None:
            listing.add(name, *_state(path, time))
        else:
            listing.add(name, size, time)
    return listing


def _state(path: str | None, time: int) -> tuple[int, int]:
    """Bytes and time of change of a picture's own file."""
    try:
        status = Path(path or "").stat()
    except OSError:  # the loader says so
        return 0, time
    return status.st_size, status.st_mtime_ns
