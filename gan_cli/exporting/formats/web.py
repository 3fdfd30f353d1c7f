"""A page that draws images in any browser: the network and ONNX Runtime Web in one HTML file.

The runtime is no part of gan_cli: 14 MB of WebAssembly, 3.7 MB compressed, which few need. It is
downloaded once from npm, as published and by its SHA-256, or given as `runtime=`.
"""

from __future__ import annotations

import base64
import gzip
import re
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from gan_cli.base import pages
from gan_cli.base.download import Download
from gan_cli.base.published import Published, find, sha256, verify
from gan_cli.config.commands import ExportConfig
from gan_cli.exporting import browser
from gan_cli.exporting.formats import Written, exporter
from gan_cli.exporting.formats.onnx import of_file, save
from gan_cli.sampling import directions

if TYPE_CHECKING:
    from markupsafe import Markup

    from gan_cli.exporting.about import About
    from gan_cli.exporting.graph import Graph

TEMPLATE = Path(__file__).with_name("page.html")
VERSION = "1.30.0"
RUNTIME = Published(
    "onnxruntime-web",
    (f"onnxruntime-web-{VERSION}.tgz",),
    Download(
        f"https://registry.npmjs.org/onnxruntime-web/-/onnxruntime-web-{VERSION}.tgz",
        "d2228df7e4616bc3348bf504ee888f3bec43789a273f0a63f3e68d203ce3bf71",
        64 * 1024**2,
    ),
)
SCRIPT, WASM = "package/dist/ort.wasm.bundle.min.mjs", "package/dist/ort-wasm-simd-threaded.wasm"
EXAMPLES = 6
"""Captions of the data that the page offers, about."""
EXPORTS = re.compile(r"export\{([^}]*)\};\s*(//# sourceMappingURL=.*)?\s*$")


def check(config: ExportConfig) -> None:
    """Look for the runtime, or download it.

    Raises:
        DataError: it is nowhere.
    """
    _runtime(config)


@exporter(
    "web",
    suffix=".html",
    requires=("tf2onnx", "onnxruntime"),
    takes=("runtime", "directions"),
    converts=True,
    check=check,
)
def web(graph: Graph, path: Path, config: ExportConfig) -> Written:
    """One HTML file that needs no network."""
    with TemporaryDirectory() as folder:
        network = Path(folder) / "network.onnx"
        save(graph, network)
        model = network.read_bytes()
    script, wasm = _parts(_runtime(config))
    page = _page(graph, config, script, wasm, model)
    path.write_text(page, encoding="utf-8")
    found = browser.find()
    if found is None:
        note = "no Chromium or Chrome on the PATH: the page was not opened, its network alone run"
        return Written(of_file(model, graph.outputs), "ONNX Runtime", note)
    return Written(
        lambda inputs: browser.run(found, page, inputs, graph.outputs["images"].shape),
        found.stem,
        "one page",
    )


def _runtime(config: ExportConfig) -> Path:
    path = find(RUNTIME, config.runtime, "format=web", "give runtime=FILE")
    verify(RUNTIME, sha256(path), path)
    return path


def _parts(path: Path) -> tuple[str, bytes]:
    """The script, which makes its names global instead of exporting them, and the WebAssembly."""
    with tarfile.open(path) as archive:
        script, wasm = (archive.extractfile(name).read() for name in (SCRIPT, WASM))  # type: ignore[union-attr]
    return EXPORTS.sub(_as_global, script.decode()), wasm


def _as_global(found: re.Match[str]) -> str:
    """`export{a as Tensor};` of a module that a page holds cannot be imported by another one."""
    names = (each.split(" as ") for each in found[1].split(","))
    return f"globalThis.ort={{{','.join(f'{theirs}:{ours}' for ours, theirs in names)}}};"


def _page(graph: Graph, config: ExportConfig, script: str, wasm: bytes, model: bytes) -> str:
    from markupsafe import Markup

    about = graph.about
    return pages.render(
        TEMPLATE,
        title=about.run,
        about=_sentence(about),
        version=VERSION,
        facts=_facts(graph, config),
        wasm=_packed(wasm),
        model=_packed(model),
        runtime=Markup(script),
    )


def _facts(graph: Graph, config: ExportConfig) -> dict[str, Any]:
    """What the page's script is told."""
    data, shape = graph.about.data, graph.outputs["images"].shape[1:]
    classes = data.class_names or [str(each) for each in range(data.num_classes)]
    told = "captions" in graph.inputs
    moved = config.directions if "strengths" in graph.inputs else None
    return {
        "name": graph.about.run,
        "inputs": {
            name: {"type": each.dtype.name, "shape": each.shape[1:]}
            for name, each in graph.inputs.items()
        },
        "image": shape if len(shape) == 4 else (1, *shape),
        "classes": classes if "labels" in graph.inputs else [],
        "directions": directions.names(moved, graph.inputs["strengths"].shape[1]) if moved else [],
        "vocabulary": data.vocabulary if told else [],
        "captions": data.captions[:: max(1, len(data.captions) // EXAMPLES)] if told else [],
    }


def _sentence(about: About) -> str:
    return f"model={about.model}, trained on {about.data_name}, step {about.step:,}."


def _packed(content: bytes) -> Markup:
    """gzip in base64."""
    from markupsafe import Markup

    return Markup(base64.b64encode(gzip.compress(content, 9, mtime=0)).decode())
