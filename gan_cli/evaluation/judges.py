"""Pages for human judges, and what they answered, in a run directory."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from gan_cli import data
from gan_cli.base import files
from gan_cli.base.errors import ConfigError, DataError, RunDirectoryError, refused
from gan_cli.base.lazy import np
from gan_cli.config.commands import EvaluateConfig
from gan_cli.data.reading.source import Split
from gan_cli.evaluation import people, report
from gan_cli.evaluation.answers import read_answers, score
from gan_cli.evaluation.reference import refuse_other_size
from gan_cli.runs.checkpoint import SAMPLER, Manifest
from gan_cli.runs.rundir import RunDirectory


def write_page(run: RunDirectory, manifest: Manifest, options: Any, config: EvaluateConfig) -> Path:
    """people/step-N.html in the run directory, and beside it the fingerprint that answers are
    checked against.

    The real images are of the test split where there is one: none that the model has seen.
    """
    from gan_cli.sampling import drawing  # TensorFlow, which answers do without
    from gan_cli.sampling.generate import load_sampler

    real = _real(run, options, config.people_count)
    model = load_sampler(run, manifest)
    generated = np.concatenate(
        list(drawing.batches(model, len(real), config.seed, config.batch_size))
    )
    facts = {
        "sampler": manifest.files[SAMPLER].sha256,
        "step": manifest.step,
        "seed": config.seed,
        "data": options.name,
    }
    shown = people.deck(real, generated, config.seed, facts, config.exposure_ms)
    page = people.page(
        real, generated, config.seed, "Real or generated?", facts, config.exposure_ms
    )
    path = _path(run, manifest, ".html")
    try:
        path.parent.mkdir(exist_ok=True)
        with files.whole(path) as partial:
            partial.write_text(page, encoding="utf-8")
        files.write_checked(path.with_suffix(".json"), {"fingerprint": shown.fingerprint})
    except OSError as error:
        raise refused(error, f"{path}: {error.strerror or error}") from None
    return path


def add_answers(run: RunDirectory, manifest: Manifest, answers: list[Path]) -> dict[str, float]:
    """The judges' rates, which are also put into the stored scores of this step.

    Raises:
        DataError: a file holds no answers, or answers to another page.
        RunDirectoryError: no page was written for this step.
    """
    key = _path(run, manifest, ".json")
    if not key.exists():
        raise RunDirectoryError(
            f"{run.path}: no page for step {manifest.step}; people=true writes one"
        )
    fingerprint = str(files.read_checked(key).get("fingerprint"))
    rates = score([read_answers(path, fingerprint) for path in answers])
    stored = {
        path: report.read(path)
        for path in sorted((run.path / "scores").glob(f"step-{manifest.step:08d}-*.json"))
    }
    files.write_json(_path(run, manifest, "-answers.json"), dict(rates))
    for path, scores in stored.items():
        report.write(path, replace(scores, people=rates))
    return rates


def _real(run: RunDirectory, options: Any, count: int) -> np.ndarray:
    splits: tuple[Split, ...] = ("test", "train")
    for split in splits:
        source = data.load(options, split)
        if source.spec.sequence_length:
            raise ConfigError(f"people judge single images; the data holds {source.spec}")
        refuse_other_size(run, source.spec)
        if len(source) >= count:
            return source.some(count)
    raise DataError(f"{source.origin}: {len(source)} images, fewer than people_count={count}")


def _path(run: RunDirectory, manifest: Manifest, ending: str) -> Path:
    return run.path / "people" / f"step-{manifest.step:08d}{ending}"
