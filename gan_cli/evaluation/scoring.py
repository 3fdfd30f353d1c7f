"""From the arguments of gan-evaluate to a report."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from gan_cli import data
from gan_cli.base import device
from gan_cli.base.errors import DataError
from gan_cli.base.spec import DataSpec
from gan_cli.config.commands import EvaluateConfig
from gan_cli.data.folder import Folder
from gan_cli.data.npz import Npz
from gan_cli.data.reading.source import Source
from gan_cli.data.zip import Zip
from gan_cli.evaluation import bounds, evaluate, ruler
from gan_cli.evaluation.ruler import Measured, Say, Setting
from gan_cli.evaluation.scores import Report
from gan_cli.runs.checkpoint import SAMPLER, Manifest
from gan_cli.runs.rundir import RunDirectory
from gan_cli.sampling import drawing
from gan_cli.sampling.generate import load_sampler

BLOCK = 1024


def score_checkpoint(
    run: RunDirectory, manifest: Manifest, options: Any, config: EvaluateConfig, say: Say
) -> Report:
    """The scores of a checkpoint's moving average.

    Raises:
        GanError: the checkpoint, the data or the metrics do not fit.
    """
    device.prepare(None)
    train = data.load(options)
    ruler.refuse_other_size(run, train.spec)
    model = load_sampler(run, manifest)
    sampler = drawing.compiled(model)
    bounded = bounds.measurable(model, config.metrics)
    measured, names = _prepared(options, train, config, say)
    of_model = (
        {"elbo": bounds.compiled(bounded, measured.held_out, config.count)} if bounded else {}
    )
    subject = {
        "path": str(run.path),
        "step": manifest.step,
        "sha256": manifest.files[SAMPLER].sha256,
    }

    def draw(seed: int) -> Iterable[np.ndarray]:
        return drawing.single_images(model, config.count, seed, config.batch_size, sampler)

    return evaluate.report(
        measured, names, draw, config.count, config.repeats, config.seed, subject, of_model
    )


def score_files(path: str, options: Any, config: EvaluateConfig, say: Say) -> Report:
    """The scores of images that lie in a folder, a zip or an npz; with fewer than `count` all of
    them.
    """
    device.prepare(None)
    train = data.load(options)
    source = _source(path, train.spec)
    count = min(config.count, len(source))
    if count < ruler.FEWEST:
        raise DataError(f"{path}: {count} images, too few for scores (at least {ruler.FEWEST})")
    measured, names = _prepared(options, train, config, say)
    subject = {"path": path, "sha256": source.fingerprint}

    def draw(seed: int) -> Iterable[np.ndarray]:
        rows = np.random.default_rng(seed).permutation(len(source))[:count]
        return (source.images[rows[start : start + BLOCK]] for start in range(0, count, BLOCK))

    repeats = (
        config.repeats if count < len(source) else 1
    )  # all of them are the same ones every time
    return evaluate.report(measured, names, draw, count, repeats, config.seed, subject)


def _prepared(
    options: Any, train: Source, config: EvaluateConfig, say: Say
) -> tuple[Measured, list[str]]:
    setting = Setting(config.extractor, config.weights, config.count, config.split, config.seed)
    asked = (
        None
        if config.metrics is None
        else [name for name in config.metrics if name not in evaluate.OF_MODELS]
    )
    measured = ruler.build(options, setting, say, train=train, names=asked)
    return measured, ruler.chosen(asked, measured.ruler.extractor)


def _source(path: str, real: DataSpec) -> Source:
    """Images as files, of the size and channels of the real ones."""
    if not Path(path).exists():
        raise DataError(f"samples={path}: no such file or folder")
    height, width, channels = real.image_shape
    size = [height, width]
    kind: Any = Folder if Path(path).is_dir() else Zip
    if kind is Folder or path.lower().endswith(".zip"):
        return data.load(
            kind(path=path, size=size, channels=channels, labels=False, test_share=0.0)
        )
    source = data.load(Npz(path=path, size=size, labels=False, test_share=0.0))
    if source.spec.channels != channels:
        raise DataError(f"{path}: {source.spec}, the real ones have {channels} channels")
    return source
