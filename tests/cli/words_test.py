"""What people type who know other programs, and the way out that they are told."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import gan_cli
from tests.conftest import Command, one_line


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["loss=wgan"], "did you mean 'wasserstein'?"),
        (["loss=wgan-gp"], "did you mean 'wasserstein_gp'?"),
        (["loss=lsgan"], "did you mean 'least_squares'?"),
        (["model=wgan"], "did you mean 'wgan_gp'?"),
        (["model.z_dim=3"], "did you mean 'model.latent_dim'?"),
        (["outdir=x"], "did you mean 'run_dir'?"),
        (["ema=0.9"], "did you mean 'training.ema_decay'?"),
        (["steps=3"], "did you mean 'training.steps'?"),
        (["lr=3"], "did you mean 'optimizer.learning_rate'?"),
        (["+experiment=mnist_fast"], "give experiment=mnist_fast without the +"),
        (["mnist_fast"], "did you mean experiment=mnist_fast?"),
        (["r3gan"], "did you mean loss=r3gan or model=r3gan or schedule=r3gan?"),
        (["pictures"], "did you mean data=folder data.path=pictures?"),
        (["run"], "did you mean resume=run?"),
        (["nothing"], "or resume=RUN; --help has all"),
        (["seed=0,1", "-m", "optimizer.lr=1e-3"], "did you mean 'optimizer.learning_rate'?"),
    ],
)
def test_the_way_out(arguments: list[str], part: str, train: Command, tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "model.json").write_text("{}")
    result = train(*arguments)
    assert result.code == 2
    assert part in one_line(result)


def test_the_version_is_ours(train: Command, sample: Command) -> None:
    for command in (train, sample):
        result = command("--version")
        assert (result.code, result.out) == (0, f"gan_cli {gan_cli.__version__}\n")


def test_help_lists_the_groups_of_its_own_command(train: Command) -> None:
    groups = train("--help").out.partition("Groups:")[2].partition("Keys and defaults")[0]
    names = {line.partition(":")[0] for line in groups.splitlines() if ":" in line}
    assert {"model", "data", "loss", "experiment", "cluster", "logger"} <= names
    assert "edit" not in names


@pytest.mark.parametrize("key", ["", "checkpoint="])
def test_a_name_that_is_no_text_is_one_line(key: str, sample: Command, tmp_path: Path) -> None:
    name = os.fsdecode(b"p\xff\xfe")
    (tmp_path / name).mkdir()
    result = sample(f"{key}{name}")
    assert result.code == 2
    assert one_line(result) == (
        f"gan-sample: {key}p\\udcff\\udcfe: is not UTF-8; rename the file or folder"
    )
