"""`edit=directions`: components and eigenvectors against numpy, and their use in samples."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gan_cli.base.errors import ConfigError
from gan_cli.editing.shared.found import of_classes, principal

from ..conftest import Command, one_line
from .conftest import Runs


def _parallel(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """|cos| of the angles between rows."""
    norms = np.linalg.norm(first, axis=1) * np.linalg.norm(second, axis=1)
    return np.abs((first * second).sum(axis=1)) / norms


@pytest.mark.slow
def test_sefa_are_eigenvectors_of_the_first_weights(runs: Runs) -> None:
    run = runs("dcgan")
    found = run.directions(by="sefa", count=3)
    kernel = np.asarray(run.model.networks["generator"].get_layer("dense").kernel)
    values, vectors = np.linalg.eigh(kernel @ kernel.T)
    np.testing.assert_allclose(found.values, values[::-1][:3], rtol=1e-4)
    np.testing.assert_allclose(_parallel(found.directions, vectors.T[::-1][:3]), 1.0, atol=1e-4)
    lengths = np.linalg.norm(found.directions, axis=1)
    np.testing.assert_allclose(lengths, 1.0, atol=0.1)  # latents have unit deviation


@pytest.mark.slow
def test_sefa_of_styles_is_of_some_layers(runs: Runs) -> None:
    run = runs("style_gan")
    layers, length = run.model.styles.shape
    found = run.directions(by="sefa", count=2, layers=[1, 2])
    assert found.directions.shape == (2, layers, length)
    assert not found.directions[:, [0, *range(3, layers)]].any()
    kernels = run.model.styles.kernels(run.model.networks)[1:3]
    joined = np.concatenate([np.asarray(each) for each in kernels], axis=1)
    _, vectors = np.linalg.eigh(joined @ joined.T)
    np.testing.assert_allclose(
        _parallel(found.directions[:, 1], vectors.T[::-1][:2]), 1.0, atol=1e-4
    )


@pytest.mark.slow
def test_components_of_styles_are_theirs(runs: Runs) -> None:
    run = runs("style_gan")
    found = run.directions(count=4, samples=500)
    latents = np.random.default_rng(0).standard_normal((500, 4), np.float32)
    styles = np.asarray(run.model.networks["mapping"](latents))
    _, values, vectors = np.linalg.svd(styles - styles.mean(axis=0), full_matrices=False)
    np.testing.assert_allclose(found.values, values**2 / (values**2).sum(), rtol=1e-3)
    np.testing.assert_allclose(_parallel(found.directions[:, 0], vectors), 1.0, atol=1e-3)
    lengths = np.linalg.norm(found.directions[:, 0], axis=1)
    np.testing.assert_allclose(lengths, values / np.sqrt(500), rtol=1e-3)


def test_components_of_activations_are_regressed_on_latents() -> None:
    random = np.random.default_rng(0)
    points = random.standard_normal((4000, 3))
    seen = points @ np.diag([1.0, 5.0, 2.0])
    found = principal(points, seen, 3)
    np.testing.assert_allclose(np.abs(found.vectors).argmax(axis=1), [1, 2, 0])
    np.testing.assert_allclose(found.values, np.array([25.0, 4.0, 1.0]) / 30.0, rtol=0.1)


def test_labels_give_the_normal_between_classes() -> None:
    points = np.random.default_rng(0).standard_normal((2000, 4))
    normal = np.array([3.0, 0.0, 4.0, 0.0]) / 5.0
    found = of_classes(points, (points @ normal > 0.0).astype(int), ["a", "b"])
    np.testing.assert_allclose(found.vectors[1], normal, atol=0.05)
    np.testing.assert_allclose(found.vectors[0], -normal, atol=0.05)
    assert (found.values > 0.95).all()
    assert found.names == ["class a", "class b"]
    with pytest.raises(ConfigError, match="two classes or more"):
        of_classes(points, np.zeros(2000, int), ["a"])


@pytest.mark.parametrize(
    "name",
    ["dcgan", *(pytest.param(each, marks=pytest.mark.slow) for each in ("vae", "style_gan"))],
)
def test_samples_move_along_a_direction_by_command(
    name: str, runs: Runs, edit: Command, sample: Command, tmp_path: Path
) -> None:
    run = runs(name)
    result = edit(str(run.path), "edit=directions", "samples=100", "count=3", "output=out")
    assert result.code == 0, result.err
    assert (tmp_path / "out" / "directions.png").exists()
    use = ["directions=out/directions.npz", "direction=2", "strength=1.5", "count=3"]
    moved = sample(str(run.path), *use, "format=npz", "output=moved.npz")
    assert moved.code == 0, moved.err
    found = run.directions(samples=100, count=3, strength=3.0)
    with np.load("moved.npz") as arrays:
        images, latents = arrays["images"], arrays["latents"]
    expected = run.sample(3, offset=1.5 * found.directions[2])
    np.testing.assert_array_equal(images, expected)
    np.testing.assert_array_equal(images[0], found.sheet[2, 6])  # 3 * 2/4 of the way
    np.testing.assert_array_equal(run.sample(1)[0], found.sheet[0, 4])
    if name == "dcgan":
        by_hand = run.sample(latents=latents + 1.5 * found.directions[2])
        np.testing.assert_array_equal(images, by_hand)
    result = sample(str(run.path), "direction=1")
    assert (result.code, "goes with directions=FILE" in one_line(result)) == (2, True)
    result = sample(str(run.path), use[0], "direction=3")
    assert (result.code, "has 0 to 2" in one_line(result)) == (2, True)


def test_refusals(runs: Runs) -> None:
    with pytest.raises(ConfigError, match="by=labels finds classes in latents; model=cgan"):
        runs("cgan").directions(by="labels")
    with pytest.raises(ConfigError, match="by=labels needs an extractor with classes"):
        runs("dcgan").directions(by="labels", extractor="random", samples=32)
    with pytest.raises(ConfigError, match="this model has layers 0 to 3"):
        runs("style_gan").directions(by="sefa", layers=[0, 4])
