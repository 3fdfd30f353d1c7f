"""What to do with a run that has just ended."""

from __future__ import annotations

import re
import shlex

from gan_cli.base.spec import DataSpec
from gan_cli.config.schema import TrainConfig
from gan_cli.models import needs
from gan_cli.runs import checkpoint, ranking
from gan_cli.runs.rundir import RunDirectory


def next_commands(run: RunDirectory, config: TrainConfig, spec: DataSpec) -> list[str]:
    """Three commands that fit a run: pictures of what it can be asked for, scores, and either a
    longer training or, where its best step is past, the curves that show when it was."""
    path, best = str(run.path), next(iter(ranking.ranked(run.checkpoints)), None)
    newest = checkpoint.steps(run.checkpoints)[0]
    is_past = best is not None and best.step < newest
    third = ["gan-plot", path] if is_past else ["gan-train", f"resume={path}", _longer(run, config)]
    commands = [["gan-sample", path, *_asked(config, spec)], ["gan-evaluate", path], third]
    return [shlex.join(command) for command in commands]


def _asked(config: TrainConfig, spec: DataSpec) -> list[str]:
    """What this model can be asked for."""
    needed = needs(config.model)
    if "captions" in needed and spec.captions:
        return [f'prompt="{spec.captions[0]}"']
    if "labels" in needed:
        name = next(iter(spec.class_names), "")
        return [f"labels=[{name if re.fullmatch('[A-Za-z][A-Za-z0-9_]*', name) else 0}]"]
    if spec.sequence_length:
        return ["format=gif"]
    return ["codes=[[0],[1]]"] if hasattr(config.model, "codes") else []


def _longer(run: RunDirectory, config: TrainConfig) -> str:
    if config.training.epochs is not None:
        return f"training.epochs={2 * config.training.epochs}"
    return (
        f"training.steps={2 * run.read_config()['training']['steps']}"  # minutes have become them
    )
