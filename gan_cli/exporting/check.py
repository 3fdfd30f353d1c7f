"""What is asked of an export, held against the format and model.json before TensorFlow is
imported.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from gan_cli.base.errors import ConfigError, unknown
from gan_cli.config.commands import ExportConfig
from gan_cli.exporting.formats import FORMATS, FormatEntry
from gan_cli.models import MODELS, needs
from gan_cli.runs.rundir import ModelCard

OF_SOME = ("part", "quantize", "directions", "runtime", "license", "push")
"""Keys that not every format takes."""


def check(config: ExportConfig, card: ModelCard) -> FormatEntry:
    """The format that is asked for.

    Raises:
        ConfigError: there is none of that name, or it does not go with another key, the model or
            what is installed.
    """
    if config.format not in FORMATS:
        raise ConfigError(unknown("format", config.format, list(FORMATS)))
    entry = FORMATS[config.format]
    for key in OF_SOME:
        value, default = getattr(config, key), ExportConfig.__pydantic_fields__[key].default  # type: ignore[attr-defined]
        if value != default and key not in entry.takes:
            others = [name for name in FORMATS if key in FORMATS[name].takes]
            raise ConfigError(f"{key}={value} goes with format={', '.join(others)}")
    if config.truncation is not None:
        _check_truncation(config, card)
    if config.steps is not None and "sequences" not in needs(card.model):
        raise ConfigError(
            f"steps={config.steps}: model={card.model.name} makes single images, which have no "
            "frames"
        )
    if MODELS[card.model.name].fills:
        raise ConfigError(
            f"model={card.model.name} fills holes, and exports are given latents alone: "
            "gan_cli.load(RUN).model.networks['generator'] is a Keras model of pictures and holes"
        )
    if "captions" in needs(card.model) and not entry.captions:
        others = [name for name in FORMATS if FORMATS[name].captions]
        raise ConfigError(
            f"format={entry.name} has no place for captions, which model={card.model.name} is told "
            f"(format={', '.join(others)} have)"
        )
    if config.directions is not None and config.part != "generator":
        raise ConfigError("directions= is of the generator; leave part= out")
    for module in entry.requires:
        if find_spec(module) is None:
            raise ConfigError(
                f"format={entry.name} needs {module}: pip install 'gan_cli[{entry.extra}]'"
            )
    return entry


def place(config: ExportConfig, entry: FormatEntry, name: str) -> Path:
    """Where it goes: never over what is there, unless that is asked for.

    Args:
        name: of the file, where none is given, without its suffix.

    Raises:
        ConfigError: it cannot go there.
    """
    path = Path(config.output or f"{name}{entry.suffix or f'-{entry.name}'}")
    if entry.suffix and path.suffix != entry.suffix:
        raise ConfigError(f"output={path}: format={entry.name} writes a file {entry.suffix}")
    if path.exists() and not config.overwrite:
        raise ConfigError(f"output={path} exists already; give another output=, or overwrite=true")
    if path.exists() and path.is_dir() == bool(entry.suffix):
        kind = "folder" if path.is_dir() else "file"
        raise ConfigError(f"output={path} is a {kind}, which is not replaced")
    if not path.absolute().parent.is_dir():
        raise ConfigError(f"output={path}: no directory {path.parent}")
    return path


def _check_truncation(config: ExportConfig, card: ModelCard) -> None:
    name = card.model.name
    if config.part != "generator":
        raise ConfigError("truncation= is of the generator; leave part= out")
    if not MODELS[name].styles:
        raise ConfigError(
            f"truncation={config.truncation:g}: model={name} truncates its latents, which are an "
            "input of what is exported; leave truncation out"
        )
