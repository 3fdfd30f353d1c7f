"""scripts/audit.py with a vulnerability service that answers, one that has nothing to say, and
none.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "scripts" / "audit.py"
BOM = "import sys\nopen(sys.argv[3], 'w').write('{\"components\": [{}, {}, {}]}')\n"
HOLE = {"id": "CVE-2024-1", "fix_versions": ["3.1.3"]}
WEAK = {"name": "jinja2", "version": "3.1.0", "vulns": [HOLE]}
WHOLE = {"name": "numpy", "version": "2.0.0", "vulns": []}
UNKNOWN = {"name": "gan_cli", "skip_reason": "not found on PyPI"}


def audited(folder: Path, known: object, here: object) -> tuple[int, list[str]]:
    """What it prints, with programs in the place of the two that it calls."""
    (folder / "cyclonedx_py.py").write_text(BOM)
    (folder / "pip_audit.py").write_text(
        "import sys\n"
        f"known, here = {json.dumps(known)!r}, {json.dumps(here)!r}\n"
        "print(known if '--requirement' in sys.argv else here)\n"
    )
    done = subprocess.run(
        [sys.executable, str(SCRIPT)],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
    )
    assert done.stderr == ""
    assert (folder / "bom.json").exists()
    return done.returncode, done.stdout.splitlines()


@pytest.mark.parametrize("said", [[{**WEAK, "vulns": []}], [UNKNOWN], []])
def test_a_service_that_does_not_know_what_is_known_is_none(said: object, tmp_path: Path) -> None:
    known = {"dependencies": said}
    lines = ["bom.json: 3 components", "not audited: no vulnerability service"]
    assert audited(tmp_path, known, {"dependencies": [WHOLE]}) == (0, lines)


def test_what_is_weak_fails_and_is_named_with_what_mends_it(tmp_path: Path) -> None:
    known = {"dependencies": [WEAK]}
    code, lines = audited(tmp_path, known, {"dependencies": [WEAK, WHOLE, UNKNOWN]})
    assert (code, lines[1:]) == (
        1,
        [
            "jinja2 3.1.0: CVE-2024-1, mended in 3.1.3",
            "audited by pypi: 2 packages, 1 weak",
            "it does not know: gan_cli",
        ],
    )
    assert audited(tmp_path, known, {"dependencies": [WHOLE]}) == (
        0,
        [lines[0], "audited by pypi: 1 packages, 0 weak"],
    )
