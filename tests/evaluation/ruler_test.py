"""What samples are measured with: which real images, their features from the cache, the floor, and
what does not fit.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gan_cli import data
from gan_cli.base.errors import ConfigError, DataError
from gan_cli.data.digits import Digits
from gan_cli.data.moving_mnist import MovingMnist
from gan_cli.data.npz import Npz
from gan_cli.data.reading.source import Source
from gan_cli.data.stacked_mnist import StackedMnist
from gan_cli.evaluation import ruler
from gan_cli.evaluation.ruler import Measured, Setting
from gan_cli.metrics import table
from gan_cli.metrics.extractors import classifier
from gan_cli.metrics.extractors.pixels import Pixels

DIGITS = Digits(size=8)
SETTING = Setting("pixels", count=50)


class Counted(Pixels):
    """Pixels that tell how many images they have seen at once."""

    def __init__(self) -> None:
        self.seen: list[int] = []

    def features(self, images: Any) -> np.ndarray:
        self.seen.append(len(images))
        return super().features(images)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GAN_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counted:
    extractor = Counted()
    monkeypatch.setitem(ruler.EXTRACTORS, "pixels", lambda *_: extractor)
    return extractor


def build(options: Any = DIGITS, setting: Setting = SETTING, **more: Any) -> Measured:
    return ruler.build(options, setting, lambda line: None, **more)


def rows(images: np.ndarray) -> set[bytes]:
    return {image.tobytes() for image in images}


def test_the_reference_is_half_of_the_training_images_where_few_are_held_out():
    made = build()
    train, test = data.load(DIGITS), data.load(DIGITS, "test")
    assert made.provenance["split"] == "train"
    assert len(made.ruler.real.images) == len(made.other.images) == 50
    assert rows(made.ruler.real.images) | rows(made.other.images) <= rows(train.images)  # type: ignore[arg-type]
    assert not rows(made.ruler.real.images) & rows(made.other.images)
    assert len(made.ruler.training.features) == len(train)
    assert rows(made.ruler.held_out.images) <= rows(test.images)  # type: ignore[arg-type]


@pytest.mark.parametrize("split", ["auto", "test"])
def test_the_reference_is_the_test_split_where_it_is_large_or_asked_for(
    split: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(ruler, "ENOUGH", 1000 if split == "test" else 100)
    made = build(setting=replace(SETTING, split=split))
    assert made.provenance["split"] == "test"
    assert rows(made.ruler.real.images) <= rows(data.load(DIGITS, "test").images)  # type: ignore[arg-type]
    assert rows(made.other.images) <= rows(data.load(DIGITS).images)  # type: ignore[arg-type]
    assert made.ruler.held_out is made.ruler.real
    monkeypatch.setattr(ruler, "ENOUGH", 100)
    assert build(setting=replace(SETTING, split="train")).provenance["split"] == "train"


def test_features_are_those_of_the_images_and_the_same_every_time():
    first, second = build(), build(setting=replace(SETTING, seed=9))
    for one, other in zip(
        (first.ruler.real, first.other, first.ruler.training, first.ruler.held_out),
        (second.ruler.real, second.other, second.ruler.training, second.ruler.held_out),
        strict=True,
    ):
        np.testing.assert_array_equal(one.images, other.images)
        np.testing.assert_array_equal(one.features, other.features)
        np.testing.assert_allclose(
            one.features[: len(one.images)], Pixels().features(one.images), atol=1e-6
        )
    assert second.ruler.seed == 9
    assert first.provenance == second.provenance


def test_features_of_real_images_are_computed_once(counted: Counted):
    train, test = data.load(DIGITS), data.load(DIGITS, "test")
    build()
    held = min(50, len(test))
    assert sum(counted.seen) == 4 + 50 + 50 + len(train) + held
    counted.seen.clear()
    build()
    assert counted.seen == [1, 1, 1, 1]  # how wide features are
    counted.seen.clear()
    ruler.build(
        DIGITS, replace(SETTING, count=40), pytest.fail
    )  # nothing is said: these are others, not damaged ones
    assert sum(counted.seen) == 4 + 40 + 40 + 40


def test_other_data_and_other_weights_have_features_of_their_own(counted: Counted):
    build()
    counted.seen.clear()
    build(Digits(size=9))
    assert sum(counted.seen) > 4
    counted.seen.clear()
    counted.weights = "ab" * 32
    build()
    assert sum(counted.seen) > 4


def test_metrics_that_do_not_look_at_training_images_cost_no_features_of_them(counted: Counted):
    made = build(names=["frechet", "edges"])
    assert sum(counted.seen) == 2 + 50 + 50
    assert made.ruler.training is made.ruler.held_out is made.ruler.real
    assert len(build(names=["similarity"]).ruler.training.features) == len(data.load(DIGITS))


@pytest.mark.parametrize("damage", ["truncated", "changed", "another's", "no card"])
def test_damaged_features_are_said_and_made_again(damage: str, counted: Counted, cache: Path):
    first = build(names=["frechet"])
    said: list[str] = []
    paths = sorted((cache / "features").glob("*.safetensors"))
    assert len(paths) == 2
    content = paths[0].read_bytes()
    if damage == "no card":
        paths[0].with_suffix(".json").unlink()
    else:
        changed = {
            "truncated": content[:-9],
            "changed": content[:-1] + b"\x7f",
            "another's": paths[1].read_bytes(),
        }
        paths[0].write_bytes(changed[damage])
    counted.seen.clear()
    second = ruler.build(DIGITS, SETTING, said.append, names=["frechet"])
    assert sorted(counted.seen) == [1, 1, 50]
    assert len(said) == 1
    assert said[0].startswith("DAMAGED CACHE ")
    np.testing.assert_array_equal(first.ruler.real.features, second.ruler.real.features)
    assert paths[0].read_bytes() == content


def test_the_floor_of_memorisation_is_that_of_held_out_images():
    made = build()
    names = ["frechet", "memorisation", "similarity"]
    floor = made.floor(names)
    assert list(floor) == [
        "frechet",
        "copied_share",
        "data_copying",
        "nearest_ssim",
        "nearest_psnr",
    ]
    assert floor["frechet"] == table.measure(["frechet"], made.ruler, made.other)["frechet"]
    held_out = table.measure(["memorisation", "similarity"], made.ruler, made.ruler.held_out)
    assert {name: floor[name] for name in held_out} == held_out
    assert floor["data_copying"] == 0
    assert floor["nearest_psnr"] < 100
    trained_on = table.measure(["similarity"], made.ruler, made.other)
    assert trained_on["nearest_psnr"] == 100  # which is why they are no floor


@pytest.mark.parametrize(("labels", "expected"), [(True, "classifier"), (False, "random")])
def test_auto_is_the_classifier_where_there_are_labels(
    labels: bool, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    chosen: list[str] = []

    def choose(name: str) -> Any:
        return lambda *_: chosen.append(name) or Pixels()

    for name in ruler.EXTRACTORS:
        monkeypatch.setitem(ruler.EXTRACTORS, name, choose(name))
    source = data.load(DIGITS)
    np.savez(
        tmp_path / "x.npz", images=source.images, **({"labels": source.labels} if labels else {})
    )  # type: ignore[arg-type]
    build(Npz(path=str(tmp_path / "x.npz")), Setting(count=50), names=["frechet"])
    assert chosen == [expected]


def test_default_metrics_are_those_that_the_extractor_serves():
    assert ruler.chosen(None, Pixels()) == [name for name in table.DEFAULT if name != "classes"]
    with_classes = Pixels()
    with_classes.classes = 10
    assert ruler.chosen(None, with_classes) == list(table.DEFAULT)
    assert ruler.chosen(["edges"], Pixels()) == ["edges"]


def test_what_does_not_fit_is_refused_before_a_feature_is_computed(counted: Counted):
    for names in (["classes"], ["frechet", "modes"], ["texture"], ["content"]):
        with pytest.raises(ConfigError, match=f"metrics={names[-1]} needs "):
            build(names=names)
    with pytest.raises(ConfigError, match="extractor=pixels reads none"):
        build(setting=replace(SETTING, weights="x"))
    assert counted.seen == []


@pytest.mark.parametrize(
    ("share", "split", "fits"), [(0.0, "auto", True), (0.0, "test", False), (0.999, "train", False)]
)
def test_too_few_real_images(share: float, split: str, fits: bool):
    options = Digits(size=8, test_share=share)
    setting = replace(SETTING, split=split)
    if fits:
        made = build(options, setting)
        np.testing.assert_array_equal(made.ruler.held_out.images, made.other.images)
        return
    with pytest.raises(
        DataError,
        match=r"shipped with gan_cli: [\d]+ training and [\d]+ test images are too few for scores",
    ):
        build(options, setting)


def test_stacked_digits_are_read_by_the_classifier_of_digits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(classifier, "STEPS", 2)
    random = np.random.default_rng(0)
    images, labels = (
        random.integers(1, 256, (40, 28, 28), np.uint8),
        np.arange(40, dtype=np.uint8) % 10,
    )
    np.savez(
        tmp_path / "mnist.npz",
        x_train=images,
        y_train=labels,
        x_test=images[:20],
        y_test=labels[:20],
    )
    options = StackedMnist(path=str(tmp_path / "mnist.npz"), size=8, count=40)
    made = build(options, Setting("auto", count=16), names=["modes"])
    assert made.ruler.extractor.classes == 1000
    assert (made.provenance["extractor"], made.provenance["data_name"]) == (
        "classifier",
        "stacked_mnist",
    )
    assert made.provenance["resize"] == "planes one by one, none, 8x8x1 as trained"
    assert 1 <= made.floor(["modes"])["modes"] <= 16


def test_sequences_are_measured_by_their_frames(tmp_path: Path, counted: Counted):
    """Whole sequences, as a model makes them, of which no frame is in the reference and in the
    floor alike.
    """
    random = np.random.default_rng(0)
    digits, labels = (
        random.integers(1, 256, (40, 28, 28), np.uint8),
        np.arange(40, dtype=np.uint8) % 10,
    )
    np.savez(tmp_path / "mnist.npz", x_train=digits, y_train=labels, x_test=digits, y_test=labels)
    options = MovingMnist(path=str(tmp_path / "mnist.npz"), size=32, count=50, frames=3)
    made = build(options, replace(SETTING, count=20))
    sequences = data.load(options).images[:]
    assert made.ruler.real.images.shape == (20, 32, 32, 1)
    assert (
        made.provenance["real_count"],
        len(made.other.features),
        len(made.ruler.training.features),
    ) == (20, 20, 150)
    whole = {sequence.tobytes() for sequence in sequences}
    for sample in (made.ruler.real, made.other):
        assert {sample.images[start : start + 3].tobytes() for start in range(0, 18, 3)} <= whole
    assert not rows(made.ruler.real.images) & rows(made.other.images)
    assert made.held_out.spec.sequence_length == 3
    counted.seen.clear()
    build(options, replace(SETTING, count=20))
    assert counted.seen == [1, 1, 1, 1]
    build(replace(options, frames=2), replace(SETTING, count=20))
    assert sum(counted.seen) > 8  # other sequences have features of their own


def test_frames_with_labels_are_read_by_the_classifier(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(classifier, "STEPS", 2)
    source = Source(
        np.random.default_rng(0).integers(0, 256, (40, 3, 8, 8, 1), np.uint8),
        np.arange(40) % 2,
        ["a", "b"],
    )
    monkeypatch.setattr(data, "load", lambda options, split="train": source)
    made = build(DIGITS, Setting("auto", count=30), names=["frechet"])
    assert (made.provenance["extractor"], made.ruler.extractor.classes) == ("classifier", 2)
    assert len(made.ruler.real.features) == 30
