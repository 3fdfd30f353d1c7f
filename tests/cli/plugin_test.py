"""What Hydra finds of ours, at no cost to other programs that use it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPT = """
import sys
import hydra_plugins.gan_cli
print(*sorted(name for name in sys.modules if name.split(".")[0] in ("gan_cli", "optuna")))
from gan_cli.cli.hydra import source
from hydra.core.plugins import Plugins
from hydra.plugins.launcher import Launcher
from hydra.plugins.sweeper import Sweeper
source.register()
found = {f"{each.__module__}.{each.__name__}" for kind in (Launcher, Sweeper)
         for each in Plugins.instance().discover(kind)}
print(*sorted(each for each in found if "gan_cli" in each))
"""


def test_hydra_knows_the_plugins_and_their_module_imports_nothing_else(tmp_path: Path) -> None:
    command = [sys.executable, "-c", SCRIPT]
    done = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True)
    imported, plugins = done.stdout.splitlines()
    names = ("Grid", "Optuna", "Processes")
    assert plugins == " ".join(f"hydra_plugins.gan_cli.{name}" for name in names)
    assert imported == ""
