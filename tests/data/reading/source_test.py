"""Arrays with what they are."""

import numpy as np
import pytest

from gan_cli.base.errors import DataError
from gan_cli.data.reading.hashes import digests, held_out
from gan_cli.data.reading.source import Source, resize

IMAGES = np.arange(2 * 8 * 9 * 3, dtype=np.uint16).astype(np.uint8).reshape(2, 8, 9, 3)


def test_facts_flow_from_the_data():
    source = Source(IMAGES, np.array([0, 1]), ["cat", "dog"])
    assert source.spec.image_shape == (8, 9, 3)
    assert (source.spec.num_classes, source.spec.class_names) == (2, ["cat", "dog"])


def test_data_without_labels():
    spec = Source(IMAGES).spec
    assert (spec.num_classes, spec.class_names) == (0, [])


def test_fingerprint_is_of_pixels_labels_and_shape():
    base = Source(IMAGES, np.array([0, 1])).fingerprint
    assert len(base) == 64
    assert Source(IMAGES.copy(), np.array([0, 1]), ["a", "b"], "elsewhere").fingerprint == base
    assert Source(np.asfortranarray(IMAGES), np.array([0, 1])).fingerprint == base
    one_pixel = IMAGES.copy()
    one_pixel[1, 7, 8, 2] ^= 1
    others = [
        Source(one_pixel, np.array([0, 1])),
        Source(IMAGES, np.array([1, 0])),
        Source(IMAGES),
        Source(IMAGES.reshape(2, 9, 8, 3), np.array([0, 1])),
    ]
    assert len({base, *(other.fingerprint for other in others)}) == 5


@pytest.mark.parametrize("size", [None, [8, 9]])
def test_resize_to_the_same_size_changes_nothing(size: object):
    assert resize(IMAGES, size) is IMAGES


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(
    ("size", "shape"), [(12, (12, 12)), ([5, 20], (5, 20)), ([20, 5], (20, 5))]
)
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
    """Stripes of one pixel become grey; taking every fourth pixel would make them black or
    white.
    """
    stripes = np.zeros((1, 32, 32, 1), np.uint8)
    stripes[:, :, ::2] = 255
    small = resize(stripes, 8)
    assert 115 <= small.min() <= small.max() <= 140


@pytest.mark.parametrize(
    ("count", "batch_size", "batches"), [(10, 10, 1), (10, 3, 3), (10, 1, 10), (6000, 64, 93)]
)
def test_full_batches_of_an_epoch(count: int, batch_size: int, batches: int):
    assert Source(np.zeros((count, 8, 8, 1), np.uint8)).batches(batch_size) == batches


@pytest.mark.parametrize(
    ("count", "line"),
    [
        (
            63,
            (
                "here: 63 images to train on, fewer than training.batch_size=64; set that to 63 or "
                "less"
            ),
        ),
        (1, "here: 1 image to train on, fewer than training.batch_size=64; set that to 1 or less"),
        (0, "here: all of it is held out for evaluation; data.test_share=0 trains on it"),
    ],
)
def test_less_than_one_batch_is_refused(count: int, line: str):
    with pytest.raises(DataError) as caught:
        Source(np.zeros((count, 8, 8, 1), np.uint8), origin="here").batches(64)
    assert str(caught.value) == line


def test_items_are_held_out_by_their_hash_alone():
    hashes = digests(np.random.default_rng(0).integers(0, 256, (4000, 8, 8, 1), np.uint8))
    train, test = held_out(hashes, 0.1, "train"), held_out(hashes, 0.1, "test")
    assert sorted([*train, *test]) == list(range(4000))
    assert len(test) == pytest.approx(400, abs=60)  # three standard deviations
    fewer = held_out(hashes[1000:], 0.1, "test") + 1000
    assert fewer.tolist() == [row for row in test.tolist() if row >= 1000]
    assert held_out(hashes, 0.0, "test").size == 0
    assert set(test) < set(held_out(hashes, 0.3, "test"))


def test_some_of_the_items_keep_what_belongs_to_them():
    images = np.random.default_rng(0).integers(0, 256, (6, 8, 8, 1), np.uint8)
    whole = Source(
        images, np.arange(6), list("abcdef"), "here", names=[f"{index}.png" for index in range(6)]
    )
    part = whole.take(np.array([4, 1]))
    np.testing.assert_array_equal(part.images, images[[4, 1]])
    assert (part.labels.tolist(), part.names, part.class_names) == (
        [4, 1],
        ["4.png", "1.png"],
        list("abcdef"),
    )
    np.testing.assert_array_equal(part.digests, whole.digests[[4, 1]])
    assert part.fingerprint != whole.fingerprint
    assert len(whole.some(4)) == 4
    np.testing.assert_array_equal(whole.some(4), whole.some(4))


def test_sequences_say_so():
    source = Source(np.zeros((2, 5, 8, 9, 3), np.uint8))
    assert (source.spec.image_shape, source.spec.sequence_length) == ((8, 9, 3), 5)
    assert str(source.spec) == "sequences of 5 frames 8x9x3"
    assert str(Source(np.zeros((2, 8, 9, 1), np.uint8)).spec) == "images 8x9x1"
    assert source.nbytes == 2 * 5 * 8 * 9 * 3


@pytest.mark.parametrize(
    "rows", [slice(None), slice(3, 11), slice(None, None, 5), [14, 0, 7, 7, 2], [4], []]
)
def test_frames_of_sequences_are_images_in_order(rows: slice | list[int]):
    sequences = np.random.default_rng(0).integers(0, 256, (3, 5, 8, 9, 3), np.uint8)
    frames = Source(sequences).single_images
    assert (len(frames), frames.shape) == (15, (15, 8, 9, 3))
    chosen = rows if isinstance(rows, slice) else np.array(rows, np.int64)
    np.testing.assert_array_equal(frames[chosen], sequences.reshape(15, 8, 9, 3)[chosen])
    assert Source(IMAGES).single_images is IMAGES


def test_frames_read_a_sequence_once_and_no_other():
    class Counted:
        shape, seen = (3, 5, 8, 9, 3), list[int]()

        def __len__(self) -> int:
            return 3

        def __getitem__(self, rows: np.ndarray) -> np.ndarray:
            self.seen.extend(rows.tolist())
            return np.zeros((len(rows), *self.shape[1:]), np.uint8)

    images = Counted()
    assert Source(images).single_images[np.array([12, 1, 10, 2, 0])].shape == (5, 8, 9, 3)
    assert images.seen == [0, 2]
