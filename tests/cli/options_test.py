"""The table of options follows the schema."""

import dataclasses
from pathlib import Path

from omegaconf import OmegaConf

from gan_cli.config import data, options
from gan_cli.config import schema as config
from gan_cli.data import DATA
from gan_cli.models import MODELS

CONFIGS = Path(__file__).parents[2] / "configs"


def test_options_of_one_schema():
    assert options.of(data.Digits, "data")[0] == options.Option(
        "data.size", "side, or [height, width], in pixels", 16
    )


def test_a_section_without_name_has_bare_keys():
    watchdog, seed, init_from = options.of(config.TrainConfig, "")
    assert (watchdog.key, watchdog.default) == ("watchdog", "warn")
    assert seed == options.Option("seed", "every random draw follows from it", 0)
    assert (init_from.key, init_from.default) == ("init_from", None)


def test_headings():
    table = options.train_options()
    groups = [f"model={name}" for name in MODELS] + [f"data={name}" for name in DATA]
    assert list(table) == [
        *groups,
        "loss",
        "optimizer",
        "schedule",
        "augment",
        "training",
        "evaluation",
        "run",
        "sweep",
    ]


def test_every_field_of_the_schema_is_in_the_table():
    table = options.train_options()
    schemas = {
        "loss": config.Loss,
        "optimizer": config.Optimizer,
        "schedule": config.Schedule,
        "training": config.Training,
    }
    schemas |= {"augment": config.Augment, "evaluation": config.Evaluation}
    schemas |= {f"model={name}": entry.options for name, entry in MODELS.items()}
    schemas |= {f"data={name}": entry.options for name, entry in DATA.items()}
    for heading, schema in schemas.items():
        names = [field.name for field in dataclasses.fields(schema) if field.name != "name"]
        assert [option.key for option in table[heading]] == [
            f"{heading.partition('=')[0]}.{name}" for name in names
        ]


def test_defaults_are_those_of_the_schema():
    defaults = {
        option.key.partition(".")[2]: option.default
        for option in options.train_options()["training"]
    }
    assert defaults == dataclasses.asdict(config.Training())
    assert {option.key: option.default for option in options.train_options()["model=dcgan"]}[
        "model.latent_dim"
    ] == 100


def test_every_text_is_one_short_line():
    for each in (option for table in options.train_options().values() for option in table):
        assert each.text == each.text.strip()
        assert "\n" not in each.text
        assert 4 <= len(each.text) <= 100, each.key


def test_all_keys_are_those_of_the_yaml():
    keys = options.all_keys()
    assert len(keys) == len(set(keys))
    train = OmegaConf.to_container(OmegaConf.load(CONFIGS / "train.yaml"), resolve=False)
    sections = ("training", "evaluation", "sweep")
    of_yaml = {key for key in train if key not in {"defaults", "hydra", *sections}}
    of_yaml |= {f"{section}.{key}" for section in sections for key in train[section]}
    assert of_yaml <= set(keys)
    groups = {
        name
        for entry in train["defaults"]
        if isinstance(entry, dict)
        for name in entry
        if " " not in name
    }
    assert groups | set(sections) <= set(keys)
    for section in sections:
        of_section = {key for key in of_yaml if key.startswith(f"{section}.")}
        assert {key for key in keys if key.startswith(f"{section}.")} == of_section != set()


def test_options_of_gan_sample():
    keys = [option.key for option in options.sample_options()]
    assert keys == [field.name for field in dataclasses.fields(config.SampleConfig)]
    assert options.sample_options()[0].default == "required"
