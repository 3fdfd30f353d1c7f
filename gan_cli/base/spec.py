"""The words that all rooms share: what a data set holds and what a batch is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, TypedDict

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

if TYPE_CHECKING:
    import tensorflow as tf

Side = Annotated[int, Field(ge=8, le=2048)]


@dataclass(frozen=True, config=ConfigDict(extra="forbid", strict=True, defer_build=True))
class DataSpec:
    """What a data source holds.

    Attributes:
        height: pixels, at least 8.
        width: pixels, at least 8.
        channels: 1 (grey) or 3 (RGB).
        num_classes: number of classes; 0 where the data has no labels.
        class_names: one name per class, in label order; may be empty.
        sequence_length: frames of one item; 0 where the items are single images.
    """

    height: Side
    width: Side
    channels: Literal[1, 3]
    num_classes: Annotated[int, Field(ge=0, le=100_000)] = 0
    class_names: Annotated[list[str], Field(max_length=100_000)] = Field(default_factory=list)
    sequence_length: Annotated[int, Field(ge=0, le=1024)] = 0

    @property
    def image_shape(self) -> tuple[int, int, int]:
        return self.height, self.width, self.channels

    def __str__(self) -> str:
        size = f"{self.height}x{self.width}x{self.channels}"
        return (
            f"sequences of {self.sequence_length} frames {size}"
            if self.sequence_length
            else f"images {size}"
        )


class Batch(TypedDict, total=False):
    """Real data of one step, float32 in [-1, 1]: images [B, H, W, C], or sequence [B, T, H, W, C]
    where the items are sequences; and, where there are any, labels [B] int64."""

    images: tf.Tensor
    sequence: tf.Tensor
    labels: tf.Tensor


Logs = dict[str, Any]
"""Name -> scalar tensor: what a phase reports beside its losses."""
