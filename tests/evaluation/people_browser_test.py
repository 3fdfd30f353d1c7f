"""The page of people_test in a real browser, without its window: what it writes is what Python
computes.
"""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gan_cli.evaluation import people
from gan_cli.evaluation.answers import read_answers, score
from tests.browser import BROWSER, FLAGS, with_scripts

from .people_test import PROVENANCE, images

JUDGE = """
const plan = %s, views = [];
const press = (key) => document.dispatchEvent(new KeyboardEvent("keydown", { key }));
const say = [
  (real) => press(real ? "r" : "G"),
  (real) => press(real ? "ArrowLeft" : "ArrowRight"),
  (real) => document.getElementById(real ? "real" : "generated").click(),
];
const link = URL.createObjectURL;
URL.createObjectURL = (file) => {
  const seen = { shown: document.getElementById("end").innerText, views: new Set(views).size };
  return link(new Blob(['{"seen":', JSON.stringify(seen), ',"file":', file, "}"]));
};
const judge = () => {
  if (!document.getElementById("end").hidden) return document.getElementById("download").click();
  const index = document.getElementById("progress").value;
  views[index] = document.querySelector("main").outerHTML.replace(/Image \\d+/, "").replace(/value="\\d+"/, "");
  say[index %% 3](plan[index]);
  say[index %% 3](plan[index]);  // struck twice: too early for the next image
  setTimeout(judge, 40 + 20 * index);
};
document.getElementById("start").click();
judge();
"""


def judge_in_browser(folder: Path, text: str, plan: list[bool]) -> dict[str, Any]:
    """Answer a page in a browser as planned: the file that it saves, and what was seen before."""
    (folder / "page.html").write_text(
        with_scripts(text, "", JUDGE % json.dumps(plan)), encoding="utf-8"
    )
    settings = folder / "profile" / "Default" / "Preferences"
    settings.parent.mkdir(parents=True)
    settings.write_text(
        json.dumps({"download": {"default_directory": str(folder), "prompt_for_download": False}})
    )
    command = [BROWSER, *FLAGS, f"--user-data-dir={folder / 'profile'}"]
    with subprocess.Popen(
        [*command, (folder / "page.html").as_uri()], stderr=subprocess.DEVNULL
    ) as browser:
        try:
            return json.loads(arrived(folder, "answers-*.json").read_text(encoding="utf-8"))
        finally:
            browser.terminate()


def arrived(folder: Path, pattern: str, seconds: float = 60.0) -> Path:
    """The file of that name, as soon as it is there."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := list(folder.glob(pattern)):
            return found[0]
        time.sleep(0.1)
    raise TimeoutError(f"no {pattern} after {seconds:.0f} s")


@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="no Chromium or Chrome on the PATH")
@pytest.mark.parametrize(("exposure_ms", "seed"), [(None, 0), (100, 1)])
def test_a_browser_and_python_agree(tmp_path: Path, exposure_ms: int | None, seed: int):
    real, generated = images(5), images(6, 100)
    shown = people.deck(real, generated, seed, PROVENANCE, exposure_ms)
    plan = np.random.default_rng(seed).random(11) < 0.6
    saved = judge_in_browser(
        tmp_path,
        people.page(real, generated, seed, "a run", PROVENANCE, exposure_ms),
        plan.tolist(),
    )

    (tmp_path / "answers.json").write_text(json.dumps(saved["file"]))
    answers = read_answers(tmp_path / "answers.json", shown.fingerprint)
    np.testing.assert_array_equal(answers.judged_real, plan)
    assert answers.milliseconds.min() >= 150  # the second stroke never counted
    scores = score([answers])
    assert saved["file"]["score"] == pytest.approx(scores, rel=1e-12)
    assert scores["hype_errors"] == (plan != answers.real).sum()
    assert f"{scores['hype']:.0f} %" in saved["seen"]["shown"]
    assert f"{scores['hype_low']:.0f} to {scores['hype_high']:.0f} %" in saved["seen"]["shown"]
    assert (
        saved["seen"]["views"] == 1
    )  # but for their number, all images are the same to see in the document
