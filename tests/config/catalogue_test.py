"""Names in a YAML against what they build."""

from __future__ import annotations

import subprocess
import sys

import pytest

from gan_cli.base.errors import ConfigError
from gan_cli.config import schema as config
from gan_cli.config.catalogue import Catalogue, Entry
from gan_cli.data import DATA
from gan_cli.data.digits import Digits
from gan_cli.data.mnist import Mnist
from gan_cli.models import MODELS
from gan_cli.models.dcgan import Dcgan
from gan_cli.objectives.losses import LOSSES
from gan_cli.objectives.options import Loss
from gan_cli.objectives.penalties import PENALTIES
from gan_cli.training.configuration import train_config

ENTRIES = [
    pytest.param(table, name, id=f"{table.group}={name}")
    for table in (MODELS, DATA)
    for name in table
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


@pytest.mark.parametrize(("table", "name"), ENTRIES)
def test_options_of_an_entry_have_its_name(table: Catalogue[Entry], name: str):
    assert table[name].name == table[name].options().name == name
    assert table.parse({"name": name}) == table[name].options()


@pytest.mark.parametrize("table", [MODELS, DATA, LOSSES, PENALTIES])
def test_every_entry_says_in_a_line_what_it_is(table: Catalogue[Entry]):
    assert len(table) == len(list(table)) > 0
    for name, entry in table.items():
        assert len(entry.summary.split()) > 2, name
        assert entry.plugin is None


@pytest.mark.parametrize(
    ("table", "name", "message"),
    [
        (MODELS, "dcgn", "unknown model.name 'dcgn'; did you mean 'dcgan'?"),
        (DATA, "mnst", "unknown data.name 'mnst'; did you mean 'mnist'?"),
        (LOSSES, "hing", "unknown loss.name 'hing'; did you mean 'hinge'?"),
    ],
)
def test_an_unknown_name_lists_the_names(table: Catalogue[Entry], name: str, message: str):
    assert name not in table
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


def test_two_entries_of_one_name_are_refused():
    table: Catalogue[Entry] = Catalogue("model", "gan_cli.objectives.losses")
    table.add(Entry(name="mine", build=values))
    with pytest.raises(ConfigError) as caught:
        table.add(Entry(name="mine", build=train_config))
    assert str(caught.value) == f"{train_config.__module__}: there is a model 'mine' already"
    assert table["mine"].build is values


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
            "unknown key 'model.widht'; did you mean 'model.width'? (accepted: model.",
        ),
        (
            {"data": {"name": "digits", "path": "x"}},
            "data=digits has no key data.path; these have it: data=",
        ),
        ({"data": {"name": "digits", "pth": "x"}}, "unknown key 'data.pth'"),
        ({"loss": {"name": "hing"}}, "unknown loss.name 'hing'; did you mean 'hinge'?"),
        ({"loss": {"name": "hinge", "r1_intervl": 1}}, "unknown key 'loss.r1_intervl'; did you"),
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
def test_a_mistake_is_named_by_its_full_key(changes: dict, message: str):
    with pytest.raises(ConfigError) as caught:
        train_config(values(**changes))
    assert str(caught.value).startswith(message)


def test_a_missing_group():
    incomplete = values()
    del incomplete["data"]
    with pytest.raises(ConfigError, match=r"^data is missing$"):
        train_config(incomplete)


def test_names_cost_no_tensorflow():
    """Whatever answers `--help` and a config mistake starts in a fraction of TensorFlow's import
    time.
    """
    code = "import sys\n"
    code += "from gan_cli.models import MODELS\nfrom gan_cli.data import DATA\n"
    code += "from gan_cli.objectives.options import PENALTIES, LOSSES\n"
    code += "assert all(map(len, (MODELS, DATA, PENALTIES, LOSSES)))\n"
    code += "print(sorted({'tensorflow', 'keras', 'hydra'} & set(sys.modules)))"
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "[]"


def test_a_name_imports_the_one_file_of_that_name():
    code = (
        "import sys\n"
        "from gan_cli.models import MODELS\n"
        "assert 'vae' in MODELS and MODELS['dcgan'].name == 'dcgan'\n"
        "print('gan_cli.models.vae' in sys.modules, 'gan_cli.models.acgan' in sys.modules)\n"
        "print(list(MODELS) == sorted(MODELS), 'gan_cli.models.acgan' in sys.modules)\n"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert answer.stdout == "True False\nTrue True\n"
