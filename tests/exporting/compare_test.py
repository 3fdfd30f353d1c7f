"""How far two sets of outputs are apart, and from where on that is an error."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gan_cli.base.errors import ExportError
from gan_cli.config.commands import ExportConfig
from gan_cli.config.options import parse
from gan_cli.exporting.compare import Exported, differences, refuse_different


def test_the_largest_and_the_mean_difference() -> None:
    ours = {"images": np.array([[0.0, 1.0], [-1.0, 0.5]], np.float32)}
    assert differences(ours, ours) == (0.0, 0.0)
    theirs = {"images": ours["images"] + np.array([[0.25, 0.0], [-0.75, 0.0]], np.float32)}
    assert differences(ours, theirs) == (0.75, 0.25)


def test_what_goes_beyond_the_range_is_relative_to_its_largest_value() -> None:
    ours = {"mean": np.array([[8.0, -2.0]], np.float32)}
    assert differences(ours, {"mean": np.array([[9.0, -2.0]], np.float32)}) == (0.125, 0.0625)


@pytest.mark.parametrize(
    "theirs",
    [
        {"other": np.zeros((2, 3))},
        {"images": np.zeros((2, 4))},
        {"images": np.full((2, 3), np.nan)},
        {"images": np.full((2, 3), -np.inf)},
    ],
)
def test_something_else_than_the_images_is_an_error(theirs: dict[str, np.ndarray]) -> None:
    with pytest.raises(ExportError, match=r"expected float32 \[2, 3\]"):
        differences({"images": np.zeros((2, 3), np.float32)}, theirs)


@pytest.mark.parametrize(
    ("quantize", "largest", "mean", "accepted"),
    [
        ("none", 0.00099, 0.0, True),
        ("none", 0.00101, 0.0, False),
        ("int8", 1.0, 0.049, True),
        ("int8", 0.1, 0.051, False),
        ("none", float("nan"), 0.0, False),
    ],
)
def test_the_bounds(quantize: str, largest: float, mean: float, accepted: bool) -> None:
    config = parse(ExportConfig, {"checkpoint": "run", "format": "litert", "quantize": quantize})
    found = Exported(Path("x"), 1, largest, mean, "LiteRT", 1.0, 1.0, "")
    if accepted:
        refuse_different(found, "dcgan", config)
    else:
        with pytest.raises(ExportError, match="format=litert of model=dcgan makes other images"):
            refuse_different(found, "dcgan", config)
