"""The words that all rooms share: what a data set holds and what a batch is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, TypedDict

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from gan_cli.base.captions import LONGEST_WORD, MOST_TOKENS, MOST_WORDS

if TYPE_CHECKING:
    import tensorflow as tf

Side = Annotated[int, Field(ge=8, le=2048)]
Word = Annotated[str, Field(pattern=r"^[\w'\u2019]+$", max_length=LONGEST_WORD)]
Caption = Annotated[
    str, Field(pattern=r"^[\w'\u2019 ]+$", max_length=MOST_TOKENS * (LONGEST_WORD + 1))
]
MOST_CAPTIONS = 1000
"""Captions that stand for all of them."""


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
        vocabulary: the words of its captions, whose tokens are numbered from 1; empty where there
            are no captions.
        caption_length: tokens of the longest caption.
        captions: some of the captions, for samples of which none is asked for.
    """

    height: Side
    width: Side
    channels: Literal[1, 3]
    num_classes: Annotated[int, Field(ge=0, le=100_000)] = 0
    class_names: Annotated[list[str], Field(max_length=100_000)] = Field(default_factory=list)
    sequence_length: Annotated[int, Field(ge=0, le=1024)] = 0
    vocabulary: Annotated[list[Word], Field(max_length=MOST_WORDS)] = Field(default_factory=list)
    caption_length: Annotated[int, Field(ge=0, le=MOST_TOKENS)] = 0
    captions: Annotated[list[Caption], Field(max_length=MOST_CAPTIONS)] = Field(
        default_factory=list
    )

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
    where the items are sequences; and, where there are any, labels [B] int64 and captions [B, L]
    int32, the tokens of their words (0: no more)."""

    images: tf.Tensor
    sequence: tf.Tensor
    labels: tf.Tensor
    captions: tf.Tensor


Logs = dict[str, Any]
"""Name -> scalar tensor: what a phase reports beside its losses."""
