"""Names in a YAML against what they build."""

import subprocess
import sys
from typing import get_args, get_type_hints

import pytest

from gan_cli.base.errors import ConfigError
from gan_cli.config import catalogue, data, models
from gan_cli.config import schema as config

ENTRIES = [
    pytest.param(name, entry, id=f"{table.kind}={name}")
    for table in (catalogue.MODELS, catalogue.DATA)
    for name, entry in table.items()
]


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


def test_the_tables_are_closed_mappings():
    assert {"digits", "mnist"} <= set(catalogue.DATA)
    assert "dcgan" in catalogue.MODELS
    assert len(catalogue.DATA) == len(list(catalogue.DATA))
    with pytest.raises(TypeError):
        catalogue.DATA["mine"] = catalogue.DATA["mnist"]


@pytest.mark.parametrize(("name", "entry"), ENTRIES)
def test_an_entry_builds_with_the_options_of_its_name(name: str, entry: catalogue.Entry):
    assert callable(entry.load())
    assert get_args(get_type_hints(entry.options)["name"]) == (name,)
    assert entry.options().name == name


@pytest.mark.parametrize(
    ("table", "name", "message"),
    [
        (catalogue.MODELS, "dcgn", "unknown model.name 'dcgn'; did you mean 'dcgan'?"),
        (catalogue.DATA, "mnst", "unknown data.name 'mnst'; did you mean 'mnist'?"),
    ],
)
def test_an_unknown_name_lists_the_names(table: catalogue.Registry, name: str, message: str):
    with pytest.raises(ConfigError) as caught:
        table[name]
    assert str(caught.value) == f"{message} (accepted: {', '.join(table)})"


def test_options_by_name():
    assert catalogue.parse_options({"name": "mnist", "size": 32}, "data") == data.Mnist(size=32)
    assert catalogue.parse_options({"name": "dcgan", "width": 8}, "model") == models.Dcgan(width=8)


@pytest.mark.parametrize(
    "given", [None, {}, [], "dcgan", {"name": None}, {"name": 3}, {"width": 64}]
)
def test_options_without_a_name(given: object):
    with pytest.raises(ConfigError) as caught:
        catalogue.parse_options(given, "model")
    assert str(caught.value) == f"model.name is missing (accepted: {', '.join(catalogue.MODELS)})"


def test_a_whole_configuration_is_typed():
    checked = catalogue.train_config(values(seed=7, training={"steps": 5}))
    assert checked.model == models.Dcgan()
    assert checked.data == data.Digits()
    assert checked.loss == config.Loss("hinge")
    assert checked.training == config.Training(steps=5)
    assert checked.seed == 7


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"model": {"name": "dcgan", "widht": 3}},
            "unknown key 'model.widht'; did you mean 'model.width'? (accepted: model.name,",
        ),
        ({"data": {"name": "digits", "path": "x"}}, "unknown key 'data.path'"),
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
        catalogue.train_config(values(**changes))
    assert str(caught.value).startswith(message)


def test_a_missing_group():
    incomplete = values()
    del incomplete["loss"]
    with pytest.raises(ConfigError, match=r"^loss is missing$"):
        catalogue.train_config(incomplete)


def test_names_cost_no_tensorflow():
    """Whatever answers `--help` and a config mistake starts in a fraction of TensorFlow's import
    time.
    """
    code = "import sys, gan_cli.config.options, gan_cli.data.mnist, gan_cli.data.folder\n"
    code += "print(sorted({'tensorflow', 'keras', 'hydra'} & set(sys.modules)))"
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "[]"
