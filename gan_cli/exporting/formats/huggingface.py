"""A folder as the Hugging Face Hub has it: a model card, weights in two formats, samples."""

from __future__ import annotations

from dataclasses import asdict
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from gan_cli.base import files, images, pages
from gan_cli.base.errors import ConfigError, ExportError
from gan_cli.base.lazy import np
from gan_cli.base.terminal import printable
from gan_cli.config.commands import ExportConfig
from gan_cli.exporting.formats import Arrays, Ran, Written, exporter
from gan_cli.exporting.formats.keras import keras
from gan_cli.sampling.control import class_grid, class_names

if TYPE_CHECKING:
    from gan_cli.exporting.graph import Graph

CARD = Path(__file__).with_name("model_card.md")
SAMPLES, SEQUENCES = 64, 8
SUMMARIES = {
    False: "A generator of images {size}, trained on `{data}`.",
    True: "A generator of image sequences of {length} frames {size}, trained on `{data}`.",
}


def check(config: ExportConfig) -> None:
    """Whether it can be sent where `push` says.

    Raises:
        ConfigError: without the extra hf, or without a token.
    """
    if config.push is None:
        return
    if find_spec("huggingface_hub") is None:
        raise ConfigError("push= needs huggingface_hub: pip install 'gan_cli[hf]'")
    from huggingface_hub import get_token

    if get_token() is None:
        raise ConfigError(
            f"push={config.push}: no token of the Hub on this machine: hf auth login, or set "
            "HF_TOKEN"
        )


@exporter("huggingface", suffix="", takes=("license", "push"), captions=False, check=check)
def huggingface(graph: Graph, path: Path, config: ExportConfig) -> Written:
    """README.md, model.keras, model.safetensors, config.json and samples.png."""
    path.mkdir()
    written = keras(graph, path / "model.keras", config)
    weights = path / "model.safetensors"
    _save_weights(graph, weights)
    about = asdict(graph.about)
    images.save_png(path / "samples.png", _samples(graph), about.pop("texts"))
    files.write_json(path / "config.json", {**about, "gan_cli": version("gan_cli")})
    (path / "README.md").write_text(_card(graph, written, config) + "\n", encoding="utf-8")

    def run(inputs: Arrays) -> Ran:
        _compare_weights(graph, weights)
        return written.run(inputs)

    note = "README.md to complete" if config.license is None else "with its model card"
    send = None if config.push is None else lambda kept: _push(kept, str(config.push))
    return Written(run, written.runtime, note, send)


def _samples(graph: Graph) -> np.ndarray:
    """A grid; of classes each has a row."""
    count, columns = SEQUENCES if graph.about.data.sequence_length else SAMPLES, None
    inputs, names = graph.draw(count), list[str]()
    if "labels" in inputs:
        classes, columns = class_grid(count, graph.about.data.num_classes)
        names = class_names(graph.about.data, range(classes))
        repeats = (classes, *[1] * (inputs["latents"].ndim - 1))
        inputs = {
            "latents": np.tile(inputs["latents"][:columns], repeats),
            "labels": np.repeat(np.arange(classes), columns),
        }
    return images.named(images.to_uint8(graph.run(inputs)["images"]), columns, names)


def _save_weights(graph: Graph, path: Path) -> None:
    from safetensors.numpy import save_file

    arrays = {each.path: np.asarray(each.numpy()) for each in graph.network.variables}
    save_file({name: np.array(value, order="C") for name, value in arrays.items()}, path)
    path.chmod(0o644)  # it is made for its owner alone


def _compare_weights(graph: Graph, path: Path) -> None:
    from safetensors.numpy import load_file

    arrays = load_file(path)
    if not all(np.array_equal(arrays[each.path], each.numpy()) for each in graph.network.variables):
        raise ExportError(f"{path.name} holds other weights than the network")


def _card(graph: Graph, written: Written, config: ExportConfig) -> str:
    about, data = graph.about, graph.about.data
    size = f"{data.height}x{data.width}x{data.channels}"
    summary = SUMMARIES[bool(data.sequence_length)].format(
        size=size, data=about.data_name, length=data.sequence_length
    )
    inputs = "Latents are drawn from the standard normal distribution; images are in [-1, 1]."
    if "labels" in graph.inputs:
        inputs += " Labels are the numbers of classes, from 0."
    return pages.render(
        CARD,
        about=about,
        version=version("gan_cli"),
        license=config.license,
        summary=summary,
        snippet=_snippet(graph, written),
        inputs=inputs,
        opens=f"`model.keras` {written.note}.",
        classes=[printable(name) for name in data.class_names[:100]],
    )


def _snippet(graph: Graph, written: Written) -> str:
    """Lines of Python that draw images in the folder."""
    from markupsafe import Markup

    shape = ", ".join(map(str, graph.inputs["latents"].shape[1:]))
    lines = ["import keras", "import numpy as np"]
    if "gan_cli" in written.note and "without" not in written.note:
        lines.insert(0, "import gan_cli  # pip install gan_cli: the network has layers of its own")
    given = "latents"
    lines += ["", 'generator = keras.saving.load_model("model.keras")']
    lines += [
        f"latents = np.random.default_rng(0).standard_normal((16, {shape}), dtype=np.float32)"
    ]
    if "labels" in graph.inputs:
        given = "[latents, labels]"
        lines += [f"labels = np.arange(16) % {graph.about.data.num_classes}"]
    made = ", ".join(map(str, graph.outputs["images"].shape))
    lines += [f"images = np.asarray(generator({given}, training=False))  # [{made}] in [-1, 1]"]
    first = "images[0, 0]" if graph.about.data.sequence_length else "images[0]"
    lines += [f'keras.utils.save_img("image.png", ({first} + 1) * 127.5, scale=False)']
    return Markup("\n".join(lines))


def _push(folder: Path, where: str) -> str:
    """Send the folder; what is said of it."""
    from huggingface_hub import HfApi

    try:
        api = HfApi()
        api.create_repo(where, exist_ok=True)
        api.upload_folder(repo_id=where, folder_path=folder)
    except Exception as error:  # of httpx and of the Hub: no network, no right, a bad token
        reason = (str(error).strip() or type(error).__name__).splitlines()[0][:200]
        raise ExportError(
            f"push={where}: {reason}; {folder} is whole and can be sent later"
        ) from None
    return f"sent to https://huggingface.co/{where}"
