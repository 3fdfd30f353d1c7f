"""What printed commands are given beside what is printed, so that they take a second; later keys
count.
"""

from __future__ import annotations

import re
import shlex
from functools import cache
from typing import Any

from omegaconf import DictConfig, OmegaConf

from tests import printed

TRAIN: dict[str, Any] = {
    **{"training.steps": 2, "training.epochs": "null", "training.minutes": "null"},
    **{"training.batch_size": 8, "training.precision": "float32", "training.threads": "null"},
    **{"training.log_every": 2, "training.preview_every": 2, "training.checkpoint_every": 2},
    **{"training.preview_count": 4, "evaluation.every": "null", "evaluation.count": 16},
    **{"evaluation.final_count": "null", "data.count": 48, "data.frames": 3},
    **{"model.width": 4, "model.discriminator_width": 4, "model.latent_dim": 6},
    **{"model.hidden": 16, "model.bottleneck": 8, "model.mapping_depth": 2},
    **{"model.state_channels": 4, "model.text_units": 16, "model.embedding_dim": 8},
    **{"model.condition_dim": 8, "model.recognition_width": 8},
}
"""For the keys that a command's model and data have."""
HALVED = {"training.steps": 4, "evaluation.every": 2, "evaluation.extractor": "random"}
TRIALS = {"hydra.sweeper.n_trials": 2}
RESUMED = {"training.steps": 4}
SIZES = {"moving_mnist": 32}
"""Sides of images that are no 16 pixels, where a command or its data names any."""
OTHERS: dict[str, dict[str, Any]] = {
    "gan-data": {"steps": 2},
    "gan-sample": {"count": 8},
    "gan-evaluate": {"count": 16, "split": "train"},
    "gan-edit": {"steps": 2, "starts": 1, "frames": 2, "count": 4},
    "gan-export": {"steps": 4},
    "gan-watch": {"port": "null"},
}
CLUSTERS = ("cluster=slurm", "cluster=ray")


def arguments(command: str) -> list[str]:
    """Those of a command, as printed, and what makes it small."""
    name, *given = shlex.split(command)
    if {"--help", "--cfg"} & {*given}:
        return given
    if {*CLUSTERS} & {*given}:  # processes of this machine stand in
        given = [each for each in given if not each.startswith((*CLUSTERS, "hydra.launcher."))]
    return [*given, *(f"{key}={value}" for key, value in _wishes(name, given).items())]


def _wishes(name: str, arguments: list[str]) -> dict[str, Any]:
    given = printed.given_to(shlex.join([name, *arguments]))
    keys = {each.partition("=")[0] for each in given}
    if "resume" in keys:
        return RESUMED
    runs = printed.values(given) if "-m" in arguments else [[each] for each in given]
    kept = {each[0].partition("=")[0] for each in runs if len(each) > 1}
    kept |= {"steps"} & keys if name == "gan-data" else set()  # 0: none are timed
    kept |= {"steps"} - keys if name == "gan-export" else set()  # of sequences alone
    groups = [each[0] for each in runs if not re.match(r"[^=]*\.", each[0])]
    has = _composed(
        name, *([] if "--config-dir" in arguments else groups)
    )  # not files of one's own
    wishes = TRAIN if name in ("gan-train", "gan-data") else {}
    wishes = wishes | OTHERS.get(name, {}) | (HALVED if "sweep.halving" in keys else {})
    wished = {key: value for key, value in wishes.items() if _has(has, key) and key not in kept}
    if name == "gan-evaluate" and "metrics" not in keys:
        wished["metrics"] = "[frechet]"
    size = next((each[0] for each in runs if each[0].startswith("data.size=")), None)
    if re.fullmatch(r"data\.size=\d+", size or f"data.size={OmegaConf.select(has, 'data.size')}"):
        wished["data.size"] = SIZES.get(has.data.name, 16)
    return wished | (TRIALS if "hydra/sweeper=optuna" in given else {})


@cache
def _composed(name: str, *overrides: str) -> DictConfig:
    return printed.composed(name, list(overrides))


def _has(composed: DictConfig, key: str) -> bool:
    missing = object()
    return OmegaConf.select(composed, key, default=missing) is not missing
