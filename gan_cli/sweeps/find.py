"""Which folders hold a job."""

from __future__ import annotations

import re
from pathlib import Path

from gan_cli.errors import RunDirectoryError
from gan_cli.sweeps import record

MOST_ENTRIES = 20_000
"""Of one folder."""


def directories(directory: Path, warnings: list[str]) -> list[Path]:
    """The folders that hold a job, at most two floors down; links are not followed."""
    if not directory.is_dir():
        raise RunDirectoryError(f"{directory}: no such directory")
    if _is_job(directory):
        raise RunDirectoryError(f"{directory}: is a run itself; gan-report takes the folder that holds runs, gan-plot this one")
    found: list[Path] = []
    for folder in _folders(directory, warnings):
        found += [folder] if _is_job(folder) else filter(_is_job, _folders(folder, warnings))
    return found


def _folders(directory: Path, warnings: list[str]) -> list[Path]:
    """Folders by name, numbers in their order."""
    found: list[Path] = []
    try:
        for count, entry in enumerate(directory.iterdir()):
            if count == MOST_ENTRIES:
                warnings.append(f"{directory}: more than {MOST_ENTRIES:,} entries, the rest is not looked at")
                break
            if not entry.name.startswith(".") and not entry.is_symlink() and entry.is_dir():
                found.append(entry)
    except OSError as error:
        warnings.append(f"{directory}: {error.strerror}")
    return sorted(found, key=lambda path: [(int(part or 0), word) for word, part in re.findall(r"(\D*)(\d{0,15})", path.name)])


def _is_job(folder: Path) -> bool:
    return any((folder / name).is_file() for name in (record.JOB, "model.json", "train.log"))
