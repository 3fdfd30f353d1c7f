"""Pages for human judges in a run directory, and the way of their answers into the stored
scores.
"""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from gan_cli import data
from gan_cli.base import files
from gan_cli.data.digits import Digits
from gan_cli.evaluation import people, report
from tests.conftest import Command, one_line

PAGE, KEY = Path("run/people/step-00000008.html"), Path("run/people/step-00000008.json")
SHOWN = ("checkpoint=run", "people=true", "people_count=20")
SCORES = Path("run/scores/step-00000008-pixels-16.json")


def page() -> tuple[str, np.ndarray]:
    """The text of its deck, and its images in the order shown."""
    found = re.search(
        r'<script type="application/json" id="data">(.*?)</script>', PAGE.read_text(), re.DOTALL
    )
    assert found
    shown = json.loads(found[1])
    text = bytes(byte ^ people.MASK for byte in base64.b64decode(shown["deck"])).decode()
    pictures = [io.BytesIO(base64.b64decode(link.partition(",")[2])) for link in shown["images"]]
    return text, np.stack([np.asarray(Image.open(each)) for each in pictures])[..., None]


def answer(name: str, says_real: Callable[[bool], bool], session: str = "0", **changes: Any) -> str:
    """Write what a judge of the page sends back."""
    text, _ = page()
    answers = [
        {"index": index, "real": says_real(real == "1"), "milliseconds": 2000}
        for index, real in enumerate(json.loads(text)["key"])
    ]
    values = {
        "format": 1,
        "session": session * 32,
        "deck": text,
        "answers": answers,
        "score": {},
        **changes,
    }
    Path(name).write_text(json.dumps(values))
    return name


@pytest.fixture
def judged(evaluate: Command) -> Command:
    """gan-evaluate where the page of step 8 is written."""
    result = evaluate(*SHOWN, "seed=3")
    assert result.code == 0, result.err
    assert result.out.splitlines() == [
        f"page  {PAGE}: open it in a browser; answers=[FILE] adds the file that it saves",
        "      step 8 (the newest, none is scored) of run",
    ]
    return evaluate


def sorted_rows(images: np.ndarray) -> list[bytes]:
    return sorted(image.tobytes() for image in images)


def test_the_page_shows_the_sampler_s_images_and_held_out_ones(judged: Command, sample: Command):
    text, images = page()
    assert files.read_checked(KEY) == {"fingerprint": people.fingerprint(text)}
    real = np.array([key == "1" for key in json.loads(text)["key"]])
    assert (len(images), real.sum()) == (40, 20)
    assert sample("checkpoint=run", "count=20", "seed=3", "format=npz", "output=x.npz").code == 0
    assert sorted_rows(images[~real]) == sorted_rows(np.load("x.npz")["images"])
    assert sorted_rows(images[real]) == sorted_rows(data.load(Digits(size=8), "test").some(20))
    facts = json.loads(text)["provenance"]
    manifest = json.loads(Path("run/checkpoints/step-00000008/manifest.json").read_text())
    assert facts["sampler"] == manifest["files"]["sampler.safetensors"]["sha256"]
    assert (facts["step"], facts["seed"], facts["data"]) == (8, 3, "digits")


def test_answers_are_printed_and_put_into_the_stored_scores(judged: Command):
    for extractor in ("pixels", "random"):
        arguments = (
            "checkpoint=run",
            "count=16",
            f"extractor={extractor}",
            "metrics=[edges]",
            "repeats=1",
        )
        assert judged(*arguments).code == 0
    before = report.read(SCORES)
    files = [answer("a.json", lambda real: real), answer("b.json", lambda real: True, "1")]
    result = judged("checkpoint=run", f"answers=[{','.join(files)}]")
    assert result.code == 0, result.err
    lines = result.out.splitlines()
    assert lines[0] == "run, step 8 (the newest, none is scored): judged by 2"
    assert re.fullmatch(r"  hype {20}  25\.0 %   95 % interval 16\.\d to 35\.\d", lines[1])
    assert [line.split()[:2] for line in lines[2:]] == [
        ["generated_judged_real", "50.0"],
        ["real_judged_generated", "0.0"],
    ]
    for path in sorted(Path("run/scores").iterdir()):
        people_of = report.read(path).people
        assert people_of is not None
        assert (people_of["hype"], people_of["hype_count"], people_of["median_seconds"]) == (
            25.0,
            80,
            2.0,
        )
    assert report.read(SCORES).scores == before.scores
    assert json.loads(Path("run/people/step-00000008-answers.json").read_text()) == people_of


