"""Words of others on a terminal, which they must not steer."""

from __future__ import annotations

import sys


def printable(text: str, lines: bool = False) -> str:
    """Text on one line, with escapes in the place of control characters and of bytes that are no
    text.

    Args:
        lines: line breaks stay.
    """
    return "".join(
        letter
        if letter.isprintable() or (lines and letter == "\n")
        else letter.encode("unicode_escape", "surrogatepass").decode("ascii", "replace")
        for letter in text
    )


def say(line: str) -> None:
    """Print a line, above the bar where there is one."""
    from tqdm import tqdm

    tqdm.write(printable(line, lines=True))
    sys.stdout.flush()
