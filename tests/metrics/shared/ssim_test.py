"""SSIM against scikit-image, MS-SSIM against TensorFlow, PSNR by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gan_cli.metrics.diversity import mean_pairwise_ms_ssim
from gan_cli.metrics.shared import ssim as module
from gan_cli.metrics.shared.ssim import ms_ssim, psnr, ssim


def pictures(count: int, height: int, width: int, channels: int, seed: int = 0) -> np.ndarray:
    """Smooth waves, a little noise: neither alike nor unlike all over."""
    random = np.random.default_rng(seed)
    down, across = np.mgrid[:height, :width][..., None] / 5
    phases = random.uniform(0, 6, size=(2, count, 1, 1, channels))
    waves = 128 + 50 * np.sin(down + phases[0]) + 50 * np.cos(across + phases[1])
    return np.clip(waves + random.normal(0, 8, size=waves.shape), 0, 255).astype(np.uint8)


def noisy(images: np.ndarray, deviation: float, seed: int = 1) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(0, deviation, size=images.shape)
    return np.clip(images + noise, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("shape", [(28, 28, 1), (32, 20, 3), (11, 11, 3), (40, 64, 3)])
@pytest.mark.parametrize("deviation", [3, 60])
def test_ssim_is_that_of_scikit_image(shape: tuple[int, int, int], deviation: float) -> None:
    from skimage.metrics import structural_similarity

    first = pictures(3, *shape)
    second = noisy(first, deviation)
    settings = {
        "gaussian_weights": True,
        "sigma": 1.5,
        "use_sample_covariance": False,
        "data_range": 255,
        "channel_axis": -1,
    }
    expected = [structural_similarity(a, b, **settings) for a, b in zip(first, second, strict=True)]
    np.testing.assert_allclose(ssim(first, second), expected, rtol=0, atol=1e-9)
    np.testing.assert_allclose(ssim(second, first), expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize("shape", [(8, 8, 1), (7, 30, 3), (2, 5, 1)])
def test_ssim_of_small_images_uses_the_largest_odd_window(shape: tuple[int, int, int]) -> None:
    """One window after the other, as the formula is written."""
    first = pictures(1, *shape)
    second = noisy(first, 30)
    size = min(shape[0] - (shape[0] + 1) % 2, shape[1] - (shape[1] + 1) % 2)
    line = np.exp(-((np.arange(size) - size // 2) ** 2) / (2 * 1.5**2))
    weights = np.outer(line, line) / line.sum() ** 2
    values = []
    for top in range(shape[0] - size + 1):
        for left in range(shape[1] - size + 1):
            for channel in range(shape[2]):
                cut = (0, slice(top, top + size), slice(left, left + size), channel)
                values.append(
                    index_of_window(first[cut].astype(float), second[cut].astype(float), weights)
                )
    assert ssim(first, second).item() == pytest.approx(np.mean(values), abs=1e-9)


def index_of_window(x: np.ndarray, y: np.ndarray, weights: np.ndarray) -> float:
    mean_x, mean_y = (weights * x).sum(), (weights * y).sum()
    variance_x, variance_y = (
        (weights * (x - mean_x) ** 2).sum(),
        (weights * (y - mean_y) ** 2).sum(),
    )
    covariance = (weights * (x - mean_x) * (y - mean_y)).sum()
    luminance = (2 * mean_x * mean_y + 2.55**2) / (mean_x**2 + mean_y**2 + 2.55**2)
    return luminance * (2 * covariance + 7.65**2) / (variance_x + variance_y + 7.65**2)


def test_ssim_of_flat_images_is_their_luminance() -> None:
    black, grey = np.zeros((1, 16, 16, 1), np.uint8), np.full((1, 16, 16, 1), 100, np.uint8)
    assert ssim(black, grey).item() == pytest.approx(2.55**2 / (100**2 + 2.55**2))
    assert ssim(grey, grey).item() == pytest.approx(1.0)


def test_ssim_of_an_image_and_its_negative_is_below_zero() -> None:
    images = pictures(2, 28, 28, 1)
    assert (ssim(images, 255 - images) < -0.5).all()
    assert ms_ssim(images, 255 - images).max() == 0.0


@pytest.mark.parametrize("shape", [(161, 176, 1), (190, 163, 3)])
def test_ms_ssim_of_five_scales_is_that_of_tensorflow(shape: tuple[int, int, int]) -> None:
    tf = pytest.importorskip("tensorflow")
    first = pictures(2, *shape)
    second = noisy(first, 40)
    expected = tf.image.ssim_multiscale(first, second, 255).numpy()
    assert (expected < 0.95).all()
    np.testing.assert_allclose(ms_ssim(first, second), expected, rtol=0, atol=2e-6)


def test_ms_ssim_of_two_scales_is_that_of_tensorflow_with_the_weights_renormalised() -> None:
    tf = pytest.importorskip("tensorflow")
    first = pictures(3, 28, 37, 3)
    second = noisy(first, 40)
    weights = np.array([0.0448, 0.2856]) / (0.0448 + 0.2856)
    expected = tf.image.ssim_multiscale(first, second, 255, power_factors=weights.tolist()).numpy()
    np.testing.assert_allclose(ms_ssim(first, second), expected, rtol=0, atol=2e-6)


def test_ms_ssim_of_one_scale_is_ssim() -> None:
    first = pictures(3, 20, 20, 1)
    second = noisy(first, 30)
    np.testing.assert_allclose(ms_ssim(first, second), ssim(first, second), rtol=1e-12)


def test_psnr_by_hand() -> None:
    """Half the values off by 10: the mean square is 50."""
    first = np.full((2, 4, 4, 3), 100, np.uint8)
    second = first.copy()
    second[0, :2] -= 10
    np.testing.assert_allclose(psnr(first, second), [10 * math.log10(255**2 / 50), math.inf])


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    first = pictures(7, 28, 28, 1)
    second = noisy(first, 20)
    whole = [measure(first, second) for measure in (ssim, ms_ssim, psnr)]
    monkeypatch.setattr(module, "BLOCK_VALUES", 2 * 28 * 28)
    for measure, values in zip((ssim, ms_ssim, psnr), whole, strict=True):
        np.testing.assert_array_equal(measure(first, second), values)


def test_a_set_is_as_diverse_as_its_pairs_differ() -> None:
    varied = pictures(50, 28, 28, 1)
    alike = noisy(np.repeat(varied[:1], 50, axis=0), 4)
    assert mean_pairwise_ms_ssim(np.repeat(varied[:1], 50, axis=0), 100, seed=0) == pytest.approx(
        1.0
    )
    assert 0.97 < mean_pairwise_ms_ssim(alike, 100, seed=0) < 0.999
    assert 0.05 < mean_pairwise_ms_ssim(varied, 100, seed=0) < 0.6


def test_pairs_follow_from_the_seed_and_never_hold_one_image_twice() -> None:
    images = np.zeros((2, 12, 12, 1), np.uint8)
    images[1] = 255
    assert mean_pairwise_ms_ssim(images, 20, seed=0) == pytest.approx(2.55**2 / (255**2 + 2.55**2))
    varied = pictures(20, 16, 16, 1)
    assert mean_pairwise_ms_ssim(varied, 9, seed=1) == mean_pairwise_ms_ssim(varied, 9, seed=1)
    assert mean_pairwise_ms_ssim(varied, 9, seed=1) != mean_pairwise_ms_ssim(varied, 9, seed=2)


def test_what_makes_no_pairs_is_refused() -> None:
    images = pictures(2, 12, 12, 1)
    with pytest.raises(ValueError, match="make no pairs"):
        ssim(images, images[:1])
    with pytest.raises(ValueError, match="must be uint8"):
        ssim(images / 255, images / 255)
    with pytest.raises(ValueError, match="must be uint8"):
        psnr(images[0], images[0])
    with pytest.raises(ValueError, match="3 pairs of 1 images"):
        mean_pairwise_ms_ssim(images[:1], 3, seed=0)
