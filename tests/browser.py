"""Pages in a real browser, without its window: found on the PATH, with scripts of the test's own
that the page's policy is made to name, or in windows as narrow as a phone.
"""

from __future__ import annotations

import base64
import hashlib
import shutil
from collections.abc import Iterable

import pytest

BROWSER = next(
    filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome", "chrome"])),
    None,
)
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--enable-unsafe-swiftshader"]
WIDTHS = (420, 1400)
"""Pixels of a telephone's window, and of a desk's."""


def with_scripts(page: str, first: str, last: str) -> str:
    """A page with a script before its own, and one after them; all else stays forbidden."""
    for code in filter(None, (first, last)):
        digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
        page = page.replace("script-src ", f"script-src 'sha256-{digest}' ", 1)
    page = page.replace("<title>", f"<script>{first}</script><title>", 1) if first else page
    start, end, rest = page.rpartition("</body>")
    return f"{start}<script>{last}</script>{end}{rest}"


def too_wide(addresses: Iterable[str], settle: float = 0.0) -> dict[tuple[str, int], int]:
    """How far pages reach beyond the window, where they do: (the end of the address, the width of
    the window) -> pixels.

    Args:
        settle: seconds that a page takes after it is loaded.
    """
    playwright = pytest.importorskip("playwright.sync_api", reason="extra: dev")
    found = {}
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=BROWSER, args=FLAGS)
        page = browser.new_page()
        for address in addresses:
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 900})
                page.goto("about:blank")
                page.goto(address)
                page.wait_for_timeout(settle * 1000)
                root = "document.documentElement"
                beyond = page.evaluate(f"{root}.scrollWidth - {root}.clientWidth")
                if beyond > 0:
                    found[address.rpartition("/")[2], width] = beyond
        browser.close()
    return found
