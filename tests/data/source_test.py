"""Arrays with what they are."""

import numpy as np
import pytest

from gan_cli.data.source import ArraySource, batches_per_epoch, resize
from gan_cli.errors import DataError

IMAGES = np.arange(2 * 8 * 9 * 3, dtype=np.uint16).astype(np.uint8).reshape(2, 8, 9, 3)


def test_facts_flow_from_the_data():
    source = ArraySource(IMAGES, np.array([0, 1]), ["cat", "dog"])
    assert source.spec.image_shape == (8, 9, 3)
    assert (source.spec.num_classes, source.spec.class_names) == (2, ["cat", "dog"])


def test_data_without_labels():
    spec = ArraySource(IMAGES).spec
    assert (spec.num_classes, spec.class_names) == (0, [])


def test_fingerprint_is_of_pixels_labels_and_shape():
    base = ArraySource(IMAGES, np.array([0, 1])).fingerprint
    assert len(base) == 64
    assert ArraySource(IMAGES.copy(), np.array([0, 1]), ["a", "b"], "elsewhere").fingerprint == base
    assert ArraySource(np.asfortranarray(IMAGES), np.array([0, 1])).fingerprint == base
    one_pixel = IMAGES.copy()
    one_pixel[1, 7, 8, 2] ^= 1
    others = [
        ArraySource(one_pixel, np.array([0, 1])),
        ArraySource(IMAGES, np.array([1, 0])),
        ArraySource(IMAGES),
        ArraySource(IMAGES.reshape(2, 9, 8, 3), np.array([0, 1])),
    ]
    assert len({base, *(other.fingerprint for other in others)}) == 5


@pytest.mark.parametrize("size", [None, [8, 9]])
def test_resize_to_the_same_size_changes_nothing(size: object):
    assert resize(IMAGES, size) is IMAGES


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("size", "shape"), [(12, (12, 12)), ([5, 20], (5, 20)), ([20, 5], (20, 5))])
def test_resize_takes_height_before_width(channels: int, size: object, shape: tuple[int, int]):
    images = np.full((3, 8, 9, channels), 50, np.uint8)
    images[1] = 200
    resized = resize(images, size)
    assert resized.dtype == np.uint8
    assert resized.shape == (3, *shape, channels)
    assert [np.unique(image).tolist() for image in resized] == [[50], [200], [50]]


def test_resize_keeps_channels_and_sides_apart():
    images = np.zeros((1, 16, 16, 3), np.uint8)
    images[0, :, 8:, 0], images[0, 8:, :, 2] = 255, 255
    small = resize(images, [8, 12])[0]
    assert small[:, [0, 1, 10, 11], 0].tolist() == [[0, 0, 255, 255]] * 8
    assert np.unique(small[..., 1]).tolist() == [0]
    assert small[[0, 1, 6, 7], :, 2].T.tolist() == [[0, 0, 255, 255]] * 12


def test_resize_averages_when_it_shrinks():
    """Stripes of one pixel become grey; taking every fourth pixel would make them black or white."""
    stripes = np.zeros((1, 32, 32, 1), np.uint8)
    stripes[:, :, ::2] = 255
    small = resize(stripes, 8)
    assert 115 <= small.min() <= small.max() <= 140


@pytest.mark.parametrize(("count", "batch_size", "batches"), [(10, 10, 1), (10, 3, 3), (10, 1, 10), (60_000, 64, 937)])
def test_full_batches_of_an_epoch(count: int, batch_size: int, batches: int):
    assert batches_per_epoch(count, batch_size) == batches


def test_less_than_one_batch_is_refused():
    with pytest.raises(DataError) as caught:
        batches_per_epoch(63, 64)
    assert str(caught.value) == "the data set holds 63 images, fewer than one batch: training.batch_size=64"
