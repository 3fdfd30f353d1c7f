"""The site of docs/ is built strictly, and its pages fetch nothing from elsewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.browser import BROWSER, too_wide

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `mkdocs build --strict` writes: every page is in the navigation, every link and anchor
    leads somewhere, every docstring is found.
    """
    pytest.importorskip("material", reason="extra: docs")
    folder: Path = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    return folder


@pytest.mark.slow
def test_every_page_is_built(site: Path) -> None:
    pages = {path.stem for path in (ROOT / "docs").glob("*.md")}
    assert {path.stem for path in site.glob("*.html")} == {*pages, "404"}
    assert (site / "search" / "search_index.json").stat().st_size > 100_000


@pytest.mark.slow
def test_a_page_fetches_nothing_from_elsewhere(site: Path) -> None:
    for path in site.glob("*.html"):
        fetched = re.findall(
            r"<(?:link|script|img|iframe)\b[^>]*?(?:href|src)=[\"']?(https?:[^\"' >]+)",
            path.read_text(),
        )
        assert [each for each in fetched if "canonical" not in each] == [], path.name


@pytest.mark.slow
def test_the_reference_of_python_is_that_of_the_docstrings(site: Path) -> None:
    page = (site / "api.html").read_text()
    for name in ("train", "load", "Run.sample", "Run.evaluate", "Run.export"):
        assert f'id="gan_cli.{name}"' in page
    assert "nothing in it is executed" in page
    assert 'id="gan_cli.base.errors.NonFiniteError"' in page


@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="no Chromium or Chrome on the PATH")
def test_no_page_is_wider_than_a_telephone(site: Path, tmp_path: Path) -> None:
    """Tables and code that are scroll on their own."""
    wide = tmp_path / "wide.html"
    wide.write_text("<!doctype html><div style='width: 600px'>wide</div>")
    pages = [*sorted(site.glob("*.html")), wide]
    assert too_wide(path.as_uri() for path in pages) == {("wide.html", 420): 188}
