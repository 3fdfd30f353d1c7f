"""Imports point down only, from the top floor, `cli`, to the ground floor, `base`."""

from __future__ import annotations

import ast
import subprocess
import sys
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
    "cli",
]
"""From the ground floor up."""
FLOORS = {room: floor for floor, room in enumerate(ROOMS)}
HYDRA = {"hydra", "omegaconf"}


def room(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and parts[1] in FLOORS else "front door"


def imports(path: Path) -> set[str]:
    """Full names of all modules that a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def files() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_down(path: Path) -> None:
    here = room(".".join(("gan_cli", *path.relative_to(PACKAGE).with_suffix("").parts)))
    for module in imports(path):
        if module.split(".")[0] in HYDRA:
            assert here == "cli", f"{path} imports {module}"
        if module.split(".")[0] == "gan_cli":
            there = room(module)
            allowed = there == here or FLOORS.get(there, 0) < FLOORS.get(here, 0)
            assert allowed, f"{path}: {here} must not import {module}"


def test_the_walk_sees_an_arrow_that_points_up(tmp_path: Path) -> None:
    bad = tmp_path / "bad.py"
    bad.write_text("def f():\n    from gan_cli.training import state\n")
    assert imports(bad) == {"gan_cli.training.state"}
    assert room("gan_cli.training.state") == "training"


@pytest.mark.parametrize(
    "command",
    [["--help"], ["--cfg", "job"], ["traning.steps=1"], ["training.steps=no"], ["model=dcgn"]],
)
def test_no_answer_of_the_command_line_imports_tensorflow(command: list[str]) -> None:
    code = (
        "import sys; from gan_cli.cli.train import main\n"
        f"sys.argv[1:] = {command!r}\n"
        "code = main()\n"
        "assert not {'tensorflow', 'keras'} & set(sys.modules), 'imported'\n"
        "sys.exit(code)"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert answer.returncode == (0 if command[0].startswith("--") else 2), answer.stderr
