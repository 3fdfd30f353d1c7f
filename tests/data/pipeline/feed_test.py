"""Batches as a pure function of the position."""

import time
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from gan_cli import data
from gan_cli.base.errors import DataError
from gan_cli.base.machines.replicas import group
from gan_cli.base.spec import Batch
from gan_cli.data.pipeline.feed import FEEDS, DeviceFeed, StreamFeed
from gan_cli.data.reading.source import Source
from gan_cli.data.webdataset import WebDataset

from ..made_pictures import numbered
from ..made_tars import packed

COUNT, BATCH = 11, 3  # three full batches an epoch, two images left over


def source(labelled: bool = True) -> Source:
    """Random images; the label of each is its index."""
    images = np.random.default_rng(0).integers(0, 256, (COUNT, 8, 9, 3), np.uint8)
    names = [str(index) for index in range(COUNT)]
    return Source(images, np.arange(COUNT), names) if labelled else Source(images)


class Reader:
    """A feed as the training step uses it, compiled."""

    def __init__(self, seed: int = 0, labelled: bool = True) -> None:
        feed = DeviceFeed(source(labelled), BATCH, seed)
        self.function = tf.function(
            feed.batch, input_signature=[tf.TensorSpec([], tf.int64)], autograph=False
        )

    def batch(self, position: int) -> Batch:
        return self.function(tf.constant(position, tf.int64))

    def indices(self, position: int) -> list[int]:
        return self.batch(position)["labels"].numpy().tolist()

    def epoch(self, number: int) -> list[int]:
        return [
            index
            for position in range(3 * number, 3 * number + 3)
            for index in self.indices(position)
        ]


def test_an_epoch_shows_no_image_twice():
    reader = Reader()
    for number in range(5):
        epoch = reader.epoch(number)
        assert len(epoch) == 9
        assert len(set(epoch)) == 9
        assert set(epoch) <= set(range(COUNT))


def test_an_epoch_that_divides_shows_every_image():
    feed = DeviceFeed(source(), COUNT, 0)
    assert feed.batches_per_epoch == 1
    for position in range(4):
        assert sorted(
            feed.batch(tf.constant(position, tf.int64))["labels"].numpy().tolist()
        ) == list(range(COUNT))


def test_epochs_differ_and_are_shuffled():
    reader = Reader()
    epochs = [tuple(reader.epoch(number)) for number in range(20)]
    assert len(set(epochs)) == 20
    assert tuple(range(9)) not in epochs
    # Whatever is dropped at the end of one epoch comes in another: in 20 epochs each image comes
    # about 16 times.
    times = np.bincount([index for epoch in epochs for index in epoch], minlength=COUNT)
    assert 10 <= times.min() <= times.max() <= 20


def test_seeds_differ_and_repeat():
    assert Reader(seed=1).epoch(0) == Reader(seed=1).epoch(0)
    assert Reader(seed=1).epoch(0) != Reader(seed=2).epoch(0)


def test_a_position_gives_its_batch_whatever_was_asked_before():
    forward = Reader()
    expected = {position: forward.indices(position) for position in range(12)}
    mixed = Reader()
    for position in (11, 0, 5, 5, 2, 9, 10, 1, 8, 3, 7, 6, 4, 11, 0):
        assert mixed.indices(position) == expected[position]
    assert Reader().indices(10) == expected[10]


def test_a_position_far_out():
    position = 3 * 10**12
    assert Reader().indices(position) == Reader().indices(position)
    assert len(set(Reader().indices(position))) == BATCH


def test_pixels_are_those_of_the_source_and_labels_follow():
    given, reader = source(), Reader()
    for position in range(4):
        batch = reader.batch(position)
        labels = batch["labels"].numpy()
        assert (batch["images"].dtype, batch["labels"].dtype) == (tf.float32, tf.int64)
        assert batch["images"].shape == (BATCH, 8, 9, 3)
        expected = given.images[labels].astype(np.float64) / 255 * 2 - 1
        np.testing.assert_allclose(batch["images"].numpy(), expected, rtol=0, atol=2e-7)


def test_the_ends_of_the_range():
    images = np.zeros((2, 8, 8, 1), np.uint8)
    images[1] = 255
    batch = DeviceFeed(Source(images), 2, 0).batch(tf.constant(0, tf.int64))
    assert sorted(np.unique(batch["images"]).tolist()) == [-1.0, 1.0]


def test_data_without_labels_has_the_same_order():
    plain, labelled = Reader(labelled=False), Reader()
    assert set(plain.batch(0)) == {"images"}
    for position in (0, 4):
        np.testing.assert_array_equal(
            plain.batch(position)["images"], labelled.batch(position)["images"]
        )


def test_eager_and_graph_agree():
    feed, reader = DeviceFeed(source(), BATCH, 0), Reader()
    for position in (0, 7, 1):
        assert feed.batch(tf.constant(position, tf.int64))[
            "labels"
        ].numpy().tolist() == reader.indices(position)


def test_shapes_are_static():
    """One trace for all steps: XLA and the networks see the batch size."""
    batch = Reader().function.get_concrete_function().structured_outputs
    assert batch["images"].shape == (BATCH, 8, 9, 3)
    assert batch["labels"].shape == (BATCH,)


def test_too_small_a_data_set_is_refused():
    with pytest.raises(DataError) as caught:
        DeviceFeed(source(), COUNT + 1, 0)
    assert str(caught.value) == (
        f": {COUNT} images to train on, fewer than training.batch_size={COUNT + 1}; set that "
        f"to {COUNT} or less"
    )


# Streamed data: the same batches, bit for bit.


