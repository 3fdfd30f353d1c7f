"""The page of options, and the keys that messages suggest, follow the schema."""

from __future__ import annotations

import re
from typing import Any

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
    assert seed == options.Option("seed", "decides every random number of the run", 0)
    assert (init_from.key, init_from.default) == ("init_from", None)
    assert (name.key, notes.key) == ("name", "notes")


def rows(heading: str) -> list[list[str]]:
    """The cells of all rows of a section."""
    lines = [line for line in section(heading).splitlines() if re.match(r"\| `[^`=]+`", line)]
    return [line.strip("| ").split(" | ") for line in lines]


@pytest.mark.parametrize(
    ("group", "names", "heading"),
    [
        ("model", MODELS, "## gan-train: `model=`"),
        ("data", DATA, "## gan-train: `data=`"),
        ("edit", EDITS, "## gan-edit: `edit=`"),
    ],
)
def test_a_group_lists_its_names_and_then_every_key_of_theirs_once(
    group: str, names: dict[str, Any], heading: str
) -> None:
    first = [cells[0].strip("`") for cells in rows(heading)]
    chosen = [name for name in first if name in names]
    assert chosen == list(names)
    section = "" if group == "edit" else group
    keys = [option.key for each in names.values() for option in options.of(each.options, section)]
    assert sorted(first[len(chosen) :]) == sorted(set(keys))


def test_a_row_says_whose_a_key_is_and_where_it_differs() -> None:
    of_models = {cells[0].strip("`"): cells[1:] for cells in rows("## gan-train: `model=`")}
    assert of_models["model.mapping_depth"] == [
        "`2`",
        "style_gan",
        "dense layers from latents to styles; 8 in the paper",
    ]
    default, whose, text = of_models["model.embedding_dim"]
    assert default == "`50`<br>**text_gan:** `64`"
    assert whose == "acgan, cgan, projection_gan, text_gan"
    assert text.split("<br>") == [
        "length of the vector that tells the generator the class",
        "**cgan:** length of the vector that stands for a class",
        "**text_gan:** length of the vector that stands for a word",
    ]
    default, whose, _ = of_models["model.latent_dim"]
    assert "**dcgan, multi_gan, wgan_gp:** `null`" in default.split("<br>")
    assert whose.startswith("acgan, cgan, dcgan, ")
    assert of_models["model.width"][1] == "all but random_pixels, template"


def test_what_several_commands_say_alike_is_said_once() -> None:
    assert PAGE.count("images computed at once") == 1
    shared = {cells[0].strip("`"): cells[1:] for cells in rows("## Keys of several commands")}
    assert shared["step"][1] == "gan-sample, gan-export, gan-evaluate, gan-edit"
    assert "Also `checkpoint`, `output`, `step`, `plugins`:" in section("## gan-export")
    assert "`step`" not in [cells[0] for cells in rows("## gan-export")]


def test_what_must_be_given() -> None:
    assert "| `directory` | `required` | of a sweep" in section("## gan-report")
    (checkpoint,) = [
        cells for cells in rows("## Keys of several commands") if cells[0] == "`checkpoint`"
    ]
    assert checkpoint[1] == "`required`<br>**gan-evaluate:** `null`"


def test_every_text_is_one_short_line() -> None:
    texts = re.findall(r"^\| `[^`]*` \| .* \| (.*) \|$", PAGE, flags=re.MULTILINE)
    assert len(texts) > 100
    for text in (line for cell in texts for line in cell.split("<br>")):
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