def test_the_page_and_its_answers_of_another_step_stay_apart(judged: Command):
    answer("a.json", lambda real: real)
    assert judged(*SHOWN, "step=4").code == 0
    assert Path("run/people/step-00000004.html").exists()
    assert judged("checkpoint=run", "step=8", "answers=[a.json]").code == 0
    result = judged("checkpoint=run", "step=4", "answers=[a.json]")
    assert result.code == 3
    assert "a.json: answers to another page" in one_line(result)


def test_answers_need_no_data(judged: Command):
    answer("a.json", lambda real: real)
    config = json.loads(Path("run/config.json").read_text())
    config["data"] = {"name": "npz", "path": "${oc.env:NOWHERE}"}
    Path("run/config.json").write_text(json.dumps(config))
    assert judged("checkpoint=run", "answers=[a.json]").code == 0


@pytest.mark.slow
def test_answers_that_cannot_be_added(judged: Command):
    good = answer("good.json", lambda real: real)
    Path("garbage.json").write_text("garbage")
    Path("list.json").write_text("[]")
    answer("half.json", lambda real: real, answers=[{"index": 0, "real": True, "milliseconds": 1}])
    text, _ = page()
    changed = (
        text.replace('"1', '"0', 1)
        if '"key": "1' in text
        else text.replace('"key": "0', '"key": "1')
    )
    answer("forged.json", lambda real: real, deck=changed)
    assert judged(*SHOWN, "seed=4").code == 0
    answer("others.json", lambda real: real, "2")
    assert judged(*SHOWN, "seed=3").code == 0  # the first page again
    for given, code, part in (
        ("gone.json", 3, "gone.json: No such file"),
        ("garbage.json", 3, "garbage.json: not readable as JSON"),
        ("list.json", 3, "list.json: not a JSON object"),
        ("run/config.json", 3, "run/config.json: no file of answers: "),
        ("half.json", 3, "half.json: 1 answers to 1 images, not one to each of 40"),
        ("forged.json", 3, "forged.json: answers to another page"),
        ("others.json", 3, "others.json: answers to another page"),
        (f"{good},{good}", 3, "the same answers are given twice"),
    ):
        result = judged("checkpoint=run", f"answers=[{given}]")
        assert result.code == code
        assert part in one_line(result)
    assert not list(Path("run/people").glob("*-answers.json"))
    assert judged("checkpoint=run", f"answers=[{good}]").code == 0


def test_a_stranger_s_scores_stop_the_answers_before_anything_is_written(judged: Command):
    answer("a.json", lambda real: real)
    SCORES.parent.mkdir()
    SCORES.write_text("{}")
    result = judged("checkpoint=run", "answers=[a.json]")
    assert result.code == 4
    assert f"{SCORES}: " in one_line(result)
    assert not list(Path("run/people").glob("*-answers.json"))


def test_a_page_that_cannot_be_written(evaluate: Command):
    Path("run/people").write_text("in the way")
    result = evaluate(*SHOWN)
    assert result.code == 4
    assert "run/people" in one_line(result)


@pytest.mark.parametrize("content", ["garbage", "{}"])
def test_a_damaged_fingerprint_of_the_page(content: str, judged: Command):
    answer("a.json", lambda real: real)
    KEY.write_text(content)
    result = judged("checkpoint=run", "answers=[a.json]")
    assert result.code in (3, 4)
    one_line(result)
