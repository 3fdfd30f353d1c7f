"""Replicas: ten steps on two are ten steps on one, for every model and all that is a mean."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from gan_cli.models import MODELS

FIRST = "dcgan"
TOLERANCE = 1e-3
"""Adam makes steps of its own size of a gradient that is 0 but for rounding, as that of a bias
before a normalization is; all else agrees to 1e-5.
"""


def compared(name: str, *overrides: str, count: int = 2) -> dict[str, Any]:
    """What `on_replicas` says; it has a process of its own, whose processor is several devices."""
    command = [
        sys.executable,
        "-m",
        "tests.training.distributed.on_replicas",
        str(count),
        name,
        *overrides,
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.slow
@pytest.mark.parametrize("name", MODELS)
def test_two_replicas_train_what_one_device_trains(name: str) -> None:
    found = compared(name)
    assert found["difference"] < TOLERANCE, found
    assert found["logs"] < 1e-5, found
    assert found["moved"] > 1e-4, found
    assert found["apart"] == 0.0
    assert [each[-1] for each in found["devices"]] == ["0", "1"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "overrides",
    [
        ["optimizer.clip_norm=0.01"],  # of the mean, not of each replica's own gradient
        ["training.precision=float16"],  # the loss scale looks at the mean as well
        ["loss.r1=1", "loss.r1_interval=4"],  # sums in a branch
        ["loss.dragan=1"],  # the deviation of the whole batch
        ["augment=ada", "augment.ada_interval=2"],
        ["augment.differentiable=[color,translation,cutout]", "augment.rotation=20"],
        ["loss.pack=2", "loss.instance_noise=0.1"],
        ["loss=wasserstein_gp", "loss.discriminator_steps=3"],
        ["optimizer=sgd", "training.feed=stream"],
    ],
)
def test_all_that_is_a_mean_is_that_of_the_whole_batch(overrides: list[str]) -> None:
    found = compared(FIRST, *overrides)
    loose = 0.05 if "training.precision=float16" in overrides else TOLERANCE
    assert found["difference"] < loose, found
    assert found["apart"] == 0.0


@pytest.mark.slow
def test_four_replicas_too() -> None:
    found = compared("style_gan", count=4)
    assert found["difference"] < TOLERANCE, found
    assert found["apart"] == 0.0