@pytest.mark.parametrize("labelled", [True, False])
@pytest.mark.parametrize("shape", [(8, 9, 3), (8, 8, 1), (4, 8, 9, 1)])
def test_streamed_and_resident_batches_are_the_same_bits(shape: tuple[int, ...], labelled: bool):
    pixels = np.random.default_rng(1).integers(0, 256, (COUNT, *shape), np.uint8)
    data = Source(pixels, np.arange(COUNT), list("abcdefghijk")) if labelled else Source(pixels)
    functions = [
        tf.function(
            FEEDS[name](data, BATCH, 5).batch,
            input_signature=[tf.TensorSpec([], tf.int64)],
            autograph=False,
        )
        for name in ("resident", "stream")
    ]
    for position in (0, 1, 2, 3, 4, 11, 12, 1, 7, 8, 9, 3 * 10**9):
        resident, stream = (function(tf.constant(position, tf.int64)) for function in functions)
        assert (
            set(resident)
            == set(stream)
            == {"sequence" if len(shape) == 4 else "images"} | ({"labels"} if labelled else set())
        )
        for name in resident:
            assert resident[name].shape == stream[name].shape
            np.testing.assert_array_equal(resident[name], stream[name])


def test_streamed_data_is_read_ahead_and_never_whole():
    class Counting:
        """Images that keep count of which rows were read."""

        def __init__(self) -> None:
            self.shape, self.read = (1000, 8, 8, 1), []

        def __len__(self) -> int:
            return 1000

        def __getitem__(self, rows: np.ndarray) -> np.ndarray:
            self.read.append(len(rows))
            return np.zeros((len(rows), 8, 8, 1), np.uint8)

    images = Counting()
    feed = StreamFeed(Source(images), 10, 0)
    for position in range(5):
        feed.batch(tf.constant(position, tf.int64))
    assert set(images.read) == {10}
    assert 5 <= len(images.read) <= 5 + StreamFeed.AHEAD
    feed.batch(tf.constant(50, tf.int64))  # elsewhere: what was read ahead is dropped
    assert len(images.read) <= 5 + 2 * StreamFeed.AHEAD + 1


def test_a_file_that_is_cut_off_while_streaming_ends_the_step():
    class Broken:
        shape = (10, 8, 8, 1)

        def __len__(self) -> int:
            return 10

        def __getitem__(self, rows: np.ndarray) -> np.ndarray:
            raise DataError("images.bin: cut off")

    feed = StreamFeed(Source(Broken()), 5, 0)
    with pytest.raises(Exception, match="cut off"):
        feed.batch(tf.constant(0, tf.int64))


@pytest.mark.slow
@pytest.mark.parametrize("on_the_fly", [True, False])
def test_what_steps_wait_for_is_measured_and_said(on_the_fly: bool):
    class Slow:
        shape = (40, 8, 8, 1)

        def __len__(self) -> int:
            return 40

        def __getitem__(self, rows: np.ndarray) -> np.ndarray:
            time.sleep(0.6)
            return np.zeros((len(rows), 8, 8, 1), np.uint8)

    feed = StreamFeed(Source(Slow(), on_the_fly=on_the_fly), 4, 0)
    feed.batch(tf.constant(0, tf.int64))
    assert 0.5 < feed.waited < 1.0
    assert feed.hold_up(2.0) == ""  # so short a wait is no matter
    feed.batch(tf.constant(9, tf.int64))
    assert 1.1 < feed.waited < 2.0
    remedy = (
        "data.decode=ahead decodes them once"
        if on_the_fly
        else "training.feed=resident keeps them in memory, where they fit"
    )
    assert feed.hold_up(feed.waited / 0.25) == (
        f"steps have waited for their images 25% of the time; {remedy}"
    )
    assert feed.hold_up(feed.waited / 0.0999) == ""
    assert feed.hold_up(feed.waited / 0.1001) != ""
    assert DeviceFeed(source(), BATCH, 0).hold_up(1e-9) == ""


def test_pictures_decoded_on_the_fly_come_in_the_same_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """To the same bits, whatever was asked before: from (seed, position) alone."""
    monkeypatch.setenv("GAN_CACHE_DIR", str(tmp_path / "cache"))
    pictures = {f"{number}.png": numbered(number) for number in range(COUNT)}
    files = {**pictures, **{f"{number}.cls": str(number) for number in range(COUNT)}}
    path = packed(tmp_path / "a.tar", dict(sorted(files.items())))
    ahead, fly = (
        data.load(WebDataset(path=str(path), size=8, test_share=0.0, decode=decode))
        for decode in ("ahead", "on_the_fly")
    )
    feeds = [DeviceFeed(ahead, BATCH, 5), StreamFeed(fly, BATCH, 5), StreamFeed(fly, BATCH, 5)]
    feeds[2].batch(tf.constant(7, tf.int64))
    for position in (0, 1, 2, 3, 11, 4, 10**9):
        first, *others = (feed.batch(tf.constant(position, tf.int64)) for feed in feeds)
        for other in others:
            np.testing.assert_array_equal(first["images"], other["images"])
            np.testing.assert_array_equal(first["labels"], other["labels"])


@pytest.mark.parametrize("kind", list(FEEDS))
def test_replicas_share_each_batch_without_overlap(kind: str):
    whole = FEEDS[kind](source(), 4, 3)
    places = group(["/CPU:0"] * 2)
    shares = [FEEDS[kind](source(), 4, 3, each) for each in places]
    for position in range(6):
        here = tf.constant(position, tf.int64)
        rows = []
        for place, feed in zip(places, shares, strict=True):
            with place.active():
                rows += feed.batch(here)["labels"].numpy().tolist()
        assert rows == whole.batch(here)["labels"].numpy().tolist()
        assert len(set(rows)) == 4
