"""The page of page_test in a real browser, without its window and without a network: its tables
sort, its curves zoom, its parallel coordinates brush, and nothing of a stranger's runs.
"""

from __future__ import annotations

import base64
import html
import io
import json
import re
import subprocess
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from gan_cli.reports import page
from gan_cli.reports.collect import collect
from gan_cli.reports.embedded import Picture
from gan_cli.reports.spread import rank
from tests.browser import BROWSER, FLAGS, too_wide, with_scripts

from . import made
from .page_test import HOSTILE

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BROWSER is None, reason="no Chromium or Chrome on the PATH"),
]

WATCH = """
const seen = { wrong: [] };
for (const kind of ["error", "unhandledrejection", "securitypolicyviolation"]) {
  addEventListener(kind, (event) => seen.wrong.push([kind, event.message, event.violatedDirective, `${event.reason}`]), true);
}
window.alert = () => seen.wrong.push("alert");
"""
ACT = """
const all = (selector) => Array.from(document.querySelectorAll(selector));
const byId = (id) => document.getElementById(id);
const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const column = (table, name) => all(`#${table} th`).findIndex((head) => head.textContent === name);
const cells = (table, name) => {
  const at = column(table, name);
  return all(`#${table} tbody tr`).map((row) => row.cells[at].textContent);
};
const sort = (table, name) => all(`#${table} th`)[column(table, name)].querySelector("button").click();
const of = (name) => all(`tr.${name}`).map((each) => each.id).filter(Boolean).sort();
const opacities = () => byId("curve-0").data.map(({ meta, opacity }) => [meta.job, opacity]);
async function drag(element, from, to) {
  const { left, top, width, height } = element.getBoundingClientRect();
  const fire = (kind, [x, y], target) => target.dispatchEvent(new MouseEvent(kind, {
    bubbles: true, cancelable: true, view: window, clientX: left + x * width, clientY: top + y * height,
  }));
  fire("mouseover", from, element);
  fire("mousemove", from, element);
  fire("mousedown", from, element);
  await sleep(100);
  fire("mousemove", to, document);
  await sleep(100);
  fire("mouseup", to, document);
  await sleep(300);
}
addEventListener("load", async () => {
  await sleep(1000);
  seen.resources = performance.getEntriesByType("resource").map(({ name }) => name).filter((name) => !name.startsWith("data:"));
  seen.title = document.title;
  seen.images = all("img").map((image) => [image.complete, image.naturalWidth, image.width]);
  seen.lines = all(".plot .scatterlayer .trace").length;
  seen.links = all(".plot a, .plot image, .plot foreignObject").length;
  seen.wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  seen.sorts = {};
  for (const [table, name] of [["jobs", "seed"], ["jobs", "state"], ["jobs", "Fréchet"], ["settings-A", "loss"]]) {
    if (!byId(table) || column(table, name) < 0) continue;
    sort(table, name);
    const rising = cells(table, name);
    sort(table, name);
    seen.sorts[name] = [rising, cells(table, name), all(`#${table} th`)[column(table, name)].getAttribute("aria-sort")];
  }
  if (byId("parallel")) {
    byId("job-1").querySelector("td").click();
    seen.pinned = [of("hot"), opacities()];
    document.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape" }));
    seen.escaped = [of("hot"), opacities()];
    byId("curve-0").scrollIntoView();
    const before = [...byId("curve-0").layout.xaxis.range];
    await drag(document.querySelector("#curve-0 .nsewdrag"), [0.5, 0.5], [0.75, 0.5]);
    seen.zoomed = [before, byId("curve-0").layout.xaxis.range];
    byId("parallel").scrollIntoView();
    const axes = all("#parallel .axis-brush .background");
    await drag(axes[axes.length - 1], [0.5, 0.2], [0.5, 0.0]);
    seen.brushed = [byId("parallel").data[0].dimensions.at(-1).constraintrange, of("faded")];
    const folded = document.querySelector("details:last-of-type");
    folded.open = false;
    location.hash = "#command-0";
    await sleep(50);
    seen.revealed = folded.open;
  }
  if (byId("command-0")) {
    const button = document.querySelector("#command-0 button");
    button.click();
    seen.copied = [button.textContent, getSelection().toString()];
  }
  const result = document.createElement("pre");
  result.id = "seen";
  result.textContent = JSON.stringify(seen);
  document.body.append(result);
});
"""


