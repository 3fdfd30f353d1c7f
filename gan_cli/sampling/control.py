"""What a user decides about samples, held against model.json before TensorFlow is imported."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gan_cli.base.errors import ConfigError, DataError, unknown
from gan_cli.base.lazy import np
from gan_cli.base.spec import DataSpec
from gan_cli.base.terminal import printable
from gan_cli.config.commands import SampleConfig
from gan_cli.data.reading.arrays import map_npy
from gan_cli.models import MODELS, needs
from gan_cli.objectives.codes import Codes, Setting
from gan_cli.runs.rundir import ModelCard
from gan_cli.sampling import directions, prompts

DEFAULT_COUNT, A_ROW = 64, 8
"""Images where no count is asked for, and images of each row that was asked for then."""
MOST = {"grid": 4096, "gif": 65536}
"""Images, every frame counted, that one file shows."""
MOST_NAMES = 100
"""Classes that a message lists."""


@dataclass(frozen=True)
class Control:
    """What is drawn.

    Attributes:
        count: images, or sequences.
        frames: of each sequence; 0: single images.
        labels: numbers of the classes that images get in turn; None: drawn.
        latents: floats [N, ...] to take in order; None: drawn.
        truncation: largest absolute value of a drawn latent, or of a model that does not truncate
            latents the share of the distance from the mean; None: neither.
        columns: of a grid with a row for each of `labels`, or else of `codes`, whose images share
            the latents of their columns; None: no such grid.
        names: of such rows.
        codes: settings of the codes of latents, which images get in turn; None: drawn.
        prompts: what images show, in turn; None: drawn.
        tokens: int32 [N, L], the same as the model takes them.
        offset: what is added to all latents, or to all styles; None: nothing.
    """

    count: int
    frames: int = 0
    labels: list[int] | None = None
    latents: np.ndarray | None = None
    truncation: float | None = None
    columns: int | None = None
    names: list[str] = field(default_factory=list)
    codes: list[Setting] | None = None
    prompts: list[str] | None = None
    tokens: np.ndarray | None = None
    offset: np.ndarray | None = None


def check(config: SampleConfig, card: ModelCard) -> Control:
    """What `config` asks of the model of a run.

    Raises:
        ConfigError: the model, or another key, does not go with it.
        DataError: no latents can be read from the file.
    """
    frames, labels = _frames(config, card), chosen_labels(config.labels, card)
    offset = _offset(config)
    latents = None if config.latents is None else _latents(config, card)
    given, codes = prompts.of(config.prompt, card), _codes(config, card)
    is_grid, columns, names = config.format == "grid" and not frames, None, list[str]()
    count = _count(config, latents, given or (is_grid and (labels or codes)) or ())
    if is_grid:
        if "labels" in needs(card.model) and labels is None:
            labels = list(range(card.data.num_classes))
        if "captions" in needs(card.model) and given is None and latents is None:
            given = prompts.some(card)
        settings = len(labels or codes or given or [])
        if settings > 1 or given:
            rows, columns = (
                (settings, count) if latents is not None else class_grid(count, settings)
            )
            count = rows * columns
            names = _names(labels, codes, card)
    _refuse_too_many(config, count, frames)
    tokens = None if given is None else prompts.tokens_of(given, card)
    return Control(
        count,
        frames,
        labels,
        latents,
        config.truncation,
        columns,
        names,
        codes,
        given,
        tokens,
        offset,
    )


def _names(labels: list[int] | None, codes: list[Setting] | None, card: ModelCard) -> list[str]:
    """Of the rows of a grid; captions of prompts stand above theirs."""
    if labels is not None:
        return class_names(card.data, labels)
    return [_text(setting) for setting in codes or ()]


def class_names(data: DataSpec, labels: Sequence[int]) -> list[str]:
    """The names of some classes, their numbers where they have none."""
    known = data.class_names
    return [printable(known[label]) if label < len(known) else str(label) for label in labels]


def class_grid(count: int, classes: int) -> tuple[int, int]:
    """Rows and columns of up to `count` images with a row for each class.

    With more classes than images it is a square of the first classes.
    """
    columns = count // classes or math.isqrt(count)
    return min(classes, count // columns), columns


def _frames(config: SampleConfig, card: ModelCard) -> int:
    if "sequences" in needs(card.model):
        return config.steps or card.data.sequence_length
    if config.steps is not None:
        raise ConfigError(
            f"steps={config.steps}: model={card.model.name} makes single images, which have no "
            "frames"
        )
    if config.format == "gif":
        raise ConfigError(
            f"format=gif plays sequences; model={card.model.name} makes single images: "
            "format=grid, png or npz"
        )
    return 0


def chosen_labels(
    asked: int | str | Sequence[int | str] | None, card: ModelCard
) -> list[int] | None:
    """The numbers of the classes that are asked for by name or number; None where none is.

    Raises:
        ConfigError: the model is not told classes, or the data has no such class.
    """
    if asked is None:
        return None
    given = [asked] if isinstance(asked, int | str) else list(asked)
    if "labels" not in needs(card.model):
        raise ConfigError(
            f"labels={_text(given)}: model={card.model.name} is not by class; leave labels out"
        )
    if not given:
        raise ConfigError("labels=[] names no class; labels=null draws them")
    return [_label(each, card.data.class_names, card.data.num_classes) for each in given]


def _label(given: int | str, names: list[str], classes: int) -> int:
    """The class of this name, or else of this number: a folder called 7 may be the second one."""
    if str(given) in names:
        return names.index(str(given))
    if str(given).isdecimal() and int(given) < classes:
        return int(given)
    accepted = [printable(name) for name in names] or [f"0 to {classes - 1}"]
    if len(accepted) > MOST_NAMES:
        accepted = [*accepted[:MOST_NAMES], f"... of {classes:,}"]
    raise ConfigError(f"labels: {unknown('class', given, accepted)}")


def _codes(config: SampleConfig, card: ModelCard) -> list[Setting] | None:
    """The settings that are asked for, held against the codes that the model's options speak of."""
    if config.codes is None:
        return None
    codes: Codes | None = getattr(card.model, "codes", None)
    if codes is None:
        raise ConfigError(
            f"codes={_text(config.codes)}: model={card.model.name} has no codes, which "
            "model=info_gan has; leave codes out"
        )
    several = [each for each in config.codes if isinstance(each, list)]
    settings: list[Setting] = [*several] or [config.codes]  # type: ignore[list-item]
    if len(several) not in (0, len(config.codes)) or not all(settings):
        raise ConfigError(
            "codes= is a value for each code, e.g. [3,null,-1.5], or a list of such lists"
        )
    for setting in settings:
        _check_setting(setting, codes, card.model.name)
    return settings


