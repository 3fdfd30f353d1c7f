"""The page of page_test in a real browser, without its window and without a network: it sorts,
points out and copies.
"""

from __future__ import annotations

import base64
import html
import io
import json
import re
import shutil
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
from gan_cli.reports.spread import compare, in_order

from . import made
from .page_test import HOSTILE

BROWSER = next(
    filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome", "chrome"])),
    None,
)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BROWSER is None, reason="no Chromium or Chrome on the PATH"),
]

WATCH = """<script>
const seen = { wrong: [] };
for (const kind of ["error", "unhandledrejection", "securitypolicyviolation"]) {
  addEventListener(kind, (event) => seen.wrong.push([kind, event.message, event.violatedDirective, `${event.reason}`]), true);
}
window.alert = () => seen.wrong.push("alert");
</script>"""
ACT = """<script>
const all = (selector) => Array.from(document.querySelectorAll(selector));
const column = (table, name) => all(`#${table} th`).findIndex((head) => head.textContent === name);
const cells = (table, name) => {
  const at = column(table, name);
  return all(`#${table} tbody tr`).map((row) => row.cells[at].textContent);
};
const sort = (table, name) => all(`#${table} th`)[column(table, name)].querySelector("button").click();
const hot = () => all(".hot").map((each) => each.id || each.getAttribute("class"));
const event = (kind, selector) => document.querySelector(selector).dispatchEvent(new MouseEvent(kind, { bubbles: true }));
addEventListener("load", async () => {
  seen.resources = performance.getEntriesByType("resource").map(({ name }) => name).filter((name) => !name.startsWith("data:"));
  seen.title = document.title;
  seen.images = all("img").map((image) => [image.complete, image.naturalWidth, image.width]);
  seen.lines = all("svg .job").length;
  seen.drawn = all("figure svg").every((figure) => figure.getBoundingClientRect().width > 200);
  seen.wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  const sorts = [];
  for (const [table, name] of [["jobs", "seed"], ["jobs", "state"], ["jobs", "Fréchet"], ["settings-A", "loss"]]) {
    if (column(table, name) < 0) continue;
    sort(table, name);
    const rising = cells(table, name);
    sort(table, name);
    sorts.push([name, rising, cells(table, name), all(`#${table} th`)[column(table, name)].getAttribute("aria-sort")]);
  }
  seen.sorts = sorts;
  event("mouseover", "#job-1 td");
  seen.over = hot();
  seen.said = document.getElementById("pointed").textContent;
  seen.dimmed = all("svg.some-hot").length;
  event("mouseover", "h1");
  seen.away = [hot(), document.getElementById("pointed").hidden];
  event("click", "svg .job[data-job='0'] path");
  event("mouseover", "#job-1 td");
  seen.pinned = hot().filter((name) => name.startsWith("job-"));
  document.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape" }));
  seen.escaped = hot();
  const folded = document.querySelector("details");
  folded.open = false;
  location.hash = "#command-0";
  await new Promise((resolve) => setTimeout(resolve, 50));
  seen.revealed = folded.open;
  const button = document.querySelector("#command-0 button");
  button.click();
  seen.copied = [button.textContent, getSelection().toString()];
  const result = document.createElement("pre");
  result.id = "seen";
  result.textContent = JSON.stringify(seen);
  document.body.append(result);
});
</script></body>"""


def browse(folder: Path, text: str, width: int = 1400) -> dict[str, Any]:
    """What was seen of a page in a browser that reaches no network."""
    path = folder / "watched.html"
    path.write_text(
        text.replace("<title>", f"{WATCH}<title>").replace("</body>", ACT), encoding="utf-8"
    )
    command = [
        BROWSER,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        f"--user-data-dir={folder / 'profile'}",
        "--host-resolver-rules=MAP * ~NOTFOUND",
        "--disable-background-networking",
        "--enable-logging=stderr",
        "--virtual-time-budget=10000",
        f"--window-size={width},1200",
        "--dump-dom",
        path.as_uri(),
    ]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    assert not [line for line in ended.stderr.splitlines() if "CONSOLE" in line], ended.stderr
    (found,) = re.findall(r'<pre id="seen">(.*?)</pre>', ended.stdout, flags=re.DOTALL)
    return json.loads(html.unescape(found))


def built(directory: Path) -> str:
    buffer = io.BytesIO()
    Image.fromarray(np.arange(22 * 22, dtype=np.uint8).reshape(22, 22)).save(buffer, format="PNG")
    picture = Picture(
        f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}", 22, 22, 100
    )
    collected = collect(directory)
    comparisons = compare(collected.rows)
    ordered = in_order(collected.rows, comparisons)
    return page.page(
        collected, comparisons, ordered, {"0": picture, "2": picture}, datetime(2026, 11, 21)
    )


def test_it_works_from_disk_without_a_network(tmp_path: Path) -> None:
    seen = browse(tmp_path, built(made.sweep(tmp_path / "sweep")))
    assert (seen["wrong"], seen["resources"], seen["title"]) == ([], [], "sweep")
    assert seen["images"] == [[True, 22, 198]] * 2
    assert (seen["lines"], seen["drawn"]) == (
        2 * 5 + 4,
        True,
    )  # two panels of five jobs, four in the parallel coordinates
    sorts = {name: rest for name, *rest in seen["sorts"]}
    assert sorts["seed"] == [["0"] * 4 + ["1"] * 3, ["1"] * 3 + ["0"] * 4, "descending"]
    assert sorts["state"][0] == ["done"] * 4 + ["failed", "pruned", "waiting"]
    scores = ["30.00", "36.00", "40.00", "44.00", "70.00"]
    assert sorts["Fréchet"] == [[*scores, "–", "–"], [*scores[::-1], "–", "–"], "descending"]  # noqa: RUF001
    assert sorts["loss"][0] == ["hinge", "hinge", "minimax", "minimax"]
    assert sorted(seen["over"]) == sorted(
        ["job-1", "job hot", "job hot", "job hot", "hot", "hot"]
    )  # legend and command
    assert seen["said"].startswith(
        "rank 2, table A, job 3, learning_rate 0.001, loss minimax, seed 1, state done, "
        "Fréchet "
        "36.00"
    )
    assert seen["dimmed"] == 3
    assert seen["away"] == [[], True]
    assert (seen["pinned"], seen["escaped"]) == (["job-0"], [])
    assert seen["revealed"] is True
    word, selected = seen["copied"]
    command = "gan-train training.steps=200 optimizer.learning_rate=1e-3 loss=minimax seed=0"
    assert word in ("Copied", "Selected")
    assert selected == command


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


def test_a_single_job(tmp_path: Path) -> None:
    made.run(tmp_path / "runs" / "0")
    made.run(tmp_path / "runs" / "1", None, None, end="ruined")
    seen = browse(tmp_path, built(tmp_path / "runs"))
    assert (seen["wrong"], seen["resources"]) == ([], [])
