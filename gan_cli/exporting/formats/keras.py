"""`.keras`, the format of Keras itself."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gan_cli.config.commands import ExportConfig
from gan_cli.exporting import running
from gan_cli.exporting.formats import Arrays, Ran, Written, exporter

if TYPE_CHECKING:
    from gan_cli.exporting.graph import Graph

LOAD = """
import tensorflow as tf
model = keras.saving.load_model(path)
def run(inputs):
    given = list(inputs.values())
    made = model(given if len(given) > 1 else given[0], training=False)
    made = made if isinstance(made, (list, tuple)) else [made]
    return {name: each.numpy() for name, each in zip(%r, made, strict=True)}
"""


@exporter("keras", suffix=".keras", takes=("part", "directions"))
def keras(graph: Graph, path: Path, config: ExportConfig) -> Written:
    """A file that keras.saving.load_model opens, without gan_cli where its layers are Keras's."""
    from gan_cli.networks.standard import is_standard

    network = graph.standard()
    network.save(path)
    alone = is_standard(network)

    def run(inputs: Arrays) -> Ran:
        imports = "import keras" if alone else "import gan_cli, keras"
        return running.run(path, imports, LOAD % list(graph.outputs), inputs, ours=not alone)

    note = "opens without gan_cli" if alone else "opens after import gan_cli"
    return Written(run, "Keras", note)
