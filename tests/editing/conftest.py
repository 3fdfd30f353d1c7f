"""Runs of two steps on 8x8 digits: the networks are as they began, which edits do not mind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import gan_cli
from gan_cli import Run

from ..conftest import command_fixture

SMALL: dict[str, dict[str, Any]] = {
    "dcgan": {"width": 4, "latent_dim": 6},
    "vae": {"architecture": "dense", "hidden": 32, "latent_dim": 6},
    "cgan": {"width": 4, "latent_dim": 6},
    "style_gan": {"width": 2, "latent_dim": 4, "path_length": 0.0, "style_mixing": 0.0},
    "told_style_gan": {"name": "style_gan", "conditional": True, "width": 2, "latent_dim": 4},
    "template": {},
}
Runs = Callable[[str], Run]


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """A run of each model, trained when it is first asked for."""
    folder = tmp_path_factory.mktemp("editing")

    def run(name: str) -> Run:
        path = folder / name
        if not path.exists():
            training = {"steps": 2, "batch_size": 8, "precision": "float32", "preview_count": 4}
            settings = {"model": SMALL[name], "training": training, "evaluation": {"every": None}}
            model = dict(settings.pop("model"))
            network = model.pop("name", name)
            keys = {f"model.{key}": value for key, value in model.items()}
            more = {"data.name": "digits", "data.size": 8, **keys}
            gan_cli.train(model=network, run_dir=path, say=None, **settings, **more)
        return gan_cli.load(path)

    return run


edit = command_fixture("edit")


def psnr(first: np.ndarray, second: np.ndarray) -> float:
    """Of all images together, in dB."""
    error = ((first.astype(float) - second.astype(float)) ** 2).mean()
    return float(10.0 * np.log10(255.0**2 / max(error, 1e-9)))
