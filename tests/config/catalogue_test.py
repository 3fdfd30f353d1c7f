"""Names in a YAML against what they build."""

import subprocess
import sys

import pytest

from gan_cli.base.errors import ConfigError
from gan_cli.config import schema as config
from gan_cli.config.catalogue import Catalogue
from gan_cli.data import DATA
from gan_cli.data.digits import Digits
from gan_cli.data.idx import Mnist
from gan_cli.models import MODELS
from gan_cli.models.dcgan import Dcgan
from gan_cli.objectives.options import Loss
from gan_cli.training.configuration import train_config


def values(**changes: object) -> dict:
    """A whole configuration as plain values."""
    whole = {
        "model": {"name": "dcgan"},
        "data": {"name": "digits"},
        "loss": {"name": "hinge"},
        "optimizer": {"name": "adam"},
        "schedule": {"name": "constant"},
        "training": {},
    }
    return whole | changes


@pytest.mark.parametrize(
    ("table", "name", "message"),
    [
        (MODELS, "dcgn", "unknown model.name 'dcgn'; did you mean 'dcgan'?"),
        (DATA, "mnst", "unknown data.name 'mnst'; did you mean 'mnist'?"),
    ],
)
def test_an_unknown_name_lists_the_names(table: Catalogue, name: str, message: str):
    with pytest.raises(ConfigError) as caught:
        table[name]
    assert str(caught.value) == f"{message} (accepted: {', '.join(table)})"


def test_options_by_name():
    assert DATA.parse({"name": "mnist", "size": 32}) == Mnist(size=32)
    assert MODELS.parse({"name": "dcgan", "width": 8}) == Dcgan(width=8)


@pytest.mark.parametrize(
    "given", [None, {}, [], "dcgan", {"name": None}, {"name": 3}, {"width": 64}]
)
def test_options_without_a_name(given: object):
    with pytest.raises(ConfigError) as caught:
        MODELS.parse(given)
    assert str(caught.value) == f"model.name is missing (accepted: {', '.join(MODELS)})"


def test_a_whole_configuration_is_typed():
    checked = train_config(values(seed=7, training={"steps": 5}))
    assert checked.model == Dcgan()
    assert checked.data == Digits()
    assert checked.loss == Loss("hinge")
    assert checked.training == config.Training(steps=5)
    assert checked.seed == 7


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"model": {"name": "dcgan", "widht": 3}},
            "unknown key 'model.widht'; did you mean 'model.width'? (accepted: model.disc",
        ),
        (
            {"data": {"name": "digits", "path": "x"}},
            "data.path is no key of data=digits, but of data=",
        ),
        (
            {"model": {"name": "dcgan", "dropout": 1}},
            "model.dropout=1: input should be less than 1",
        ),
        (
            {"training": {"stps": 3}},
            (
                "unknown key 'training.stps'; did you mean 'training.steps'? (accepted: "
                "training.steps,"
            ),
        ),
        (
            {"trainin": {}},
            "unknown key 'trainin'; did you mean 'training'? (accepted: model, data, loss,",
        ),
        ({"seed": -1}, "seed=-1: input should be greater than or equal to 0"),
    ],
)
def test_a_mistake_is_told_with_its_full_key(changes: dict, message: str):
    with pytest.raises(ConfigError) as caught:
        train_config(values(**changes))
    assert str(caught.value).startswith(message)


def test_a_missing_group():
    incomplete = values()
    del incomplete["loss"]
    with pytest.raises(ConfigError, match=r"^loss is missing$"):
        train_config(incomplete)


def test_names_cost_no_tensorflow():
    """Whatever answers `--help` and a config mistake starts in a fraction of TensorFlow's import
    time.
    """
    code = "import sys, gan_cli.config.options, gan_cli.data.idx, gan_cli.data.folder\n"
    code += "print(sorted({'tensorflow', 'keras', 'hydra'} & set(sys.modules)))"
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "[]"
