"""The run that is edited: its model, what sees its images, and what the user has given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from gan_cli import data
from gan_cli.base.errors import ConfigError, GanError
from gan_cli.base.lazy import np
from gan_cli.config.commands import EditConfig
from gan_cli.data.reading.source import Source
from gan_cli.evaluation.choice import build_extractor
from gan_cli.evaluation.of_run import data_options
from gan_cli.metrics.extractors.feature_extractor import Extractor
from gan_cli.objectives.model import Model
from gan_cli.runs.reading import StoredRun
from gan_cli.runs.rundir import ModelCard
from gan_cli.sampling import control, drawing
from gan_cli.sampling.drawing import Inputs


@dataclass(frozen=True)
class Subject:
    """A checkpoint that is edited.

    Attributes:
        model: with the averaged weights of the checkpoint.
        given: arrays that a Python program gives in the place of what options name.
        say: takes a line on what takes a while, or is done without.
        extractors: those that were built, by name.
    """

    stored: StoredRun
    model: Model
    config: EditConfig
    given: Mapping[str, Any] = field(default_factory=dict)
    say: Callable[[str], None] = print
    extractors: dict[str, Extractor | None] = field(default_factory=dict)

    @property
    def card(self) -> ModelCard:
        return self.stored.card

    def asked(self, options: Any, key: str) -> Any:
        """What `key` of an edit's options names, or an array that was given for it.

        Raises:
            ConfigError: neither is there.
        """
        value = self.given.get(key, getattr(options, key))
        if value is None or (isinstance(value, list) and not value):
            raise ConfigError(f"{key} is missing: what to edit, {key}=...")
        return value

    @cached_property
    def source(self) -> Source:
        """The images that the run was trained on."""
        return data.load(data_options(self.stored, None))

    @property
    def extractor(self) -> Extractor | None:
        """The network that compares images; None where none is asked for, or where the run's own
        cannot be had, of which a line is said.

        Raises:
            GanError: one that is asked for by name does not fit.
        """
        name = self.config.extractor
        if name is not None and name not in self.extractors:
            self.extractors[name] = self._extractor(name)
        return None if name is None else self.extractors[name]

    def _extractor(self, name: str) -> Extractor | None:
        own = self.stored.config.get("evaluation", {}).get("extractor", "auto")
        try:
            options = data_options(self.stored, None)
            chosen = own if name == "auto" else name
            return build_extractor(options, chosen, None, self.source, self.say)
        except GanError as error:
            if name != "auto":
                raise
            self.say(f"without the run's extractor: {error}")
            return None

    def labels(self, count: int, pictures: np.ndarray | None = None) -> np.ndarray | None:
        """Classes int64 [count] of images; None where the model is not told them.

        Args:
            pictures: uint8 [count, H, W, C], whose classes are looked for where none are asked for.

        Raises:
            ConfigError: they are neither given nor found.
        """
        chosen = control.chosen_labels(self.config.labels, self.card)
        if not self.model.num_classes:
            return None
        if chosen is not None:
            return np.resize(np.array(chosen, np.int64), count)
        if pictures is not None and self.extractor and self.extractor.classes:
            found: np.ndarray = self.extractor.probabilities(pictures).argmax(axis=1)
            return found.astype(np.int64)
        raise ConfigError(
            f"model={self.card.model.name} is told the class: labels=CLASS says which is meant"
        )

    def images(self, latents: np.ndarray, labels: np.ndarray | None = None) -> np.ndarray:
        """uint8 [N, H, W, C] of latents [N, *latent_shape], or of styles [N, layers, length]."""
        styles = self.model.styles
        is_styles = styles is not None and latents.shape[1:] == styles.shape
        sampler = self._of_styles if is_styles else self._of_latents
        if is_styles:
            labels = None  # styles are of a class already
        size, parts = self.config.batch_size, []
        for start in range(0, len(latents), size):
            part = slice(start, start + size)
            rows = np.asarray(latents[part], np.float32)
            parts.append(sampler(Inputs(rows, None if labels is None else labels[part])))
        return np.concatenate(parts)

    def filled(self, images: np.ndarray, holes: np.ndarray) -> np.ndarray:
        """What a model that fills holes makes of uint8 [N, H, W, C] and bool [N, H, W, 1]."""
        from gan_cli.sampling.filling import filler

        fill, size = filler(self.model), self.config.batch_size
        return np.concatenate(
            [
                fill(images[start : start + size], holes[start : start + size])
                for start in range(0, len(images), size)
            ]
        )

    @cached_property
    def _of_latents(self) -> drawing.Sampler:
        return drawing.compiled(self.model)

    @cached_property
    def _of_styles(self) -> drawing.Sampler:
        return drawing.compiled(self.model.in_styles())
