"""The page of format=web in a real browser: its controls show what the run draws."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gan_cli.base.errors import DataError
from gan_cli.base.published import find
from gan_cli.exporting.formats.web import RUNTIME
from tests.browser import BROWSER, FLAGS, with_scripts
from tests.conftest import TINY, Command
from tests.evaluation.people_browser_test import arrived

LATENTS = [1.5, -0.25, 0.0, 2.99, -3.0, 0.5]
TRY = """
const by = (id) => document.getElementById(id), seen = {};
const wait = (until) => new Promise((done) => {
  const look = () => (until() ? done() : setTimeout(look, 20));
  look();
});
const pixels = () => {
  const canvas = by("picture");
  const all = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  return Array.from(all).filter((_, place) => place %% 4 === 0);
};
const settled = async () => {
  let before;
  do { before = pixels().join(); await new Promise((done) => setTimeout(done, 300)); } while (before !== pixels().join());
  return pixels();
};
(async () => {
  await wait(() => !by("controls").hidden);
  seen.first = await settled();
  const sliders = document.querySelectorAll("input[type=range]");
  for (const [index, value] of %s.entries()) {
    sliders[index].value = value;
    sliders[index].dispatchEvent(new Event("input"));
  }
  seen.moved = await settled();
  const buttons = by("classes").querySelectorAll("button");
  seen.names = Array.from(buttons, (each) => each.textContent);
  buttons[3].click();
  seen.third = await settled();
  seen.pressed = Array.from(buttons, (each) => each.getAttribute("aria-pressed"));
  by("play").click();
  await wait(() => pixels().join() !== seen.third.join());
  seen.playing = by("play").textContent;
  by("play").click();
  await settled();
  by("draw").click();
  seen.drawn = await settled();
  seen.wide = document.documentElement.scrollWidth - innerWidth;
  seen.asked = performance.getEntriesByType("resource").length;
  by("save").click();
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([JSON.stringify(seen)]));
  link.download = "seen.json";
  setTimeout(() => link.click(), 1500);
})();
"""


def seen_in_browser(folder: Path, page: str) -> dict[str, Any]:
    """What the script saw, after it has moved, pressed and played everything."""
    (folder / "page.html").write_text(
        with_scripts(page, "", TRY % json.dumps(LATENTS)), encoding="utf-8"
    )
    settings = folder / "profile" / "Default" / "Preferences"
    settings.parent.mkdir(parents=True)
    download = {"default_directory": str(folder), "prompt_for_download": False}
    allowed = {"profile": {"default_content_setting_values": {"automatic_downloads": 1}}}
    settings.write_text(json.dumps({"download": download, **allowed}))
    command = [BROWSER, *FLAGS, "--window-size=420,900", f"--user-data-dir={folder / 'profile'}"]
    with subprocess.Popen(
        [*command, (folder / "page.html").as_uri()], stderr=subprocess.DEVNULL
    ) as browser:
        try:
            return json.loads(arrived(folder, "seen.json", 120.0).read_text(encoding="utf-8"))
        finally:
            browser.terminate()


@pytest.fixture
def runtime() -> Path:
    try:
        return find(RUNTIME, None, "format=web", "give runtime=FILE")
    except DataError as error:
        pytest.skip(str(error))


@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="no Chromium or Chrome on the PATH")
def test_sliders_and_classes_show_the_images_of_the_run(
    export: Command, train: Command, tmp_path: Path, runtime: Path
) -> None:
    import gan_cli

    assert train(*TINY, "model=cgan", "training.steps=60", "run_dir=told").code == 0
    result = export("told", "format=web", f"runtime={runtime}", "output=told.html")
    assert result.code == 0, result.err
    seen = seen_in_browser(tmp_path, Path("told.html").read_text(encoding="utf-8"))
    latents = np.array([LATENTS, LATENTS], np.float32)
    expected = gan_cli.load("told").sample(latents=latents, labels=[0, 3])
    assert np.ravel(expected[0]).tolist() == pytest.approx(seen["moved"], abs=1)
    assert np.ravel(expected[1]).tolist() == pytest.approx(seen["third"], abs=1)
    assert seen["names"] == [str(digit) for digit in range(10)]
    assert seen["pressed"] == ["true" if index == 3 else "false" for index in range(10)]
    assert seen["playing"] == "Pause"
    assert seen["drawn"] not in (seen["first"], seen["third"])
    assert seen["wide"] <= 0
    assert seen["asked"] == 0
    assert arrived(tmp_path, "told.png", 10.0).stat().st_size > 100
