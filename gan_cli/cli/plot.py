"""`gan-plot`: losses, scores and images/s of runs over their steps; a run directory may come from a
stranger.
"""

from __future__ import annotations

from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from gan_cli.base import files
from gan_cli.base.errors import ConfigError, RunDirectoryError, refused, unknown
from gan_cli.cli import app, bare
from gan_cli.cli.options import keys
from gan_cli.cli.sample import warn
from gan_cli.config.commands import PlotConfig
from gan_cli.config.options import parse
from gan_cli.reports import plotting
from gan_cli.reports.plotting import Curve
from gan_cli.runs import curves
from gan_cli.runs.listing import locate
from gan_cli.runs.reading import read_run

CLOCK = "seconds"
"""Logged with every line, but nothing to look at unless it is asked for."""


def main() -> int:
    """The console script; returns the exit code."""
    return app.run("plot", job, lambda key: keys(PlotConfig), bare_key=bare.several("runs"))


def job(composed: DictConfig) -> None:
    """Read all runs, and only then draw."""
    if OmegaConf.is_missing(composed, "runs"):
        raise ConfigError("runs is missing: gan-plot RUN1 RUN2, run directories of gan-train")
    config = parse(PlotConfig, OmegaConf.to_container(composed, resolve=True))
    paths = [locate.run(run) for run in config.runs]
    labels = tails(paths)
    output = _output(config, paths[0])
    runs = {label: _curves(path, config.smooth) for label, path in zip(labels, paths, strict=True)}
    keys = _chosen(runs, paths, config.keys)
    try:
        figure = plotting.figure(runs, plotting.panels(list(runs.values()), keys))
        plotting.save(figure, output, plotting.about(runs))
    except OSError as error:
        raise refused(error, f"{output}: {error.strerror or error}") from None
    print(f"figure  {output}")


def tails(paths: list[Path]) -> list[str]:
    """For each path the shortest end that no other of them has.

    Raises:
        ConfigError: two are the same folder.
    """
    parts = [path.resolve().parts for path in paths]
    if twice := next(
        (path for path, own in zip(paths, parts, strict=True) if parts.count(own) > 1), None
    ):
        raise ConfigError(f"runs: {twice} is there twice")
    return [str(Path(*_tail(own, [other for other in parts if other != own]))) for own in parts]


def _tail(own: tuple[str, ...], others: list[tuple[str, ...]]) -> tuple[str, ...]:
    lengths = range(1, len(own))
    return next((own[-n:] for n in lengths if all(other[-n:] != own[-n:] for other in others)), own)


def _curves(path: Path, smooth: float) -> dict[str, Curve]:
    run = read_run(path, warn)
    metrics = run.logged()
    if metrics.cut:
        bounds = (
            f"{curves.MOST_LINES:,} lines, {curves.LARGEST_FILE >> 20} MB and "
            f"{curves.MOST_KEYS} keys"
        )
        warn(f"{run.directory.metrics}: drawn up to {bounds}")
    return {key: plotting.curve(key, series, smooth) for key, series in metrics.series.items()}


def _chosen(
    runs: dict[str, dict[str, Curve]], paths: list[Path], wanted: list[str] | None
) -> list[str]:
    """The keys to draw, checked to be in the runs; null: all but the clock."""
    there = list(dict.fromkeys(key for drawn in runs.values() for key in drawn))
    keys = [key for key in there if key != CLOCK] if wanted is None else list(dict.fromkeys(wanted))
    if missing := next((key for key in keys if key not in there), None):
        raise ConfigError(f"keys: {unknown('key', missing, there)}")
    for path, drawn in zip(paths, runs.values(), strict=True):
        if not set(keys) & set(drawn):
            raise RunDirectoryError(
                f"{path}: has none of {', '.join(keys)} (it has: {', '.join(drawn)})"
            )
    return keys


def _output(config: PlotConfig, first: Path) -> Path:
    """Where the figure goes: never over a file that is there."""
    if config.output is None:
        name = f"{first.resolve().name}-plot" if len(config.runs) == 1 else "plot"
        return files.untaken(name, ".png")
    path = Path(config.output)
    if path.suffix.lower() != ".png":
        raise ConfigError(f"output={path}: a PNG, so its name must end in .png")
    if path.exists():
        raise ConfigError(f"output={path} exists already; give another output=")
    if not path.absolute().parent.is_dir():
        raise ConfigError(f"output={path}: no directory {path.parent}")
    return path
