"""The table of all options, for messages and for docs/options.md: read from the schema, so that it
cannot drift.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from gan_cli.config import schema as config
from gan_cli.data import DATA
from gan_cli.evaluation.evaluate import OF_MODELS
from gan_cli.metrics import METRICS
from gan_cli.metrics.extractors import EXTRACTORS
from gan_cli.models import MODELS
from gan_cli.objectives.options import loss_schema


@dataclass(frozen=True)
class Option:
    """A key, its line of description, and its default where the schema has one."""

    key: str
    text: str
    default: Any


def of(schema: type, section: str) -> list[Option]:
    """The options of one dataclass of the schema; `name` chooses it and is not among them."""
    fields = schema.__pydantic_fields__  # type: ignore[attr-defined]
    prefix = f"{section}." if section else ""
    return [
        Option(f"{prefix}{name}", field.description, field.default)
        for name, field in fields.items()
        if field.description
    ]


GROUPS = ("model", "data", "loss", "optimizer", "schedule", "augment")

HEAD = """# Options

Every key of every command, with the schema's default; `gan-train model=vae optimizer=sgd
--cfg job` shows those of a choice.
Written by `python -m gan_cli.cli.options > docs/options.md`.

"""


def train_options() -> dict[str, list[Option]]:
    """heading -> options of gan-train."""
    models = {f"model={name}": of(entry.options, "model") for name, entry in MODELS.items()}
    sets = {f"data={name}": of(entry.options, "data") for name, entry in DATA.items()}
    groups = {
        "loss": loss_schema(),
        "optimizer": config.Optimizer,
        "schedule": config.Schedule,
        "augment": config.Augment,
        "training": config.Training,
        "evaluation": config.Evaluation,
    }
    run = [
        *of(config.TrainConfig, ""),
        Option(
            "run_dir", "directory of the run, new or empty; null: runs/DATE/TIME-model-data", None
        ),
        Option("resume", "run directory to go on in", None),
    ]
    sweep = [
        *of(config.Sweep, "sweep"),
        *of(config.Processes, "hydra.launcher"),
        *of(config.Optuna, "hydra.sweeper"),
    ]
    return (
        models
        | sets
        | {name: _with_names(of(schema, name)) for name, schema in groups.items()}
        | {"run": run, "sweep": sweep}
    )


def all_keys() -> list[str]:
    """Every full key of gan-train, the groups themselves too."""
    keys = [option.key for options in train_options().values() for option in options]
    return list(
        dict.fromkeys([*GROUPS, "training", "evaluation", "experiment", "cluster", "sweep", *keys])
    )


def sample_options() -> list[Option]:
    """Options of gan-sample."""
    return [
        Option("checkpoint", "run directory of gan-train", "required"),
        *of(config.SampleConfig, ""),
    ]


def data_options() -> list[Option]:
    """Options that gan-data has beside those of gan-train."""
    return of(config.DataConfig, "")


def data_keys() -> list[str]:
    """Every key of the group data."""
    return list(
        dict.fromkeys(option.key for entry in DATA.values() for option in of(entry.options, "data"))
    )


def evaluate_options() -> list[Option]:
    """Options of gan-evaluate."""
    return _with_names(of(config.EvaluateConfig, ""))


def _with_names(options: list[Option]) -> list[Option]:
    """The options of an evaluator with the names that their catalogues have."""
    names = {"metrics": [*METRICS, *OF_MODELS], "extractor": list(EXTRACTORS)}
    return [
        replace(option, text=f"{option.text}; {', '.join(names[last])}")
        if (last := option.key.rpartition(".")[2]) in names
        else option
        for option in options
    ]


def plot_options() -> list[Option]:
    """Options of gan-plot."""
    runs, *others = of(config.PlotConfig, "")
    return [replace(runs, default="required"), *others]


def report_options() -> list[Option]:
    """Options of gan-report."""
    directory, *others = of(config.ReportConfig, "")
    return [replace(directory, default="required"), *others]


def as_markdown() -> str:
    """The page of all options: `python -m gan_cli.cli.options > docs/options.md` writes it."""
    tables = [_table(f"gan-train: `{name}`", options) for name, options in train_options().items()]
    others = {
        "gan-sample": sample_options(),
        "gan-data": data_options(),
        "gan-plot": plot_options(),
        "gan-evaluate": evaluate_options(),
        "gan-report": report_options(),
    }
    return HEAD + "\n".join([*tables, *(_table(name, options) for name, options in others.items())])


def _table(heading: str, options: list[Option]) -> str:
    rows = [
        f"| `{option.key}` | {_default(option.default)} | {option.text} |" for option in options
    ]
    return "\n".join([f"| {heading} | default | |", "| --- | --- | --- |", *rows, ""])


def _default(value: Any) -> str:
    """As YAML writes it; where the YAML of each option of a group has its own, the schema's stands
    here.
    """
    return f"`{json.dumps(value) if not isinstance(value, str) else value}`"


if __name__ == "__main__":
    print(as_markdown(), end="")
