"""`gan-report`: a sweep as one HTML page and a CSV; its directory may come from a stranger and is
only read.
"""

from __future__ import annotations

import sys
from datetime import datetime

from omegaconf import DictConfig, OmegaConf

from gan_cli.base.errors import ConfigError, refused
from gan_cli.base.quiet import quiet
from gan_cli.base.terminal import printable
from gan_cli.cli import app, bare
from gan_cli.cli.options import keys
from gan_cli.config.commands import ReportConfig
from gan_cli.config.options import parse
from gan_cli.reports import summary
from gan_cli.reports.collect import collect
from gan_cli.reports.embedded import Picture
from gan_cli.reports.spread import Ranking, rank
from gan_cli.runs.listing import locate


def main() -> int:
    """The console script; returns the exit code."""
    return app.run("report", job, lambda key: keys(ReportConfig), bare_key=bare.one("directory"))


def job(composed: DictConfig) -> None:
    """Read all jobs, rank them, and write both files."""
    if OmegaConf.is_missing(composed, "directory"):
        raise ConfigError(
            "directory is missing: gan-report DIR, of a sweep or with run directories in it"
        )
    config = parse(ReportConfig, OmegaConf.to_container(composed, resolve=True))
    directory = locate.folder(config.directory)
    collected = collect(directory, config.objective)
    for line in collected.damage:
        _warn(line)
    ranking = rank(collected.rows)
    from rich.console import Console

    from gan_cli.reports import output  # Plotly and pandas take a second

    page, table = output.places(directory, config.output)
    pictures = _pictures(ranking, config.samples) if config.samples else {}
    try:
        output.write(page, table, collected, ranking, pictures, datetime.now())
    except OSError as error:
        raise refused(
            error, f"{page}: {error.strerror or error}; output=FILE takes another place"
        ) from None
    summary.show(collected, ranking, {"report": page, "table": table}, Console(highlight=False))


def _pictures(ranking: Ranking, samples: int) -> dict[str, Picture]:
    rows = [row for row, _, _ in ranking.order]
    if not any(row.run for row in rows):
        return {}
    with quiet():
        from gan_cli.reports import pictures
    return pictures.pictures(rows, samples, _warn)


def _warn(line: str) -> None:
    print(f"gan-report: {printable(line)}", file=sys.stderr, flush=True)
