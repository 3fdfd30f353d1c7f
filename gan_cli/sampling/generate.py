"""Images of a checkpoint into files, in constant memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from tqdm import tqdm

from gan_cli import models
from gan_cli.base.errors import CheckpointError
from gan_cli.base.files import whole
from gan_cli.base.images import columns_of_pairs
from gan_cli.base.lazy import np
from gan_cli.config.commands import SampleConfig
from gan_cli.networks.variables import assign, variables_by_key
from gan_cli.objectives.model import Model
from gan_cli.runs import origin, tensors
from gan_cli.runs.checkpoint import SAMPLER, Manifest
from gan_cli.runs.rundir import RunDirectory
from gan_cli.sampling import drawing, filling
from gan_cli.sampling.control import Control
from gan_cli.sampling.drawing import Inputs
from gan_cli.sampling.writers import WRITERS, Drawn


def generate(
    run: RunDirectory, manifest: Manifest, config: SampleConfig, control: Control, output: Path
) -> None:
    """Write the images that `config` asks for; the output appears whole or not at all.

    Raises:
        CheckpointError: the checkpoint does not fit model.json.
        DataError: the latents do not fit the model.
        OSError: the output cannot be written.
    """
    model = drawing.under(load_sampler(run, manifest), control, f"latents={config.latents}")
    paired = model.filling is not None and config.format == "grid"
    if paired:
        sampler, shown = filling.beside_holes(model), 2 * control.count
    else:
        sampler, shown = drawing.compiled(model, control.frames or None), control.count
    draw = drawing.controlled(model, control, config.seed)
    batches = drawing.batches(model, control.count, config.seed, config.batch_size, sampler, draw)

    def again() -> Iterator[Inputs]:
        draw = drawing.controlled(model, control, config.seed)
        for start in range(0, control.count, config.batch_size):
            yield draw(min(config.batch_size, control.count - start))

    with tqdm(total=shown, unit="img", disable=None) as bar, whole(output) as partial:
        WRITERS[config.format](
            partial,
            Drawn(
                _shown(batches, bar),
                again,
                control.count,
                columns_of_pairs(shown) if paired else control.columns,
                config.fps,
                control.prompts or (),
                control.names,
                origin.of_checkpoint(run.path, manifest, config.seed),
            ),
        )


def load_sampler(
    run: RunDirectory,
    manifest: Manifest,
    built: Model | None = None,
    frames: int | None = None,
) -> Model:
    """The model of a run with the averaged weights of a checkpoint in its sampling networks.

    What model.json would build is compared with the file before memory is taken for either.

    Args:
        built: of another run with an equal model.json, to take instead of a new one: its weights
            are replaced.
        frames: of its sequences, on which no weight depends; None: as many as the data has.

    Raises:
        CheckpointError: it does not fit model.json, or holds values that are not finite.
    """
    card = run.read_card()
    if manifest.model != card.fingerprint:
        raise CheckpointError(
            f"{run.checkpoints}: step {manifest.step} was saved from another model.json"
        )
    data = card.data if frames is None else replace(card.data, sequence_length=frames)
    plan = models.plan(card.model, data, card.loss)
    shapes = {key: shape for name in plan.sampler for key, shape in plan.networks[name].items()}
    arrays = tensors.read(run.checkpoints, manifest.step, SAMPLER, shapes, finite=True)
    model = built or models.build(card.model, data, card.loss)
    for name in plan.sampler:
        assign(variables_by_key(name, model.networks[name]), arrays)
    return model


def _shown(batches: Iterable[np.ndarray], bar: tqdm) -> Iterator[np.ndarray]:
    for batch in batches:
        yield batch
        bar.update(len(batch))
