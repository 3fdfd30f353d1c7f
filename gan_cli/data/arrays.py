"""`data=arrays`: images that a Python program holds, for `gan_cli.train(data=images)`."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from gan_cli.base.errors import DataError
from gan_cli.base.lazy import np
from gan_cli.config.options import Share, option, options
from gan_cli.data import data_source
from gan_cli.data.reading.hashes import digests, held_out
from gan_cli.data.reading.source import Source, Split

SMALLEST, LARGEST = 8, 2048
"""Sides in pixels."""

_held: dict[str, Source] = {}
"""Fingerprint -> what this process was given."""


@options
class Arrays:
    """Options of `data=arrays`."""

    name: str = "arrays"
    fingerprint: Annotated[str, Field(pattern="^[0-9a-f]{0,64}$")] = option(
        "of images that are given in Python", ""
    )
    test_share: Share = option("share of the images that is held out for evaluation", 0.1)


@data_source("arrays", Arrays)
def load(options: Arrays, split: Split) -> Source:
    """Images that a Python program gives."""
    if options.fingerprint not in _held:
        raise DataError(
            "data=arrays: the images were given in Python and are not stored: give them again, as "
            "in gan_cli.train(data=images), or another data="
        )
    whole = _held[options.fingerprint]
    rows = held_out(digests(np.asarray(whole.images)), options.test_share, split)
    labels = None if whole.labels is None else whole.labels[rows]
    return Source(whole.images[rows], labels, whole.class_names, whole.origin)


def given(data: Any, class_names: list[str] | None = None) -> Arrays:
    """Keep images for `load`, and the options that name them.

    Args:
        data: images, or (images, labels), or a tf.data.Dataset of single images, of (image, label)
            or of mappings with `image` and perhaps `label`. Images are uint8 [N, H, W, 1 or 3];
            labels integers from 0.
        class_names: in the order of the labels; None: their numbers.

    Raises:
        DataError: they are of another shape or type.
    """
    images, labels = _arrays(data)
    if images.ndim == 3:
        images = images[..., None]
    if images.dtype != np.uint8 or images.ndim != 4 or images.shape[-1] not in (1, 3):
        raise DataError(
            f"data: {images.dtype} {list(images.shape)}, expected uint8 [N, H, W, 1 or 3]"
        )
    if not all(SMALLEST <= side <= LARGEST for side in images.shape[1:3]):
        raise DataError(f"data: images of {list(images.shape[1:3])}, expected 8 to 2048 pixels")
    if labels is not None:
        labels = _checked(labels, len(images))
        known = int(labels.max(initial=-1)) + 1
        class_names = class_names or [str(number) for number in range(known)]
        if len(class_names) < known:
            raise DataError(f"class_names: {len(class_names)}, but labels go up to {known - 1}")
    source = Source(images, labels, (class_names or []) if labels is not None else [], "Python")
    _held[source.fingerprint] = source
    return Arrays(fingerprint=source.fingerprint)


def _arrays(data: Any) -> tuple[np.ndarray, np.ndarray | None]:
    if isinstance(data, np.ndarray):
        return np.ascontiguousarray(data), None
    if isinstance(data, tuple) and len(data) == 2:
        return np.ascontiguousarray(data[0]), np.asarray(data[1])
    if not hasattr(data, "as_numpy_iterator"):
        raise DataError(
            f"data: {type(data).__name__}, expected the name of a data set, an array, (images, "
            "labels) or a tf.data.Dataset"
        )
    if int(data.cardinality()) == -1:
        raise DataError("data: the dataset never ends; leave out repeat()")
    items = [_item(each) for each in data.as_numpy_iterator()]
    if not items:
        raise DataError("data: the dataset is empty")
    images, labels = zip(*items, strict=True)
    return np.stack(images), None if labels[0] is None else np.asarray(labels)


def _item(element: Any) -> tuple[Any, Any]:
    if isinstance(element, dict):
        return element["image"], element.get("label")
    return element if isinstance(element, tuple) else (element, None)


def _checked(labels: np.ndarray, count: int) -> np.ndarray:
    if labels.shape != (count,) or labels.dtype.kind not in "iu" or labels.min(initial=0) < 0:
        raise DataError(
            f"labels: {labels.dtype} {list(labels.shape)}, expected integers from 0, [{count}]"
        )
    return labels.astype(np.int64)
