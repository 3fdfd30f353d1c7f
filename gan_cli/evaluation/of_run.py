"""Scores of a stored run, as a Python program asks for them."""

from __future__ import annotations

from typing import Any

from gan_cli.base.errors import ConfigError, RunDirectoryError
from gan_cli.config.commands import EvaluateConfig
from gan_cli.config.options import parse
from gan_cli.data import DATA, arrays
from gan_cli.evaluation import scoring
from gan_cli.evaluation.report import Report
from gan_cli.runs.checkpoint import Manifest
from gan_cli.runs.reading import StoredRun


def evaluate(run: StoredRun, manifest: Manifest, data: Any, settings: dict[str, Any]) -> Report:
    """The scores of a checkpoint against its run's own data, or against `data`.

    Raises:
        GanError: data, metrics and checkpoint do not fit.
    """
    return scoring.score_checkpoint(
        run.directory,
        manifest,
        data_options(run, data),
        parse(EvaluateConfig, {"checkpoint": str(run.path), **settings}),
        lambda line: None,
    )


def data_options(run: StoredRun, data: Any) -> Any:
    """The options of a run's own data set, or of what is given instead.

    Raises:
        ConfigError, DataError: it is none.
        RunDirectoryError: the run names none.
    """
    if isinstance(data, str):
        return DATA.parse({"name": data})
    if data is not None:
        return arrays.given(data)
    stored = run.config.get("data")
    if not isinstance(stored, dict):
        raise RunDirectoryError(f"{run.path}/config.json: names no data set; give data=")
    if "${" in str(stored.get("path")):
        raise ConfigError("data.path came from the environment, which is not stored: give data=")
    return DATA.parse(stored)
