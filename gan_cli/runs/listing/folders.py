"""Which folders below another hold a run or a job; links are not followed."""

from __future__ import annotations

import re
from pathlib import Path

from gan_cli.runs import record

MOST_ENTRIES = 20_000
"""Of one folder that are looked at."""


def below(directory: Path, floors: int, warnings: list[str]) -> list[Path]:
    """The folders that hold a job, at most so many floors down, by name; none below a job.

    Args:
        warnings: takes a line for each folder that is not looked at to its end.
    """
    found: list[Path] = []
    for folder in _folders(directory, warnings):
        if is_run(folder):
            found.append(folder)
        elif floors > 1:
            found += below(folder, floors - 1, warnings)
    return found


def is_run(folder: Path) -> bool:
    """Whether a folder holds a run, or a job that has not come to one."""
    return any((folder / name).is_file() for name in (record.JOB, "model.json", "train.log"))


def _folders(directory: Path, warnings: list[str]) -> list[Path]:
    """Folders by name, numbers in their order."""
    found: list[Path] = []
    try:
        for count, entry in enumerate(directory.iterdir()):
            if count == MOST_ENTRIES:
                warnings.append(
                    f"{directory}: more than {MOST_ENTRIES:,} entries, the rest is not looked at"
                )
                break
            if not entry.name.startswith(".") and not entry.is_symlink() and entry.is_dir():
                found.append(entry)
    except OSError as error:
        warnings.append(f"{directory}: {error.strerror}")
    return sorted(
        found,
        key=lambda path: [
            (word, int(part or 0)) for word, part in re.findall(r"(\D*)(\d{0,15})", path.name)
        ],
    )
