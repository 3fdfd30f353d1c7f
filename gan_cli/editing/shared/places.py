"""Seeds, latents and pictures that a user names, as places in one space."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gan_cli.base.errors import ConfigError, DataError
from gan_cli.base.lazy import np
from gan_cli.data.reading.arrays import map_npy
from gan_cli.editing.shared import pictures, space
from gan_cli.editing.shared.projection import project
from gan_cli.editing.shared.settings import Projecting
from gan_cli.editing.shared.subject import Subject


@dataclass(frozen=True)
class Places:
    """What was named, in its order.

    Attributes:
        latents: float32 [N, *latent_shape], or styles [N, layers, length]: all of one kind.
        labels: int64 [N], where the model is told the class.
        given: uint8 [N, H, W, C]: pictures as they are, and what the model makes of all else.
        groups: which of what was named each row comes from, int64 [N].
    """

    latents: np.ndarray
    labels: np.ndarray | None
    given: np.ndarray
    groups: np.ndarray

    @property
    def is_styles(self) -> bool:
        return self.latents.ndim == 3


@dataclass(frozen=True)
class _Part:
    """Rows of one name: pictures, or latents."""

    pictures: np.ndarray | None = None
    latents: np.ndarray | None = None

    def __len__(self) -> int:
        return len(next(each for each in (self.pictures, self.latents) if each is not None))


def find(subject: Subject, named: Any, settings: Projecting, key: str) -> Places:
    """The places that are named: an integer is a seed, whose first sample is meant; a .npy file or
    an array of floats are latents; all else are pictures, which are projected.

    Args:
        key: what the configuration calls them.

    Raises:
        ConfigError: what is named is not there in the space that is asked for.
        DataError: a file is missing, damaged, or does not fit the model.
    """
    each = named if isinstance(named, list | tuple) else [named]
    parts = [_part(subject, one, key) for one in each]
    groups = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    seen = [part.pictures for part in parts if part.pictures is not None]
    found = project(subject, np.concatenate(seen), settings) if seen else None
    in_styles = space.chosen(settings.space, subject).layers > 0
    labels = subject.labels(len(groups), _all_pictures(parts))
    latents, given, position = [], [], 0
    for row, part in zip(np.searchsorted(groups, np.arange(len(parts))), parts, strict=True):
        if part.pictures is not None:
            assert found is not None
            rows = slice(position, position := position + len(part))
            latents.append(found.latents[rows])
            given.append(part.pictures)
            continue
        assert part.latents is not None
        own = None if labels is None else labels[row : row + len(part)]
        latents.append(_in_space(subject, part.latents, own, in_styles, key))
        given.append(subject.images(latents[-1], own))
    kept = None if in_styles else labels
    return Places(np.concatenate(latents), kept, np.concatenate(given), groups)


def _part(subject: Subject, named: Any, key: str) -> _Part:
    if isinstance(named, bool):
        raise ConfigError(f"{key}={named}: a seed, a file, or a folder of pictures")
    if isinstance(named, int | np.integer):
        if named < 0:
            raise ConfigError(f"{key}={named}: a seed is 0 or more")
        return _Part(latents=space.drawn(subject, 1, int(named))[0])
    if isinstance(named, np.ndarray) and named.dtype.kind == "f":
        return _Part(latents=_fitting(subject, named, key))
    if isinstance(named, str | Path) and str(named).endswith(".npy"):
        return _Part(latents=_fitting(subject, map_npy(Path(named)), f"{key}={named}"))
    return _Part(pictures=pictures.read(named, subject.card.data))


def _fitting(subject: Subject, latents: np.ndarray, name: str) -> np.ndarray:
    styles = subject.model.styles
    shapes = [subject.model.latent_shape, *([styles.shape] if styles else [])]
    if latents.shape in shapes:
        latents = latents[None]
    if latents.dtype.kind != "f" or latents.shape[1:] not in shapes or not len(latents):
        expected = " or ".join(f"[N, {', '.join(map(str, shape))}]" for shape in shapes)
        raise DataError(
            f"{name}: {latents.dtype} {list(latents.shape)}, expected floats {expected}"
        )
    found = np.array(latents, np.float32)
    if not np.isfinite(found).all():
        raise DataError(f"{name}: has values that are not finite")
    return found


def _in_space(
    subject: Subject, latents: np.ndarray, labels: np.ndarray | None, in_styles: bool, key: str
) -> np.ndarray:
    is_styles = latents.ndim == 3
    if is_styles and not in_styles:
        raise ConfigError(f"{key}: styles are not in space=z; space=w has them")
    return space.to_styles(subject, latents, labels) if in_styles and not is_styles else latents


def _all_pictures(parts: Sequence[_Part]) -> np.ndarray | None:
    """Pictures alone show their classes."""
    seen = [part.pictures for part in parts if part.pictures is not None]
    return np.concatenate(seen) if len(seen) == len(parts) else None
