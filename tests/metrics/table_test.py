"""Every metric gives the values it announces, on real images, copies and a collapsed generator
alike.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from gan_cli.metrics import table
from gan_cli.metrics.extractors.extractor import Extractor
from gan_cli.metrics.table import DEFAULT, METRICS, Ruler, Sample, better, measure

from .toy import Toy

COUNT = 60


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "SUBSETS", 5)
    monkeypatch.setattr(table, "PAIRS", 50)


def noise(seed: int, count: int = COUNT, channels: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, 9, 8, channels), np.uint8)


def sample(images: np.ndarray, extractor: Extractor | None = None) -> Sample:
    return Sample((extractor or Toy()).features(images), images)


def ruler(channels: int = 3) -> Ruler:
    """Real images of seed 0, training images of seeds 0 and 1, held-out ones of seed 2."""
    training = np.concatenate([noise(0, COUNT, channels), noise(1, COUNT, channels)])
    return Ruler(
        Toy(),
        sample(noise(0, COUNT, channels)),
        sample(training),
        sample(noise(2, COUNT, channels)),
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
    values = METRICS[name].compute(ruler(channels), sample(images))
    assert list(values) == list(METRICS[name].better)
    assert all(type(value) is float and math.isfinite(value) for value in values.values()), values


def test_every_value_has_one_name_and_a_direction():
    names = [value for metric in METRICS.values() for value in metric.better]
    assert len(names) == len(set(names))
    assert better(list(METRICS)) == {
        name: way for metric in METRICS.values() for name, way in metric.better.items()
    }
    assert set(better(list(METRICS)).values()) == {"lower", "higher", "as real"}
    assert set(DEFAULT) <= set(METRICS)
    assert DEFAULT[0] == "frechet"  # what runs are ranked by
    assert {METRICS[name].needs for name in DEFAULT} == {"features", "classes"}


def test_measure_joins_the_values_in_order():
    values = measure(["edges", "precision_recall"], ruler(), sample(noise(5)))
    assert (
        list(values)
        == ["edges", "precision", "recall"]
        == list(better(["edges", "precision_recall"]))
    )


def test_the_same_samples_score_the_same():
    names = list(METRICS)
    assert measure(names, ruler(), sample(noise(5))) == measure(names, ruler(), sample(noise(5)))


def test_the_real_images_themselves_reach_the_best_values():
    values = measure(list(METRICS), ruler(), sample(noise(0)))
    assert values["frechet"] == pytest.approx(0, abs=1e-6)
    for name in ("colours", "edges", "texture", "nearest_content"):
        assert values[name] == pytest.approx(0, abs=1e-9)
    for name in ("precision", "recall", "coverage", "nearest_ssim", "copied_share"):
        assert values[name] == pytest.approx(1)
    assert values["nearest_psnr"] == 100.0
    assert values["data_copying"] < -5


def test_moments_of_real_images_are_computed_once(monkeypatch: pytest.MonkeyPatch):
    measured = ruler()
    first = measured.moments
    assert measured.moments is first
    monkeypatch.setattr(
        table.Moments, "of", classmethod(lambda cls, values: pytest.fail("computed again"))
    )
    assert measured.moments is first


def test_pairs_are_those_of_nearest_training_images():
    """Training images with one value of 216 changed by 51: a mean square of 51^2 / 216."""
    changed = noise(1)[:20].astype(int)
    changed[:, 0, 0, 0] += np.where(changed[:, 0, 0, 0] < 128, 51, -51)
    values = METRICS["similarity"].compute(ruler(), sample(changed.astype(np.uint8)))
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
    measured = Ruler(Toy(), sample(red), sample(red), sample(red), 0)
    assert METRICS["content"].compute(measured, sample(green))["nearest_content"] == pytest.approx(
        2
    )
    assert METRICS["content"].compute(measured, sample(dark))["nearest_content"] == pytest.approx(
        0, abs=1e-9
    )


def test_modes_and_balance_are_those_of_the_classes():
    """Toy's class is the brightest channel: 10 red, 10 green, none blue."""
    images = np.zeros((20, 9, 8, 3), np.uint8)
    images[:10, ..., 0] = images[10:, ..., 1] = 255
    values = measure(["modes", "classes"], ruler(), sample(images))
    assert values["modes"] == 2
    assert values["modes_divergence"] == pytest.approx(math.log(3 / 2))
    assert values["class_evenness"] == pytest.approx(math.log(2) / math.log(3))
    assert values["confident"] == 1.0
