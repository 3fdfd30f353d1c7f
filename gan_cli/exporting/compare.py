"""What an exported network makes, beside what the run itself makes of the same latents."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from gan_cli.base.errors import ExportError
from gan_cli.base.lazy import np
from gan_cli.config.commands import ExportConfig
from gan_cli.exporting.formats import NEAR, Arrays, Ran, Written

if TYPE_CHECKING:
    from gan_cli.exporting.graph import Graph

COUNT = 16
"""Samples that are compared."""
NEAR_INT8 = 0.05
"""Six grey levels in the mean, of [-1, 1]: what 8 bits may cost."""


class Exported(NamedTuple):
    """What was written, and how near it is to the run's own images.

    Attributes:
        bytes: of all its files.
        difference: the largest of 16 samples, of [-1, 1]; of outputs beyond that range relative to
            their largest value.
        mean_difference: the mean of the same.
        images_per_second: in batches of 16, of some the quickest.
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


def compared(graph: Graph, ran: Ran, written: Written, path: Path) -> Exported:
    """How far what was written is from what the run itself makes.

    Raises:
        ExportError: it made something else than images of the same shape.
    """
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


def refuse_different(exported: Exported, model: str, config: ExportConfig) -> None:
    """Other images than arithmetic explains are an error.

    Args:
        model: whose images they are.

    Raises:
        ExportError: with the difference and what is allowed.
    """
    if config.quantize == "int8":
        found, bound, which = exported.mean_difference, NEAR_INT8, "in the mean"
    else:
        found, bound, which = exported.difference, NEAR, "somewhere"
    if not found <= bound:
        out = "; 8 bits are too few for it: quantize=none" if config.quantize == "int8" else ""
        raise ExportError(
            f"format={config.format} of model={model} makes other images: they differ by "
            f"{found:.2g} of [-1, 1] {which}, where {bound:g} is allowed; nothing is kept{out}"
        )
