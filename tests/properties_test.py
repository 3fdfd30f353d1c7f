"""What holds of any value: positions, grids, images, captions, words and readers, drawn by
hypothesis from a fixed seed.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gan_cli.base import captions, images, nested
from gan_cli.base.errors import ConfigError, DataError
from gan_cli.base.machines.replicas import Replica
from gan_cli.base.terminal import printable
from gan_cli.config.commands import SampleConfig
from gan_cli.config.options import parse
from gan_cli.data.pipeline.feed import DeviceFeed
from gan_cli.data.reading.arrays import read_npz
from gan_cli.data.reading.source import Source

calm = settings(
    derandomize=True,
    deadline=None,
    max_examples=60,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
sides = st.integers(1, 5)
words = st.text("abcdefgh", min_size=1, max_size=5)
plain: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)


def numbers_of(feed: DeviceFeed, position: tf.Tensor) -> list[int]:
    """The level of each image of a batch."""
    levels = images.to_uint8(feed.batch(position)["images"].numpy())
    return levels[:, 0, 0, 0].tolist()


@settings(calm, max_examples=20)
@given(st.integers(1, 30), st.data(), st.integers(0, 2**31))
def test_an_epoch_has_every_item_once_and_replicas_share_its_batches(
    count: int, data: st.DataObject, seed: int
) -> None:
    batch = data.draw(st.integers(1, count))
    replicas = data.draw(st.sampled_from([n for n in (1, 2, 3) if batch % n == 0]))
    numbers = np.arange(count, dtype=np.uint8).reshape(-1, 1, 1, 1)
    source = Source(np.broadcast_to(numbers, (count, 8, 8, 1)).copy(), None)
    whole = DeviceFeed(source, batch, seed)
    parts = [DeviceFeed(source, batch, seed, Replica(i, replicas, "", 0)) for i in range(replicas)]
    epoch = data.draw(st.integers(0, 3))
    seen: list[int] = []
    for index in range(count // batch):
        position = tf.constant(epoch * (count // batch) + index, tf.int64)
        items = numbers_of(whole, position)
        assert [number for each in parts for number in numbers_of(each, position)] == items
        seen += items
    assert len(set(seen)) == len(seen) == count // batch * batch


@calm
@given(st.integers(1, 12), sides, sides, st.sampled_from([1, 3]), st.integers(1, 6), st.booleans())
def test_a_grid_has_every_image_in_its_place_and_white_elsewhere(
    count: int, height: int, width: int, channels: int, columns: int, enlarge: bool
) -> None:
    pixels = np.random.default_rng(count).integers(
        0, 255, (count, height, width, channels), dtype=np.uint8
    )
    sheet = images.grid(pixels, columns, enlarge)
    tile = (sheet.shape[1] - images.GAP) // columns - images.GAP
    factor = tile // width
    rows = -(-count // columns)
    assert sheet.shape == (
        rows * (height * factor + images.GAP) + images.GAP,
        columns * (width * factor + images.GAP) + images.GAP,
        channels,
    )
    assert enlarge or factor == 1
    for index, image in enumerate(pixels):
        top = images.GAP + index // columns * (height * factor + images.GAP)
        left = images.GAP + index % columns * (width * factor + images.GAP)
        part = sheet[top : top + height * factor, left : left + width * factor]
        np.testing.assert_array_equal(part, image.repeat(factor, 0).repeat(factor, 1))
        part[:] = 255
    assert (sheet == 255).all()


def test_levels_become_floats_and_the_same_levels_again() -> None:
    levels = np.arange(256, dtype=np.uint8)
    floats = images.from_uint8(levels.astype(np.float32))
    assert (floats.min(), floats.max()) == (-1.0, 1.0)
    np.testing.assert_array_equal(images.to_uint8(floats), levels)


@calm
@given(st.lists(st.lists(words, max_size=6), min_size=1, max_size=5), st.integers(1, 8))
def test_tokens_are_the_words_again_as_far_as_they_reach(
    given_: list[list[str]], length: int
) -> None:
    texts = [" ".join(each) for each in given_]
    vocabulary = captions.vocabulary_of(texts)
    rows = captions.tokens(texts, vocabulary, length)
    assert rows.shape == (len(texts), length)
    assert captions.texts(rows, vocabulary) == [" ".join(each[:length]) for each in given_]
    assert captions.unknown_words(texts, vocabulary) == []
    assert captions.unknown_words(["zebra"], vocabulary) == ["zebra"]


@calm
@given(st.text(max_size=40))
def test_words_are_found_again_in_themselves(text: str) -> None:
    found = captions.words(text)
    assert captions.words(" ".join(found)) == found


@calm
@given(st.text(st.characters(), max_size=40))
def test_no_word_steers_a_terminal(text: str) -> None:
    shown = printable(text)
    assert shown.isprintable()
    assert printable(shown) == shown
    assert shown == text or not text.isprintable()


@calm
@given(st.dictionaries(words, st.integers() | st.dictionaries(words, st.integers(), min_size=1)))
def test_full_keys_become_the_same_mapping_again(values: dict[str, Any]) -> None:
    assert nested.unflatten(nested.flatten(values)) == values


@settings(calm, max_examples=200)
@given(st.sampled_from(list(SampleConfig.__dataclass_fields__)), plain)
def test_a_configuration_takes_a_value_or_names_its_key(key: str, value: Any) -> None:
    result: object
    try:
        result = parse(SampleConfig, {"checkpoint": "run", key: value})
    except ConfigError as error:
        result = error
    assert isinstance(result, SampleConfig) or key in str(result)


@settings(calm, max_examples=150)
@given(st.binary(max_size=12), st.integers(0, 400), st.booleans())
def test_an_npz_is_read_or_refused(tmp_path: Path, spoilt: bytes, place: int, cut: bool) -> None:
    whole = io.BytesIO()
    np.savez(whole, a=np.arange(6, dtype=np.float32))
    content = whole.getvalue()
    content = content[:place] + spoilt + (b"" if cut else content[place + len(spoilt) :])
    (tmp_path / "a.npz").write_bytes(content)
    result: object
    try:
        result = read_npz(tmp_path / "a.npz", ["a"])["a"]
    except DataError as error:
        result = error
    assert isinstance(result, np.ndarray) or "a.npz" in str(result)
