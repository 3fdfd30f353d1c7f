"""What samples are evaluated with: real images, their features from the cache, the baseline, and
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
from gan_cli.data.reading.source import Source
from gan_cli.data.stacked_mnist import StackedMnist
from gan_cli.evaluation import reference
from gan_cli.evaluation.choice import DEFAULT_METRICS, build_extractor, metrics_for
from gan_cli.evaluation.reference import Evaluator, EvaluatorOptions, build_evaluator
from gan_cli.metrics import measure
from gan_cli.metrics.extractors import classifier
from gan_cli.metrics.extractors.pixels import Pixels

DIGITS = Digits(size=8)
SETTING = EvaluatorOptions("pixels", count=50)


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
    monkeypatch.setattr(reference, "build_extractor", lambda *_: extractor)
    return extractor


def build(options: Any = DIGITS, chosen: EvaluatorOptions = SETTING, **more: Any) -> Evaluator:
    return build_evaluator(options, chosen, lambda line: None, **more)


def rows(images: np.ndarray) -> set[bytes]:
    return {image.tobytes() for image in images}


def test_the_reference_is_half_of_the_training_images_where_few_are_held_out():
    made = build()
    train, test = data.load(DIGITS), data.load(DIGITS, "test")
    assert made.provenance["split"] == "train"
    assert len(made.reference.real.images) == len(made.others.images) == 50
    assert rows(made.reference.real.images) | rows(made.others.images) <= rows(train.images)  # type: ignore[arg-type]
    assert not rows(made.reference.real.images) & rows(made.others.images)
    assert len(made.reference.training.features) == len(train)
    assert rows(made.reference.held_out.images) <= rows(test.images)  # type: ignore[arg-type]


@pytest.mark.parametrize("split", ["auto", "test"])
def test_the_reference_is_the_test_split_where_it_is_large_or_asked_for(
    split: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(reference, "ENOUGH", 1000 if split == "test" else 100)
    made = build(chosen=replace(SETTING, split=split))
    assert made.provenance["split"] == "test"
    assert rows(made.reference.real.images) <= rows(data.load(DIGITS, "test").images)  # type: ignore[arg-type]
    assert rows(made.others.images) <= rows(data.load(DIGITS).images)  # type: ignore[arg-type]
    assert made.reference.held_out is made.reference.real
    monkeypatch.setattr(reference, "ENOUGH", 100)
    assert build(chosen=replace(SETTING, split="train")).provenance["split"] == "train"


def test_features_are_those_of_the_images_and_the_same_every_time():
    first, second = build(), build(chosen=replace(SETTING, seed=9))
    for one, other in zip(
        (first.reference.real, first.others, first.reference.training, first.reference.held_out),
        (
            second.reference.real,
            second.others,
            second.reference.training,
            second.reference.held_out,
        ),
        strict=True,
    ):
        np.testing.assert_array_equal(one.images, other.images)
        np.testing.assert_array_equal(one.features, other.features)
        np.testing.assert_allclose(
            one.features[: len(one.images)], Pixels().features(one.images), atol=1e-6
        )
    assert second.reference.seed == 9
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
    build_evaluator(
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
    made = build(metrics=["frechet", "edges"])
    assert sum(counted.seen) == 2 + 50 + 50
    assert made.reference.training is made.reference.held_out is made.reference.real
    assert len(build(metrics=["similarity"]).reference.training.features) == len(data.load(DIGITS))


@pytest.mark.parametrize("damage", ["truncated", "changed", "another's", "no card"])
def test_damaged_features_are_said_and_made_again(damage: str, counted: Counted, cache: Path):
    first = build(metrics=["frechet"])
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
    second = build_evaluator(DIGITS, SETTING, said.append, metrics=["frechet"])
    assert sorted(counted.seen) == [1, 1, 50]
    assert len(said) == 1
    assert said[0].startswith("DAMAGED CACHE ")
    np.testing.assert_array_equal(first.reference.real.features, second.reference.real.features)
    assert paths[0].read_bytes() == content


def test_the_baseline_of_memorisation_is_that_of_held_out_images():
    made = build()
    names = ["frechet", "memorisation", "similarity"]
    baseline = made.baseline(names)
    assert list(baseline) == [
        "frechet",
        "copied_share",
        "data_copying",
        "nearest_ssim",
        "nearest_psnr",
    ]
    assert baseline["frechet"] == measure(["frechet"], made.reference, made.others)["frechet"]
    held_out = measure(["memorisation", "similarity"], made.reference, made.reference.held_out)
    assert {name: baseline[name] for name in held_out} == held_out
    assert baseline["data_copying"] == 0
    assert baseline["nearest_psnr"] < 100
    trained_on = measure(["similarity"], made.reference, made.others)
    assert trained_on["nearest_psnr"] == 100  # which is why they are no baseline


def test_auto_is_the_classifier_where_there_are_labels(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(classifier, "STEPS", 1)
    labelled = data.load(DIGITS)
    for source, name in ((labelled, "classifier"), (Source(labelled.images), "random")):
        assert build_extractor(DIGITS, "auto", None, source, lambda line: None).name == name
    with pytest.raises(
        ConfigError, match=r"needs labels; the data has none \(extractor=inception,"
    ):
        build_extractor(DIGITS, "classifier", None, Source(labelled.images), print)


def test_default_metrics_are_those_that_the_extractor_serves():
    assert metrics_for(None, ()) == [name for name in DEFAULT_METRICS if name != "classes"]
    assert metrics_for(None, {"classes", "maps"}) == list(DEFAULT_METRICS)
    assert metrics_for(["edges"], ()) == ["edges"]


def test_what_does_not_fit_is_refused_before_a_feature_is_computed(counted: Counted):
    for names in (["classes"], ["frechet", "modes"], ["texture"], ["content"]):
        with pytest.raises(ConfigError, match=f"metrics={names[-1]} needs "):
            build(metrics=names)
    assert counted.seen == []


def test_a_file_of_weights_is_for_those_that_read_one():
    with pytest.raises(
        ConfigError,
        match=r"^weights= is the file of extractor=inception or vgg16; extractor=pixels",
    ):
        build(chosen=replace(SETTING, weights="x"))


def test_an_extractor_says_of_itself_what_a_report_can_hold(monkeypatch: pytest.MonkeyPatch):
    """A plugin's own shows such a mistake before anything is computed."""
    monkeypatch.setattr(Pixels, "weights", "two words")
    with pytest.raises(ConfigError, match=r"^extractor=pixels: its weights 'two words' must match"):
        build()


