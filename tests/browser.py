"""Pages in a real browser, without its window: found on the PATH, with scripts of the test's own
that the page's policy is made to name.
"""

from __future__ import annotations

import base64
import hashlib
import shutil

BROWSER = next(
    filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome", "chrome"])),
    None,
)
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--enable-unsafe-swiftshader"]


def with_scripts(page: str, first: str, last: str) -> str:
    """A page with a script before its own, and one after them; all else stays forbidden."""
    for code in filter(None, (first, last)):
        digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
        page = page.replace("script-src ", f"script-src 'sha256-{digest}' ", 1)
    page = page.replace("<title>", f"<script>{first}</script><title>", 1) if first else page
    start, end, rest = page.rpartition("</body>")
    return f"{start}<script>{last}</script>{end}{rest}"
