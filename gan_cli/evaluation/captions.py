"""Whether images show what their captions say: prompts with a known answer, and a recogniser that
reads the images.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

from gan_cli.base.captions import tokens, unknown_words
from gan_cli.base.errors import ConfigError
from gan_cli.base.lazy import np
from gan_cli.base.spec import DataSpec
from gan_cli.data.reading.cache import directory
from gan_cli.data.reading.source import Examples
from gan_cli.metrics import Values
from gan_cli.metrics.extractors.recogniser import Recogniser, recogniser
from gan_cli.objectives.model import Model
from gan_cli.sampling import drawing
from gan_cli.sampling.drawing import Inputs

NAME = "caption_accuracy"
MOST_PROMPTS, TRAINING = 1000, 10_000
"""Prompts of each kind, and pictures that the recogniser learns from."""
BATCH = 250
Say = Callable[[str], None]
KINDS: tuple[Literal["seen", "held_out"], ...] = ("seen", "held_out")
SUFFIX = {"seen": "", "held_out": "_held_out"}


def measurable(
    model: Model, spec: DataSpec, options: Any, metrics: list[str] | None = None
) -> bool:
    """Whether captions are to be read: the model takes them, and the data can draw pictures that
    are known; `metrics` name it or are None.

    Args:
        spec: of the data that the model was trained on.
        options: of the data that it is compared with.

    Raises:
        ConfigError: it is asked for by name, of a model or data without it.
    """
    if metrics is not None and NAME not in metrics:
        return False
    if model.captions is not None and hasattr(options, "examples"):
        some = options.examples("all", MOST_PROMPTS)
        if some is not None and not unknown_words(some.captions, spec.vocabulary):
            return True
    if metrics is not None:
        raise ConfigError(
            f"metrics={NAME} needs a model that takes captions (model=text_gan), trained on data "
            "whose pictures can be read (data=shapes, data=mnist)"
        )
    return False


def compiled(
    model: Model, spec: DataSpec, options: Any, count: int, say: Say
) -> tuple[Callable[[int], Values], Values]:
    """From a seed of the latents to the shares of images whose attributes are read as their
    captions say them, all of them or each, of pairs that were trained and, where there are such,
    that were held out; and the same of real pictures.
    """
    known = options.examples("all", TRAINING)
    reader = recogniser(known.images, known.attributes, directory(), say)
    some = {kind: options.examples(kind, min(count, MOST_PROMPTS)) for kind in KINDS}
    asked = {kind: examples for kind, examples in some.items() if examples is not None}
    sampler, draw = drawing.compiled(model), drawing.inputs

    def generated(examples: Examples, seed: int) -> np.ndarray:
        rows = tokens(examples.captions, spec.vocabulary, spec.caption_length)
        latents = draw(model, seed)(len(rows)).latents
        parts = [slice(start, start + BATCH) for start in range(0, len(rows), BATCH)]
        return np.concatenate([sampler(Inputs(latents[at], None, rows[at])) for at in parts])

    def measure(seed: int) -> Values:
        found: Values = {}
        for kind, examples in asked.items():
            found |= accuracy(reader, generated(examples, seed), examples, SUFFIX[kind])
        return found

    real: Values = {}
    for kind, examples in asked.items():
        real |= accuracy(reader, examples.images, examples, SUFFIX[kind])
    return measure, real


def accuracy(
    reader: Recogniser, images: np.ndarray, examples: Examples, suffix: str = ""
) -> Values:
    """Shares of images [N, H, W, C] in which each attribute, and all of them, are what the
    examples' captions say, 0 to 1.
    """
    right = matches(reader.read(images), examples.attributes)
    every = np.logical_and.reduce(list(right.values()))
    shares = {NAME: every} | {f"caption_{name}": each for name, each in right.items()}
    return {f"{name}{suffix}": float(each.mean()) for name, each in shares.items()}


def matches(
    read: Mapping[str, np.ndarray], said: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """name -> bool [N]: where both are the same."""
    return {name: read[name] == values for name, values in said.items()}
