"""`inception`: the network of the Fréchet Inception Distance, TensorFlow's graph of 2015-12-05
(Heusel et al., 2017).

Only distances on these features may be called FID: Keras's InceptionV3 has other weights and
another arithmetic. The file
comes from strangers, and a graph can read files: what is not the published file, by its SHA-256, is
not even parsed. That hash is of the copy that OpenAI's guided-diffusion evaluator fetches, as
several projects published it independently; TensorFlow itself published none. So there is a second
wall: of the graph only operations that compute are taken over.
"""

from __future__ import annotations

import hashlib
import tarfile
import zlib
from pathlib import Path

from gan_cli.base.download import Download
from gan_cli.base.errors import DataError
from gan_cli.base.lazy import np, tf
from gan_cli.base.published import Published, find, verify
from gan_cli.metrics.extractors import Context, extractor
from gan_cli.metrics.extractors.feature_extractor import INSTEAD, Extractor, rgb

NAME, ARCHIVE = "classify_image_graph_def.pb", "inception-2015-12-05.tgz"
WEIGHTS = Published(
    "inception",
    (NAME, ARCHIVE),
    Download(
        f"https://openaipublic.blob.core.windows.net/diffusion/jul-2021/ref_batches/{NAME}",
        "009d6814d1bc560d4e7b236e170e9b2d5ca6f4b57bd8037f6db05776204415c6",
        100 * 1024**2,
    ),
)
SIDE, FEATURES, CLASSES = 299, 2048, 1008
ENTRY, FEATURES_NODE, LOGITS_NODE = "ResizeBilinear", "pool_3", "softmax/logits/MatMul"
COMPUTING = frozenset(
    [
        "Add",
        "AvgPool",
        "BatchNormWithGlobalNormalization",
        "BiasAdd",
        "CheckNumerics",
        "Concat",
        "Const",
        "Conv2D",
        "Identity",
        "MatMul",
        "MaxPool",
        "Mul",
        "Relu",
        "Reshape",
        "Sub",
    ]
)
"""The operations that may lie between images and features: none reads, writes, calls out or keeps
anything.
"""


class Inception(Extractor):
    """Features [N, 2048]: pool_3. Probabilities [N, 1008]: without the bias, as the Inception Score
    has always left it out.

    Images enter behind the graph's own resizing, at the tensor ResizeBilinear:0, with values 0 to
    255.
    """

    name = "inception"
    resize = (
        "to 299x299, TensorFlow 1's bilinear (no antialiasing, corners not aligned); grey "
        "repeated to RGB"
    )
    classes = CLASSES
    pixels_at_once = 2**22

    def __init__(self, graph: tf.compat.v1.GraphDef, sha256: str) -> None:
        self.weights = sha256
        # A session, because a tf.function takes no operation that today's GraphDef version has
        # retired.
        with tf.Graph().as_default() as imported:
            tensors = [f"{ENTRY}:0", f"{FEATURES_NODE}:0", "head:0"]
            self._images, self._pooled, head = tf.graph_util.import_graph_def(
                graph, return_elements=tensors, name=""
            )
        _refuse_shape(self._pooled, [None, 1, 1, FEATURES])
        _refuse_shape(head, [FEATURES, CLASSES])
        self._session = tf.compat.v1.Session(graph=imported)
        self._head = self._session.run(head)

    def _features(self, images: np.ndarray) -> np.ndarray:
        resized = tf.raw_ops.ResizeBilinear(images=rgb(images), size=(SIDE, SIDE))
        pooled: np.ndarray = self._session.run(self._pooled, {self._images: resized.numpy()})
        return pooled.reshape(len(images), FEATURES)

    def _logits(self, features: np.ndarray) -> np.ndarray:
        logits: np.ndarray = features @ self._head
        return logits

    def _input_size(self, height: int, width: int) -> tuple[int, int]:
        return SIDE, SIDE


@extractor("inception", gives=("classes",), reads_weights=True)
def build(context: Context) -> Extractor:
    """The network of the Fréchet Inception Distance (FID), for photographs."""
    return inception(context.weights)


def inception(path: str | None = None) -> Inception:
    """Inception from a path (the .pb, the .tgz or their folder), GAN_DATA_DIR, Keras's cache, or
    downloaded into that.

    Raises:
        DataError: the file is nowhere, or is another than the published one.
    """
    file = find(WEIGHTS, path, "extractor inception", INSTEAD)
    content = _read(file)
    sha256 = hashlib.sha256(content).hexdigest()
    verify(WEIGHTS, sha256, file)
    return Inception(_computation(tf.compat.v1.GraphDef.FromString(content), file), sha256)


def _read(path: Path) -> bytes:
    """The graph's bytes, taken out of the archive in memory; not more than it can be."""
    try:
        if not tarfile.is_tarfile(path):
            with path.open("rb") as file:
                return file.read(WEIGHTS.download.largest)
        with tarfile.open(path) as archive:
            member = archive.extractfile(NAME)
            return member.read(WEIGHTS.download.largest) if member else b""
    except (OSError, EOFError, KeyError, tarfile.TarError, zlib.error) as error:
        raise DataError(
            f"{path}: cannot be read ({error}); fetch it again from {WEIGHTS.download.url}"
        ) from None


def _computation(graph: tf.compat.v1.GraphDef, origin: Path) -> tf.compat.v1.GraphDef:
    """What lies between the resized images and the features, and the weights that give the logits,
    under the name head.
    """
    nodes = {node.name: node for node in graph.node}
    if missing := {ENTRY, FEATURES_NODE, LOGITS_NODE} - nodes.keys():
        raise DataError(f"{origin}: not the Inception graph: no node {sorted(missing)[0]}")
    taken = tf.compat.v1.GraphDef(versions=graph.versions)
    images = taken.node.add(name=ENTRY, op="Placeholder")
    images.attr["dtype"].type = tf.float32.as_datatype_enum
    images.attr["shape"].shape.CopyFrom(tf.TensorShape([None, SIDE, SIDE, 3]).as_proto())
    head = taken.node.add(name="head", op="Identity", input=[nodes[LOGITS_NODE].input[1]])
    head.attr["T"].type = tf.float32.as_datatype_enum
    waiting, seen = [FEATURES_NODE, _node(head.input[0])], {ENTRY}
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        node = nodes.get(name)
        if node is None or node.op not in COMPUTING:
            raise DataError(
                f"{origin}: not the Inception graph: {name!r} is {node.op if node else 'missing'}"
            )
        taken.node.append(node)
        waiting += map(_node, node.input)
    return taken


def _node(tensor: str) -> str:
    """'^node' and 'node:0' -> 'node'."""
    return tensor.removeprefix("^").partition(":")[0]


def _refuse_shape(tensor: tf.Tensor, expected: list[int | None]) -> None:
    if tensor.shape.as_list() != expected:
        raise DataError(
            f"not the Inception graph: {tensor.name} is {tensor.shape}, expected {expected}"
        )
