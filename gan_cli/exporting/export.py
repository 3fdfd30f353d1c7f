"""An export from its first step to its last: build, write, run what was written, compare, keep."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from gan_cli.base import files
from gan_cli.base.errors import ConfigError, ExportError, GanError
from gan_cli.base.terminal import printable
from gan_cli.config.commands import ExportConfig
from gan_cli.config.options import parse
from gan_cli.exporting import check, compare
from gan_cli.exporting.about import About, Score
from gan_cli.exporting.compare import Exported
from gan_cli.exporting.formats import FormatEntry, Written
from gan_cli.exporting.graph import Graph, encoder, generator
from gan_cli.objectives.model import Model
from gan_cli.runs import origin
from gan_cli.runs.checkpoint import SAMPLER, Manifest
from gan_cli.runs.reading import StoredRun
from gan_cli.sampling import directions
from gan_cli.sampling.generate import load_sampler

OF_THIS_MACHINE = ("features_file",)
"""Options of models that say where a file lies, which is nobody else's business."""


def export_run(
    run: StoredRun,
    manifest: Manifest,
    config: ExportConfig,
    entry: FormatEntry,
    output: Path,
    scores: list[Score],
) -> Exported:
    """Write the model of a checkpoint; see `export`.

    Args:
        scores: what was measured of it, for a model card.

    Raises:
        CheckpointError: it does not fit model.json.
    """
    data = run.config.get("data")
    about = About(
        run.path.resolve().name,
        manifest.step,
        run.card.model.name,
        manifest.files[SAMPLER].sha256,
        printable(str(data.get("name"))) if isinstance(data, dict) else "unknown",
        run.card.data,
        {key: value for key, value in asdict(run.card.model).items() if key not in OF_THIS_MACHINE},
        scores,
        origin.of_checkpoint(run.path, manifest),
    )
    model = load_sampler(run.directory, manifest, frames=config.steps)
    return export(model, about, config, entry, output)


def asked(
    run: StoredRun, manifest: Manifest, given: dict[str, Any], scores: list[Score]
) -> Exported:
    """The same for plain values of `ExportConfig`.

    Raises:
        ConfigError: a key or value that it does not know.
    """
    config = parse(ExportConfig, given)
    entry = check.check(config, run.card)
    output = check.place(config, entry, "")
    entry.check(config)
    return export_run(run, manifest, config, entry, output, scores)


def export(
    model: Model, about: About, config: ExportConfig, entry: FormatEntry, output: Path
) -> Exported:
    """Write a model; nothing is at `output` unless it makes the images that the model makes.

    Raises:
        ConfigError: the model cannot be exported so.
        ExportError: what was written cannot be run, or makes other images.
        OSError: the output cannot be written.
    """
    graph = _graph(model, about, config)
    with TemporaryDirectory(prefix=f".{output.name}.", dir=output.absolute().parent) as folder:
        made = Path(folder) / output.name
        written = _written(graph, made, config, entry)
        ran = written.run(graph.inputs)
        exported = compare.compared(graph, ran, written, made)
        compare.refuse_different(exported, about.model, config)
        if config.overwrite:
            files.remove(output)
        os.replace(made, output)
    exported = exported._replace(path=output)
    if written.send is not None:
        exported = exported._replace(note=f"{exported.note}, {written.send(output)}")
    return exported


def _graph(model: Model, about: About, config: ExportConfig) -> Graph:
    if not model.players:
        raise ConfigError(
            f"model={about.model} learns no weights, it is what generators are compared with: "
            "there is nothing to export"
        )
    if config.part == "encoder":
        return encoder(model, about)
    if config.truncation is not None:
        model = model.truncated(config.truncation)
    moves = None if config.directions is None else directions.read(config.directions)
    return generator(model, about, moves)


def _written(graph: Graph, path: Path, config: ExportConfig, entry: FormatEntry) -> Written:
    try:
        written: Written = entry.build(graph, path, config)
    except (GanError, OSError):
        raise
    except Exception as error:
        if not entry.converts:
            raise
        reason = (str(error).strip() or type(error).__name__).splitlines()[0][:200]
        raise ExportError(
            f"model={graph.about.model} cannot be converted to format={entry.name}: {reason}"
        ) from error
    return written
