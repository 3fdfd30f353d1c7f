"""Digits that bounce in the frame: each sequence follows from the seed and its index, and is drawn
when asked for.
"""

import os
from pathlib import Path

import numpy as np
import pytest

from gan_cli.base.errors import DataError
from gan_cli.data import load, mnist, moving_mnist
from gan_cli.data.moving_mnist import MovingMnist
from gan_cli.data.reading.source import Source
from tests.data.made import no_other_places, sprites, write_npz

REAL = Path(os.environ.get("GAN_DATA_DIR") or "nowhere") / "mnist.npz"
SPRITES, TEST_SPRITES = sprites(seed=0), sprites(seed=1)
LABELS = np.arange(10, dtype=np.uint8)
FREE = 64 - 28


@pytest.fixture(autouse=True)
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten training digits and ten others for the test, in GAN_DATA_DIR; no pixel of theirs is
    black.
    """
    no_other_places(tmp_path, monkeypatch)
    write_npz(
        tmp_path / "mnist.npz", x_train=SPRITES, y_train=LABELS, x_test=TEST_SPRITES, y_test=LABELS
    )
    monkeypatch.setenv("GAN_DATA_DIR", str(tmp_path))


def moving(split: str = "train", **options: object) -> Source:
    return load(MovingMnist(**{"count": 30, **options}), split)


def tracks(source: Source, of: np.ndarray = SPRITES) -> tuple[np.ndarray, np.ndarray]:
    """Sequences of one digit: its upper left corners [N, T, 2], found in the pixels, and which
    digit it is [N].
    """
    sequences = source.images[:][..., 0]
    corners = np.zeros((*sequences.shape[:2], 2), int)
    which = np.zeros(sequences.shape[:2], int)
    for place in np.ndindex(corners.shape[:2]):
        seen = np.argwhere(sequences[place])
        top, left = corners[place] = seen.min(axis=0)
        assert (seen.max(axis=0) - seen.min(axis=0)).tolist() == [27, 27]
        (which[place],) = np.flatnonzero(
            (of == sequences[place][top : top + 28, left : left + 28]).all(axis=(1, 2))
        )
    assert (which == which[:, :1]).all()
    return corners, which[:, 0]


def test_what_the_source_holds(tmp_path: Path):
    source = moving()
    assert source.images.shape == (30, 20, 64, 64, 1)
    assert len(source) == 30
    assert (source.labels, source.class_names) == (None, [])
    assert (source.spec.image_shape, source.spec.sequence_length) == ((64, 64, 1), 20)
    assert source.origin == f"digits of {tmp_path / 'mnist.npz'}"
    assert source.images[:2].dtype == np.uint8
    assert moving(frames=5, size=40).images[:3].shape == (3, 5, 40, 40, 1)


def test_a_digit_moves_straight_at_constant_speed_and_turns_at_the_edges():
    corners, _ = tracks(moving(digits=1, count=60, frames=40))
    assert (corners.min(), corners.max()) == (0, FREE)  # they come to every edge and never leave
    steps = np.abs(np.diff(corners, axis=1))
    turns = np.diff(np.sign(np.diff(corners, axis=1)), axis=1) != 0
    assert turns.any(axis=(1, 2)).mean() > 0.9
    # Between edges a step differs by rounding alone; the step into an edge and back is shorter.
    inside = ((corners[:, :-1] > 4) & (corners[:, :-1] < FREE - 4)) & (
        (corners[:, 1:] > 4) & (corners[:, 1:] < FREE - 4)
    )
    for sequence in range(len(steps)):
        for axis in range(2):
            free_steps = steps[sequence, inside[sequence, :, axis], axis]
            assert not len(free_steps) or free_steps.max() - free_steps.min() <= 1
    moved = np.hypot(*np.moveaxis(steps, -1, 0))[inside.all(axis=-1)]
    assert moved.mean() == pytest.approx(moving_mnist.SPEED * FREE, rel=0.03)


def test_positions_by_hand():
    """A digit that starts in the middle and moves right: 18, 21.6, 25.2, ..., and back from the
    edge at 36.
    """
    images = moving(digits=1, frames=9).images
    right, down = images.positions(np.array([[[0.0, 0.5, 0.5, 0.0]], [[0.0, 0.5, 0.5, 0.25]]]))
    there_and_back = [18, 22, 25, 29, 32, 36, 32, 29, 25]
    assert right[:, 0].tolist() == [[18, x] for x in there_and_back]
    assert down[:, 0].tolist() == [[y, 18] for y in there_and_back]


def test_every_direction_and_every_start():
    corners, which = tracks(moving(digits=1, count=200, frames=2))
    assert set(which.tolist()) == set(range(10))
    assert 15 <= corners[:, 0].mean(axis=0).min() <= corners[:, 0].mean(axis=0).max() <= 21
    step = corners[:, 1] - corners[:, 0]
    assert {tuple(np.sign(each).tolist()) for each in step} >= {(1, 1), (1, -1), (-1, 1), (-1, -1)}


def test_digits_overlap_by_their_maximum():
    source = moving(digits=2)
    draws = np.stack([np.random.default_rng([0, 0, index]).random((2, 4)) for index in range(30)])
    expected = np.zeros((30, 20, 64, 64), np.uint8)
    corners = source.images.positions(draws).reshape(-1, 2)
    for (sequence, frame, digit), (top, left) in zip(np.ndindex(30, 20, 2), corners, strict=True):
        patch = expected[sequence, frame, top : top + 28, left : left + 28]
        np.maximum(patch, SPRITES[int(draws[sequence, digit, 0] * 10)], out=patch)
    np.testing.assert_array_equal(source.images[:][..., 0], expected)
    # Both happened: 28 of 36 + 28 pixels overlap on both axes with probability (1 - (8 / 36) ** 2)
    # ** 2 = 0.90.
    overlapping = (expected > 0).sum(axis=(2, 3)) < 2 * 784
    assert 0.8 < overlapping.mean() < 0.97


@pytest.mark.parametrize(
    "rows",
    [
        slice(None),
        slice(3, 9),
        slice(None, None, 7),
        slice(25, 99),
        slice(5, 5),
        np.array([29, 0, 3, 3]),
        np.array([-1]),
        np.array([], int),
    ],
)
@pytest.mark.parametrize("block", [1, 4, 64])
def test_a_sequence_does_not_depend_on_what_is_drawn_with_it(
    monkeypatch: pytest.MonkeyPatch, rows: object, block: int
):
    images = moving(frames=4).images
    alone = np.concatenate([images[np.array([index])] for index in range(30)])
    monkeypatch.setattr(moving_mnist, "BLOCK", block)
    np.testing.assert_array_equal(images[rows], alone[rows])


def test_rows_that_do_not_exist():
    with pytest.raises(IndexError):
        moving().images[np.array([30])]


def test_seeds_counts_and_splits():
    first = moving(frames=3).images[:]
    np.testing.assert_array_equal(moving(frames=3).images[:], first)
    np.testing.assert_array_equal(moving(frames=3, count=90).images[:30], first)
    for other in (
        moving(frames=3, seed=1),
        moving(frames=3, seed=2**63 - 1),
        moving("test", frames=3),
    ):
        assert (other.images[:] != first).any(axis=(1, 2, 3, 4)).all()


def test_splits_move_apart_and_show_their_own_digits():
    train, _ = tracks(moving(digits=1, frames=2))
    test, _ = tracks(moving("test", digits=1, frames=2), TEST_SPRITES)
    assert (train[:, 0] != test[:, 0]).any(axis=-1).mean() > 0.9


@pytest.mark.parametrize(
    ("split", "count", "expected"), [("train", 30, 30), ("test", 30, 20), ("test", 5, 5)]
)
def test_counts(monkeypatch: pytest.MonkeyPatch, split: str, count: int, expected: int):
    monkeypatch.setattr(moving_mnist, "TEST_COUNT", 20)
    source = moving(split, count=count)
    assert (
        len(source)
        == len(source.images)
        == len(source.hashes)
        == source.images.shape[0]
        == expected
    )


def test_the_test_split_has_at_most_ten_thousand():
    assert moving_mnist.TEST_COUNT == 10_000


def test_hashes_cost_no_drawing(monkeypatch: pytest.MonkeyPatch):
    source = moving()
    monkeypatch.setattr(moving_mnist.Sequences, "__getitem__", None)
    assert (source.digests.shape, source.digests.dtype) == ((30, 16), np.uint8)
    assert len(source.fingerprint) == 64


def test_hashes_are_of_what_a_sequence_is_drawn_from():
    source = moving()
    assert len({row.tobytes() for row in source.digests}) == 30
    assert moving().fingerprint == source.fingerprint
    np.testing.assert_array_equal(moving(count=50).digests[:30], source.digests)
    for other in (moving(seed=1), moving("test")):
        assert not (other.digests == source.digests).all(axis=1).any()


def test_hashes_of_the_splits_differ_also_where_the_digits_are_the_same(tmp_path: Path):
    write_npz(
        tmp_path / "mnist.npz", x_train=SPRITES, y_train=LABELS, x_test=SPRITES, y_test=LABELS
    )
    assert not (moving("test").digests == moving("train").digests).all(axis=1).any()


def test_the_fingerprint_knows_every_option_and_the_digits(tmp_path: Path):
    changes = [{}, {"seed": 1}, {"frames": 10}, {"size": 48}, {"digits": 1}, {"count": 29}]
    found = {moving(**change).fingerprint for change in changes} | {moving("test").fingerprint}
    other = SPRITES.copy()
    other[3, 4, 5] ^= 1
    write_npz(tmp_path / "mnist.npz", x_train=other, y_train=LABELS)
    assert len(found | {moving().fingerprint}) == len(changes) + 2


def test_frames_too_small_for_the_digits(tmp_path: Path):
    write_npz(tmp_path / "mnist.npz", x_train=np.zeros((3, 32, 40), np.uint8))
    with pytest.raises(DataError) as caught:
        moving(size=40)
    assert (
        str(caught.value)
        == f"{tmp_path / 'mnist.npz'}: digits of 32x40 cannot move in frames of data.size=40"
    )
    assert moving(size=41).images[:1].shape == (1, 20, 41, 41, 1)


def test_the_smallest_frame():
    corners, _ = tracks(moving(size=32, digits=1, frames=60))
    assert (corners.min(), corners.max()) == (0, 4)


def test_without_mnist_the_set_that_was_asked_for_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("GAN_DATA_DIR", str(tmp_path / "none"))
    monkeypatch.setattr(
        mnist, "PUBLISHED", mnist.PUBLISHED._replace(address=(tmp_path / "none").as_uri())
    )
    with pytest.raises(DataError, match=r"^data=moving_mnist: no mnist\.npz in "):
        moving()


@pytest.mark.skipif(not REAL.is_file(), reason="GAN_DATA_DIR holds no mnist.npz")
def test_real_digits():
    images = load(MovingMnist(path=str(REAL))).images
    assert images.shape == (10_000, 20, 64, 64, 1)
    some = images[np.arange(0, 10_000, 100)]
    # Two digits of mean 33.3 on 784 pixels of 4,096, less what they cover of each other.
    assert 11.5 <= some.mean() <= 2 * 33.4 * 784 / 4096
    assert (some.max(axis=(2, 3, 4)) > 200).mean() > 0.99
