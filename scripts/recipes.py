"""Hold recipes against their headers: `python scripts/recipes.py [NAME...] [--folder DIR]`; without
a name all of them.

Each `experiment=NAME` is run as its header says; its score has to be within the header's tolerance,
else the exit code is 1. Its wall time is given as a ratio and only warned of, for machines differ.
`# Expected: SCORE VALUE +- TOLERANCE in SECONDS s`, with SCORE a key of evaluation.objective and
SECONDS those of the whole command on two CPU cores, is the header's line. It may end on
` with OVERRIDES`, which say what data it was measured on.
"""

from __future__ import annotations

import argparse
import re
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from gan_cli.base.errors import GanError
from gan_cli.runs.rundir import RunDirectory
from gan_cli.sweeps.outcome import OBJECTIVES, outcome

FOLDER = Path(__file__).parents[1] / "configs" / "experiment"
LINE = re.compile(
    r"^# Expected: (?P<score>\w+) (?P<value>-?\d+(\.\d+)?) \+- (?P<tolerance>\d+(\.\d+)?) in (?P<seconds>\d+) s\b(?:.* with (?P<overrides>.+))?",  # noqa: E501
    re.MULTILINE,
)
SLOW = 1.5
"""From this ratio of times on there is a warning."""
ROW = "{:<16}{:>14}{:>10}{:>18}{:>14}{:>8}"


class Expected(NamedTuple):
    """What a recipe's header promises."""

    score: str
    value: float
    tolerance: float
    seconds: int
    overrides: tuple[str, ...] = ()


def expected(text: str) -> Expected:
    """The promise in a recipe's YAML.

    Raises:
        ValueError: there is none, more than one, or one of a score that runs are not ranked by.
    """
    lines = list(LINE.finditer(text))
    if len(lines) != 1 or lines[0]["score"] not in OBJECTIVES:
        raise ValueError(
            "a recipe needs one line '# Expected: SCORE VALUE +- TOLERANCE in SECONDS s', "
            "SCORE "
            f"of {list(OBJECTIVES)}"
        )
    line = lines[0]
    return Expected(
        line["score"],
        float(line["value"]),
        float(line["tolerance"]),
        int(line["seconds"]),
        tuple(shlex.split(line["overrides"] or "")),
    )


def run(name: str, promise: Expected, folder: Path) -> tuple[float | None, float]:
    """Train a recipe in a new directory; its score, None where it has failed, and the seconds of
    the whole command.
    """
    code = "from gan_cli.cli.train import main; raise SystemExit(main())"
    began = time.perf_counter()
    with (folder / f"{name}.log").open("w") as log:
        arguments = [f"experiment={name}", f"run_dir={folder / name}", *promise.overrides]
        ended = subprocess.run(
            [sys.executable, "-c", code, *arguments], stdout=log, stderr=subprocess.STDOUT
        )
    seconds = time.perf_counter() - began
    if ended.returncode:
        print("\n".join((folder / f"{name}.log").read_text().splitlines()[-3:]), file=sys.stderr)
        return None, seconds
    try:
        return outcome(RunDirectory.read(str(folder / name)), promise.score).score, seconds
    except GanError as error:
        print(error, file=sys.stderr)
        return None, seconds


def recipes() -> dict[str, Path]:
    return {path.stem: path for path in sorted(FOLDER.glob("*.yaml"))}


def row(name: str, promise: Expected, score: float | None, seconds: float) -> tuple[str, bool]:
    """A line of the table, and whether the promise was kept."""
    kept = score is not None and abs(score - promise.value) <= promise.tolerance
    verdict = "ok" if kept else "NO"
    ratio = seconds / promise.seconds
    cells = (
        name,
        promise.score,
        "failed" if score is None else f"{score:.2f}",
        f"{promise.value:g} +- {promise.tolerance:g} {verdict}",
        f"{seconds:.0f}/{promise.seconds} s",
        f"{ratio:.2f}{'!' if ratio > SLOW else ''}",
    )
    return ROW.format(*cells), kept


def check(names: list[str], folder: Path) -> bool:
    """Run recipes one after another and print their table; whether all have kept their promise."""
    print(ROW.format("recipe", "score", "is", "expected", "time", "ratio"))
    kept = []
    for name in names:
        promise = expected(recipes()[name].read_text())
        line, ok = row(name, promise, *run(name, promise, folder))
        print(line, flush=True)
        kept.append(ok)
    print(
        f"{sum(kept)} of {len(kept)} as expected; a ratio with ! is more than {SLOW} times the "
        "time of two cores"
    )
    return all(kept)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(recipes()))
    parser.add_argument("--all", action="store_true", help="every recipe, as without a name")
    parser.add_argument(
        "--folder", type=Path, help="where the runs are kept; a temporary one otherwise"
    )
    given = parser.parse_args()
    if unknown := set(given.names) - set(recipes()):
        parser.error(f"unknown {', '.join(sorted(unknown))}; there are {', '.join(recipes())}")
    names = list(recipes()) if given.all or not given.names else given.names
    if given.folder is None:
        with tempfile.TemporaryDirectory() as folder:
            return 0 if check(names, Path(folder)) else 1
    given.folder.mkdir(parents=True, exist_ok=True)
    return 0 if check(names, given.folder) else 1


if __name__ == "__main__":
    sys.exit(main())
