"""SavedModel, TensorFlow's own format."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gan_cli.base.lazy import keras
from gan_cli.config.commands import ExportConfig
from gan_cli.exporting import running
from gan_cli.exporting.formats import Written, exporter

if TYPE_CHECKING:
    from gan_cli.exporting.graph import Graph

LOAD = """
serve = tf.saved_model.load(path).signatures["serving_default"]
def run(inputs):
    made = serve(**{name: tf.constant(each) for name, each in inputs.items()})
    return {name: each.numpy() for name, each in made.items()}
"""


@exporter("saved_model", suffix="", takes=("part", "directions"))
def saved_model(graph: Graph, path: Path, config: ExportConfig) -> Written:
    """A folder that TensorFlow and its servers load, without gan_cli or Keras."""
    save(graph, path)
    return Written(
        lambda inputs: running.run(path, "import tensorflow as tf", LOAD, inputs),
        "TensorFlow",
        "signature serving_default",
    )


def save(graph: Graph, path: Path) -> None:
    """The graph for inference alone, with names for inputs and outputs."""
    network = graph.portable()
    archive = keras.export.ExportArchive()
    archive.track(network)
    archive.add_endpoint("serve", graph.serving(network), input_signature=graph.signature)
    archive.write_out(path, verbose=False)
