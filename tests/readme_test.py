"""What the README and the pages of docs/ say, held against the code: every command composes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gan_cli.base.errors import GanError
from gan_cli.cli.options import as_markdown
from gan_cli.models import MODELS
from tests import printed
from tests.conftest import Command, one_line

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
PAGES = {path.name: path.read_text() for path in sorted((ROOT / "docs").glob("*.md"))}
RUN_ELSEWHERE = ("extending.md", "options.md")
"""Of the first the tests run what is printed, the other is generated."""


def test_the_table_of_options_is_the_schema() -> None:
    assert as_markdown() == PAGES["options.md"], (
        "python -m gan_cli.cli.options > docs/options.md writes it again"
    )


def test_every_exit_code_is_documented() -> None:
    codes = re.findall(r"^\| (\d+) \|", PAGES["exit-codes.md"], flags=re.MULTILINE)
    ours = [each for each in GanError.__subclasses__() if each.__name__ != "Interrupted"]
    assert {str(failure.exit_code) for failure in ours} | {"0", "1", "130", "143"} <= {*codes}
    assert len(codes) == len({*codes})


def test_the_readme_is_a_screen_and_a_half() -> None:
    assert len(README.splitlines()) <= 66


def commands() -> list[str]:
    """All that is printed as a command, each once."""
    texts = [README, *(text for name, text in PAGES.items() if name not in RUN_ELSEWHERE)]
    return list(dict.fromkeys(line for text in texts for line in printed.commands(text)))


def test_commands_are_found_wherever_they_are_printed() -> None:
    text = (
        "`gan-data\nsteps=0` and `gan-train ...`\n\n```bash\ncd x && gan-train \\\n  seed=1  # no\n"
        "  0) gan-sample digits ;;\n```\n\n```\ngan-train: no command\n```\n"
    )
    assert printed.commands(text) == ["gan-train seed=1", "gan-sample digits", "gan-data steps=0"]
    assert len(commands()) > 150
    assert len(mistakes()) >= 6


@pytest.mark.slow
@pytest.mark.parametrize("command", commands())
def test_every_printed_command_composes(command: str) -> None:
    printed.compose_and_check(command)


@pytest.mark.parametrize(
    "command",
    [
        "gan-train training.step=3",
        "gan-train training.steps=-3",
        "gan-train -m loss=hinge,hing",
        "gan-sample RUN counts=3",
        "gan-sample RUN count=none",
        "gan-edit RUN edit=project window=7",
        "gan-evaluate RUN data=mnis",
        "gan-nothing RUN",
    ],
)
def test_a_command_that_would_be_refused_does_not_pass(command: str) -> None:
    with pytest.raises(Exception, match=r"."):
        printed.compose_and_check(command)


def mistakes() -> list[tuple[str, str]]:
    """(command, line) of what the page of mistakes shows as refused."""
    blocks = re.findall(r"```console\n(.*?)```", PAGES["trouble.md"], flags=re.DOTALL)
    return [
        each for block in blocks for each in re.findall(r"^\$ (.*)\n(.*)$", block, re.MULTILINE)
    ]


@pytest.mark.parametrize(("command", "line"), mistakes())
def test_a_mistake_is_answered_as_the_page_says(train: Command, command: str, line: str) -> None:
    answer = train(*command.split()[1:])
    assert answer.code in (2, 3, 4)
    whole = one_line(answer)
    assert whole.startswith(line.removesuffix("...")) if line.endswith("...") else whole == line


def test_the_recipe_of_ones_own_is_found(train: Command, tmp_path: Path) -> None:
    printed_file = r"`(mine/experiment/narrow\.yaml)`:\n\n```yaml\n(.*?)```"
    (found,) = re.findall(printed_file, PAGES["recipes.md"], flags=re.DOTALL)
    path = tmp_path / found[0]
    path.parent.mkdir(parents=True)
    path.write_text(found[1])
    shown = train("--config-dir", "mine", "experiment=narrow", "--cfg", "job")
    assert shown.code == 0, shown.err
    assert "  width: 16" in shown.out
    assert "  steps: 24000" in shown.out  # of mnist_fast


def test_the_gallery_shows_every_model() -> None:
    shown = re.findall(r"^## (\w+)$", PAGES["gallery.md"], flags=re.MULTILINE)
    assert set(MODELS) <= set(shown)


def test_the_page_that_helps_to_choose_names_every_model() -> None:
    named = {
        word
        for span in re.findall(r"`[^`]*`", PAGES["choose.md"])
        for word in re.findall(r"\w+", span)
    }
    assert set(MODELS) <= named


def test_every_page_is_in_the_navigation_of_the_site_once() -> None:
    navigation = (ROOT / "mkdocs.yml").read_text().partition("\nnav:\n")[2]
    listed = re.findall(r"^ +- .*: (\S+\.md)$", navigation, flags=re.MULTILINE)
    assert sorted(listed) == sorted(PAGES)


@pytest.mark.parametrize("name", sorted(PAGES))
def test_every_picture_is_there(name: str) -> None:
    for picture in re.findall(r'src="([^"]+)"|!\[[^]]*\]\(([^)]+)\)', PAGES[name]):
        assert (ROOT / "docs" / "".join(picture)).stat().st_size > 500


def test_every_link_of_the_readme_leads_somewhere() -> None:
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", README)
    assert len(links) > 20
    for link in links:
        assert (ROOT / link).exists(), link
    missing = {name for name in PAGES if f"docs/{name}" not in links}
    assert missing <= {"index.md", "api.md"}  # which are for the site
