"""What the README and the configs say, held against the code."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from hydra import compose, initialize_config_module

from gan_cli.base.errors import GanError
from gan_cli.cli.options import as_markdown
from gan_cli.models import MODELS
from gan_cli.training.configuration import train_config

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
GALLERY = (ROOT / "docs" / "gallery.md").read_text()
PAGES = "".join(
    path.read_text()
    for path in sorted((ROOT / "docs").glob("*.md"))
    if path.name not in ("extending.md", "options.md")  # one is run, the other generated
)


def test_the_table_of_options_is_the_schema() -> None:
    page = (ROOT / "docs" / "options.md").read_text()
    assert as_markdown() == page, "python -m gan_cli.cli.options > docs/options.md writes it again"


def test_every_exit_code_is_documented() -> None:
    for failure in GanError.__subclasses__():
        assert re.search(rf"\b{failure.exit_code}\b", README) or failure.__name__ == "Interrupted"
    assert "130" in README
    assert "143" in README


def commands() -> list[str]:
    blocks = re.findall(r"```(?:bash|sh)\n(.*?)```", README + PAGES, flags=re.DOTALL)
    lines = [line.split("#")[0].strip() for block in blocks for line in block.splitlines()]
    return [
        line
        for line in lines
        if line.startswith(("gan-train", "gan-data"))
        and "-m" not in line.split()
        and "resume=" not in line
        and "$" not in line
    ]


@pytest.mark.parametrize("command", commands())
def test_every_training_command_of_the_readme_composes(command: str) -> None:
    arguments = [
        argument
        for argument in shlex.split(command)[1:]
        if "=" in argument and argument not in ("model=mine", "steps=0")
    ]
    with initialize_config_module("gan_cli.configs", version_base="1.3"):
        composed = compose("train", arguments)
    from gan_cli.cli.stored import plain

    values = plain(composed)
    assert train_config(values)


def test_the_gallery_shows_every_model() -> None:
    shown = re.findall(r"^## (\w+)$", GALLERY, flags=re.MULTILINE)
    assert set(MODELS) <= set(shown)
    for picture in re.findall(r'src="([^"]+)"', GALLERY):
        assert (ROOT / "docs" / picture).stat().st_size > 500
