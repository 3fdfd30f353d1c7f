"""Images from a model: the same seed gives the same images, however they are cut into batches."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import tensorflow as tf

from gan_cli.base.errors import ConfigError, DataError
from gan_cli.base.images import to_uint8
from gan_cli.base.lazy import np
from gan_cli.objectives.codes import Codes, Setting
from gan_cli.objectives.model import Model
from gan_cli.sampling.control import Control


class Inputs(NamedTuple):
    """Latents [B, *latent_shape] float32 and, where the model is told the class, labels [B]
    int64, or where it is told a caption, captions [B, L] int32.
    """

    latents: np.ndarray
    labels: np.ndarray | None
    captions: np.ndarray | None = None

    @property
    def given(self) -> list[np.ndarray]:
        """What there is, as models take it."""
        return [each for each in self if each is not None]


Sampler = Callable[[Inputs], np.ndarray]
"""To uint8 images [B, H, W, C], or sequences [B, T, H, W, C]."""
Draw = Callable[[int], Inputs]
"""The next n inputs of a stream."""


def under(model: Model, control: Control, named: str = "latents") -> Model:
    """The model as the control samples it: from styles where these are given in place of latents,
    truncated where that is of styles, and moved.

    Args:
        named: what a message calls the given latents.

    Raises:
        DataError: latents or offset are of another shape than the model's.
        ConfigError: given styles shall be truncated.
    """
    styles = model.styles.shape if model.styles else None
    if control.latents is not None:
        given = control.latents.shape[1:]
        if given == styles:
            if control.truncation is not None:
                raise ConfigError(f"{named} holds styles, which truncation= does not change")
            model = model.in_styles()
        elif given != model.latent_shape:
            expected = f"[N, {_numbers(model.latent_shape)}]"
            raise DataError(f"{named}: [N, {_numbers(given)}], this model takes {expected}")
    if control.truncation is not None and model.styles:
        model = model.truncated(control.truncation)
    if control.offset is not None:
        if control.offset.shape not in (model.latent_shape, styles):
            found, expected = map(_numbers, (control.offset.shape, styles or model.latent_shape))
            raise DataError(f"directions: [N, {found}], this model takes [N, {expected}]")
        model = model.moved(tf.constant(control.offset))
    return model


def compiled(model: Model, steps: int | None = None) -> Sampler:
    """The model's sampling function as one graph for any batch size."""
    signature = [tf.TensorSpec([None, *model.latent_shape], tf.float32)]
    if model.captions is not None:
        signature.append(tf.TensorSpec([None, model.captions.shape[1]], tf.int32))
    elif model.num_classes:
        signature.append(tf.TensorSpec([None], tf.int64))
    function = tf.function(
        lambda latents, labels=None: model.sample(latents, labels, steps),
        input_signature=signature,
        autograph=False,
    )
    # called by itself, the function of each of many models would be warned of as retraced
    graph = functools.cache(function.get_concrete_function)

    def sample(inputs: Inputs) -> np.ndarray:
        return to_uint8(graph()(*map(tf.constant, inputs.given)).numpy())

    return sample


def batches(
    model: Model,
    count: int,
    seed: int,
    batch_size: int,
    sampler: Sampler | None = None,
    draw: Draw | None = None,
) -> Iterator[np.ndarray]:
    """`count` images as uint8 batches [<= batch_size, H, W, C], or sequences [<= batch_size, T, H,
    W, C].

    `sampler` is the model's compiled function, where there is one already; `draw` gives the inputs,
    if not those of `seed`.
    """
    function, draw = sampler or compiled(model), draw or inputs(model, seed)
    for start in range(0, count, batch_size):
        yield function(draw(min(batch_size, count - start)))


