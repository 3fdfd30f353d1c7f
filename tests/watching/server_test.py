"""The page of gan-watch by its addresses: what it says of runs, and what it never gives away."""

from __future__ import annotations

import json
import os
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gan_cli.base import images
from gan_cli.base.errors import ConfigError
from gan_cli.runs import journal
from gan_cli.runs.rundir import RunDirectory
from tests.reports import made

pytest.importorskip("starlette")
pytest.importorskip("uvicorn")
pytest.importorskip("httpx")
from starlette.testclient import TestClient

from gan_cli.watching import facts, server

HOSTILE = "</script><img src=x onerror=alert(1)>\x1b[31m\u202e"


def client(folder: Path) -> TestClient:
    return TestClient(server.app(folder), base_url="http://127.0.0.1:6061")


def lines(run: Path, entries: list[dict[str, Any]]) -> None:
    chain = journal.Chain()
    (run / "metrics.jsonl").write_bytes(b"".join(map(chain.sealed, entries)))


def grids(run: Path, *names: str) -> None:
    (run / "samples").mkdir(exist_ok=True)
    for value, name in enumerate(names):
        images.save_png(run / "samples" / name, np.full((8, 12, 1), value, np.uint8))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A run of 200 steps that has 100, with grids, and another."""
    config = {**made.CONFIG, "name": "wide", "notes": HOSTILE}
    run = made.run(tmp_path / "runs/2026-11-20/10-31-02-wide", config=config, end=None)
    grids(run, "real.png", "step-00000050.png", "step-00000100.png", "codes-00000100.png")
    said = {"step": 50, "kind": "rising", "text": HOSTILE, "action": "warned", "advice": "stop it"}
    (run / "watchdog.jsonl").write_text(
        json.dumps({**said, "step": 20}) + "\n" + json.dumps(said | {"action": "rollback"}) + "\n"
    )
    made.run(tmp_path / "runs/other")
    return tmp_path / "runs"


WIDE = "2026-11-20/10-31-02-wide"


def test_the_list_has_every_run_with_its_state(folder: Path) -> None:
    found = client(folder).get("/runs").json()
    assert found["folder"] == str(folder)
    runs = {run["id"]: run for run in found["runs"]}
    assert set(runs) == {WIDE, "other"}
    wide = runs[WIDE]
    assert (wide["name"], wide["model"], wide["data"]) == ("wide", "dcgan", "digits")
    assert (wide["step"], wide["steps"], wide["score"]) == (100, 200, 40.0)
    assert (wide["state"], runs["other"]["state"]) == ("stopped", "done")


def test_a_run_with_its_curves_words_pictures_and_settings(folder: Path) -> None:
    run = client(folder).get("/run", params={"id": WIDE}).json()
    assert run["curves"]["loss_generator"] == [[50.0, 100.0], [1.0, 0.5]]
    assert run["curves"]["frechet"] == [[50.0, 100.0], [60.0, 50.0]]
    assert run["pictures"] == {"samples": [50, 100], "codes": [100]}
    assert [(each["step"], each["back"]) for each in run["watchdog"]] == [(50, True), (20, False)]
    assert run["watchdog"][0]["advice"] == "stop it"
    assert ["optimizer.learning_rate", "0.0001"] in run["settings"]
    assert (run["seconds"], run["images_per_second"]) == (60.0, 300.0)
    assert (run["seconds_left"], run["damage"]) == (None, [])


def test_the_time_left_is_that_of_the_last_lines_while_it_trains(folder: Path) -> None:
    page, held = client(folder), RunDirectory.resume(str(folder / WIDE))
    run = page.get("/run", params={"id": WIDE}).json()
    assert (run["state"], run["step"]) == ("training", 100)
    assert run["seconds_left"] == pytest.approx(60.0)  # 30 s for each 50 steps
    entries = [{"step": 50 * n, "seconds": 20.0 * n, "frechet": 9.0} for n in range(1, 4)]
    lines(folder / WIDE, entries)
    run = page.get("/run", params={"id": WIDE}).json()
    assert (run["step"], run["seconds_left"]) == (150, pytest.approx(20.0))
    held.release()
    assert page.get("/run", params={"id": WIDE}).json()["state"] == "stopped"


def test_a_picture_is_the_file(folder: Path) -> None:
    page = client(folder)
    for name in ("real.png", "step-00000050.png", "codes-00000100.png"):
        answer = page.get("/picture", params={"run": WIDE, "name": name})
        assert answer.headers["content-type"] == "image/png"
        assert answer.content == (folder / WIDE / "samples" / name).read_bytes()


@pytest.mark.parametrize("path", ["/", "/watch.js", "/watch.css", "/runs", "/run?id=x", "/nothing"])
def test_every_answer_forbids_what_the_page_does_not_need(path: str, folder: Path) -> None:
    headers = client(folder).get(path).headers
    assert headers["content-security-policy"].startswith(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    )
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-resource-policy"] == "same-origin"


def test_it_only_reads_and_only_for_this_machine(folder: Path) -> None:
    page = client(folder)
    for method in ("post", "put", "delete", "patch"):
        assert getattr(page, method)("/runs").status_code == 405
    assert page.get("/runs", headers={"host": "example.org"}).status_code == 400
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    page.get("/run", params={"id": WIDE})
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


@pytest.mark.parametrize(
    "run", ["", "..", "../..", "/etc", ".", "2026-11-20", f"{WIDE}/../../other"]
)
def test_a_name_that_is_no_run_leads_nowhere(run: str, folder: Path) -> None:
    page = client(folder)
    assert page.get("/run", params={"id": run}).status_code == 404
    assert page.get("/picture", params={"run": run, "name": "real.png"}).status_code == 404


@pytest.mark.parametrize(
    "name",
    ["", "../config.json", "..%2fmodel.json", "progress.gif", "/etc/passwd", "step-1.png", "a.png"],
)
def test_a_file_that_is_no_picture_of_the_run_is_not_given(name: str, folder: Path) -> None:
    grids(folder / WIDE, "a.png", "step-1.png")
    assert client(folder).get("/picture", params={"run": WIDE, "name": name}).status_code == 404


def header(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + struct.pack(">II", width, height) + b"\0" * 20


@pytest.mark.parametrize(
    "content",
    [
        b"<svg onload='alert(1)'/>",
        header(100_000, 1),
        header(16_000, 16_000),
        header(0, 8),
        b"",
        header(8, 8)[:20],
    ],
)
def test_what_is_no_png_of_a_grids_size_is_not_given(content: bytes, folder: Path) -> None:
    (folder / WIDE / "samples" / "step-00000050.png").write_bytes(content)
    answer = client(folder).get("/picture", params={"run": WIDE, "name": "step-00000050.png"})
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/json")


def test_links_and_pipes_are_not_followed(folder: Path, tmp_path: Path) -> None:
    page, samples = client(folder), folder / WIDE / "samples"
    grids(tmp_path, "secret.png")
    (samples / "step-00000150.png").symlink_to(tmp_path / "samples" / "secret.png")
    os.mkfifo(samples / "step-00000200.png")
    for step in ("00000150", "00000200"):
        asked = {"run": WIDE, "name": f"step-{step}.png"}
        assert page.get("/picture", params=asked).status_code == 404
    samples.rename(tmp_path / "moved")
    samples.symlink_to(tmp_path / "moved")
    asked = {"run": WIDE, "name": "real.png"}
    assert page.get("/picture", params=asked).status_code == 404


@pytest.mark.parametrize("file", ["config.json", "model.json", "metrics.jsonl", "watchdog.jsonl"])
@pytest.mark.parametrize("content", ["[" * 100_000, '{"step": 1e999, "a": [1]}\n', "\0\xff", "{}"])
def test_damaged_files_leave_the_rest_of_the_page(file: str, content: str, folder: Path) -> None:
    (folder / WIDE / file).write_text(content, encoding="latin-1")
    page = client(folder)
    assert len(page.get("/runs").json()["runs"]) == 2
    run = page.get("/run", params={"id": WIDE})
    assert (run.status_code, run.json()["pictures"]["samples"]) == (200, [50, 100])
    json_of_someone = file == "config.json" and content.startswith("{")  # without a checksum
    cut_off = file == "watchdog.jsonl" and content[0] != "["  # as while it is written
    assert bool(run.json()["damage"]) != (cut_off or json_of_someone)


def test_a_changed_word_of_the_watchdog_is_said_and_left_out(folder: Path) -> None:
    path = folder / WIDE / "watchdog.jsonl"
    path.unlink(missing_ok=True)
    for step in (50, 100):
        journal.append(path, {"step": step, "text": "too fast", "advice": "", "action": "warned"})
    path.write_text(path.read_text().replace('"step": 50', '"step": 60'))
    run = client(folder).get("/run", params={"id": WIDE}).json()
    assert [each["step"] for each in run["watchdog"]] == [100]
    (line,) = run["damage"]
    assert line.endswith("watchdog.jsonl: line 1 is not as written; such lines are left out")


def test_what_steers_a_terminal_or_turns_text_around_is_written_out(folder: Path) -> None:
    run = client(folder).get("/run", params={"id": WIDE}).json()
    assert run["notes"] == "</script><img src=x onerror=alert(1)>\\x1b[31m\\u202e"
    assert run["watchdog"][0]["text"] == run["notes"]


def test_one_run_alone(folder: Path) -> None:
    page = client(folder / WIDE)
    assert [run["id"] for run in page.get("/runs").json()["runs"]] == ["."]
    assert page.get("/run", params={"id": "."}).json()["name"] == "wide"


def test_a_port_that_is_taken() -> None:
    first = server.listening(None)
    first.listen()
    port = first.getsockname()[1]
    with pytest.raises(ConfigError, match=f"^port={port}: .*; leave it out for a free one$"):
        server.listening(port)
    second = server.listening(None)
    assert second.getsockname()[0] == "127.0.0.1"
    assert second.getsockname()[1] != port
    for each in (first, second):
        each.close()


def test_the_command_says_where_the_page_is(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    import sys

    from gan_cli.cli.watch import main

    served: list[Path] = []
    monkeypatch.setattr("uvicorn.Server.run", lambda self, sockets: served.append(sockets))
    monkeypatch.setattr(sys, "argv", ["gan-watch", str(folder)])
    assert main() == 0
    first, second = capfd.readouterr().out.splitlines()
    port = served[0][0].getsockname()[1]
    assert first == f"http://127.0.0.1:{port}  runs in {folder}; Ctrl-C ends this"
    assert f"ssh -L {port}:127.0.0.1:{port} " in second
    monkeypatch.setattr(sys, "argv", ["gan-watch", "nowhere"])
    assert main() == 4
    assert "nowhere: no such directory" in capfd.readouterr().err


def test_a_run_that_takes_long_to_read_is_left_alone_for_a_while(folder: Path) -> None:
    now = [0.0]

    def clock() -> float:
        now[0] += 1.0  # each look at it: reading takes a second
        return now[0]

    watched = facts.Watched(folder, clock)
    assert watched.run(WIDE)["step"] == 100
    lines(folder / WIDE, [{"step": 50 * n, "seconds": 20.0 * n} for n in range(1, 4)])
    held = RunDirectory.resume(str(folder / WIDE))
    assert watched.run(WIDE)["state"] == "stopped"
    now[0] += 40.0
    assert (watched.run(WIDE)["state"], watched.run(WIDE)["step"]) == ("training", 150)
    held.release()
