"""How long the commands take to answer, beside a Hydra app that has one YAML and nothing else."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

APP = """
import hydra

@hydra.main(version_base="1.3", config_path=".", config_name="config")
def main(config):
    pass

main()
"""
GOAL, ABOVE = 1.5, 5.0
"""Of the ratio to the bare app; seconds to the first step, without TensorFlow's import."""
COMPLETE = ["-sc", "query=bash"]

PAIRS = {
    "help": (["--help"], ["--help"]),
    "completion": (COMPLETE, COMPLETE),
    "unknown key": (["traning.steps=1"], ["stes=1"]),
    "unknown key of a section": (["training.stes=1"], ["stes=1"]),
    "unknown option": (["model=dcgn"], ["stes=1"]),
    "bad value": (["training.steps=-1"], ["stes=1"]),
}
"""What gan-train is asked, and what the bare app."""


def compare(rounds: int, spread: Callable[[list[float], float], str]) -> None:
    """Print the median ratio for each question, and what the first step takes."""
    train = [str(Path(sys.executable).with_name("gan-train"))]
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "app.py").write_text(APP, encoding="utf-8")
        Path(folder, "config.yaml").write_text("steps: 1\n", encoding="utf-8")
        bare = [sys.executable, "app.py"]
        for name, (ours, theirs) in PAIRS.items():
            pairs = _alternate([train + ours, bare + theirs], folder, rounds)
            first, second = (statistics.median(each) for each in zip(*pairs, strict=True))
            print(f"startup: {name}: {spread([a / b for a, b in pairs], GOAL)}")
            print(f"  {first:.2f} against {second:.2f} s", flush=True)
        tensorflow = [sys.executable, "-c", "import tensorflow, keras"]
        pairs = _alternate([[*train, "training.steps=1"], tensorflow], folder, rounds)
    above = statistics.median(a - b for a, b in pairs)
    print(f"startup: first step, above TensorFlow's import: {above:.2f} s, goal {ABOVE}")


def _alternate(commands: list[list[str]], folder: str, rounds: int) -> list[tuple[float, ...]]:
    for command in commands:
        _seconds(command, folder)  # the disk's cache is warm then
    found = []
    for number in range(rounds):
        order = range(len(commands)) if number % 2 else reversed(range(len(commands)))
        times = {index: _seconds(commands[index], folder) for index in order}
        found.append(tuple(times[index] for index in range(len(commands))))
    return found


def _seconds(command: list[str], folder: str) -> float:
    line = f"{Path(command[0]).name} model="  # what a shell's completion asks about
    environment = {**os.environ, "COMP_LINE": line, "COMP_POINT": str(len(line)), "COMP_CWORD": "1"}
    began = time.perf_counter()
    subprocess.run(command, capture_output=True, cwd=folder, env=environment)
    return time.perf_counter() - began
