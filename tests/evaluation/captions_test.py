"""caption_accuracy: what is read in images, against what their captions say."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from gan_cli.data.reading.source import Examples
from gan_cli.evaluation import captions
from gan_cli.evaluation.evaluate import sure

from ..conftest import Command, one_line
from ..models.text_gan_test import SMALL


class Reader:
    """Reads colour and place from the first two values of an image."""

    def read(self, images: np.ndarray) -> dict[str, np.ndarray]:
        return {"colour": images[:, 0, 0, 0], "place": images[:, 0, 1, 0]}


def test_shares_of_each_attribute_and_of_all() -> None:
    images = np.zeros((4, 2, 2, 1), np.uint8)
    images[:, 0, 0, 0], images[:, 0, 1, 0] = [0, 1, 2, 3], [5, 6, 7, 8]
    said = {"colour": np.array([0, 1, 2, 0]), "place": np.array([5, 0, 7, 8])}
    found = captions.accuracy(Reader(), images, Examples(images, [""] * 4, said), "_held_out")  # type: ignore[arg-type]
    assert found == {
        "caption_accuracy_held_out": 0.5,
        "caption_colour_held_out": 0.75,
        "caption_place_held_out": 0.75,
    }


def test_a_report_is_whole_without_what_some_models_lack() -> None:
    whole = sure(["caption_accuracy", "path_length", "frechet"])
    assert whole == {"caption_accuracy", "path_length_linear", "frechet"}


def test_it_is_of_models_that_take_captions(evaluate: Command) -> None:
    result = evaluate("run", "metrics=[caption_accuracy]", "extractor=random")
    assert result.code == 2
    assert "metrics=caption_accuracy needs a model that takes captions" in one_line(result)


@pytest.mark.slow
def test_handwriting_is_read(train: Command, evaluate: Command, tmp_path: Path) -> None:
    arguments = [each for each in SMALL if not each.startswith(("data", "run_dir"))]
    words = ["data=mnist_small", "data.captions=strokes", "run_dir=text"]
    result = train(*arguments, *words)
    assert result.code == 0, result.err
    settings = ["metrics=[caption_accuracy]", "count=200", "repeats=1", "output=scores.json"]
    assert evaluate("text", *settings).code == 0
    scores = json.loads((tmp_path / "scores.json").read_text())["scores"]
    assert set(scores) == {
        f"caption_{name}" for name in ("accuracy", "class", "thickness", "slant")
    }
    for name, score in scores.items():
        assert score["baseline"] > 0.85, name
    assert scores["caption_accuracy"]["mean"] < 0.3


@pytest.mark.slow
def test_real_pictures_are_read_rightly_and_those_of_a_new_model_are_not(
    train: Command, evaluate: Command, tmp_path: Path
) -> None:
    arguments = [each for each in SMALL if not each.startswith(("data.count", "run_dir"))]
    result = train(*arguments, "data.count=1000", "run_dir=text")
    assert result.code == 0, result.err
    settings = ["metrics=[caption_accuracy]", "extractor=random", "count=200", "repeats=1"]
    assert evaluate("text", *settings, "output=scores.json").code == 0
    scores = json.loads((tmp_path / "scores.json").read_text())["scores"]
    names = ["accuracy", "colour", "shape", "size", "place"]
    assert set(scores) == {
        f"caption_{name}{which}" for name in names for which in ("", "_held_out")
    }
    for name, score in scores.items():
        assert score["baseline"] > 0.95, name
    assert scores["caption_accuracy"]["mean"] < 0.3
