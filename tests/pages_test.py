"""Every command that a page prints is run: as printed, but small, and in the page's order, in a
folder that has what the page names.

`tests/pages/made.py` makes small files and runs under the names that pages use, and
`tests/pages/small.py` adds to a command what makes it cheap, above all two steps of the narrowest
networks. Of `gan-train` lines that then say the same only the first trains, and the others have a
copy of its run. A sweep is planned, started and ended as ever; its first job is trained as a run of
its own, of which all jobs get a copy. Slurm and Ray give way to processes of this machine.
"""

from __future__ import annotations

import os
import re
import shutil
import tomllib
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests import printed
from tests.pages import made
from tests.pages.runner import Runner

ROOT = Path(__file__).parents[1]
PATHS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
PAGES = {path.name: path.read_text(encoding="utf-8") for path in PATHS}
NOT_HERE = {
    r"start\.md: .*": "tests/start_test.py runs them in processes of their own",
    r"extending\.md: .*": "tests/extending_test.py, likewise",
    r".* distribution(=m|\.workers=).*": "processes of their own: tests/cli/distribution_test.py",
    r".*-evaluate shapes .*caption_accuracy.*": "a minute: tests/evaluation/captions_test.py",
    r".* edit=directions by=labels": "a trained run: tests/editing/directions_test.py",
    r".* format=web.*": "a browser, and a download: tests/cli/export_browser_test.py",
}
"""Patterns of `PAGE: COMMAND` that are not run here, and why."""
NEEDS = {
    "data=huggingface": "datasets",
    "=optuna": "optuna",
    "gan-watch": "uvicorn",
    "format=onnx": "tf2onnx",
    "format=litert": "ai_edge_litert",
    "wandb": "wandb",
    "mlflow": "mlflow",
}
"""Extras: a command with these words is left out where the package is not installed."""
WAY_OUT = (
    "mend the page or the code; files and runs that a page names are made in tests/pages/made.py, "
    "what makes a command small is in tests/pages/small.py"
)


def shown(page: str) -> list[str]:
    """The commands of a page that are run here."""
    found = printed.every(PAGES[page])
    return [each for each in found if not any(matches(page, each))]


def matches(page: str, command: str) -> Iterator[bool]:
    """Of each line of NOT_HERE, whether it is of this command."""
    return (re.fullmatch(each, f"{page}: {command}") is not None for each in NOT_HERE)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files that pages name."""
    folder: Path = tmp_path_factory.mktemp("data")
    made.files(folder)
    return folder


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    """What has run the pages before; graphs of two steps are not worth being optimized."""
    import tensorflow as tf

    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
    yield Runner(tmp_path_factory.mktemp("kept"))
    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": False})


@pytest.fixture
def folder(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with those files."""
    monkeypatch.setenv("GAN_DATA_DIR", str(data))
    copied = shutil.copytree(data, tmp_path / "page", copy_function=os.link)
    monkeypatch.chdir(copied)
    return copied


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page in PAGES if shown(page)])
def test_a_page_runs_from_its_first_command_to_its_last(
    page: str, folder: Path, runner: Runner, capfd: pytest.CaptureFixture[str]
) -> None:
    made.printed_files(PAGES[page], folder)
    for name in re.findall(r"run_dir=(\w+)", PAGES[page]):
        shutil.rmtree(folder / name, ignore_errors=True)
    for name in made.runs(shown(page)):
        runner.run(f"gan-train {made.RUNS[name]} run_dir=runs/{name}")
    failed = []
    for command in shown(page):
        capfd.readouterr()
        try:
            if not any(words in command and not find_spec(NEEDS[words]) for words in NEEDS):
                runner.run(command)
        except Exception as error:
            failed.append(f"{command}\n    {error!r} {capfd.readouterr().err.strip()}")
    assert not failed, "\n".join([*failed, WAY_OUT])


def test_extras_and_scripts_that_pages_name_are_there() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"][
        "optional-dependencies"
    ]
    for page, text in PAGES.items():
        named = re.findall(r"(?:-e \"\.|gan_cli)\[([\w,]+)\]", text)
        assert {each for names in named for each in names.split(",")} <= {*extras}, page
        for script in re.findall(r"python (scripts/[\w./]+)", text):
            assert (ROOT / script).exists(), f"{page}: {script}"


def test_what_is_not_run_here_is_on_a_page() -> None:
    found = [(page, command) for page, text in PAGES.items() for command in printed.every(text)]
    matched = [tuple(matches(*each)) for each in found]
    assert all(map(any, zip(*matched, strict=True))), "a line of NOT_HERE is of no command"
    assert len(found) - sum(map(any, matched)) > 220
    whole = [page for page in PAGES if printed.every(PAGES[page]) and not shown(page)]
    assert whole == ["extending.md", "start.md"]
