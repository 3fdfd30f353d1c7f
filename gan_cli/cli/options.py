"""All options, for messages and for docs/options.md: read from the schema, so that they cannot
drift.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from inspect import get_annotations
from typing import Any

from gan_cli.config import commands, schema
from gan_cli.config.schema import GROUPS
from gan_cli.data import DATA
from gan_cli.editing import EDITS
from gan_cli.models import MODELS
from gan_cli.objectives.options import loss_schema
from gan_cli.training.loggers import LOGGERS


@dataclass(frozen=True)
class Option:
    """A key, its line of description, and its default where the schema has one."""

    key: str
    text: str
    default: Any


def of(options: type, section: str = "", own: bool = False) -> list[Option]:
    """The options of one dataclass of the schema; `name` chooses it and is not among them.

    Args:
        own: only those that the class itself states, without what it inherits.
    """
    prefix = f"{section}." if section else ""
    stated = get_annotations(options)
    return [
        Option(
            f"{prefix}{name}",
            field.description,
            "required" if field.is_required() else field.default,
        )
        for name, field in options.__pydantic_fields__.items()  # type: ignore[attr-defined]
        if field.description and (not own or name in stated)
    ]


def keys(options: type) -> list[str]:
    """The keys of a command's own schema."""
    return list(options.__pydantic_fields__)  # type: ignore[attr-defined]


def all_keys(meant: str = "") -> list[str]:
    """Every full key of gan-train, the groups themselves too.

    Args:
        meant: an unknown key; where it is clearly meant for a section that no name chooses, those
            of models and data sets are left out, whose files take a while to be imported.
    """
    sections = [option.key for options in _sections().values() for option in options]
    alone = [*GROUPS, "training", "evaluation", "experiment", "cluster", "sweep", "logger"]
    section, _, last = meant.rpartition(".")
    if any(f"{near}.{last}" in sections for near in get_close_matches(section, alone, 1, 0.8)):
        return list(dict.fromkeys([*alone, *sections]))
    named = [
        option.key
        for group, catalogue in (("model", MODELS), ("data", DATA))
        for entry in catalogue.values()
        for option in of(entry.options, group)
    ]
    return list(dict.fromkeys([*alone, *named, *sections]))


def evaluate_keys(meant: str = "") -> list[str]:
    """Every key of gan-evaluate, those of data sets too."""
    sets = (option.key for entry in DATA.values() for option in of(entry.options, "data"))
    return list(dict.fromkeys([*keys(commands.EvaluateConfig), "data", *sets]))


def edit_keys(meant: str = "") -> list[str]:
    """Every key of gan-edit; those of edits too, unless one of them is meant, of an edit that is
    not chosen.
    """
    own = [key for entry in EDITS.values() for key in keys(entry.options)]
    common = keys(commands.EditConfig)
    return common if meant in own else list(dict.fromkeys([*common, *own]))


def _sections() -> dict[str, list[Option]]:
    """heading -> the options of gan-train that no name chooses."""
    return {
        "loss": of(loss_schema(), "loss"),
        "optimizer": of(schema.Optimizer, "optimizer"),
        "schedule": of(schema.Schedule, "schedule"),
        "augment": of(schema.Augment, "augment"),
        "training": of(schema.Training, "training"),
        "evaluation": of(schema.Evaluation, "evaluation"),
        "run": [*of(schema.TrainConfig), *of(commands.TrainCommand)],
        "logger": [
            option
            for name, entry in LOGGERS.items()
            if entry.plugin is None
            for option in of(entry.options, f"logger.{name}")
        ],
        "sweep": [
            *of(commands.Sweep, "sweep"),
            *of(commands.Processes, "hydra.launcher"),
            *of(commands.Optuna, "hydra.sweeper"),
        ],
    }


COMMANDS = {
    "gan-sample": commands.SampleConfig,
    "gan-export": commands.ExportConfig,
    "gan-data": commands.DataConfig,
    "gan-plot": commands.PlotConfig,
    "gan-evaluate": commands.EvaluateConfig,
    "gan-report": commands.ReportConfig,
    "gan-edit": commands.EditConfig,
    "gan-runs": commands.RunsConfig,
    "gan-watch": commands.WatchConfig,
}

HEAD = """# Options

Every key of every command, with the schema's default; `gan-train model=vae optimizer=sgd
--cfg job` shows those of a choice.
Written by `python -m gan_cli.cli.options > docs/options.md`.
"""


def as_markdown() -> str:
    """The page of all options."""
    parts = [HEAD]
    for group, catalogue in (("model", MODELS), ("data", DATA)):
        parts += [f"## gan-train: `{group}=`\n", *_chosen(group, catalogue)]
    for name, options in _sections().items():
        parts += [f"## gan-train: `{name}`\n", _table(_with_names(options))]
    for name, command in COMMANDS.items():
        parts += [f"## {name}\n", _table(_with_names(of(command), command))]
    parts += ["## gan-edit: `edit=`\n", *_chosen("edit", EDITS, "")]
    return "\n".join(parts)


def _with_names(options: list[Option], command: type | None = None) -> list[Option]:
    """The options of a command with the names that their catalogues have."""
    from gan_cli.evaluation.evaluate import OF_MODELS  # scipy too, which help does without
    from gan_cli.exporting.formats import FORMATS
    from gan_cli.metrics import METRICS
    from gan_cli.metrics.extractors import EXTRACTORS

    names = {"metrics": [*METRICS, *OF_MODELS], "extractor": list(EXTRACTORS)}
    if command is commands.ExportConfig:
        names["format"] = list(FORMATS)
    return [
        replace(option, text=f"{option.text}; {', '.join(names[last])}")
        if (last := option.key.rpartition(".")[2]) in names
        else option
        for option in options
    ]


def _chosen(group: str, catalogue: Mapping[str, Any], section: str | None = None) -> Iterator[str]:
    """A part for each class of options: what several entries share is explained once.

    Args:
        section: of their keys; None: that of the group.
    """
    section = group if section is None else section
    entries = {entry.options: name for name, entry in catalogue.items() if entry.plugin is None}
    shared = dict.fromkeys(
        base for options in entries for base in _bases(options) if base not in entries
    )
    titles = {options: f"`{group}={name}`" for options, name in entries.items()}
    titles |= {base: _title(base) for base in shared}
    for options in [*entries, *shared]:
        yield f"### {titles[options]}\n"
        if options in entries:
            yield f"{catalogue[entries[options]].summary}\n"
        if above := [titles[base] for base in _bases(options)]:
            yield f"With the keys of {' and of '.join(above)}.\n"
        if own := of(options, section, own=True):
            yield _table(own)


def _bases(options: type) -> list[type]:
    return [base for base in options.__bases__ if hasattr(base, "__pydantic_fields__")]


def _title(base: type) -> str:
    """What its docstring says that it holds."""
    line = (base.__doc__ or base.__name__).partition("\n")[0].rstrip(".")
    return line.removeprefix("Options of ").partition(", which")[0]


def _table(options: list[Option]) -> str:
    rows = [
        f"| `{option.key}` | {_default(option.default)} | {option.text} |" for option in options
    ]
    return "\n".join(["| key | default | |", "| --- | --- | --- |", *rows, ""])


def _default(value: Any) -> str:
    """As YAML writes it; where the YAML of each option of a group has its own, the schema's stands
    here.
    """
    return f"`{json.dumps(value) if not isinstance(value, str) else value}`"


if __name__ == "__main__":
    print(as_markdown(), end="")
