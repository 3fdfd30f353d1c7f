"""ONNX, which ONNX Runtime and many others run."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from gan_cli.base.lazy import tf
from gan_cli.config.commands import ExportConfig
from gan_cli.exporting import running
from gan_cli.exporting.formats import Arrays, Ran, Written, exporter

if TYPE_CHECKING:
    from gan_cli.exporting.graph import Graph

OPSET = 18
"""Of December 2022: the latest that tf2onnx writes."""


@exporter(
    "onnx",
    suffix=".onnx",
    requires=("tf2onnx", "onnxruntime"),
    takes=("part", "directions"),
    converts=True,
)
def onnx(graph: Graph, path: Path, config: ExportConfig) -> Written:
    """One file for any size of batch."""
    save(graph, path)

    return Written(of_file(path, graph.outputs), "ONNX Runtime", f"opset {OPSET}")


def of_file(model: Path | bytes, outputs: Iterable[str]) -> Callable[[Arrays], Ran]:
    """A file, or its content, as ONNX Runtime runs it."""

    def run(inputs: Arrays) -> Ran:
        import onnxruntime

        began, names = perf_counter(), list(outputs)
        session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
        return running.timed(
            lambda given: dict(zip(names, session.run(names, given), strict=True)), inputs, began
        )

    return run


def save(graph: Graph, path: Path) -> None:
    """The graph with the names of its inputs and outputs; the batch is called N."""
    import onnx as format_
    import tf2onnx

    from gan_cli.exporting.portable import NativeGroups
    from gan_cli.networks.layers.grouped import GroupedConvolution

    network = graph.portable({GroupedConvolution: NativeGroups.from_config})
    serve = tf.function(graph.serving(network), input_signature=graph.signature, autograph=False)
    logging.getLogger("tf2onnx").setLevel(logging.ERROR)  # it writes a line for each of its steps
    converted, _ = tf2onnx.convert.from_function(serve, graph.signature, opset=OPSET)
    for value in (*converted.graph.input, *converted.graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = "N"
    format_.save(converted, path)
