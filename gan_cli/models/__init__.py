"""Models, one file each: what a model takes, what it needs, its networks and its objective.

What they are composed of lives in `objectives` and `networks`. Importing a model's file costs no
TensorFlow: networks and objective are imported by the function that builds them.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from gan_cli.base.errors import ConfigError
from gan_cli.base.lazy import keras
from gan_cli.base.spec import DataSpec
from gan_cli.config.catalogue import Catalogue, Entry, current_plugin
from gan_cli.objectives.losses import LOSSES
from gan_cli.objectives.options import Loss

if TYPE_CHECKING:
    from gan_cli.data.pipeline.augment import Transform
    from gan_cli.objectives.augmentation.ada import Adaptive
    from gan_cli.objectives.model import Model

POLICIES = {"float32": "float32", "bfloat16": "mixed_bfloat16", "float16": "mixed_float16"}
Need = Literal["labels", "sequences", "captions"]


@dataclass(frozen=True, kw_only=True)
class ModelEntry(Entry):
    """A registered model.

    Attributes:
        needs: what the data must have: labels; captions; sequences (without it: single images).
            Options may need more: see `needs`.
        adversarial: whether a generator plays against discriminators, so that `loss` applies.
        likelihood: whether it has an evidence lower bound, so that elbo_held_out is measured.
        styles: whether it has a space of styles (`gan_cli.objectives.model.Model.styles`).
        fills: whether it fills holes of images (`gan_cli.objectives.model.Model.filling`).
    """

    needs: tuple[Need, ...] = ()
    adversarial: bool = True
    likelihood: bool = False
    styles: bool = False
    fills: bool = False


MODELS: Catalogue[ModelEntry] = Catalogue("model", __name__)
"""Every model by its name."""

Build = Callable[..., "Model"]


def model(
    name: str,
    options: type,
    *,
    needs: tuple[Need, ...] = (),
    adversarial: bool = True,
    likelihood: bool = False,
    styles: bool = False,
    fills: bool = False,
) -> Callable[[Build], Build]:
    """Register `build(options, spec, game) -> Model` as `model=name`.

    Args:
        options: the dataclass of its settings, made by `gan_cli.config.options.options`; its field
            `name` has the default `name`. Where it has a method `check(spec, loss)`, that raises a
            ConfigError for what does not go together; a method `needs()` says what these options
            need of the data besides.
        needs: what the data must have: labels, captions, sequences.
        adversarial: whether it takes an adversarial loss.
        likelihood: whether it has an evidence lower bound.
        styles: whether it has a space of styles; truncation is there then, else of latents.
        fills: whether it fills holes of images, and makes no others.
    """

    def register(build: Build) -> Build:
        MODELS.add(
            ModelEntry(
                name=name,
                build=build,
                options=options,
                plugin=current_plugin(),
                needs=needs,
                adversarial=adversarial,
                likelihood=likelihood,
                styles=styles,
                fills=fills,
            )
        )
        return build

    return register


def build(
    options: Any,
    spec: DataSpec,
    loss: Loss | None = None,
    *,
    seed: int = 0,
    precision: str = "float32",
    augment: Transform | None = None,
    adaptive: Adaptive | None = None,
) -> Model:
    """The model that `options` name, for data of `spec`; the same seed gives the same weights.

    Args:
        loss: of an adversarial model; None: the default.
        precision: float32, bfloat16 or float16, of the networks' arithmetic.
        augment: a change to every image, real or fake, before a discriminator sees it.
        adaptive: the same, by a probability that is state of the model.

    Raises:
        ConfigError: model, data and loss do not go together.
    """
    from gan_cli.objectives.gan import Game

    loss = loss or Loss()
    check(options, spec, loss)
    with _seeded(seed), _precision(precision):
        game = Game(loss, adaptive or augment, adaptive)
        built: Model = MODELS[options.name].build(options, spec, game)
    if adaptive:
        built = replace(built, variables={**built.variables, **adaptive.variables})
    return built


def check(options: Any, spec: DataSpec, loss: Loss) -> None:
    """Refuse a model that does not fit the data or the loss.

    Raises:
        ConfigError: one line with the key and why.
    """
    name, entry, needed = options.name, MODELS[options.name], needs(options)
    if "labels" in needed and not spec.num_classes:
        raise ConfigError(
            f"model={name} needs labels; the data has none (a folder has one class per subfolder)"
        )
    if "captions" in needed and not (spec.vocabulary and spec.captions and spec.caption_length):
        raise ConfigError(
            f"model={name} needs captions; the data has neither these nor classes (a CSV has a "
            "column of them, a folder metadata.jsonl)"
        )
    if "sequences" in needed and not spec.sequence_length:
        raise ConfigError(
            f"model={name} makes sequences; the data holds {spec} (data=moving_mnist or frames "
            "has sequences)"
        )
    if spec.sequence_length and "sequences" not in needed:
        raise ConfigError(f"model={name} makes single images; the data holds {spec}")
    if not entry.adversarial and asdict(loss) != asdict(type(loss)()):
        raise ConfigError(
            f"model={name} has no adversarial loss; leave loss={loss.name} and its options out"
        )
    if loss.label_smoothing and not LOSSES[loss.name].smooths:
        smooth = ", ".join(each for each in LOSSES if LOSSES[each].smooths)
        raise ConfigError(f"loss.label_smoothing goes with loss={smooth}, not with {loss.name}")
    if loss.pack > 1 and {"labels", "captions"} & set(needed):
        told = "label" if "labels" in needed else "caption"
        raise ConfigError(
            f"loss.pack={loss.pack}: the discriminator of model={name} takes each image with its "
            f"{told}, so loss.pack=1"
        )
    if hasattr(options, "check"):
        options.check(spec, loss)


def needs(options: Any) -> tuple[Need, ...]:
    """What the data must have for a model with these options."""
    more: tuple[Need, ...] = options.needs() if hasattr(options, "needs") else ()
    return (*MODELS[options.name].needs, *more)


class Plan(NamedTuple):
    """What a model would be: network -> key -> (shape, dtype), and which of the networks sampling
    needs.
    """

    networks: dict[str, dict[str, tuple[tuple[int, ...], str]]]
    sampler: tuple[str, ...]


def plan(options: Any, spec: DataSpec, loss: Loss) -> Plan:
    """What `build` would make, without taking the memory.

    This is how the size of a stranger's model is known before a byte is allocated for it.
    """
    from concurrent.futures import ThreadPoolExecutor

    from gan_cli.networks.variables import variables_by_key

    def planned() -> Plan:
        with keras.StatelessScope(initialize_variables=False):
            model = build(options, spec, loss)
            networks = {
                name: {
                    key: (tuple(v.shape), v.dtype)
                    for key, v in variables_by_key(name, network).items()
                }
                for name, network in model.networks.items()
            }
        return Plan(networks, model.sampler)

    # Keras keeps a list of planned variables and would make them at its next occasion. The list
    # is a thread's own, so that it goes with the thread, and the caller's session stays untouched.
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(planned).result()


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Keras draws the seeds of initializers and Dropout from Python's generator: set it, and put it
    back.
    """
    before = random.getstate()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(before)


@contextmanager
def _precision(name: str) -> Iterator[None]:
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(POLICIES[name])
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
