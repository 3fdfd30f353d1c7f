"""The page of options, and the keys that messages suggest, follow the schema."""

from __future__ import annotations

import re

import pytest

from gan_cli.cli import options
from gan_cli.config import schema
from gan_cli.data import DATA
from gan_cli.data.digits import Digits
from gan_cli.editing import EDITS
from gan_cli.models import MODELS

PAGE = options.as_markdown()


def section(heading: str) -> str:
    return PAGE.split(f"{heading}\n", 1)[1].split("\n#")[0]


def test_options_of_one_schema() -> None:
    size = options.Option("data.size", "side, or [height, width], in pixels", 16)
    assert size in options.of(Digits, "data")


def test_a_section_without_name_has_bare_keys() -> None:
    watchdog, seed, init_from, name, notes = options.of(schema.TrainConfig)
    assert (watchdog.key, watchdog.default) == ("watchdog", "warn")
    assert seed == options.Option("seed", "every random draw follows from it", 0)
    assert (init_from.key, init_from.default) == ("init_from", None)
    assert (name.key, notes.key) == ("name", "notes")


def test_each_model_data_set_and_edit_has_a_section() -> None:
    headings = re.findall(r"^### `(.*)`$", PAGE, flags=re.MULTILINE)
    groups = {"model": MODELS, "data": DATA, "edit": EDITS}
    assert headings == [f"{group}={name}" for group, names in groups.items() for name in names]


def test_a_key_that_models_share_is_explained_once() -> None:
    assert PAGE.count("`model.discriminator_depth`") == 1
    assert PAGE.count("`data.max_bad_fraction`") == 1
    assert "| `model.discriminator_depth` | `null` |" in section("### the discriminator of dcgan")
    assert "With the keys of `model=dcgan`." in section("### `model=wgan_gp`")
    assert "With the keys of the discriminator of dcgan." in section("### `model=dcgan`")


def test_a_default_that_a_model_changes_stands_there() -> None:
    assert "| `model.latent_dim` | `null` |" in section("### `model=dcgan`")
    assert "| `model.latent_dim` | `32` |" in section("### `model=cgan`")


def test_what_must_be_given() -> None:
    assert "| `checkpoint` | `required` | run directory" in section("## gan-sample")
    assert "| `plugins` | `[]` |" in section("## gan-sample")


def test_every_text_is_one_short_line() -> None:
    rows = re.findall(r"^\| `[^`]*` \| .* \| (.*) \|$", PAGE, flags=re.MULTILINE)
    assert len(rows) > 100
    for text in rows:
        assert 4 <= len(text) <= 300, text


def test_no_key_is_suggested_twice() -> None:
    keys = options.all_keys()
    assert len(keys) == len(set(keys))
    assert {"model.width", "data.path", "training.steps", "sweep.halving", "run_dir", "plugins"} < {
        *keys
    }


def test_models_are_looked_through_only_where_the_key_may_be_of_one() -> None:
    whole = options.all_keys()
    for meant in ("modle.width", "widht", "trainning.widht", "steps"):
        assert options.all_keys(meant) == whole
    fewer = options.all_keys("traning.steps")
    assert "model.width" not in fewer
    assert fewer == [
        key for key in whole if key.split(".")[0] not in ("model", "data") or "." not in key
    ]


@pytest.mark.parametrize("key", ["checkpoint", "data", "data.path", "data.labels"])
def test_keys_of_gan_evaluate(key: str) -> None:
    assert key in options.evaluate_keys()
