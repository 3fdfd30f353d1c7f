"""What is installed, and which of it has known weaknesses: `python scripts/audit.py [bom.json]`.

Writes a bill of materials (CycloneDX) of this environment, which needs no network, and asks a
vulnerability service about all of it. A service counts only if it knows of a weakness that is known
for sure: a registry's mirror answers for every package that it has nothing to say. Where none
counts, a line says so and the exit code is 0; it is 1 where something weak is installed.

    pip install -e ".[audit]"
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

SERVICES = ("pypi", "osv")
WEAK = "jinja2==3.1.0"
"""Has weaknesses that were published in 2024."""


def main() -> int:
    path = Path(*sys.argv[1:]) if sys.argv[1:] else Path("bom.json")
    command = ["cyclonedx_py", "environment", "--output-file", str(path), sys.executable]
    subprocess.run([sys.executable, "-m", *command], check=True, capture_output=True)
    components = json.loads(path.read_text(encoding="utf-8"))["components"]
    print(f"{path}: {len(components)} components")
    service = next((each for each in SERVICES if _counts(each)), None)
    if service is None:
        print("not audited: no vulnerability service")
        return 0
    found = _asked(service, "--local")
    unknown = [each["name"] for each in found if "vulns" not in each]
    weak = [each for each in found if each.get("vulns")]
    for each in weak:
        for one in each["vulns"]:
            mended = ", ".join(one["fix_versions"]) or "nowhere yet"
            print(f"{each['name']} {each['version']}: {one['id']}, mended in {mended}")
    print(f"audited by {service}: {len(found) - len(unknown)} packages, {len(weak)} weak")
    if unknown:
        print(f"it does not know: {', '.join(unknown)}")
    return int(bool(weak))


def _counts(service: str) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "requirements.txt"
        path.write_text(WEAK)
        found = _asked(service, "--no-deps", "--disable-pip", "--requirement", str(path))
    return any(each.get("vulns") for each in found)


def _asked(service: str, *arguments: str) -> list[dict[str, Any]]:
    """What a service says of each package; nothing where it does not answer."""
    command = ["pip_audit", "--vulnerability-service", service, "--format", "json", "--timeout=15"]
    done = subprocess.run(
        [sys.executable, "-m", *command, "--progress-spinner=off", *arguments],
        capture_output=True,
        text=True,
    )
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        return []
    found: list[dict[str, Any]] = answer["dependencies"]
    return found


if __name__ == "__main__":
    sys.exit(main())
