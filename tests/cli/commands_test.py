"""The console scripts: what collects garbage, and when."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("arguments", "code", "collects"),
    [(["--help"], 0, False), (["training.steps=-1"], 2, True)],
)
def test_the_collector_waits_for_the_job(arguments: list[str], code: int, collects: bool) -> None:
    script = (
        "import gc, sys\n"
        "from gan_cli.cli import commands\n"
        f"sys.argv[1:] = {arguments!r}\n"
        "code = commands.train()\n"
        "print(code, gc.isenabled(), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stderr.splitlines()[-1] == f"{code} {collects}"
