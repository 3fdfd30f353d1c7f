"""All options, for messages and for docs/options.md: read from the schema, so that they cannot
drift.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

from gan_cli.config import commands, schema
from gan_cli.config.schema import GROUPS
from gan_cli.data import DATA
from gan_cli.editing import EDITS
from gan_cli.models import MODELS
from gan_cli.objectives.options import loss_schema
from gan_cli.training.hooks.loggers import LOGGERS


@dataclass(frozen=True)
class Option:
    """A key, its line of description, and its default where the schema has one."""

    key: str
    text: str
    default: Any


def of(options: type, section: str = "") -> list[Option]:
    """The options of one dataclass of the schema; `name` chooses it and is not among them."""
    prefix = f"{section}." if section else ""
    return [
        Option(
            f"{prefix}{name}",
            field.description,
            "required" if field.is_required() else field.default,
        )
        for name, field in options.__pydantic_fields__.items()  # type: ignore[attr-defined]
        if field.description
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
        "distribution": of(schema.Distribution, "distribution"),
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

Every key of every command with its default; `gan-train model=vae optimizer=sgd --cfg job` shows the
values of one choice. Where several models, data sets, edits or commands share a key, the first text
and default hold for all that are not named. `null` means none, or what the description says.
Written by `python -m gan_cli.cli.options > docs/options.md`.
"""


def as_markdown() -> str:
    """The page of all options."""
    parts = [HEAD]
    for group, catalogue in (("model", MODELS), ("data", DATA)):
        parts += [f"## gan-train: `{group}=`\n", *_chosen(group, catalogue, group)]
    for name, options in _sections().items():
        parts += [f"## gan-train: `{name}`\n", _table(_with_names(options))]
    return "\n".join([*parts, *_of_commands(), "## gan-edit: `edit=`\n", *_chosen("edit", EDITS)])


def _of_commands() -> Iterator[str]:
    """A part for each command; keys that say the same in several come first, with their names."""
    keyed = {name: _with_names(of(command), command) for name, command in COMMANDS.items()}
    said = Counter((option.key, option.text) for options in keyed.values() for option in options)
    common = {
        name: [option for option in options if said[option.key, option.text] > 1]
        for name, options in keyed.items()
    }
    yield "## Keys of several commands\n"
    yield _merged(common)
    for name, options in keyed.items():
        yield f"## {name}\n"
        if common[name]:
            also = ", ".join(f"`{option.key}`" for option in common[name])
            yield f"Also {also}: [above](#keys-of-several-commands).\n"
        if own := [option for option in options if option not in common[name]]:
            yield _table(own)


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


def _chosen(group: str, catalogue: Mapping[str, Any], section: str = "") -> Iterator[str]:
    """What can be chosen, and then the keys of all of them."""
    entries = {name: entry for name, entry in catalogue.items() if entry.plugin is None}
    rows = [f"| `{name}` | {entry.summary} |" for name, entry in entries.items()]
    yield "\n".join([f"| `{group}=` | |", "| --- | --- |", *rows, ""])
    keyed = {name: of(entry.options, section) for name, entry in entries.items()}
    yield _merged(keyed)


def _merged(keyed: Mapping[str, list[Option]]) -> str:
    """A row for each key, those that most have first."""
    found: dict[str, dict[str, Option]] = {}
    for name, options in keyed.items():
        for option in options:
            found.setdefault(option.key, {})[name] = option
    rows = []
    for key, by_name in sorted(found.items(), key=lambda item: -len(item[1])):
        defaults = _alike({name: _default(each.default) for name, each in by_name.items()})
        texts = _alike({name: each.text for name, each in by_name.items()})
        whose = _whose(list(by_name), list(keyed))
        rows.append(f"| `{key}` | {defaults} | {whose} | {texts} |")
    return "\n".join(["| key | default | of | |", "| --- | --- | --- | --- |", *rows, ""])


def _whose(names: list[str], of_all: list[str]) -> str:
    """Who has a key, as short as it can be said."""
    others = [name for name in of_all if name not in names]
    if not others:
        return "all"
    short = len(others) <= 3 and len(names) > 6
    return f"all but {', '.join(others)}" if short else ", ".join(names)


def _alike(texts: Mapping[str, str]) -> str:
    """A cell for what several names say: each with its names, but what most of them say."""
    groups: dict[str, list[str]] = {}
    for name, text in texts.items():
        groups.setdefault(text, []).append(name)
    lines: list[str] = []
    for text, names in sorted(groups.items(), key=lambda item: -len(item[1])):
        first = len(groups) == 1 or (len(names) * 2 >= len(texts) and not lines)
        lines.append(text if first else f"**{', '.join(names)}:** {text}")
    return "<br>".join(lines)


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
