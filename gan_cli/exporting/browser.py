"""A page in a browser without its window."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import subprocess
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from gan_cli.base.errors import ExportError
from gan_cli.base.lazy import np
from gan_cli.exporting.formats import Arrays, Ran

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
SECONDS = 120.0
RESULT = "result.json"
SCRIPT = """
const given = %s;
const file = (value) => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([JSON.stringify(value)]));
  link.download = "%s";
  link.click();
};
try {
  await session;
  const call = () => generate(given.inputs, given.count);
  const images = Array.from(await call()), loaded = performance.now();
  await call();
  file({ images, loaded, ran: performance.now() - loaded });
} catch (error) {
  file({ error: String(error.message || error) });
}
"""


def find() -> Path | None:
    """Chromium or Chrome on the PATH."""
    return next((Path(found) for name in NAMES if (found := shutil.which(name))), None)


def run(browser: Path, page: str, inputs: Arrays, shape: tuple[int, ...]) -> Ran:
    """What a page's function `generate` makes of inputs.

    Raises:
        ExportError: it cannot be run.
    """
    given = {name: np.ravel(values).tolist() for name, values in inputs.items()}
    code = SCRIPT % (json.dumps({"inputs": given, "count": shape[0]}), RESULT)
    found = _saved(browser, _with_script(page, code))
    if "error" in found:
        raise ExportError(f"the page does not run in {browser.stem}: {found['error']}")
    images = np.array(found["images"], np.float32).reshape(shape)
    return Ran({"images": images}, found["loaded"] / 1000, found["ran"] / 1000)


def _with_script(page: str, code: str) -> str:
    """The page with a script after its own, which its policy is made to name."""
    digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
    page = page.replace("script-src ", f"script-src 'sha256-{digest}' ", 1)
    start, end, rest = page.rpartition("</body>")
    return f'{start}<script type="module">{code}</script>{end}{rest}'


def _saved(browser: Path, page: str) -> dict[str, Any]:
    """What the page saves as a file."""
    with TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        (folder / "page.html").write_text(page, encoding="utf-8")
        settings = folder / "profile" / "Default" / "Preferences"
        settings.parent.mkdir(parents=True)
        download = {"default_directory": name, "prompt_for_download": False}
        settings.write_text(json.dumps({"download": download}))
        flags = ["--headless", "--disable-gpu", f"--user-data-dir={folder / 'profile'}"]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            flags.append("--no-sandbox")  # Chromium refuses its sandbox to the administrator
        command = [str(browser), *flags, (folder / "page.html").as_uri()]
        quiet = subprocess.DEVNULL
        with subprocess.Popen(command, stdout=quiet, stderr=quiet) as process:
            try:
                return _arrived(folder / RESULT, browser, process)
            finally:
                process.terminate()


def _arrived(path: Path, browser: Path, process: subprocess.Popen[bytes]) -> dict[str, Any]:
    end = time.monotonic() + SECONDS
    while not path.exists():
        if time.monotonic() > end or process.poll() is not None:
            raise ExportError(
                f"{browser} did not run the page; where it is not on the PATH, the network alone "
                "is compared"
            )
        time.sleep(0.1)
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found