def browse(folder: Path, text: str, width: int = 1400) -> dict[str, Any]:
    """What was seen of a page in a browser that reaches no network."""
    path = folder / "watched.html"
    path.write_text(with_scripts(text, WATCH, ACT), encoding="utf-8")
    command = [
        *(BROWSER, *FLAGS, f"--user-data-dir={folder / 'profile'}"),
        *("--host-resolver-rules=MAP * ~NOTFOUND", "--disable-background-networking"),
        *("--enable-logging=stderr", "--virtual-time-budget=20000"),
        *(f"--window-size={width},1200", "--dump-dom", path.as_uri()),
    ]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    said = [line for line in ended.stderr.splitlines() if "CONSOLE" in line and "GPU" not in line]
    assert not said
    (found,) = re.findall(r'<pre id="seen">(.*?)</pre>', ended.stdout, flags=re.DOTALL)
    return json.loads(html.unescape(found))


def built(directory: Path) -> str:
    buffer = io.BytesIO()
    Image.fromarray(np.arange(22 * 22, dtype=np.uint8).reshape(22, 22)).save(buffer, format="PNG")
    uri = f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"
    pictures = dict.fromkeys("02", Picture(uri, 22, 22, 100, 8))
    collected = collect(directory)
    return page.page(collected, rank(collected.rows), pictures, datetime(2026, 11, 21))


def test_it_works_from_disk_without_a_network(tmp_path: Path) -> None:
    seen = browse(tmp_path, built(made.sweep(tmp_path / "sweep")))
    assert (seen["wrong"], seen["resources"], seen["title"]) == ([], [], "sweep")
    assert seen["images"] == [[True, 22, 176]] * 2
    assert seen["lines"] == 2 * 5 + 1  # two figures of five jobs, one of means
    sorts = seen["sorts"]
    assert sorts["seed"] == [["0"] * 4 + ["1"] * 3, ["1"] * 3 + ["0"] * 4, "descending"]
    assert sorts["state"][0] == ["done"] * 4 + ["failed", "pruned", "waiting"]
    scores = ["30.00", "36.00", "40.00", "44.00", "70.00"]
    assert sorts["Fréchet"] == [[*scores, "–", "–"], [*scores[::-1], "–", "–"], "descending"]  # noqa: RUF001
    assert sorts["loss"][0] == ["hinge", "minimax"]
    assert seen["pinned"] == [
        ["job-1"],
        [[job, 1 if job == 1 else 0.12] for job in (4, 3, 2, 1, 0)],
    ]
    assert seen["escaped"] == [[], [[job, 1] for job in (4, 3, 2, 1, 0)]]
    before, after = seen["zoomed"]
    assert before[0] < after[0] < after[1] < before[1] + 1e-9
    (low, high), faded = seen["brushed"]
    assert 29.0 < low < 31.0 < high < 36.0
    assert faded == ["job-1", "job-2", "job-3"]
    assert seen["revealed"] is True
    word, selected = seen["copied"]
    assert word in ("Copied", "Selected")
    assert selected == (
        "gan-train training.steps=200 optimizer.learning_rate=1e-3 loss=minimax seed=0"
    )


@pytest.mark.parametrize("width", [500, 1400])
def test_hostile_text_does_nothing_and_makes_no_page_wider_than_the_window(
    width: int, tmp_path: Path
) -> None:
    directory = made.sweep(tmp_path / "sweep")
    for number, text in enumerate(HOSTILE):
        overrides = [f"data.path={text}", f"a.{'b' * 100}={text}", f"loss={text}", f"seed={number}"]
        made.job(directory / str(number), overrides, "done" if number else "failed", reason=text)
    seen = browse(tmp_path, built(directory), width)
    assert (seen["wrong"], seen["resources"], seen["title"], seen["wide"]) == ([], [], "sweep", 0)
    assert seen["links"] == 0


def test_a_single_job(tmp_path: Path) -> None:
    made.run(tmp_path / "runs" / "0")
    made.run(tmp_path / "runs" / "1", None, None, end="ruined")
    seen = browse(tmp_path, built(tmp_path / "runs"))
    assert (seen["wrong"], seen["resources"]) == ([], [])


def test_the_report_of_one_run_and_of_several_is_no_wider_than_a_telephone(tmp_path: Path) -> None:
    made.run(tmp_path / "one" / "0")
    pages = [tmp_path / "one.html", tmp_path / "sweep.html"]
    pages[0].write_text(built(tmp_path / "one"), encoding="utf-8")
    pages[1].write_text(built(made.sweep(tmp_path / "sweep")), encoding="utf-8")
    assert too_wide((path.as_uri() for path in pages), settle=0.5) == {}
