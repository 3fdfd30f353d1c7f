"""Samples in tars as webdataset lays them out: files after one another whose names differ in their
endings alone, 0001.jpg, 0001.cls, 0001.txt.
"""

from __future__ import annotations

import json
import os
import re
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from gan_cli.base.errors import DataError
from gan_cli.base.lazy import np
from gan_cli.base.terminal import printable
from gan_cli.data.formats.tar_members import Member, members
from gan_cli.data.reading.arrays import first_line
from gan_cli.data.reading.captions import KEYS, LARGEST_TEXT
from gan_cli.data.reading.listing import PICTURE_NAME, Listing
from gan_cli.data.reading.pictures import LARGEST_BYTES, BadPicture, Decoded, Look, decode_stored

CLASS, TEXT, JSON = "cls", "txt", "json"
"""Endings of files that are told of a picture."""
SAMPLE = re.compile(r"((?:.*/)?[^./][^./]*)\.([^/]+)", re.DOTALL)
"""What files of one sample share, up to the first dot, and their ending."""
PLACE = re.compile(r"(.*?):([0-9]+):([0-9]+):", re.DOTALL)


class Samples(NamedTuple):
    """The samples of tars.

    Attributes:
        places: int64 [N, 3], of the picture: number of the tar, offset and size.
        names: uint8, the names of the pictures' files, each ended by a zero.
        labels: uint8, their classes likewise, "" where there is none.
        captions: uint8, JSON lists of their captions likewise.
    """

    places: np.ndarray
    names: np.ndarray
    labels: np.ndarray
    captions: np.ndarray


class Sample(NamedTuple):
    """A picture, what class it is of and what is said of it."""

    picture: Member
    label: str
    captions: list[str]


@dataclass(frozen=True)
class TarLoader:
    """Reads and decodes the picture 'TAR:OFFSET:SIZE:NAME'; tars lie below `root`."""

    root: Path
    look: Look

    def __call__(self, name: str) -> tuple[Decoded, bytes]:
        place = PLACE.match(name)
        assert place is not None
        offset, size = int(place[2]), int(place[3])
        if size > LARGEST_BYTES:
            raise BadPicture(f"larger than {LARGEST_BYTES:,} bytes")
        try:
            with (self.root / place[1]).open("rb", buffering=0) as file:
                content = os.pread(file.fileno(), size, offset)
        except OSError as error:
            raise BadPicture(f"cannot be read ({error.strerror})") from None
        return decode_stored(content, self.look)


def walk(shards: Sequence[Path], label: str | None) -> Samples:
    """All samples with a picture.

    Args:
        label: the ending of the file, or the key of the JSON, that holds the class.

    Raises:
        DataError: a tar is damaged, or no picture is in any.
    """
    # Not lists of objects, of which there may be millions.
    places, names, labels, captions = array("q"), bytearray(), bytearray(), bytearray()
    for number, shard in enumerate(shards):
        try:
            with shard.open("rb") as file:
                for sample in _samples(file, label):
                    places.extend((number, sample.picture.offset, sample.picture.size))
                    names += _ended(sample.picture.name)
                    labels += _ended(sample.label)
                    captions += _ended(json.dumps(sample.captions))
        except (OSError, ValueError) as error:
            raise DataError(f"{shard}: {first_line(error)}") from None
    if not places:
        raise DataError(f"{shards[0]}: holds no picture (0001.jpg, and beside it 0001.cls)")
    of_bytes = (np.frombuffer(each, np.uint8) for each in (names, labels, captions))
    return Samples(np.frombuffer(places, np.int64).reshape(-1, 3), *of_bytes)


def listed(samples: Samples, shards: Sequence[Path], root: Path) -> Listing:
    """All pictures as 'TAR:OFFSET:SIZE:NAME', as old as their tars."""
    tars = [os.fspath(shard.relative_to(root)) for shard in shards]
    times = [shard.stat().st_mtime_ns for shard in shards]
    listing = Listing()
    for (shard, offset, size), name in zip(
        samples.places.tolist(), texts(samples.names), strict=True
    ):
        listing.add(f"{tars[shard]}:{offset}:{size}:{name}", size, times[shard])
    return listing


def texts(joined: np.ndarray) -> list[str]:
    """Texts that are each ended by a zero."""
    return [os.fsdecode(each) for each in joined.tobytes().split(b"\0")[:-1]]


def _ended(text: str) -> bytes:
    return os.fsencode(text.replace("\0", " ")) + b"\0"


def _samples(file: BinaryIO, label: str | None) -> Iterator[Sample]:
    named = ((SAMPLE.fullmatch(member.name), member) for member in members(file))
    parts = ((match[1], match[2].lower(), member) for match, member in named if match)
    for _, group in groupby(parts, key=lambda part: part[0]):
        of_sample = [(ending, member) for _, ending, member in group]
        picture = next((each for end, each in of_sample if PICTURE_NAME.search(f".{end}")), None)
        if picture is not None:
            yield Sample(picture, *_told(file, dict(of_sample), label))


def _told(file: BinaryIO, of_sample: dict[str, Member], label: str | None) -> tuple[str, list[str]]:
    """The class and the captions of a sample."""
    known = _object(file, of_sample[JSON]) if JSON in of_sample else {}
    if label in of_sample:
        named = _text(file, of_sample[label])
    else:
        named = "" if label is None else _word(known.get(label))
    if TEXT in of_sample:
        lines = _text(file, of_sample[TEXT]).splitlines()
    else:
        given: Any = next((known[key] for key in KEYS if key in known), [])
        lines = given if isinstance(given, list) else [given]
    return printable(named), [
        line.strip() for line in lines if isinstance(line, str) and line.strip()
    ]


def _word(value: object) -> str:
    """A class in JSON: a whole number or a text."""
    plain = isinstance(value, (str, int)) and not isinstance(value, bool)
    return str(value).strip() if plain else ""


def _object(file: BinaryIO, member: Member) -> dict[str, Any]:
    try:
        found = json.loads(_text(file, member))
    except (json.JSONDecodeError, RecursionError):
        raise ValueError(f"{printable(member.name)} is no JSON; correct it") from None
    return found if isinstance(found, dict) else {}


def _text(file: BinaryIO, member: Member) -> str:
    if member.size > LARGEST_TEXT:
        raise ValueError(f"{printable(member.name)} is larger than {LARGEST_TEXT:,} bytes")
    file.seek(member.offset)
    try:
        return file.read(member.size).decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        raise ValueError(f"{printable(member.name)} is no UTF-8 text; save it in UTF-8") from None
