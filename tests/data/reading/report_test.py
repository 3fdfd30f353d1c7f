"""What a data set is, in numbers."""

import json

import numpy as np
import pytest

from gan_cli.data.reading import report
from gan_cli.data.reading.source import Skipped, Source

PIXELS = np.random.default_rng(0).integers(3, 250, (2100, 8, 9, 3)).astype(np.uint8)


def test_statistics_are_those_of_all_pixels():
    numbers = report.statistics(PIXELS)
    assert numbers.lowest == PIXELS.min(axis=(0, 1, 2)).tolist()
    assert numbers.highest == PIXELS.max(axis=(0, 1, 2)).tolist()
    assert numbers.mean == pytest.approx(PIXELS.mean(axis=(0, 1, 2)))
    assert numbers.deviation == pytest.approx(PIXELS.std(axis=(0, 1, 2)))
    np.testing.assert_allclose(numbers.mean_image, PIXELS.mean(axis=0))


def test_statistics_of_sequences_are_over_all_frames():
    sequences = PIXELS[:2000].reshape(400, 5, 8, 9, 3)
    numbers = report.statistics(sequences)
    assert numbers.mean_image.shape == (8, 9, 3)
    np.testing.assert_allclose(numbers.mean_image, sequences.mean(axis=(0, 1)))
    assert numbers.deviation == pytest.approx(sequences.std(axis=(0, 1, 2, 3)))


def test_equal_items_are_found_in_groups():
    pixels = PIXELS[:6].copy()
    pixels[4] = pixels[1]
    pixels[5] = pixels[1]
    assert report.duplicates(Source(pixels)) == [[1, 4, 5]]
    assert report.duplicates(Source(PIXELS[:6])) == []


def test_items_of_both_splits_are_counted():
    assert report.shared(Source(PIXELS[:10]), Source(PIXELS[7:15])) == 3
    assert report.shared(Source(PIXELS[:10]), Source(PIXELS[10:15])) == 0


def test_facts_are_plain_values():
    pixels = PIXELS[:6].copy()
    pixels[5] = pixels[1]
    names = [f"{letter}.png" for letter in "abcdef"]
    train = Source(pixels, np.array([0, 0, 1, 1, 1, 0]), ["cat", "dog", "cow"], "here", names=names)
    train = Source(
        **{**vars(train), "skipped": [Skipped("x.png", "empty file")], "notes": ["a note"]}
    )
    found = report.facts(train, Source(PIXELS[6:8]), report.statistics(pixels))
    assert json.loads(json.dumps(found)) == found
    assert found["classes"] == {"cat": 3, "dog": 3, "cow": 0}
    assert (
        found["images"],
        found["evaluation_images"],
        found["evaluation_images_also_in_training"],
    ) == (6, 2, 0)
    assert (found["height"], found["width"], found["channels"], found["sequence_length"]) == (
        8,
        9,
        3,
        0,
    )
    assert found["duplicates"] == [["b.png", "f.png"]]
    assert found["broken"] == [{"name": "x.png", "reason": "empty file"}]
    assert found["bytes"] == 6 * 8 * 9 * 3
    assert report.facts(train, None, report.statistics(pixels))["evaluation_images"] == 0
