"""The import of the FID graph, on a small graph with the real one's names, widths and retired
operations.
"""

from __future__ import annotations

import hashlib
import tarfile
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from gan_cli.base.errors import DataError
from gan_cli.metrics.extractors import inception as module
from gan_cli.metrics.extractors.inception import Inception, inception
from tests.metrics.made_graph import HEAD, KERNEL, MEAN, SHIFT, VARIANCE, WIDE, graph


def by_hand(images: np.ndarray) -> np.ndarray:
    """pool_3 [N, 2048] in NumPy; the graph's first convolution looks at single pixels of the
    resized image.
    """
    place = np.arange(8) * 38
    sampled = legacy_resize(images.astype(np.float64))[:, place][:, :, place]
    x = ((sampled - 128) / 128) @ KERNEL[0, 0]
    x = np.maximum((x - MEAN) / np.sqrt(VARIANCE + 0.001) + SHIFT, 0)
    return (np.concatenate([x, x], axis=-1) @ WIDE[0, 0]).mean(axis=(1, 2))


def legacy_resize(images: np.ndarray) -> np.ndarray:
    """TensorFlow 1's resize_bilinear(align_corners=False) to 299 x 299: place i looks at i * size /
    299, no half pixels.
    """

    def along(x: np.ndarray, axis: int) -> np.ndarray:
        size = x.shape[axis]
        source = np.arange(299) * (size / 299)
        low = np.floor(source).astype(int)
        share = (source - low).reshape([-1 if each == axis else 1 for each in range(4)])
        return x.take(low, axis) * (1 - share) + x.take(np.minimum(low + 1, size - 1), axis) * share

    return along(along(images, 1), 2)


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Writes a graph (or bytes), and has its hash taken for the published one."""

    def write(content: tf.compat.v1.GraphDef | bytes, *, published: bool = True) -> Path:
        path = tmp_path / module.NAME
        path.write_bytes(content if isinstance(content, bytes) else content.SerializeToString())
        if published:
            sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
            download = module.WEIGHTS.download._replace(sha256=sha256)
            monkeypatch.setattr(module, "WEIGHTS", module.WEIGHTS._replace(download=download))
        return path

    return write


@pytest.fixture(scope="module")
def small() -> Inception:
    return Inception(module._computation(graph(), Path("small.pb")), "0" * 64)


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, shape, np.uint8)


def test_features_are_pool_3_of_the_image_resized_as_tensorflow_1_did(small: Inception):
    images = noise(3, 40, 50, 3)
    features = small.features(images)
    assert features.dtype == np.float32
    assert features == pytest.approx(by_hand(images), abs=2e-4)


def test_probabilities_leave_the_bias_out(small: Inception):
    images = noise(2, 20, 20, 3)
    logits = small.features(images).astype(np.float64) @ HEAD
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    assert small.probabilities(images) == pytest.approx(expected, abs=1e-6)
    assert (small.classes, small.probabilities(images).shape) == (1008, (2, 1008))


def test_grey_is_repeated_and_batches_do_not_matter(small: Inception):
    images = noise(60, 9, 9, 1)
    features = small.features(images)  # in batches of 46 and 14
    assert np.array_equal(
        small.features(np.repeat(images[:1], 3, axis=-1)), small.features(images[:1])
    )
    assert np.abs(features[50] - small.features(images[50:51])).max() < 1e-5


def test_it_is_read_from_a_file_its_folder_or_the_archive(written, tmp_path: Path):
    path = written(graph())
    images = noise(1, 16, 16, 3)
    found = inception(str(path))
    assert found.weights == hashlib.sha256(path.read_bytes()).hexdigest()
    assert inception(str(tmp_path)).weights == found.weights
    with tarfile.open(tmp_path / "any.tgz", "w:gz") as archive:
        archive.add(path, module.NAME)
    unpacked = inception(str(tmp_path / "any.tgz"))
    assert unpacked.weights == found.weights
    assert np.array_equal(unpacked.features(images), found.features(images))


@pytest.mark.parametrize("content", [b"", b"garbage" * 100])
def test_what_is_not_the_published_file_is_not_parsed(
    written, monkeypatch: pytest.MonkeyPatch, content: bytes
):
    monkeypatch.setattr(module, "Inception", None)
    for given in (content, graph()):
        with pytest.raises(
            DataError, match=r"not the published weights of inception \(SHA-256 .*expected 009d6814"
        ):
            inception(str(written(given, published=False)))


@pytest.mark.slow
def test_an_archive_without_it_or_cut_short_is_one_line(written, tmp_path: Path):
    path = written(graph())
    with tarfile.open(tmp_path / "other.tgz", "w:gz") as archive:
        archive.add(path, "other.pb")
    with pytest.raises(DataError, match=r"other\.tgz: cannot be read"):
        inception(str(tmp_path / "other.tgz"))
    with tarfile.open(tmp_path / "cut.tgz", "w:gz") as archive:
        archive.add(path, module.NAME)
    (tmp_path / "cut.tgz").write_bytes((tmp_path / "cut.tgz").read_bytes()[:-20000])
    with pytest.raises(DataError, match=r"cut\.tgz: "):
        inception(str(tmp_path / "cut.tgz"))


@pytest.mark.parametrize(
    "op", ["ReadFile", "PyFunc", "WriteFile", "VarHandleOp", "PartitionedCall"]
)
def test_an_operation_that_does_more_than_compute_is_refused(written, op: str):
    bad = graph()
    next(node for node in bad.node if node.name == "conv").op = op
    with pytest.raises(DataError, match=f"not the Inception graph: 'conv' is {op}"):
        inception(str(written(bad)))


def test_an_operation_hidden_behind_a_control_input_is_refused(written):
    bad = graph()
    bad.node.add(name="spy", op="WriteFile", input=["DecodeJpeg/contents", "DecodeJpeg/contents"])
    next(node for node in bad.node if node.name == "wide").input.append("^spy")
    with pytest.raises(DataError, match="'spy' is WriteFile"):
        inception(str(written(bad)))


@pytest.mark.parametrize(
    "name", ["pool_3", "ResizeBilinear", "softmax/logits/MatMul", "softmax/weights"]
)
def test_a_graph_of_other_names_is_refused(written, name: str):
    bad = graph()
    next(node for node in bad.node if node.name == name).name = "other"
    with pytest.raises(DataError, match="not the Inception graph"):
        inception(str(written(bad)))


def test_a_graph_of_other_widths_is_refused(written):
    bad = graph()
    tensor = tf.make_tensor_proto(WIDE[..., :100])
    next(node for node in bad.node if node.name == "wide").attr["value"].tensor.CopyFrom(tensor)
    with pytest.raises(
        DataError, match=r"pool_3:0 is \(None, 1, 1, 100\), expected \[None, 1, 1, 2048\]"
    ):
        inception(str(written(bad)))
