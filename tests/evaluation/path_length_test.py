"""Perceptual path length, of a model and an extractor whose path lengths are known."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from gan_cli.base.errors import ConfigError
from gan_cli.evaluation.path_length import compiled
from gan_cli.metrics.extractors.feature_extractor import Extractor
from gan_cli.metrics.extractors.pixels import Pixels
from gan_cli.objectives.model import Model
from gan_cli.sampling import drawing

from ..conftest import Command, one_line

MODEL = Model(
    networks={},
    players={},
    sampler=(),
    phases=(),
    latent_shape=(2,),
    sampling=lambda networks, latents, labels, steps: latents[:, None, None],
)
"""Whose images are of one pixel with two channels, the latents."""


class Itself(Extractor):
    """Sees images as they are: their unit vectors differ by the angle between latents."""

    name = "itself"

    def maps_of(self, images: tf.Tensor) -> list[tf.Tensor]:
        return [images]


def kept(lengths: np.ndarray) -> float:
    low, high = np.percentile(lengths, [1, 99])
    return float(lengths[(low <= lengths) & (lengths <= high)].mean())


def turned(point: np.ndarray, slope: np.ndarray) -> np.ndarray:
    """The squares of how fast points [N, 2] turn about the origin."""
    cross = point[:, 0] * slope[:, 1] - point[:, 1] * slope[:, 0]
    return (cross / (point**2).sum(axis=1)) ** 2


def test_lengths_of_angles() -> None:
    """Of the derivatives of both ways."""
    found = compiled(MODEL, Itself(), 200)(3)
    a, b = np.split(drawing.inputs(MODEL, 3)(400).latents.astype(np.float64), 2)
    share = np.random.default_rng([3, 2]).random(200)[:, None]
    linear = turned(a + share * (b - a), b - a)
    assert found["path_length_linear"] == pytest.approx(kept(linear), rel=0.02)
    cosine = (a * b).sum(axis=1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)
    angle = np.arccos(cosine)[:, None]
    point = np.sin((1 - share) * angle) * a + np.sin(share * angle) * b
    slope = angle * (np.cos(share * angle) * b - np.cos((1 - share) * angle) * a)
    spherical = turned(point, slope)
    assert found["path_length_spherical"] == pytest.approx(kept(spherical), rel=0.02)
    assert set(found) == {"path_length_linear", "path_length_spherical"}
    assert compiled(MODEL, Itself(), 200)(3) == found
    assert compiled(MODEL, Itself(), 200)(4) != found


def test_what_has_no_path_length() -> None:
    with pytest.raises(ConfigError, match="is of single images"):
        compiled(replace(MODEL, sequence_length=4), Itself(), 10)
    with pytest.raises(ConfigError, match="extractor=random has some, pixels has none"):
        compiled(MODEL, Pixels(), 10)


@pytest.mark.slow
def test_the_command_measures_it_where_it_is_asked_for(evaluate: Command, tmp_path: Path) -> None:
    settings = ["extractor=random", "count=64", "repeats=1", "output=scores.json"]
    result = evaluate("run", "metrics=[path_length]", *settings)
    assert result.code == 0, result.err
    scores = json.loads((tmp_path / "scores.json").read_text())["scores"]
    assert list(scores) == ["path_length_linear", "path_length_spherical"]
    for score in scores.values():
        assert score["better"] == "lower"
        assert score["mean"] > 0.0
    pixels = evaluate("run", "metrics=[path_length]", "extractor=pixels", "count=64")
    assert pixels.code == 2
    assert "metrics=path_length needs maps" in one_line(pixels)
