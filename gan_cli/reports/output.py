"""Where a report goes: over an older one, never over another file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from gan_cli.base import files
from gan_cli.base.errors import ConfigError, RunDirectoryError
from gan_cli.reports import page as pages
from gan_cli.reports import table as tables
from gan_cli.reports.embedded import Picture
from gan_cli.reports.rows import Collected
from gan_cli.reports.spread import Ranking


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
    ranking: Ranking,
    pictures: Mapping[str, Picture],
    now: datetime,
) -> None:
    """Both files, each whole or not at all.

    Raises:
        OSError: the disk refuses.
    """
    texts = {
        page: pages.page(collected, ranking, pictures, now),
        table: tables.csv(tables.table(collected, ranking.order)),
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
    if path.suffix == ".html":
        return start.startswith(pages.FIRST_LINES)
    return tables.is_ours(start.partition("\n")[0])
