"""Prompts: what images shall show, held against the words that a model knows."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

from gan_cli.base.captions import tokens, unknown_words, words
from gan_cli.base.errors import ConfigError, DataError
from gan_cli.base.lazy import np
from gan_cli.base.terminal import printable
from gan_cli.data.reading.listing import read_file
from gan_cli.models import needs
from gan_cli.runs.rundir import ModelCard

LARGEST, MOST, NAMED = 1024**2, 1000, 40
"""Bytes of a file of prompts, prompts of one call, and words that a message lists."""
ROWS = 8
"""Captions of the data that a grid shows where none are asked for."""


def of(given: str | list[str] | None, card: ModelCard) -> list[str] | None:
    """The prompts that are asked for; one that ends in .txt is a file with one a line.

    Raises:
        ConfigError: the model has no prompts, or does not know a word, or there are none.
        DataError: the file cannot be read.
    """
    if given is None:
        return None
    asked = given if isinstance(given, list) else [given]
    if "captions" not in needs(card.model):
        raise ConfigError(
            f"prompt={printable(', '.join(asked))}: model={card.model.name} takes no prompts, "
            "which model=text_gan does; leave prompt out"
        )
    texts = [line for each in asked for line in (_lines(each) if _is_file(each) else [each])]
    if not texts or not all(words(each) for each in texts):
        raise ConfigError("prompt= has no words; e.g. 'prompt=\"a red circle\"'")
    if len(texts) > MOST:
        raise ConfigError(f"prompt= has {len(texts):,} prompts, more than {MOST:,}")
    _refuse_unknown(texts, card)
    return texts


def some(card: ModelCard) -> list[str]:
    """Captions of the data, from all over them."""
    every = card.data.captions
    places = np.linspace(0, len(every) - 1, min(ROWS, len(every)))
    return [every[int(place)] for place in places]


def tokens_of(prompts: list[str], card: ModelCard) -> np.ndarray:
    """int32 [N, L], as the model takes them."""
    return tokens(prompts, card.data.vocabulary, card.data.caption_length)


def _refuse_unknown(texts: list[str], card: ModelCard) -> None:
    known, longest = card.data.vocabulary, card.data.caption_length
    strange = unknown_words(texts, known)
    if strange:
        named = ", ".join(_with_matches(word, known) for word in strange[:5])
        rest = f", ... of {len(known):,}" if len(known) > NAMED else ""
        raise ConfigError(
            f"prompt: unknown words: {named} (known: {', '.join(known[:NAMED])}{rest})"
        )
    long = next((each for each in texts if len(words(each)) > longest), None)
    if long is not None:
        raise ConfigError(
            f"prompt={printable(long)}: {len(words(long))} words; the captions that this model was "
            f"trained on have up to {longest}"
        )


def _with_matches(word: str, known: list[str]) -> str:
    close = get_close_matches(word, known, n=2)
    return f"{word!r} (near {' or '.join(map(repr, close))})" if close else repr(word)


def _is_file(text: str) -> bool:
    return text.lower().endswith(".txt")


def _lines(path: str) -> list[str]:
    try:
        text = read_file(Path(path).expanduser(), LARGEST).decode("utf-8-sig")
    except (OSError, RuntimeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"prompt={path}: {reason}") from None
    return [line.strip() for line in text.splitlines() if line.strip()]
