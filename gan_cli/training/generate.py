"""Images of a checkpoint into files, in constant memory."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from tqdm import tqdm

from gan_cli import images, models
from gan_cli.config import SampleConfig
from gan_cli.errors import CheckpointError
from gan_cli.files import whole
from gan_cli.models.base import Model, variables_by_key
from gan_cli.training import checkpoint, sampling
from gan_cli.training.checkpoint import Manifest
from gan_cli.training.rundir import RunDirectory
from gan_cli.training.state import assign


def generate(run: RunDirectory, manifest: Manifest, config: SampleConfig, output: Path) -> None:
    """Write the images that `config` asks for; the output appears whole or not at all.

    Raises:
        CheckpointError: the checkpoint does not fit model.json.
        OSError: the output cannot be written.
    """
    model = load_sampler(run, manifest)
    batches = sampling.batches(model, config.count, config.seed, config.batch_size)
    with tqdm(total=config.count, unit="img", disable=None) as bar, whole(output) as partial:
        WRITERS[config.format](partial, _shown(batches, bar), config.count)


def load_sampler(run: RunDirectory, manifest: Manifest) -> Model:
    """The model of a run with the averaged weights of a checkpoint in its sampling networks.

    What model.json would build is compared with the file before memory is taken for either.
    """
    card = run.read_card()
    if manifest.model != card.fingerprint:
        raise CheckpointError(f"{run.checkpoints}: step {manifest.step} was saved from another model.json")
    plan = models.plan(card.model, card.data, card.loss)
    shapes = {key: shape for name in plan.sampler for key, shape in plan.networks[name].items()}
    arrays = checkpoint.read(run.checkpoints, manifest.step, checkpoint.SAMPLER, shapes)
    model = models.build(card.model, card.data, card.loss)
    for name in plan.sampler:
        assign(variables_by_key(name, model.networks[name]), arrays)
    return model


def _write_grid(path: Path, batches: Iterable[np.ndarray], count: int) -> None:
    images.save_png(path, images.grid(np.concatenate(list(batches))))


def _write_png(path: Path, batches: Iterable[np.ndarray], count: int) -> None:
    path.mkdir()
    digits, index = max(6, len(str(count - 1))), 0
    for batch in batches:
        for image in batch:
            images.save_png(path / f"{index:0{digits}d}.png", image)
            index += 1


def _write_npz(path: Path, batches: Iterable[np.ndarray], count: int) -> None:
    """An npz with one array, `images` [count, H, W, C] uint8, written batch by batch behind its header."""
    with zipfile.ZipFile(path, "w") as archive, archive.open("images.npy", "w", force_zip64=True) as member:
        for index, batch in enumerate(batches):
            if index == 0:
                header = {"descr": "|u1", "fortran_order": False, "shape": (count, *batch.shape[1:])}
                np.lib.format.write_array_header_1_0(member, header)
            member.write(batch.tobytes())


WRITERS = {"grid": _write_grid, "png": _write_png, "npz": _write_npz}


def _shown(batches: Iterable[np.ndarray], bar: tqdm) -> Iterator[np.ndarray]:
    for batch in batches:
        yield batch
        bar.update(len(batch))
