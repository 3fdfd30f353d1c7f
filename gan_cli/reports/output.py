"""Where a report goes: over an older one, never over another file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from gan_cli.base import files
from gan_cli.base.errors import ConfigError, RunDirectoryError
from gan_cli.reports import page as pages
from gan_cli.reports import spreadsheet
from gan_cli.reports.embedded import Picture
from gan_cli.reports.rows import Collected, Place
from gan_cli.reports.spread import Comparison


def places(directory: Path, output: str | None) -> tuple[Path, Path]:
    """The HTML file and the CSV beside it.

    Raises:
        ConfigError: the name does not end in .html, or one of both is there and is no report.
    """
    page = Path(output) if output else directory / "report.html"
    if page.suffix != ".html":
        raise ConfigError(f"output={page}: a page, so its name must end in .html")
    if output and not page.absolute().parent.is_dir():
        raise ConfigError(f"output={page}: no directory {page.parent}")
    table = page.with_suffix(".csv")
    for path in (page, table):
        if (path.exists() or path.is_symlink()) and not _is_report(path):
            raise ConfigError(
                f"{path} exists already and is no report; output=FILE.html takes another place"
            )
    return page, table


def write(
    page: Path,
    table: Path,
    collected: Collected,
    comparisons: Sequence[Comparison],
    ordered: Sequence[Place],
    pictures: Mapping[str, Picture] | None,
    now: datetime,
) -> None:
    """Both files, each whole or not at all.

    Raises:
        OSError: the disk refuses.
    """
    texts = {
        page: pages.page(collected, comparisons, ordered, pictures, now),
        table: spreadsheet.table(collected, ordered),
    }
    for path, text in texts.items():
        with files.whole(path) as partial:
            partial.write_text(text, encoding="utf-8", newline="")


def _is_report(path: Path) -> bool:
    try:
        with files.open_regular(path) as file:
            start = file.read(64 * 1024).decode("utf-8", "replace")
    except (OSError, RunDirectoryError):
        return False
    return (
        start.startswith(pages.FIRST_LINES)
        if path.suffix == ".html"
        else spreadsheet.is_ours(start.partition("\n")[0])
    )
