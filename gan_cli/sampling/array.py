"""Images of a model as one array, under the control that `gan-sample` gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from gan_cli.base.errors import DataError
from gan_cli.base.lazy import np
from gan_cli.config.commands import SampleConfig
from gan_cli.config.options import parse
from gan_cli.objectives.model import Model
from gan_cli.runs.rundir import ModelCard
from gan_cli.sampling import control, drawing


def drawn(
    model: Model,
    card: ModelCard,
    count: int | None = None,
    labels: Any = None,
    seed: int = 0,
    truncation: float | None = None,
    latents: np.ndarray | None = None,
    steps: int | None = None,
    batch_size: int = 64,
    codes: Sequence[Any] | None = None,
    prompts: str | Sequence[str] | None = None,
    offset: np.ndarray | None = None,
) -> np.ndarray:
    """uint8 [count, H, W, C], or [count, T, H, W, C]; `gan_cli.Run.sample` explains the arguments.

    Raises:
        ConfigError, DataError: the model does not take what is asked for.
    """
    if latents is not None:
        latents = np.asarray(latents)
        if latents.ndim < 2 or latents.dtype.kind != "f":
            expected = ", ".join(map(str, model.latent_shape))
            raise DataError(
                f"latents: {latents.dtype} {list(latents.shape)}, expected floats [N, {expected}]"
            )
        count = len(latents) if count is None else min(count, len(latents))
    values = {
        "checkpoint": "run",
        "count": count,
        "labels": np.asarray(labels).tolist() if isinstance(labels, np.ndarray) else labels,
        "codes": codes,
        "prompt": prompts if prompts is None or isinstance(prompts, str) else list(prompts),
        "seed": seed,
        "truncation": truncation,
        "steps": steps,
        "batch_size": batch_size,
        "format": "npz",
    }
    decided = control.check(parse(SampleConfig, values), card)
    if latents is not None:
        decided = replace(decided, latents=latents)
    if offset is not None:
        decided = replace(decided, offset=np.asarray(offset, np.float32))
    model = drawing.under(model, decided)
    sampler = drawing.compiled(model, decided.frames or None)
    draw = drawing.controlled(model, decided, seed)
    batches = drawing.batches(model, decided.count, seed, batch_size, sampler, draw)
    return np.concatenate(list(batches))
