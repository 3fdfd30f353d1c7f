"""gan-watch in a real browser, without its window: a run that trains, and a stranger's."""

from __future__ import annotations

import asyncio
import html
import json
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.browser import BROWSER, FLAGS, too_wide
from tests.conftest import TINY

from .server_test import HOSTILE, WIDE, folder, grids  # noqa: F401

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BROWSER is None, reason="no Chromium or Chrome on the PATH"),
]

ACT = """
const seen = { wrong: [], steps: [] };
for (const kind of ["error", "unhandledrejection", "securitypolicyviolation"]) {
  addEventListener(kind, (event) => seen.wrong.push([kind, event.message, event.violatedDirective]), true);
}
window.alert = () => seen.wrong.push("alert");
const byId = (id) => document.getElementById(id);
const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const facts = () => Object.fromEntries(Array.from(document.querySelectorAll("#facts div")).map((each) => [each.children[0].textContent, each.children[1].textContent]));
addEventListener("load", async () => {
  for (let count = 0; count < 6; count++) {
    await sleep(2000);
    seen.steps.push(facts().step);
  }
  seen.facts = facts();
  seen.state = byId("state").textContent;
  seen.runs = document.querySelectorAll("#runs li").length;
  seen.texts = ["name", "notes", "watchdog", "nothing"].map((id) => byId(id).hidden ? null : byId(id).textContent);
  seen.newest = [byId("shown").textContent, byId("grid").naturalWidth, byId("real").naturalWidth];
  seen.charts = Array.from(document.querySelectorAll("#charts .chart > b")).map((each) => each.textContent);
  seen.paths = document.querySelectorAll("#charts .chart > svg path").length;
  byId("slider").value = 0;
  byId("slider").dispatchEvent(new Event("input"));
  await sleep(3000);
  seen.oldest = [byId("shown").textContent, byId("grid").src.split("name=")[1]];
  byId("newest").click();
  seen.back = byId("shown").textContent;
  seen.wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  seen.foreign = document.querySelectorAll("main img:not(#grid):not(#real), iframe, object").length;
  const result = document.createElement("pre");
  result.id = "seen";
  result.textContent = JSON.stringify(seen);
  document.body.append(result);
});
"""


@contextmanager
def served(folder: Path) -> Iterator[str]:  # noqa: F811
    """The page, with a script of the test's beside its own; an answer takes half a second, in which
    a browser's virtual time stands still."""
    from starlette.applications import Starlette
    from starlette.middleware import Middleware
    from starlette.requests import Request
    from starlette.responses import HTMLResponse, Response
    from starlette.routing import Mount, Route

    from gan_cli.watching import server

    page = (server.FOLDER / "watch.html").read_text()
    page = page.replace("<script", '<script src="act.js"></script><script', 1)
    inner = server.app(folder)

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] == "/run":
            await asyncio.sleep(0.5)
        await inner(scope, receive, send)

    def first(request: Request) -> Response:
        return HTMLResponse(page)

    def script(request: Request) -> Response:
        return Response(ACT, media_type="text/javascript")

    routes = [Route("/", first), Route("/act.js", script), Mount("/", slow)]
    outer = Starlette(routes=routes, middleware=[Middleware(server.Headers)])
    with listening(outer) as address:
        yield address


@contextmanager
def listening(app: Any) -> Iterator[str]:
    """The address at which an application answers."""
    import uvicorn

    from gan_cli.watching import server

    taken = socket.create_server((server.HOST, 0))
    made = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
    made.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    thread = threading.Thread(target=made.run, kwargs={"sockets": [taken]}, daemon=True)
    thread.start()
    yield f"http://{server.HOST}:{taken.getsockname()[1]}/"
    made.should_exit = True
    thread.join(10)


def browse(folder: Path, profile: Path, width: int = 1400, run: str = "") -> dict[str, Any]:  # noqa: F811
    """What was seen of the page of a folder."""
    with served(folder) as address:
        command = [
            *(BROWSER, *FLAGS, f"--user-data-dir={profile}", "--disable-background-networking"),
            *("--enable-logging=stderr", "--virtual-time-budget=30000"),
            *(f"--window-size={width},1200", "--dump-dom", f"{address}#{run}"),
        ]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    said = [line for line in ended.stderr.splitlines() if "CONSOLE" in line and "GPU" not in line]
    said = [line for line in said if "picture" not in line and "404" not in line]
    assert not said
    (found,) = re.findall(r'<pre id="seen">(.*?)</pre>', ended.stdout, flags=re.DOTALL)
    return json.loads(html.unescape(found))


def test_a_run_that_trains(tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    more = ["training.steps=1000000", "training.log_every=100", "training.preview_every=500"]
    more += ["training.checkpoint_every=500", "training.steps_per_call=50", "name=live"]
    code = "from gan_cli.cli.commands import train; train()"
    command = [sys.executable, "-c", code, *TINY, *more]
    trains = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL)
    try:
        waited = time.monotonic()
        while len(list(tmp_path.glob("runs/*/*-live/samples/step-*.png"))) < 2:
            assert time.monotonic() - waited < 120
            assert trains.poll() is None
            time.sleep(0.2)
        seen = browse(tmp_path / "runs", tmp_path / "profile")
    finally:
        trains.terminate()
        trains.wait(60)
    assert (seen["wrong"], seen["state"], seen["texts"][0]) == ([], "training", "live")
    steps = [int(each.split(" of ")[0].replace(",", "")) for each in seen["steps"]]
    assert steps == sorted(steps)
    assert steps[0] < steps[-1]
    assert re.fullmatch(r"\d+ (h|min|s).*", seen["facts"]["time left"])
    assert seen["newest"][0].startswith("samples, step ")
    assert min(seen["newest"][1:]) > 100
    assert seen["charts"] == ["losses"]
    assert seen["oldest"] == ["samples, step 500", "step-00000500.png"]
    assert seen["back"].endswith(", the newest")


@pytest.mark.parametrize("width", [500, 1400])
def test_a_strangers_runs(width: int, folder: Path, tmp_path: Path) -> None:  # noqa: F811
    config = json.loads((folder / WIDE / "config.json").read_text()) | {"name": HOSTILE}
    config["data"]["x" * 200] = "y" * 5000
    config.pop("sha256")
    (folder / WIDE / "config.json").write_text(json.dumps(config))
    grids(folder / WIDE, "step-00000150.png")
    (folder / WIDE / "samples/step-00000150.png").write_text("<svg onload='alert(1)'/>")
    seen = browse(folder, tmp_path / "profile", width, WIDE)
    assert (seen["wrong"], seen["wide"], seen["foreign"], seen["runs"]) == ([], 0, 0, 2)
    shown = "</script><img src=x onerror=alert(1)>\\x1b[31m\\u202e"
    assert seen["texts"][:2] == [shown, shown]
    assert shown in seen["texts"][2]


def test_a_list_and_a_run_are_no_wider_than_a_telephone(folder: Path) -> None:  # noqa: F811
    from gan_cli.watching import server

    with listening(server.app(folder)) as address:
        assert too_wide([address, f"{address}#{WIDE}"], settle=1.0) == {}
