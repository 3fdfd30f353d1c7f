"""Captions of pictures: in metadata.jsonl or in text files beside them, else from their classes."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from gan_cli.base.captions import MOST_TOKENS, tokens, vocabulary_of, words
from gan_cli.base.errors import DataError
from gan_cli.base.terminal import printable
from gan_cli.data.reading.source import Source

METADATA = "metadata.jsonl"
KEYS = ("text", "caption", "captions")
"""Of a line of metadata.jsonl, and columns of a CSV, that hold captions."""
LARGEST_METADATA, LARGEST_TEXT = 256 * 1024**2, 64 * 1024
"""Bytes of a file."""
MOST_OF_ONE = 16
"""Captions of one picture."""
NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
CONSONANT = ("one", "uni", "eu")
"""Words that are spoken with a consonant first begin so."""

Captions = list[list[str]]
"""Of each picture its captions, at least one."""
Read = Callable[[str, int], bytes]
"""(name of a file, most bytes) -> its content; raises OSError or ValueError."""


def captioned(source: Source, captions: Captions | None) -> Source:
    """The source with these captions as tokens, int32 [N, K, L]: rows of 0 where a picture has
    fewer than K.
    """
    if captions is None:
        return source
    every = [caption for each in captions for caption in each]
    vocabulary = vocabulary_of(every)
    length = min(max((len(words(each)) for each in every), default=0), MOST_TOKENS)
    most = max(map(len, captions), default=0)
    padded = [caption for each in captions for caption in [*each, *[""] * (most - len(each))]]
    rows = tokens(padded, vocabulary, length).reshape(len(captions), most, length)
    return replace(source, captions=rows, vocabulary=vocabulary)


def fitting(source: Source, wanted: bool) -> Source:
    """The source with captions, or without, as its model wants: where it has none, its classes are
    its captions, "a seven".
    """
    if not wanted:
        return source.without_captions()
    if source.captions is not None or source.labels is None:
        return source
    table = captioned(source, [[with_article(name)] for name in of_classes(source.class_names)])
    assert table.captions is not None
    return replace(table, captions=table.captions[source.labels])


def of_classes(names: Sequence[str]) -> list[str]:
    """Names of classes as words: digits are spoken."""
    digits = list(names) == [str(digit) for digit in range(min(len(names), len(NUMBERS)))]
    return list(NUMBERS[: len(names)] if digits else names)


def with_article(name: str) -> str:
    """ "seven" -> "a seven"."""
    plain = " ".join(words(name.replace("_", " ")))
    vowel = plain.startswith(tuple("aeiou")) and not plain.startswith(CONSONANT)
    return f"{'an' if vowel else 'a'} {plain}"


def beside(
    pictures: Sequence[str], files: Collection[str], read: Read, origin: str, folder: str = ""
) -> Captions | None:
    """The captions of pictures; None where there are none.

    They stand in metadata.jsonl in the `folder` ("" or "name/"), as in Hugging Face's imagefolder:
    a JSON object a line with `file_name` and `text`, which may be a list; or in NAME.txt beside
    NAME.png, one a line.

    Raises:
        DataError: a file cannot be read, or a picture has no caption.
    """
    present = set(files)
    if f"{folder}{METADATA}" in present:
        where = f"{origin}: {folder}{METADATA}"
        content = _read(read, f"{folder}{METADATA}", LARGEST_METADATA, origin)
        by_name = from_lines(content, where)
        if by_name is None:
            return None
        return complete(pictures, {folder + name: each for name, each in by_name.items()}, where)
    of_picture = {name: f"{name.rpartition('.')[0]}.txt" for name in pictures}
    texts = set(of_picture.values()) & present - set(pictures)  # whatever a picture is called
    if not texts:
        return None
    found = {
        name: _lines(_text(_read(read, file, LARGEST_TEXT, origin), f"{origin}: {printable(file)}"))
        for name, file in of_picture.items()
        if file in texts
    }
    return complete(pictures, found, f"{origin}: text files beside pictures")


def complete(pictures: Sequence[str], by_name: dict[str, list[str]], where: str) -> Captions:
    """The captions of all pictures, each with a word at least.

    Raises:
        DataError: a picture has none.
    """
    usable = {
        name: [text for text in texts if words(text)][:MOST_OF_ONE]
        for name, texts in by_name.items()
    }
    missing = [name for name in pictures if not usable.get(name)]
    if missing:
        raise DataError(
            f"{where}: no caption of {len(missing):,} pictures, the first: "
            f"{printable(missing[0])}; add it or remove the picture"
        )
    return [usable[name] for name in pictures]


def from_lines(content: bytes, where: str) -> dict[str, list[str]] | None:
    """Picture -> captions, from metadata.jsonl; None where its lines hold no text.

    Raises:
        DataError: a line is no JSON object with a `file_name`.
    """
    found: dict[str, list[str]] = {}
    key = None
    for number, line in enumerate(_text(content, where).splitlines(), start=1):
        if not line.strip():
            continue
        entry = _object(line)
        name = entry.get("file_name")
        key = key or next((each for each in KEYS if each in entry), None)
        text = entry.get(key) if key else ""
        given = text if isinstance(text, list) else [text]
        texts = [each for each in given if isinstance(each, str)]
        if not isinstance(name, str) or len(texts) != len(given):
            raise DataError(
                f'{where}: line {number} is no {{"file_name": "picture.png", "text": "..."}}; '
                "correct it"
            )
        found[name.replace("\\", "/").removeprefix("./")] = texts
    return found if key else None


def _object(line: str) -> dict[str, object]:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return entry if isinstance(entry, dict) else {}


def _read(read: Read, name: str, limit: int, origin: str) -> bytes:
    try:
        return read(name, limit)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"{origin}: {printable(name)}: {reason}") from None


def _text(content: bytes, where: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DataError(f"{where}: is no UTF-8 text; save it in UTF-8") from None


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]
