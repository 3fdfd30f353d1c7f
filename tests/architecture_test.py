"""Imports point down only, from the top floor, `cli`, to the ground floor, `base`."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "gan_cli"
ROOMS = [
    "base",
    "config",
    "networks",
    "metrics",
    "data",
    "objectives",
    "models",
    "runs",
    "sampling",
    "exporting",
    "evaluation",
    "editing",
    "training",
    "sweeps",
    "reports",
    "watching",
    "cli",
]
"""From the ground floor up."""
FLOORS = {room: floor for floor, room in enumerate(ROOMS)}
HYDRA = {"hydra", "omegaconf"}


PACKAGE_NAME = re.compile(r"\bgan_cli(?:\.\w+)+")


def room(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and parts[1] in FLOORS else "front door"


def imports(path: Path) -> set[str]:
    """Full names of all modules that a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def named(path: Path) -> set[str]:
    """Modules of ours that a file names in its strings, but for docstrings: what is imported by its
    name, started as `python -m`, or built by Hydra from a `_target_`.
    """
    tree = ast.parse(path.read_text())
    docs = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    strings = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs
    ]
    return {
        name
        for text in strings
        for name in PACKAGE_NAME.findall(text)
        if room(name) != "front door"
    }


def upward(here: str, path: Path) -> set[str]:
    """What a file of a room must not import: rooms above it."""
    ours = {each for each in imports(path) if each.split(".")[0] == "gan_cli"} | named(path)
    floor = FLOORS.get(here, len(FLOORS))
    return {
        module for module in ours if room(module) != here and FLOORS.get(room(module), 0) >= floor
    }


def files() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_down(path: Path) -> None:
    here = room(".".join(("gan_cli", *path.relative_to(PACKAGE).with_suffix("").parts)))
    assert upward(here, path) == set(), f"{path.relative_to(PACKAGE)} is in {here}"
    assert here == "cli" or not {each.split(".")[0] for each in imports(path)} & HYDRA


@pytest.mark.parametrize(
    "code",
    [
        "def f():\n    from gan_cli.training import state\n",
        "import gan_cli.training.state\n",
        "import_module('gan_cli.training.state')\n",
        "module = import_module(f'gan_cli.training.{name}')\n",
        "subprocess.run([sys.executable, '-m', 'gan_cli.training.state'])\n",
        "command = 'python -m gan_cli.training.state resume=run'\n",
        "node = {'_target_': 'gan_cli.training.state.State'}\n",
    ],
)
def test_the_walk_sees_an_arrow_that_points_up(code: str, tmp_path: Path) -> None:
    bad = tmp_path / "bad.py"
    bad.write_text(f'"""Not `gan_cli.cli.train`."""\n{code}')
    for here, seen in (("models", True), ("runs", True), ("training", False), ("cli", False)):
        assert bool(upward(here, bad)) == seen


def test_a_file_that_names_what_is_below_is_fine(tmp_path: Path) -> None:
    good = tmp_path / "good.py"
    good.write_text(
        '"""For gan_cli.cli."""\nGROUP = "gan_cli.plugins"\nfrom gan_cli.base import a\n'
    )
    assert upward("config", good) == set()


def test_commands_begin_in_the_top_room() -> None:
    project = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text())["project"]
    targets = list(project["scripts"].values())
    for group in project.get("entry-points", {}).values():
        targets += group.values()
    assert targets
    assert {room(target.replace(":", ".")) for target in targets} == {"cli"}


def test_every_room_says_what_lives_there_and_nothing_lies_beside_them() -> None:
    beside = {path.name for path in PACKAGE.iterdir() if path.suffix == ".py"}
    assert beside == {"__init__.py"}
    for folder in {path.parent for path in files()} - {PACKAGE}:
        assert room(".".join(("gan_cli", *folder.relative_to(PACKAGE).parts))) in FLOORS
    for first in PACKAGE.rglob("__init__.py"):
        assert ast.get_docstring(ast.parse(first.read_text())), first


def test_no_answer_of_the_command_line_imports_what_is_large() -> None:
    """Help, the configuration, and a mistake in a key, a value or a name: one after the other."""
    large = {"tensorflow", "keras", "numpy", "PIL", "asyncio", "filelock", "tqdm", "safetensors"}
    commands = [["--help"], ["--cfg", "job"], ["traning.steps=1"], ["training.steps=no"]]
    commands.append(["model=dcgn"])
    code = (
        "import sys; from gan_cli.cli.train import main\n"
        f"for command in {commands!r}:\n"
        "    sys.argv[1:] = command\n"
        "    code = main()\n"
        "    assert code == (0 if command[0].startswith('--') else 2), (command, code)\n"
        f"    assert not {large!r} & set(sys.modules), command\n"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr


SECOND_WAYS = {
    "checkpoint": {"newest", "verify", "manifest_of"},
    "ranking": {"best", "good"},
    "index": {"read", "readable"},
    "curves": {"read"},
    "journal": {"json_lines"},
}
"""What `runs.reading` does, with a line for each file that is damaged."""
ALONE = {"training/init_from.py": {"checkpoint.verify"}}
"""A folder step-N may lie by itself, without a run."""


def second_ways(path: Path) -> set[str]:
    """Parts of a run directory that a file reads by itself."""
    found = [
        (node.value.id, node.attr)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    ]
    return {f"{name}.{part}" for name, part in found if part in SECOND_WAYS.get(name, ())}


def test_run_directories_are_read_in_one_place(tmp_path: Path) -> None:
    names = {path: str(path.relative_to(PACKAGE)) for path in files()}
    outside = {name: path for path, name in names.items() if not name.startswith("runs/")}
    seen = {name: ways for name, path in outside.items() if (ways := second_ways(path))}
    assert seen == ALONE
    (tmp_path / "bad.py").write_text("manifest = ranking.best(folder, print)\n")
    assert second_ways(tmp_path / "bad.py") == {"ranking.best"}
