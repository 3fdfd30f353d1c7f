"""Every model in every format of `gan-export`: `python scripts/export_figures.py [MODEL ...]`.

Trains each model for two steps with the widths that it has by itself, on digits of 16x16, on shapes
with captions, or on moving digits, exports it to each format, and prints two tables: megabytes and
the largest difference of 16 samples from gan-sample's (of int8 the mean and the largest), then the
seconds until the first answer and images a second in batches of 16. What cannot be exported is a
line below them, with its reason.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gan_cli
from gan_cli.base.errors import GanError
from gan_cli.exporting.compare import Exported
from gan_cli.models import MODELS

FORMATS: dict[str, dict[str, Any]] = {
    "keras": {},
    "saved_model": {},
    "onnx": {},
    "litert": {},
    "int8": {"format": "litert", "quantize": "int8"},
    "web": {},
    "huggingface": {},
}
DATA: dict[str, dict[str, Any]] = {
    "sequences": {
        "data": "moving_mnist",
        "data.size": 32,
        "data.frames": 8,
        "data.count": 64,
    },
    "captions": {"data": "shapes", "data.count": 256},
}
"""By what a model needs; all others are given digits."""
SETTINGS = {
    "training.steps": 2,
    "training.batch_size": 16,
    "training.preview_every": 1000,
    "evaluation.every": None,
    "training.precision": "float32",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n")[0])
    parser.add_argument("models", nargs="*", metavar="MODEL", help="all models without it")
    parser.add_argument("--formats", nargs="+", choices=list(FORMATS), default=list(FORMATS))
    given = parser.parse_args()
    refused: list[str] = []
    heading = f"| model | {' | '.join(given.formats)} |"
    speeds = ["", heading, rule(heading)]
    print("\n".join([heading, rule(heading)]), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for name in given.models or list(MODELS):
            made = dict(exports(name, given.formats, Path(folder), refused))
            if made:
                print(row(name, [near(made.get(each), each) for each in given.formats]), flush=True)
                speeds.append(row(name, [quick(made.get(each)) for each in given.formats]))
    print("\n".join([*speeds, "", *refused]))


def exports(
    name: str, formats: list[str], folder: Path, refused: list[str]
) -> Iterator[tuple[str, Exported]]:
    """Each format that takes the model; the lines of the others go to `refused`."""
    needs = MODELS[name].needs
    data = next((each for kind, each in DATA.items() if kind in needs), {"data": "digits"})
    run = gan_cli.train(name, run_dir=folder / name, say=None, **data, **SETTINGS)
    for kind in formats:
        settings = {"format": kind, **FORMATS[kind]}
        try:
            yield kind, run.export(path=folder / suffixed(name, kind), **settings)
        except GanError as error:
            refused.append(f"- {name}, {kind}: {error}")


def suffixed(name: str, kind: str) -> str:
    suffixes = {"keras": ".keras", "onnx": ".onnx", "litert": ".tflite", "web": ".html"}
    return f"{name}-{kind}{suffixes.get(FORMATS[kind].get('format', kind), '')}"


def near(made: Exported | None, kind: str) -> str:
    if made is None:
        return ""
    apart = f"{made.difference:.1e}".replace("e-0", "e-").replace("0.0e+00", "0")
    if kind == "int8":
        apart = f"{made.mean_difference:.3f} ({made.difference:.2f})"
    return f"{made.bytes / 1e6:.2f}, {apart}"


def quick(made: Exported | None) -> str:
    return "" if made is None else f"{made.seconds_to_load:.2f}, {made.images_per_second:,.0f}"


def row(name: str, cells: list[str]) -> str:
    return f"| {name} | {' | '.join(cells)} |"


def rule(heading: str) -> str:
    return "|" + " --- |" * (heading.count("|") - 1)


if __name__ == "__main__":
    main()
