"""The classifier learns, the same bits each time; is kept, and made again where what was kept is
damaged or of other data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import keras
import numpy as np
import pytest

from gan_cli.base.errors import DataError
from gan_cli.data.mnist_small import MnistSmall, load
from gan_cli.metrics.extractors import classifier as module
from gan_cli.metrics.extractors.classifier import Classifier, arrays, network, rows
from gan_cli.metrics.extractors.feature_extractor import digest

Make = Callable[..., Classifier]


def bars(count: int, classes: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Noisy images 8 x 8 with a bright row, whose place is the class."""
    random = np.random.default_rng(count)
    labels = random.integers(0, classes, count)
    images = random.integers(0, 120, (count, 8, 8, 1), np.uint8)
    images[np.arange(count), 1 + 2 * labels] += 130
    return images, labels


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Counts trainings in `make.trained`, which are left out unless `make.learns`, else 30 small
    steps; collects what is said in `make.said`.
    """
    monkeypatch.setattr(module, "STEPS", 30)
    monkeypatch.setattr(module, "BATCH", 32)
    fit = module.fit

    def counting(*arguments: object) -> None:
        call.trained += 1
        if call.learns:
            fit(*arguments)

    monkeypatch.setattr(module, "fit", counting)

    def call(key: str = "data", cache: Path = tmp_path, classes: int = 3) -> Classifier:
        return module.classifier(*bars(200), classes, key, cache, call.said.append)

    call.trained, call.said, call.learns = 0, [], False
    return call


def kept(folder: Path) -> Path:
    (path,) = (folder / "extractors").glob("classifier-*.safetensors")
    return path


def test_it_learns_and_says_what_it_is(make: Make):
    make.learns = True
    found = make()
    images, labels = bars(100)
    probabilities = found.probabilities(images)
    assert probabilities.shape == (100, 3)
    assert probabilities.sum(axis=1) == pytest.approx(np.ones(100), abs=1e-6)
    assert (probabilities.argmax(1) == labels).mean() > 0.95
    assert (found.name, found.classes, found.resize) == ("classifier", 3, "none, 8x8x1 as trained")
    assert make.said[0].startswith("training the classifier")


def test_features_classify_as_the_images_do(make: Make):
    found, images = make(), bars(300)[0]
    features = found.features(images)
    assert features.shape == (300, 64)
    assert features.dtype == np.float32
    assert np.array_equal(found.classify(features), found.probabilities(images))
    found.pixels_at_once = 64 * 5
    assert np.abs(found.features(images) - features).max() < 1e-5
    assert [each.shape for each in found.maps(images[:2])] == [
        (2, 8, 8, 24),
        (2, 4, 4, 48),
        (2, 2, 2, 96),
    ]


@pytest.mark.slow
def test_two_trainings_end_with_the_same_bits_and_other_data_with_others(
    make: Make, tmp_path: Path
):
    make.learns = True
    first, second = make(cache=tmp_path / "a"), make(cache=tmp_path / "b")
    assert make.trained == 2
    assert first.weights == second.weights
    images, labels = bars(200)
    labels[0] = (labels[0] + 1) % 3
    other = module.classifier(images, labels, 3, "data", tmp_path / "c", print)
    assert other.weights != first.weights


def test_it_is_trained_once(make: Make, tmp_path: Path):
    first, images = make(), bars(10)[0]
    again = make()
    assert make.trained == 1
    assert len(make.said) == 1
    assert again.weights == first.weights
    assert np.array_equal(again.features(images), first.features(images))
    assert not [path.name for path in (tmp_path / "extractors").iterdir() if path.suffix == ".tmp"]


@pytest.mark.parametrize("other", [{"key": "other"}, {"classes": 4}])
def test_other_data_has_its_own(make: Make, other: dict):
    make()
    make(**other)
    assert make.trained == 2
    assert len(make.said) == 2


def flip_a_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:1000])


def spoil_the_card(path: Path) -> None:
    path.with_suffix(".json").write_text("{")


@pytest.mark.parametrize(
    "damage", [flip_a_byte, cut, spoil_the_card, lambda path: path.write_bytes(b"")]
)
def test_a_damaged_one_is_made_again(make: Make, tmp_path: Path, damage: Callable[[Path], None]):
    first = make()
    damage(kept(tmp_path))
    again = make()
    assert make.trained == 2
    assert "DAMAGED CACHE" in make.said[1]
    assert again.weights == first.weights
    make()
    assert make.trained == 2


def interrupted(count: int) -> Iterator[np.ndarray]:
    yield np.arange(32)
    raise KeyboardInterrupt


@pytest.mark.slow
def test_a_training_that_was_stopped_leaves_nothing(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    make.learns = True
    with monkeypatch.context() as patch:
        patch.setattr(module, "rows", interrupted)
        with pytest.raises(KeyboardInterrupt):
            make()
    assert [path.suffix for path in (tmp_path / "extractors").iterdir()] in ([], [".lock"])
    make()
    assert make.trained == 2


def test_images_of_another_shape_are_refused_in_one_line(make: Make):
    with pytest.raises(DataError, match=r"trained on images of 8x8x1, not 8x8x3$"):
        make().features(np.zeros((1, 8, 8, 3), np.uint8))


def test_one_class_is_refused(tmp_path: Path):
    with pytest.raises(DataError, match="at least two classes, the data has 1"):
        module.classifier(*bars(10), 1, "data", tmp_path, print)


def test_a_cache_that_cannot_be_written_is_one_line(make: Make, tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="GAN_CACHE_DIR=FOLDER"):
        make(cache=tmp_path / "file")


@pytest.mark.parametrize(
    ("shape", "finest"),
    [((28, 28, 1), (28, 28, 24)), ((64, 64, 3), (32, 32, 12)), ((100, 130, 3), (50, 65, 12))],
)
def test_a_network_for_any_size(shape: tuple[int, ...], finest: tuple[int, ...]):
    model = network(shape, 7)
    logits, features, maps = model(np.zeros((2, *shape), np.float32))
    assert (logits.shape, features.shape) == ((2, 7), (2, 64))
    assert maps[0].shape == (2, *finest)
    assert model.count_params() < 350_000


def test_the_first_weights_are_the_same_each_time_also_amid_a_training_in_another_precision():
    first = digest(arrays(network((8, 8, 1), 3)))
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        second = network((8, 8, 1), 3)
    finally:
        keras.config.set_dtype_policy(before)
    assert digest(arrays(second)) == first
    assert {layer.compute_dtype for layer in second.layers[1:]} == {"float32"}
    changed = arrays(second)
    changed["classes/kernel"][0, 0] += 1e-6
    assert digest(changed) != first


def test_an_epoch_is_every_row_once_in_an_order_of_its_own(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "BATCH", 5)
    drawn, again = rows(20), rows(20)
    batches = [next(drawn) for _ in range(8)]
    assert [each.tolist() for each in batches] == [next(again).tolist() for _ in range(8)]
    first, second = np.concatenate(batches[:4]), np.concatenate(batches[4:])
    assert sorted(first) == sorted(second) == list(range(20))
    assert first.tolist() != second.tolist()
    assert len(next(rows(3))) == 3


def test_the_classifier_of_the_shipped_digits_ships_with_them(tmp_path: Path):
    said: list[str] = []
    train, test = (load(MnistSmall(), split) for split in ("train", "test"))
    found = module.classifier(
        train.images, train.labels, 10, train.fingerprint, tmp_path, said.append
    )
    assert said == []
    probabilities = found.probabilities(test.images)
    assert np.mean(probabilities.argmax(axis=1) == test.labels) > 0.97


@pytest.mark.parametrize(("count", "steps"), [(16, 10), (354, 222), (1601, 1000), (60_000, 1000)])
def test_few_images_are_seen_eighty_times_at_most(count: int, steps: int):
    assert module.recipe_for(count) == {**module.RECIPE, "steps": steps}