def _check_setting(setting: Setting, codes: Codes, name: str) -> None:
    if len(setting) > codes.number:
        raise ConfigError(
            f"codes={_text(setting)}: model={name} has {codes.number} codes ({codes})"
        )
    category = setting[0] if codes.categories else None
    if category is not None and category not in range(codes.categories):
        raise ConfigError(
            f"codes={_text(setting)}: unknown category {category:g} (accepted: 0 to "
            f"{codes.categories - 1})"
        )


def _text(given: Sequence[Any]) -> str:
    return f"[{','.join('null' if each is None else str(each) for each in given)}]"


def _latents(config: SampleConfig, card: ModelCard) -> np.ndarray:
    """The rows of a file, mapped; whether they fit the model is asked when that is built."""
    if config.truncation is not None and not MODELS[card.model.name].styles:
        raise ConfigError("truncation= bounds drawn latents, latents= gives them; leave one out")
    try:
        latents = map_npy(Path(str(config.latents)))
    except DataError as error:
        raise DataError(f"latents={error}") from None
    if latents.dtype.kind != "f" or latents.ndim < 2:
        found = f"{latents.dtype} {list(latents.shape)}"
        raise DataError(
            f"latents={config.latents}: {found}, expected floats [N, ...]; save them with "
            ".astype(np.float32)"
        )
    return latents


def _offset(config: SampleConfig) -> np.ndarray | None:
    """The direction that is asked for, as long as it is asked for."""
    if config.directions is None and config.direction is None:
        return None
    if config.directions is None or config.direction is None:
        raise ConfigError("direction=NUMBER goes with directions=FILE, of gan-edit edit=directions")
    found = directions.read(config.directions)
    if config.direction >= len(found):
        raise ConfigError(
            f"direction={config.direction}: {config.directions} has 0 to {len(found) - 1}"
        )
    offset: np.ndarray = config.strength * found[config.direction]
    return offset


def _count(config: SampleConfig, latents: np.ndarray | None, asked: Sequence[Any]) -> int:
    """What is asked for, or else some images of each prompt or class that is `asked` for."""
    if latents is None:
        several = config.prompt is not None or 1 < len(asked) <= MOST["grid"] // A_ROW
        return config.count or (len(asked) * A_ROW if several else DEFAULT_COUNT)
    if config.count and config.count > len(latents):
        raise ConfigError(f"count={config.count}: latents={config.latents} holds {len(latents):,}")
    return config.count or len(latents)


def _refuse_too_many(config: SampleConfig, count: int, frames: int) -> None:
    images = count * max(frames, 1)
    if images > MOST.get(config.format, images):
        frames_of = f" of {frames} frames" if frames else ""
        raise ConfigError(
            f"count={count}{frames_of}: format={config.format} shows up to {MOST[config.format]} "
            "images; "
            "format=png or format=npz takes any number"
        )
