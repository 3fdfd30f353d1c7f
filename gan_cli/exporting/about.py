"""What people are told of an exported network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from gan_cli.base.spec import DataSpec


class Score(NamedTuple):
    """A figure for a model card.

    Attributes:
        real: what real images score.
        better: lower, higher or as real.
        measured: with what, in words.
    """

    name: str
    mean: float
    deviation: float | None
    real: float | None
    better: str
    measured: str


@dataclass(frozen=True)
class About:
    """What people are told of the network.

    Attributes:
        run: the name of the run.
        weights: SHA-256 of the checkpoint's file.
        data_name: what the configuration calls the data.
        options: of the model.
        texts: that pictures of it carry.
    """

    run: str
    step: int
    model: str
    weights: str
    data_name: str
    data: DataSpec
    options: dict[str, Any]
    scores: list[Score]
    texts: Mapping[str, object]
