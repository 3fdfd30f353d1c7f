"""`gan-runs`: the runs of a folder, which may be strangers', at a glance; and room on the disk."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omegaconf import DictConfig, OmegaConf

from gan_cli.base.terminal import printable
from gan_cli.cli import app, bare
from gan_cli.cli.options import keys
from gan_cli.config.commands import RunsConfig
from gan_cli.config.options import parse
from gan_cli.runs.listing import choose, locate, overview, prune
from gan_cli.runs.listing.overview import Overview

if TYPE_CHECKING:
    from rich.table import Table

FLAGS = {"--json": "format=json", "--prune": "prune=true"}
WIDEST = {"model": 15, "data": 13}
"""Columns, and what they show of a text; the table fits 80, as far as names are not too long."""


def main() -> int:
    """The console script; returns the exit code."""
    return app.run(
        "runs", job, lambda key: keys(RunsConfig), bare_key=bare.one("folder"), flags=FLAGS
    )


def job(composed: DictConfig) -> None:
    """List the runs that are asked for, or make room in them."""
    config = parse(RunsConfig, OmegaConf.to_container(composed, resolve=True))
    warnings: list[str] = []
    wanted = {key: getattr(config, key) for key in choose.FILTERS}
    found = choose.listed(config.folder, wanted, config.sort, warnings)
    for line in warnings:
        _warn(line)
    if config.prune:
        _prune(found, config.prune == "dry")
    elif config.format == "json":
        print(json.dumps([_plain(run) for run in found], indent=2))
    else:
        _show(config, found)


def _plain(run: Overview) -> dict[str, Any]:
    values = asdict(run) | {"path": str(run.path), "bytes": overview.size(run.path)}
    times = {key: values[key] and values[key].isoformat(" ") for key in ("began", "ended")}
    return values | times


def _show(config: RunsConfig, found: list[Overview]) -> None:
    from rich.console import Console

    folder = locate.run(config.folder)
    if not found:
        asked = any(getattr(config, key) is not None for key in choose.FILTERS)
        print(f"{folder}: no runs{' that fit' if asked else ''}")
        return
    Console(highlight=False).print(_table(found, folder))
    for run in found:
        if run.notes:
            print(f"{printable(run.path.name)}: {printable(run.notes)}")
    for run in found:
        for line in run.damage[:1]:
            _warn(line)


def _table(found: list[Overview], folder: Path) -> Table:
    from rich.table import Table
    from rich.text import Text

    alone = [run.path for run in found] == [folder]
    names = [str(folder)] if alone else choose.short(found, folder)
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for name in ("run", "model", "data"):
        table.add_column(name, overflow="ellipsis", max_width=WIDEST.get(name))
    for name in ("step", "Fréchet", "size"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("state", no_wrap=True)
    for name, run in zip(names, found, strict=True):
        own = f"{name} ({run.name})" if run.name and run.name not in name else name
        score = "" if run.score is None else f"{run.score:.4g}"
        cells = (own, run.model, run.data, _steps(run), score, bytes_(overview.size(run.path)))
        table.add_row(*(Text(printable(each)) for each in (*cells, run.state)))
    return table


def _steps(run: Overview) -> str:
    whole = run.state in ("done", "pruned") or run.steps is None
    return str(run.step) if whole else f"{run.step}/{run.steps}"


def bytes_(size: int) -> str:
    """A size as people read it."""
    if size >= 1e9:
        return f"{size / 1e9:.1f} GB"
    return f"{size / 1e6:.0f} MB" if size >= 1e6 else f"{size / 1e3:.0f} kB"


def _prune(found: list[Overview], dry: bool) -> None:
    total = 0
    for run in found:
        if not (run.path / "checkpoints").is_dir():
            continue
        steps, size, wrong = prune.pruned(run.path, dry)
        total += size
        if wrong:
            _warn(f"{wrong}; nothing is removed from {run.path}")
        elif steps:
            listed = ", ".join(map(str, sorted(steps)))
            print(f"{printable(str(run.path))}: steps {listed}, {bytes_(size)}")
    print(f"{bytes_(total)} {'would be freed: prune=true does it' if dry else 'freed'}")


def _warn(line: str) -> None:
    print(f"gan-runs: {printable(line)}", file=sys.stderr, flush=True)
