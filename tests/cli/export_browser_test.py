"""The page of format=web in a real browser: its controls show what the run draws."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gan_cli
from gan_cli.base.errors import DataError
from gan_cli.base.published import find
from gan_cli.exporting.formats.web import RUNTIME
from tests.browser import BROWSER, FLAGS, with_scripts
from tests.conftest import TINY, Command
from tests.evaluation.people_browser_test import arrived

STRENGTHS = [2.5, -1.0]
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
  const move = (place, values) => {
    const sliders = by(place).querySelectorAll("input[type=range]");
    for (const [index, value] of values.entries()) {
      sliders[index].value = value;
      sliders[index].dispatchEvent(new Event("input"));
    }
  };
  move("latents", %s);
  seen.moved = await settled();
  move("directions", %s);
  seen.along = await settled();
  seen.along_names = Array.from(by("along").querySelectorAll("span"), (each) => each.textContent);
  by("reset").click();
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


def seen_in_browser(folder: Path, page: str, script: str) -> dict[str, Any]:
    """What the script saw, after it has moved, pressed and played everything."""
    (folder / "page.html").write_text(with_scripts(page, "", script), encoding="utf-8")
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
    script = TRY % (json.dumps(LATENTS), json.dumps(STRENGTHS))
    assert train(*TINY, "model=cgan", "training.steps=60", "run_dir=told").code == 0
    run = gan_cli.load("told")
    found = run.directions(by="sefa", count=2)
    found.write(tmp_path)
    result = export(
        "told", "format=web", f"runtime={runtime}", "output=told.html", "directions=directions.npz"
    )
    assert result.code == 0, result.err
    seen = seen_in_browser(tmp_path, Path("told.html").read_text(encoding="utf-8"), script)
    latents = np.array([LATENTS, LATENTS], np.float32)
    expected = run.sample(latents=latents, labels=[0, 3])
    offset = np.tensordot(np.float32(STRENGTHS), found.directions, 1)
    along = run.sample(latents=latents[:1], labels=[0], offset=offset)
    assert np.ravel(expected[0]).tolist() == pytest.approx(seen["moved"], abs=1)
    assert np.ravel(along).tolist() == pytest.approx(seen["along"], abs=1)
    assert seen["along_names"] == ["eigenvector 0", "eigenvector 1"]
    assert np.ravel(expected[1]).tolist() == pytest.approx(seen["third"], abs=1)
    assert seen["names"] == [str(digit) for digit in range(10)]
    assert seen["pressed"] == ["true" if index == 3 else "false" for index in range(10)]
    assert seen["playing"] == "Pause"
    assert seen["drawn"] not in (seen["first"], seen["third"])
    assert seen["wide"] <= 0
    assert seen["asked"] == 0
    assert arrived(tmp_path, "told.png", 10.0).stat().st_size > 100


WORDS = """
const by = (id) => document.getElementById(id), seen = {};
const wait = (ms) => new Promise((done) => setTimeout(done, ms));
const say = async (text) => {
  by("words").value = text;
  by("words").dispatchEvent(new Event("input"));
  const canvas = by("picture");
  const pixels = () => canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  let before;
  do { before = pixels().join(); await wait(500); } while (before !== pixels().join());
  return Array.from(pixels()).filter((_, place) => place % 4 !== 3);
};
(async () => {
  while (by("controls").hidden) await wait(20);
  const sliders = by("latents").querySelectorAll("input[type=range]");
  for (const each of sliders) {
    each.value = 0.5;
    each.dispatchEvent(new Event("input"));
  }
  seen.said = await say("A LARGE red circle!");
  seen.strange = await say("a large mauve circle");
  seen.named = by("unknown").textContent;
  seen.again = await say("a small blue square");
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([JSON.stringify(seen)]));
  link.download = "seen.json";
  link.click();
})();
"""


@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="no Chromium or Chrome on the PATH")
def test_a_description_shows_what_the_run_draws_of_it(
    export: Command, train: Command, tmp_path: Path, runtime: Path
) -> None:
    small = ["training.steps=60", "training.batch_size=8", "model.width=4", "model.latent_dim=6"]
    made = train("model=text_gan", "data=shapes", *small, "evaluation.every=null", "run_dir=text")
    assert made.code == 0, made.err
    result = export("text", "format=web", f"runtime={runtime}", "output=text.html")
    assert result.code == 0, result.err
    seen = seen_in_browser(tmp_path, Path("text.html").read_text(encoding="utf-8"), WORDS)
    run = gan_cli.load("text")
    latents = np.full((1, *run.model.latent_shape), 0.5, np.float32)
    first, last = (
        run.sample(latents=latents, prompts=[prompt])
        for prompt in ("a large red circle", "a small blue square")
    )
    assert np.ravel(first).tolist() == pytest.approx(seen["said"], abs=1)
    assert seen["strange"] == seen["said"]
    assert seen["named"] == "It does not know: mauve"
    assert np.ravel(last).tolist() == pytest.approx(seen["again"], abs=1)
    assert np.abs(first.astype(int) - last).max() > 3
