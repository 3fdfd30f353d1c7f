"""Every metric gives the values it announces, on real images, copies and a collapsed generator
alike.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from gan_cli.metrics import METRICS, ImageSet, ReferenceSet, better, diversity, kernel, measure
from gan_cli.metrics.frechet import Moments

from .toy import Toy

COUNT = 60


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel, "SUBSETS", 5)
    monkeypatch.setattr(diversity, "PAIRS", 50)


def noise(seed: int, count: int = COUNT, channels: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, 9, 8, channels), np.uint8)


def image_set(images: np.ndarray) -> ImageSet:
    return ImageSet(Toy().features(images), images)


def reference(channels: int = 3) -> ReferenceSet:
    """Real images of seed 0, training images of seeds 0 and 1, held-out ones of seed 2."""
    training = np.concatenate([noise(0, COUNT, channels), noise(1, COUNT, channels)])
    return ReferenceSet(
        Toy(),
        image_set(noise(0, COUNT, channels)),
        image_set(training),
        image_set(noise(2, COUNT, channels)),
        0,
    )


@pytest.mark.parametrize("name", METRICS)
@pytest.mark.parametrize(
    ("kind", "channels"),
    [("others", 3), ("others", 1), ("copies", 3), ("collapsed", 3), ("black", 3), ("few", 3)],
)
def test_values_are_finite_and_those_announced(name: str, kind: str, channels: int):
    images = {
        "others": noise(5, COUNT, channels),
        "copies": noise(0, COUNT, channels),
        "collapsed": np.repeat(noise(5, 1, channels), COUNT, axis=0),
        "black": np.zeros((COUNT, 9, 8, channels), np.uint8),
        "few": noise(5, 16, channels),
    }[kind]
    values = METRICS[name].build(reference(channels), image_set(images))
    assert list(values) == list(METRICS[name].gives)
    assert all(type(value) is float and math.isfinite(value) for value in values.values()), values


def test_every_value_has_one_name():
    names = [value for metric in METRICS.values() for value in metric.gives]
    assert len(names) == len(set(names))


def test_measure_joins_the_values_in_order():
    values = measure(["edges", "precision_recall"], reference(), image_set(noise(5)))
    assert (
        list(values)
        == ["edges", "precision", "recall"]
        == list(better(["edges", "precision_recall"]))
    )


def test_the_same_samples_score_the_same():
    names = list(METRICS)
    assert measure(names, reference(), image_set(noise(5))) == measure(
        names, reference(), image_set(noise(5))
    )


def test_the_real_images_themselves_reach_the_best_values():
    values = measure(list(METRICS), reference(), image_set(noise(0)))
    assert values["frechet"] == pytest.approx(0, abs=1e-6)
    for name in ("colours", "edges", "texture", "nearest_content"):
        assert values[name] == pytest.approx(0, abs=1e-9)
    for name in ("precision", "recall", "coverage", "nearest_ssim", "copied_share"):
        assert values[name] == pytest.approx(1)
    assert values["nearest_psnr"] == 100.0
    assert values["data_copying"] < -5


def test_a_statistic_of_real_images_is_computed_once():
    given, seen = reference(), []

    def total(features: np.ndarray) -> float:
        seen.append(features)
        return float(features.sum())

    assert given.of_real(total) == given.of_real(total) == total(given.real.features)
    assert len(seen) == 2  # the second by this test itself
    assert given.of_real(Moments.of) is given.of_real(Moments.of)


def test_pairs_are_those_of_nearest_training_images():
    """Training images with one value of 216 changed by 51: a mean square of 51^2 / 216."""
    changed = noise(1)[:20].astype(int)
    changed[:, 0, 0, 0] += np.where(changed[:, 0, 0, 0] < 128, 51, -51)
    values = METRICS["similarity"].build(reference(), image_set(changed.astype(np.uint8)))
    assert values["nearest_psnr"] == pytest.approx(
        10 * math.log10(255**2 / (51**2 / 216)), rel=1e-9
    )
    assert 0.9 < values["nearest_ssim"] < 1


def test_content_is_the_squared_distance_of_unit_vectors():
    """One layer whose maps are the pixels: red against green is sqrt(2) apart, red against dark red
    not at all.
    """
    red, green, dark = (np.zeros((20, 9, 8, 3), np.uint8) for _ in range(3))
    red[..., 0], green[..., 1], dark[..., 0] = 200, 200, 100
    given = ReferenceSet(Toy(), image_set(red), image_set(red), image_set(red), 0)
    assert METRICS["content"].build(given, image_set(green))["nearest_content"] == pytest.approx(2)
    assert METRICS["content"].build(given, image_set(dark))["nearest_content"] == pytest.approx(
        0, abs=1e-9
    )


def test_modes_and_balance_are_those_of_the_classes():
    """Toy's class is the brightest channel: 10 red, 10 green, none blue."""
    images = np.zeros((20, 9, 8, 3), np.uint8)
    images[:10, ..., 0] = images[10:, ..., 1] = 255
    values = measure(["modes", "classes"], reference(), image_set(images))
    assert values["modes"] == 2
    assert values["modes_divergence"] == pytest.approx(math.log(3 / 2))
    assert values["class_evenness"] == pytest.approx(math.log(2) / math.log(3))
    assert values["confident"] == 1.0
