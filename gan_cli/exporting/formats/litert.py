"""LiteRT, formerly TensorFlow Lite: for phones and small machines."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from gan_cli.base.lazy import np, tf
from gan_cli.base.quiet import quiet
from gan_cli.config.commands import ExportConfig
from gan_cli.exporting import running
from gan_cli.exporting.formats import Arrays, Written, exporter
from gan_cli.exporting.formats.saved_model import save

if TYPE_CHECKING:
    from gan_cli.exporting.graph import Graph

REPRESENTATIVE = 128
"""Inputs by which the ranges of 8-bit numbers are chosen."""
IMPORTS = "from ai_edge_litert.interpreter import Interpreter"
LOAD = """
runner = Interpreter(path).get_signature_runner("serving_default")
run = lambda inputs: dict(runner(**inputs))
"""


@exporter(
    "litert",
    suffix=".tflite",
    requires=("ai_edge_litert",),
    takes=("part", "directions", "quantize"),
    converts=True,
)
def litert(graph: Graph, path: Path, config: ExportConfig) -> Written:
    """One file; with quantize=int8 of 8-bit weights and arithmetic between float32 ends."""
    with TemporaryDirectory() as folder, quiet(), _without_warnings():
        save(graph, Path(folder))
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        if config.quantize == "int8":
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
            converter.representative_dataset = lambda: _representative(graph)
        path.write_bytes(converter.convert())
    return Written(
        lambda inputs: running.run(path, IMPORTS, LOAD, inputs),
        "LiteRT",
        "int8" if config.quantize == "int8" else "float32",
    )


@contextmanager
def _without_warnings() -> Iterator[None]:
    """TensorFlow's converter warns of the runtime that it uses itself, and of gradients that
    nobody asks for.
    """
    import absl.logging

    before = absl.logging.get_verbosity()
    absl.logging.set_verbosity(absl.logging.ERROR)
    try:
        with warnings.catch_warnings():
            message = r"\s*Warning: tf.lite.Interpreter is deprecated"
            warnings.filterwarnings("ignore", message, UserWarning)
            yield
    finally:
        absl.logging.set_verbosity(before)


def _representative(graph: Graph) -> Iterator[Arrays]:
    """Inputs one by one, as the model is given them in life."""
    drawn = graph.draw(REPRESENTATIVE)
    for index in range(REPRESENTATIVE):
        yield {name: np.asarray(values[index : index + 1]) for name, values in drawn.items()}
