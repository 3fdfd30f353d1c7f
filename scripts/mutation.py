#!/usr/bin/env python
"""What the tests would not notice: each small change to a module, and whether a test fails by it.

    python scripts/mutation.py gan_cli/objectives/terms.py tests/objectives/terms_test.py
    python scripts/mutation.py --jobs 4 gan_cli/objectives/losses tests/objectives/losses_test.py

The changes are those of cosmic-ray (`pip install cosmic-ray`), without those of annotations, which
nothing reads. Its own runner starts a process for each, and so imports TensorFlow for each; here a
child is forked that has it already, and no file is touched.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import importlib
import importlib.abc
import importlib.util
import os
import signal
import sys
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

ROOT = Path(__file__).parents[1]
SECONDS = 120
"""A child that takes longer counts as noticed: some changes make loops endless."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("module", type=Path, help="a file of the package, or a folder of such")
    parser.add_argument("tests", nargs=argparse.REMAINDER, help="arguments for pytest")
    parser.add_argument("--jobs", type=int, default=2, help="children at a time (default: 2)")
    given = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    sys.dont_write_bytecode = True
    os.chdir(ROOT)
    preload(given.tests)
    files = sorted(given.module.rglob("*.py")) if given.module.is_dir() else [given.module]
    total = alive = 0
    for file in files:
        source = file.read_text()
        survivors, count = run(file, source, list(mutants(source)), given.tests, given.jobs)
        total, alive = total + count, alive + len(survivors)
        print(f"{file}: {count - len(survivors)} of {count} noticed", flush=True)
        for mutant in survivors:
            changed = difflib.unified_diff(
                source.splitlines(), mutant.splitlines(), n=0, lineterm=""
            )
            print("\n".join("    " + line for line in list(changed)[2:]), flush=True)
    share = 100 * (total - alive) / max(total, 1)
    print(f"{total - alive} of {total} noticed, {share:.1f} %")
    return 0


def mutants(source: str) -> Iterator[str]:
    """Each changed source once, in the order of cosmic-ray's operators."""
    tree, seen = get_ast(source), {meaning(source)}
    for name in operator_names():
        operator_class = get_operator(name)
        if operator_class.arguments():
            continue
        operator = operator_class()
        count = sum(1 for node in ast_nodes(tree) for _ in operator.mutation_positions(node))
        for occurrence in range(count):
            mutant = mutate_code(source, operator, occurrence)
            if mutant is not None and meaning(mutant) not in seen:
                seen.add(meaning(mutant))
                yield mutant


def meaning(source: str) -> str:
    """The syntax tree without annotations and docstrings."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return source
    for node in ast.walk(tree):
        if isinstance(node, ast.arg):
            node.annotation = None
        elif isinstance(node, ast.FunctionDef):
            node.returns = None
        elif isinstance(node, ast.AnnAssign):
            node.annotation = ast.Constant(None)
    return ast.dump(tree)


def preload(tests: list[str]) -> None:
    """Import here what the tests import of others, so that children have it; all must pass now."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        code = pytest.main(["-o", "addopts=", "-q", "-m", "not slow", *tests])
        ours = {"gan_cli", "tests", "__main__", "conftest"}
        names = [name for name in list(sys.modules) if name.split(".")[0] not in ours]
        with os.fdopen(writing, "w") as pipe:
            pipe.write("\n".join(names))
        os._exit(int(code))
    os.close(writing)
    with os.fdopen(reading) as pipe:
        names = pipe.read().splitlines()
    if os.waitpid(child, 0)[1] != 0:
        sys.exit("the tests fail without any change")
    for name in names:
        try:
            importlib.import_module(name)
        except Exception:  # parts of packages that only their own package can import
            continue


def run(
    file: Path, source: str, changed: list[str], tests: list[str], jobs: int
) -> tuple[list[str], int]:
    """(the sources that no test notices, how many there are)."""
    waiting, running, survivors = list(changed), dict[int, str](), []
    while waiting or running:
        while waiting and len(running) < jobs:
            mutant = waiting.pop(0)
            running[start(file, mutant, tests)] = mutant
        child, status = os.wait()
        mutant = running.pop(child)
        if status == 0:
            survivors.append(mutant)
    return survivors, len(changed)


def start(file: Path, source: str, tests: list[str]) -> int:
    """A child that runs the tests with this source in the place of the file's."""
    child = os.fork()
    if child:
        return child
    signal.alarm(SECONDS)
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)
    os.dup2(silent, 2)
    parts = file.resolve().relative_to(ROOT).with_suffix("").parts
    name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    sys.meta_path.insert(0, Changed(name, source, file))
    options = ["-o", "addopts=", "-x", "-q", "-p", "no:cacheprovider", "-m", "not slow"]
    os._exit(int(pytest.main([*options, *tests])))


class Changed(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives one module another source."""

    def __init__(self, name: str, source: str, file: Path) -> None:
        self._name, self._source, self._file = name, source, file

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> ModuleSpec | None:
        if fullname != self._name:
            return None
        package = [str(self._file.parent)] if self._file.name == "__init__.py" else None
        return importlib.util.spec_from_file_location(
            fullname, self._file, loader=self, submodule_search_locations=package
        )

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self._source, str(self._file), "exec"), module.__dict__)


if __name__ == "__main__":
    sys.exit(main())