def single_images(
    model: Model, count: int, seed: int, batch_size: int, sampler: Sampler | None = None
) -> Iterator[np.ndarray]:
    """`count` images as uint8 batches [N, H, W, C]; of a model that makes sequences their frames,
    one after the other.
    """
    length = max(1, model.sequence_length)
    sequences = batches(
        model, math.ceil(count / length), seed, max(1, batch_size // length), sampler
    )
    for batch in sequences:
        images = batch.reshape(-1, *batch.shape[-3:])[:count]
        count -= len(images)
        yield images


def inputs(model: Model, seed: int) -> Draw:
    """The inputs of a seed, each from streams of random numbers: input i depends on the seed and on
    i alone.

    Labels are uniform over the classes, and captions over those that the model has.
    """
    latents, labels = np.random.default_rng(seed), np.random.default_rng([seed, 1])

    def draw(count: int) -> Inputs:
        drawn = latents.standard_normal((count, *model.latent_shape), dtype=np.float32)
        if model.captions is not None:
            chosen = (labels.random(count) * len(model.captions)).astype(np.int64)
            return Inputs(drawn, None, model.captions[chosen])
        if not model.num_classes:
            return Inputs(drawn, None)
        return Inputs(drawn, (labels.random(count) * model.num_classes).astype(np.int64))

    return draw


def controlled(model: Model, control: Control, seed: int) -> Draw:
    """The inputs of a seed with what the user decided about them."""
    draw, position = inputs(model, seed), 0
    wanted = None if control.labels is None else np.array(control.labels, np.int64)
    prompts = control.tokens

    def given(count: int) -> Inputs:
        nonlocal position
        places, position = np.arange(position, position + count), position + count
        latents, labels, captions = draw(count)
        if control.latents is not None:
            latents = _taken(control.latents, places)
        elif control.truncation is not None and model.styles is None:
            latents = truncated(latents, control.truncation)
        if prompts is not None:
            captions = prompts[places % len(prompts)]
        if wanted is not None:
            labels = wanted[places % len(wanted)]
        return Inputs(latents, labels, captions)

    decided: Draw = given
    if control.codes is not None:
        assert model.codes is not None
        columns = None if control.labels else control.columns
        decided = with_settings(decided, model.codes, control.codes, columns)
    if control.columns is not None and prompts is not None:
        return rows_of_captions(decided, prompts, control.columns)
    if control.columns is None or control.labels is None:
        return decided
    return rows_of_classes(decided, control.labels, control.columns)


def rows_of_classes(draw: Draw, labels: Sequence[int], columns: int) -> Draw:
    """`columns` inputs for each label, one label after the other; those of a column share their
    latents.
    """
    shared, classes, position = draw(columns).latents, np.array(labels, np.int64), 0

    def placed(count: int) -> Inputs:
        nonlocal position
        places, position = np.arange(position, position + count), position + count
        return Inputs(shared[places % columns], classes[places // columns])

    return placed


def rows_of_captions(draw: Draw, captions: np.ndarray, columns: int) -> Draw:
    """The same for each caption [L] of some, [N, L]."""
    numbered = rows_of_classes(draw, range(len(captions)), columns)

    def placed(count: int) -> Inputs:
        latents, numbers, _ = numbered(count)
        return Inputs(latents, None, captions[numbers])

    return placed


def with_settings(
    draw: Draw, codes: Codes, settings: Sequence[Setting], columns: int | None = None
) -> Draw:
    """Inputs whose codes have one of the settings, in turn; or `columns` inputs for each setting,
    one setting after the other, of which those of a column share all else.
    """
    shared, position = draw(columns) if columns else None, 0

    def placed(count: int) -> Inputs:
        nonlocal position
        places, position = np.arange(position, position + count), position + count
        if shared is None or columns is None:
            numbers, (latents, labels, _) = places % len(settings), draw(count)
        else:
            numbers, latents = places // columns, shared.latents[places % columns]
            labels = None if shared.labels is None else shared.labels[places % columns]
        rows = zip(latents, numbers.tolist(), strict=True)
        changed = [codes.with_setting(latent, settings[number]) for latent, number in rows]
        return Inputs(np.stack(changed), labels)

    return placed


def truncated(latents: np.ndarray, bound: float) -> np.ndarray:
    """Standard normal latents as draws of the normal truncated to [-bound, bound] (Brock et al.
    2019, section 3.1).

    Each value keeps its quantile instead of being drawn again, so that every latent moves towards
    the mean in order: z -> Phi^-1(Phi(-bound) + Phi(z) (Phi(bound) - Phi(-bound))).
    """
    tail = _normal_cdf(np.float64(-bound))
    magnitudes = np.abs(latents.astype(np.float64))  # the map is odd, and exact where Phi is small
    moved = -tf.math.ndtri(tail + _normal_cdf(-magnitudes) * (1.0 - 2.0 * tail)).numpy()
    moved = np.where(
        np.isfinite(moved), moved, magnitudes
    )  # so far out that Phi is 0, with a bound farther out
    signed: np.ndarray = np.copysign(np.minimum(moved, bound), latents)
    return signed.astype(np.float32)


def _numbers(shape: Sequence[int]) -> str:
    return ", ".join(map(str, shape))


def _normal_cdf(values: np.ndarray | np.float64) -> np.ndarray:
    return np.asarray(0.5 * tf.math.erfc(-values / math.sqrt(2.0)))


def _taken(latents: np.ndarray, places: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):  # what float32 has no room for is not finite
        rows = np.ascontiguousarray(latents[places], np.float32)
    finite = np.isfinite(rows).reshape(len(rows), -1).all(axis=1)
    if not finite.all():
        raise DataError(f"latents= has a value that is not finite in row {places[~finite][0]}")
    return rows
