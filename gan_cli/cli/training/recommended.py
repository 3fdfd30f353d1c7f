"""What a model's YAML sets outside the model: settings that it recommends, said when they apply."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf

from gan_cli.base.nested import flatten
from gan_cli.cli.hydra.source import PACKAGE

OVERRIDE = "override /"


def recommended(composed: DictConfig) -> str | None:
    """One line with the settings of its model's YAML that hold in a configuration; None: none."""
    choices = HydraConfig.get().runtime.choices
    file = files(PACKAGE).joinpath("model", f"{choices.get('model')}.yaml")
    if not file.is_file():
        return None
    given: dict[str, Any] = OmegaConf.to_container(OmegaConf.create(file.read_text("utf-8")))  # type: ignore[assignment]
    if "model" not in given:  # it sets nothing else
        return None
    groups = {
        key.removeprefix(OVERRIDE): name
        for entry in given.get("defaults", [])
        for key, name in entry.items()
        if key.startswith(OVERRIDE)
    }
    holding = [f"{group}={name}" for group, name in groups.items() if choices.get(group) == name]
    others = {key: given[key] for key in given if key not in ("defaults", "model")}
    for key, value in flatten(others).items():
        if key.endswith("every"):
            continue  # when something is written changes no result
        if key == "training.steps" and composed.training.minutes is not None:
            continue
        if OmegaConf.select(composed, key) == value:
            holding.append(f"{key}={value:g}" if isinstance(value, float) else f"{key}={value}")
    return f"set by model={choices.model}: {' '.join(holding)}" if holding else None
