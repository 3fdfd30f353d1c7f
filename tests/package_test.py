"""The wheel in a clean environment, run from another directory."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def test_the_lowest_versions_that_are_allowed_are_those_that_were_tried() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *extras["test"], *extras["sweep"], *extras["slurm"]]
    lines = (ROOT / "constraints-lowest.txt").read_text().splitlines()
    tried = dict(line.split("==") for line in lines if not line.startswith("#"))
    for text in wanted:
        if text.startswith("gan_cli["):
            continue
        name, lowest = re.match(r"([\w-]+)>=([\d.]+)", text).groups()  # type: ignore[union-attr]
        assert f"{tried[name]}.".startswith(f"{lowest}."), text


@pytest.mark.slow
def test_the_wheel_carries_configs_digits_and_page_and_runs_from_anywhere(tmp_path: Path) -> None:
    source = tmp_path / "source"
    for name in ("gan_cli", "configs"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    build = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        tmp_path,
        source,
    ]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("gan_cli-*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    yamls = {f"gan_cli/{path.relative_to(ROOT)}" for path in (ROOT / "configs").rglob("*.yaml")}
    assert len(yamls) > 15
    folders = [
        ROOT / "gan_cli" / room
        for room in ("evaluation", "exporting/formats", "reports", "watching")
    ]
    parts = [path for folder in folders for path in folder.iterdir()]
    suffixes = (".html", ".css", ".js", ".md")
    pages = {str(path.relative_to(ROOT)) for path in parts if path.suffix in suffixes}
    assert len(pages) >= 14
    sets = {
        f"gan_cli/data/{name}.{suffix}"
        for name in ("digits", "mnist_small")
        for suffix in ("npz", "LICENSE.txt")
    }
    assert yamls | pages | sets <= names
    licences = {name.partition(".dist-info/licenses/")[2] for name in names}
    assert {"LICENSE", *(name for name in sets if name.endswith(".txt"))} <= licences
    assert not [name for name in names if "test" in name or "scripts" in name]

    environment = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    subprocess.run(
        [environment / "bin" / "pip", "install", "--no-deps", wheel],
        check=True,
        capture_output=True,
    )
    (packages,) = environment.glob("lib/python*/site-packages")
    (packages / "dependencies.pth").write_text(
        sysconfig.get_path("purelib")
    )  # but not gan_cli's own, which is editable
    where = [environment / "bin" / "python", "-c", "import gan_cli; print(gan_cli.__file__)"]
    assert (
        str(environment)
        in subprocess.run(where, check=True, capture_output=True, text=True, cwd=tmp_path).stdout
    )

    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    options = ["model.width=4", "training.steps=3", "training.batch_size=8", "run_dir=run"]
    subprocess.run([environment / "bin" / "gan-train", *options], check=True, cwd=elsewhere)
    subprocess.run(
        [environment / "bin" / "gan-sample", "checkpoint=run"], check=True, cwd=elsewhere
    )
    assert (elsewhere / "run-step-00000003.png").exists()
