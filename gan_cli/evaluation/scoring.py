"""From the arguments of gan-evaluate to a report."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from gan_cli import data
from gan_cli.base.errors import DataError
from gan_cli.base.lazy import np
from gan_cli.base.machines import device
from gan_cli.base.spec import DataSpec
from gan_cli.config.commands import EvaluateConfig
from gan_cli.data.folder import Folder
from gan_cli.data.npz import Npz
from gan_cli.data.reading.source import Source
from gan_cli.data.zip import Zip
from gan_cli.evaluation import bounds, captions, evaluate, path_length, reference
from gan_cli.evaluation.choice import metrics_for
from gan_cli.evaluation.evaluate import OfModel
from gan_cli.evaluation.reference import Evaluator, EvaluatorOptions, Say
from gan_cli.evaluation.report import Report
from gan_cli.metrics import Values
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
    reference.refuse_other_size(run, train.spec)
    model = load_sampler(run, manifest)
    sampler = drawing.compiled(model)
    bounded, spec = bounds.measurable(model, config.metrics), run.read_card().data
    read = captions.measurable(model, spec, options, config.metrics)
    evaluator, names = _prepared(options, train, config, say)
    of_model: dict[str, OfModel] = {}
    of_real: Values = {}
    if bounded:
        bound = bounds.compiled(bounded, evaluator.held_out, config.count)
        of_model["elbo"] = lambda seed: {"elbo": bound(seed)}
    if read:
        of_model[captions.NAME], of_real = captions.compiled(
            model, spec, options, config.count, say
        )
    if path_length.NAME in (config.metrics or []):
        seen = evaluator.reference.extractor
        of_model[path_length.NAME] = path_length.compiled(model, seen, config.count)
    subject = {
        "path": str(run.path),
        "step": manifest.step,
        "sha256": manifest.files[SAMPLER].sha256,
    }

    def draw(seed: int) -> Iterable[np.ndarray]:
        return drawing.single_images(model, config.count, seed, config.batch_size, sampler)

    return evaluate.report(
        evaluator,
        names,
        draw,
        config.count,
        config.repeats,
        config.seed,
        subject,
        of_model,
        of_real,
    )


def score_files(path: str, options: Any, config: EvaluateConfig, say: Say) -> Report:
    """The scores of images that lie in a folder, a zip or an npz; with fewer than `count` all of
    them.
    """
    device.prepare(None)
    train = data.load(options)
    source = _source(path, train.spec)
    count = min(config.count, len(source))
    if count < reference.FEWEST:
        raise DataError(f"{path}: {count} images, too few for scores (at least {reference.FEWEST})")
    evaluator, names = _prepared(options, train, config, say)
    subject = {"path": path, "sha256": source.fingerprint}

    def draw(seed: int) -> Iterable[np.ndarray]:
        rows = np.random.default_rng(seed).permutation(len(source))[:count]
        return (source.images[rows[start : start + BLOCK]] for start in range(0, count, BLOCK))

    repeats = (
        config.repeats if count < len(source) else 1
    )  # all of them are the same ones every time
    return evaluate.report(evaluator, names, draw, count, repeats, config.seed, subject)


def _prepared(
    options: Any, train: Source, config: EvaluateConfig, say: Say
) -> tuple[Evaluator, list[str]]:
    chosen = EvaluatorOptions(
        config.extractor, config.weights, config.count, config.split, config.seed
    )
    asked = (
        None
        if config.metrics is None
        else [name for name in config.metrics if name not in evaluate.OF_MODELS]
    )
    evaluator = reference.build_evaluator(options, chosen, say, train=train, metrics=asked)
    return evaluator, metrics_for(asked, evaluator.reference.extractor.gives)


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
