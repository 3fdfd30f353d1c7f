"""The extractors that need no file: shapes, ranges, batches, and hashes that change with what they
stand for.
"""

from __future__ import annotations

import numpy as np
import pytest

from gan_cli.metrics.extractors import random_features
from gan_cli.metrics.extractors.feature_extractor import Extractor, digest, he_uniform, rgb, softmax
from gan_cli.metrics.extractors.pixels import Pixels, averages
from gan_cli.metrics.extractors.random_features import Random


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


def test_pixels_of_a_small_image_are_its_grey_levels():
    images = np.array([0, 255, 51, 204], np.uint8).reshape(1, 2, 2, 1)
    features = Pixels().features(images)
    assert features.dtype == np.float32
    assert features[0] == pytest.approx([-1, 1, -0.6, 0.6], abs=1e-6)


def test_pixels_of_a_large_image_are_means_of_its_areas():
    images = noise(3, 64, 96, 3)
    by_hand = images.reshape(3, 32, 2, 32, 3, 3).mean(axis=(2, 4)) / 127.5 - 1
    assert Pixels().features(images) == pytest.approx(by_hand.reshape(3, -1), abs=1e-5)
    assert Pixels().features(images[:, :, :20]).shape == (3, 32 * 20 * 3)


def test_areas_that_cut_through_pixels():
    assert averages(3, 2) == pytest.approx(np.array([[2, 1, 0], [0, 1, 2]]) / 3)
    assert np.array_equal(averages(4, 4), np.eye(4))
    assert averages(100, 32).sum(axis=1) == pytest.approx(np.ones(32))


@pytest.mark.parametrize("shape", [(5, 8, 8, 1), (5, 28, 28, 1), (5, 20, 33, 3)])
def test_random_features_of_any_size_and_colour(shape: tuple[int, ...]):
    features, maps = Random().features(noise(*shape)), Random().maps(noise(*shape))
    assert features.shape == (5, 256)
    assert features.dtype == np.float32
    assert [each.shape[-1] for each in maps] == [32] * 4
    assert maps[0].shape == (5, *shape[1:3], 32)
    for layer, each in enumerate(maps):
        place = slice(64 * layer, 64 * (layer + 1))
        by_hand = np.concatenate([each.mean(axis=(1, 2)), each.std(axis=(1, 2))], axis=1)
        assert features[:, place] == pytest.approx(by_hand, abs=1e-4)


def test_random_features_see_grey_as_rgb_of_three_equal_channels():
    images = noise(4, 12, 12, 1)
    assert np.array_equal(Random().features(images), Random().features(rgb(images)))


def test_random_weights_are_the_same_for_ever():
    assert Random().weights == "fdc459cf38c42a4b0a0d8003a5ee1d52454a42a3d9f62c2691760f77895ba812"
    assert random_features.kernels()["conv_1"].shape == (3, 3, 3, 32)


def test_random_features_tell_a_pattern_from_its_blur():
    sharp = np.repeat(noise(64, 28, 28, 1), 3, axis=-1)
    blurred = (
        sharp.astype(np.float32)
        + np.roll(sharp, 1, 1)
        + np.roll(sharp, 1, 2)
        + np.roll(sharp, (1, 1), (1, 2))
    ) / 4
    net = Random()
    first, second, other = (
        net.features(each) for each in (sharp[:32], sharp[32:], blurred[32:].astype(np.uint8))
    )
    floor, seen = (np.linalg.norm(first.mean(0) - each.mean(0)) for each in (second, other))
    assert floor < 0.3
    assert seen > 10 * floor


class Counting(Random):
    """Notes the sizes of its batches."""

    def __init__(self) -> None:
        super().__init__()
        self.sizes: list[int] = []

    def _features(self, images: np.ndarray) -> np.ndarray:
        self.sizes.append(len(images))
        return super()._features(images)


def test_features_do_not_depend_on_the_batches_and_a_batch_is_bounded():
    images = noise(300, 16, 16, 1)
    whole, parts = Counting(), Counting()
    parts.pixels_at_once = 16 * 16 * 7
    assert np.abs(whole.features(images) - parts.features(images)).max() < 1e-5
    assert whole.sizes == [256, 44]
    assert parts.sizes == [7] * 42 + [6]
    assert np.array_equal(whole.features(images), Random().features(images))


class Lazy:
    """Rows that exist when they are asked for."""

    shape = (5, 8, 8, 1)

    def __len__(self) -> int:
        return 5

    def __getitem__(self, rows: slice | np.ndarray) -> np.ndarray:
        return noise(*self.shape)[rows]


def test_rows_that_are_read_when_asked_for():
    assert np.array_equal(Pixels().features(Lazy()), Pixels().features(noise(5, 8, 8, 1)))


def test_a_batch_of_huge_images_holds_one():
    net = Counting()
    net.pixels_at_once = 10
    net.features(noise(2, 8, 8, 3))
    assert net.sizes == [1, 1]


@pytest.mark.parametrize(
    "images",
    [np.zeros((0, 8, 8, 1), np.uint8), np.zeros((2, 8, 8, 1), np.float32), noise(2, 8, 8, 4)],
)
def test_what_is_no_image_is_refused(images: np.ndarray):
    with pytest.raises(ValueError, match="images must be uint8"):
        Pixels().features(images)


def test_pixels_and_random_give_no_probabilities_and_pixels_no_maps():
    for extractor in (Pixels(), Random()):
        assert extractor.classes == 0
        with pytest.raises(ValueError, match=f"'{extractor.name}' gives no class probabilities"):
            extractor.probabilities(noise(1, 8, 8, 1))
    with pytest.raises(ValueError, match="'pixels' has no feature maps"):
        Pixels().maps(noise(1, 8, 8, 1))


def test_names_and_hashes_differ():
    extractors: list[Extractor] = [Pixels(), Random()]
    assert [each.name for each in extractors] == ["pixels", "random"]
    assert len({each.weights for each in extractors}) == 2
    assert all(len(each.weights) == 64 for each in extractors)


def test_a_hash_is_of_names_shapes_types_and_values():
    kept = {"a": np.arange(4, dtype=np.float32), "b": np.ones(1, np.float32)}
    assert digest(kept) == digest(dict(reversed(kept.items())))
    changed = kept["a"].copy()
    changed[3] = np.nextafter(changed[3], 9)
    others = [
        {"a": changed},
        {"a": kept["a"].reshape(2, 2)},
        {"a": kept["a"].view(np.int32)},
        {"c": kept["a"]},
    ]
    assert len({digest(kept), *(digest(kept | each) for each in others)}) == 5


def test_weights_keep_the_scale_of_what_passes_them():
    weights = he_uniform(np.random.RandomState(1), (3, 3, 16, 64))
    assert weights.dtype == np.float32
    assert weights.std() == pytest.approx((2 / (9 * 16)) ** 0.5, rel=0.02)


def test_softmax_by_hand_and_of_large_numbers():
    assert softmax(np.log([[1.0, 3.0]])) == pytest.approx(np.array([[0.25, 0.75]]))
    assert np.array_equal(softmax(np.array([[1e4, -1e4]])), [[1, 0]])
