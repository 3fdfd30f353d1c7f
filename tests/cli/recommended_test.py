"""What a model's YAML sets in other groups is said, where it holds."""

from __future__ import annotations

from pathlib import Path

import pytest
from hydra import compose, initialize_config_module
from hydra.core.hydra_config import HydraConfig

from gan_cli.cli.training.recommended import recommended


@pytest.mark.parametrize(
    ("overrides", "line"),
    [
        (
            ["model=dcgan", "training.steps=7"],
            "set by model=dcgan: optimizer=adam_narrow schedule=linear training.batch_size=16",
        ),
        (["model=vae"], "set by model=vae: optimizer=adam_vae"),
        (["model=vae", "optimizer=adam"], None),
        (
            ["model=wgan_gp"],
            "set by model=wgan_gp: loss=wasserstein_gp optimizer=adam_gp",
        ),
        (["model=wgan_gp", "loss=hinge"], "set by model=wgan_gp: optimizer=adam_gp"),
        (
            ["model=template", "training.log_every=7"],
            "set by model=template: training.steps=100",
        ),
        (["model=template", "training.steps=7"], None),
        (["experiment=mnist_vae"], "set by model=vae: optimizer=adam_vae"),
    ],
)
def test_settings_that_hold(overrides: list[str], line: str | None) -> None:
    with initialize_config_module("gan_cli.configs", version_base="1.3"):
        composed = compose("train", overrides, return_hydra_config=True)
        HydraConfig.instance().set_config(composed)
    assert recommended(composed) == line


def test_the_guide_shows_the_line_of_the_first_run() -> None:
    with initialize_config_module("gan_cli.configs", version_base="1.3"):
        composed = compose("train", [], return_hydra_config=True)
        HydraConfig.instance().set_config(composed)
    page = (Path(__file__).parents[2] / "docs" / "start.md").read_text(encoding="utf-8")
    assert f"```text\n{recommended(composed)}\n" in page


def test_a_number_is_written_as_one_types_it() -> None:
    with initialize_config_module("gan_cli.configs", version_base="1.3"):
        composed = compose("train", ["model=sequence_gan"], return_hydra_config=True)
        HydraConfig.instance().set_config(composed)
    line = recommended(composed)
    assert line is not None
    assert "optimizer.learning_rate=0.0002 " in line
    assert "optimizer.players.generator.learning_rate=0.002 " in line
    assert line.endswith("training.batch_size=8")
