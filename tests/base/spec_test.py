"""What a data set may say of itself; a run directory from a stranger says it too."""

import dataclasses

import pytest

from gan_cli.base.errors import ConfigError
from gan_cli.base.spec import DataSpec
from gan_cli.config.options import parse


def test_shape_is_height_width_channels():
    spec = DataSpec(48, 64, 3, 2, ["cat", "dog"])
    assert spec.image_shape == (48, 64, 3)
    assert (spec.num_classes, spec.class_names) == (2, ["cat", "dog"])


def test_no_labels_unless_told():
    spec = DataSpec(8, 8, 1)
    assert (spec.num_classes, spec.class_names) == (0, [])


def test_is_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        DataSpec(8, 8, 1).height = 9


def test_survives_json():
    spec = DataSpec(28, 20, 3, 2, ["a", "b"])
    assert parse(DataSpec, dataclasses.asdict(spec)) == spec


GOOD = {"height": 28, "width": 28, "channels": 1, "num_classes": 0, "class_names": []}


@pytest.mark.parametrize(
    "change",
    [
        {"height": 8},
        {"height": 2048},
        {"width": 8},
        {"width": 2048},
        {"channels": 3},
        {"num_classes": 100_000},
    ],
)
def test_the_ends_of_the_ranges_are_accepted(change: dict):
    spec = parse(DataSpec, GOOD | change)
    assert {name: getattr(spec, name) for name in change} == change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"height": 7}, "spec.height=7: input should be greater than or equal to 8"),
        ({"width": 2049}, "spec.width=2049: input should be less than or equal to 2048"),
        ({"channels": 0}, "spec.channels=0: input should be 1 or 3"),
        ({"channels": 2}, "spec.channels=2: input should be 1 or 3"),
        ({"num_classes": -1}, "spec.num_classes=-1: input should be greater than or equal to 0"),
        (
            {"num_classes": 100_001},
            "spec.num_classes=100001: input should be less than or equal to 100000",
        ),
        ({"height": "28"}, "spec.height=28: input should be a valid integer"),
        ({"height": 28.0}, "spec.height=28.0: input should be a valid integer"),
        ({"class_names": [3]}, "spec.class_names=3: input should be a valid string"),
        ({"depth": 3}, "unknown key 'spec.depth'"),
    ],
)
def test_what_is_refused(change: dict, message: str):
    with pytest.raises(ConfigError) as caught:
        parse(DataSpec, GOOD | change, "spec")
    assert str(caught.value).startswith(message)
