"""Captions as numbers: lower-case words, a vocabulary, and rows of tokens."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from gan_cli.base.lazy import np

WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")
MOST_WORDS, MOST_TOKENS = 5000, 64
"""Of a vocabulary, and of a caption: rarer words and what comes after are left out."""
LONGEST_WORD = 64


def words(caption: str) -> list[str]:
    """The words of a caption in lower case, without punctuation."""
    return [word[:LONGEST_WORD] for word in WORD.findall(caption.lower())]


def vocabulary_of(captions: Iterable[str]) -> list[str]:
    """Their words in the order of the alphabet, the most frequent ones where there are too many."""
    counts = Counter(word for caption in captions for word in words(caption))
    ordered = sorted(counts, key=lambda word: (-counts[word], word))
    return sorted(ordered[:MOST_WORDS])


def tokens(captions: Sequence[str], vocabulary: Sequence[str], length: int) -> np.ndarray:
    """int32 [N, length]: the place of each word in the vocabulary, from 1; 0 after the last one.
    Words that it does not have are left out, and what is beyond the length.
    """
    places = {word: place for place, word in enumerate(vocabulary, start=1)}
    found = np.zeros((len(captions), length), np.int32)
    for row, caption in zip(found, captions, strict=True):
        known = [places[word] for word in words(caption) if word in places][:length]
        row[: len(known)] = known
    return found


def texts(rows: np.ndarray, vocabulary: Sequence[str]) -> list[str]:
    """Tokens [N, L] as captions again."""
    return [" ".join(vocabulary[token - 1] for token in row if token) for row in rows.tolist()]


def unknown_words(captions: Iterable[str], vocabulary: Sequence[str]) -> list[str]:
    """The words that a vocabulary does not have, each once, in their order."""
    known = set(vocabulary)
    every = (word for caption in captions for word in words(caption))
    return list(dict.fromkeys(word for word in every if word not in known))