@pytest.mark.parametrize(
    ("share", "split", "fits"), [(0.0, "auto", True), (0.0, "test", False), (0.999, "train", False)]
)
def test_too_few_real_images(share: float, split: str, fits: bool):
    options = Digits(size=8, test_share=share)
    chosen = replace(SETTING, split=split)
    if fits:
        made = build(options, chosen)
        np.testing.assert_array_equal(made.reference.held_out.images, made.others.images)
        return
    with pytest.raises(
        DataError,
        match=r"shipped with gan_cli: [\d]+ training and [\d]+ test images are too few for scores",
    ):
        build(options, chosen)


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
    made = build(options, EvaluatorOptions("auto", count=16), metrics=["modes"])
    assert made.reference.extractor.classes == 1000
    assert (made.provenance["extractor"], made.provenance["data_name"]) == (
        "classifier",
        "stacked_mnist",
    )
    assert made.provenance["resize"] == "planes one by one, none, 8x8x1 as trained"
    assert 1 <= made.baseline(["modes"])["modes"] <= 16


def test_sequences_are_measured_by_their_frames(tmp_path: Path, counted: Counted):
    """Whole sequences, as a model makes them, of which no frame is in the reference and in the
    baseline alike.
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
    assert made.reference.real.images.shape == (20, 32, 32, 1)
    assert (
        made.provenance["real_count"],
        len(made.others.features),
        len(made.reference.training.features),
    ) == (20, 20, 150)
    whole = {sequence.tobytes() for sequence in sequences}
    for sample in (made.reference.real, made.others):
        assert {sample.images[start : start + 3].tobytes() for start in range(0, 18, 3)} <= whole
    assert not rows(made.reference.real.images) & rows(made.others.images)
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
    made = build(DIGITS, EvaluatorOptions("auto", count=30), metrics=["frechet"])
    assert (made.provenance["extractor"], made.reference.extractor.classes) == ("classifier", 2)
    assert len(made.reference.real.features) == 30
