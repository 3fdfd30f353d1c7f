"""An export from its first step to its last: build, write, run what was written, compare, keep."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from gan_cli.base import files
from gan_cli.base.errors import ConfigError, ExportError, GanError
from gan_cli.base.lazy import np
from gan_cli.config.commands import ExportConfig
from gan_cli.config.options import parse
from gan_cli.exporting import check
from gan_cli.exporting.about import About, Score
from gan_cli.exporting.formats import NEAR, Arrays, FormatEntry, Ran, Written
from gan_cli.exporting.graph import COUNT, Graph, encoder, generator
from gan_cli.objectives.model import Model
from gan_cli.runs.checkpoint import SAMPLER, Manifest
from gan_cli.runs.reading import StoredRun
from gan_cli.sampling.generate import load_sampler

NEAR_INT8 = 0.05
"""Six grey levels in the mean, of [-1, 1]: what 8 bits may cost."""
OF_THIS_MACHINE = ("features_file",)
"""Options of models that say where a file lies, which is nobody else's business."""


class Exported(NamedTuple):
    """What was written, and how near it is to the run's own images.

    Attributes:
        bytes: of all its files.
        difference: the largest of 16 samples, of [-1, 1]; of outputs beyond that range relative to
            their largest value.
        mean_difference: the mean of the same.
        images_per_second: in batches of 16.
    """

    path: Path
    bytes: int
    difference: float
    mean_difference: float
    runtime: str
    seconds_to_load: float
    images_per_second: float
    note: str

    def __str__(self) -> str:
        return (
            f"{self.path}: {self.bytes / 1e6:,.2f} MB, {self.note}; run by {self.runtime}: {COUNT} "
            f"samples differ by at most {self.difference:.1e} (mean {self.mean_difference:.1e}) "
            f"of [-1, 1], loaded in {self.seconds_to_load:.2f} s, "
            f"{self.images_per_second:,.0f} images/s"
        )


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
        str(data.get("name")) if isinstance(data, dict) else "unknown",
        run.card.data,
        {key: value for key, value in asdict(run.card.model).items() if key not in OF_THIS_MACHINE},
        scores,
    )
    return export(load_sampler(run.directory, manifest), about, config, entry, output)


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
        exported = _compared(graph, ran, written, made)
        _refuse_different(exported, about, config)
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
    return generator(
        model if config.truncation is None else model.truncated(config.truncation), about
    )


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


def _compared(graph: Graph, ran: Ran, written: Written, path: Path) -> Exported:
    largest, mean = differences(graph.outputs, ran.outputs)
    every = [each for each in path.rglob("*") if each.is_file()] if path.is_dir() else [path]
    return Exported(
        path,
        sum(each.stat().st_size for each in every),
        largest,
        mean,
        written.runtime,
        ran.seconds_to_load,
        COUNT / ran.seconds,
        written.note,
    )


def differences(expected: Arrays, found: Arrays) -> tuple[float, float]:
    """The largest and the mean absolute difference of two sets of outputs; of an output whose
    values are beyond [-1, 1], relative to the largest of them.

    Raises:
        ExportError: another name, shape or kind of value.
    """
    largest, means = 0.0, []
    for name, values in expected.items():
        other = found.get(name)
        if other is None or other.shape != values.shape or not np.isfinite(other).all():
            what = None if other is None else f"{other.dtype} {list(other.shape)}"
            raise ExportError(f"output {name} is {what}, expected float32 {list(values.shape)}")
        apart = np.abs(other - values) / max(1.0, float(np.abs(values).max()))
        largest = max(largest, float(apart.max()))
        means.append(float(apart.mean()))
    return largest, float(np.mean(means))


def _refuse_different(exported: Exported, about: About, config: ExportConfig) -> None:
    if config.quantize == "int8":
        found, bound, which = exported.mean_difference, NEAR_INT8, "in the mean"
    else:
        found, bound, which = exported.difference, NEAR, "somewhere"
    if not found <= bound:
        out = "; 8 bits are too few for it: quantize=none" if config.quantize == "int8" else ""
        raise ExportError(
            f"format={config.format} of model={about.model} makes other images: they differ by "
            f"{found:.2g} of [-1, 1] {which}, where {bound:g} is allowed; nothing is kept{out}"
        )
