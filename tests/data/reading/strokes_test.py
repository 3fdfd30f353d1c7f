"""Captions of handwriting are those of its measures, against drawn bars and scikit-image."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import stats
from skimage import measure, morphology

from gan_cli import data
from gan_cli.base.captions import texts
from gan_cli.base.errors import ConfigError
from gan_cli.data.mnist_small import MnistSmall
from gan_cli.data.npz import Npz
from gan_cli.data.reading.source import Source
from gan_cli.data.reading.strokes import strokes

from ...conftest import Command, one_line


def bar(width: int, lean: float) -> np.ndarray:
    """An image [32, 32] of a bar 20 pixels high, whose top is `lean` times its height to the right
    of its foot.
    """
    image = np.zeros((32, 32), np.uint8)
    for row in range(20):
        start = round(16 - width / 2 + (10 - row) * lean)
        image[6 + row, start : start + width] = 255
    return image


WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
BARS = [(width, lean) for width in (2, 4, 6) for lean in (-0.2, 0.0, 0.2)]


def test_thickness_and_slant_of_bars() -> None:
    found = strokes(np.stack([bar(4, 0.0), bar(4, 1.0), bar(8, 0.0), bar(4, -0.5)]))
    # half the outline of a bar is its height and its width together
    np.testing.assert_allclose(found["thickness"][[0, 2]], [80 / 24, 160 / 28], rtol=0.02)
    np.testing.assert_allclose(found["slant"], [0, 45, 0, -26.6], atol=1.0)
    faint = strokes(bar(4, 1.0)[None] // 3)
    np.testing.assert_allclose(faint["thickness"], found["thickness"][1:2], rtol=1e-5)
    assert all(np.isfinite(each).all() for each in strokes(np.zeros((1, 8, 8), np.uint8)).values())


@pytest.mark.slow
def test_they_follow_an_independent_library() -> None:
    digits = data.load(MnistSmall()).some(300)[..., 0]
    found = strokes(digits)
    widths, angles = [], []
    for image in digits:
        line, distance = morphology.medial_axis(image > 127, return_distance=True, rng=0)
        widths.append(2.0 * distance[line].mean())
        second = measure.moments_central(image.astype(float), order=2)
        angles.append(np.degrees(np.arctan(-second[1, 1] / second[2, 0])))
    assert stats.spearmanr(found["thickness"], widths).statistic > 0.9
    np.testing.assert_allclose(found["slant"], angles, atol=0.01)


def written(path: Path, images: np.ndarray, **more: np.ndarray) -> Npz:
    np.savez(path, images=images, **more)
    return Npz(path=str(path), test_share=0.0, captions="strokes")


def said(source: Source) -> list[list[str]]:
    assert source.captions is not None
    return [texts(each, source.vocabulary) for each in source.captions]


@pytest.mark.parametrize("ink", ["bright", "dark"])
def test_thirds_of_a_class_in_words(ink: str, tmp_path: Path) -> None:
    images = np.stack([bar(*each) for each in BARS] + [bar(12, 0.4)] * 2)
    labels = np.array([1] * len(BARS) + [0] * 2)
    images = images if ink == "bright" else 255 - images
    found = said(data.load(written(tmp_path / "a.npz", images, labels=labels)))
    assert found[0] == ["a thin upright one", "a thin one", "an upright one", "a one"]
    assert found[8] == ["a thick slanted one", "a thick one", "a slanted one", "a one"]
    assert found[4] == ["a one"] * 4
    thickness, slant = ("thin ", "", "thick "), ("upright ", "", "slanted ")
    for place, each in enumerate(found[: len(BARS)]):
        caption = f"{thickness[place // 3]}{slant[place % 3]}one"
        assert each[0] == f"{'an' if caption.startswith('u') else 'a'} {caption}"
    assert {each[-1] for each in found[len(BARS) :]} == {"a zero"}


def test_examples_say_what_they_show() -> None:
    options = MnistSmall(captions="strokes")
    some = options.examples("all", 200)
    assert some is not None
    rows = zip(some.captions, *some.attributes.values(), strict=True)
    for caption, label, thickness, slant in rows:
        kind = f"{('thin', 'thick')[thickness]} {('upright', 'slanted')[slant]} {WORDS[label]}"
        assert caption == f"a {kind}"
    found = strokes(some.images[..., 0])
    for name in ("thickness", "slant"):
        high = some.attributes[name] == 1
        assert found[name][high].mean() > found[name][~high].mean() + found[name].std()
    test = options.examples("seen", 10**6)
    assert test is not None
    held_out = {image.tobytes() for image in data.load(MnistSmall(), "test").images}
    assert {image.tobytes() for image in test.images} <= held_out
    assert options.examples("held_out", 10) is None


def test_examples_of_classes() -> None:
    some = MnistSmall().examples("seen", 20)
    assert some is not None
    assert list(some.attributes) == ["class"]
    for caption, label in zip(some.captions, some.attributes["class"], strict=True):
        assert caption == ("an eight" if label == 8 else f"a {WORDS[label]}")


def test_no_option_changes_what_a_run_without_captions_sees() -> None:
    plain, worded = data.load(MnistSmall()), data.load(MnistSmall(captions="strokes"))
    assert plain.captions is None
    assert worded.without_captions().fingerprint == plain.fingerprint


@pytest.mark.parametrize("what", ["labels", "grey images"])
def test_what_cannot_be_said(what: str, tmp_path: Path) -> None:
    images = np.zeros((4, 16, 16, 1 if what == "labels" else 3), np.uint8)
    more = {} if what == "labels" else {"labels": np.arange(4)}
    options = written(tmp_path / "a.npz", images, **more)
    with pytest.raises(ConfigError) as caught:
        data.load(options)
    assert str(caught.value) == (
        f"data.captions=strokes needs {what}, and {tmp_path / 'a.npz'} has none; "
        "data.captions=classes does without"
    )


def test_the_command_answers_in_one_line(train: Command, tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", images=np.zeros((4, 16, 16), np.uint8))
    result = train("model=text_gan", "data=npz", "data.path=a.npz", "data.captions=strokes")
    assert result.code == 2
    assert one_line(result).endswith("data.captions=classes does without")
