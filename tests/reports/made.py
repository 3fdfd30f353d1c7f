"""Run directories as far as a report reads them, made without training, by the functions that write
them in life.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from gan_cli.base import files
from gan_cli.base.spec import DataSpec
from gan_cli.cli.training.single import log
from gan_cli.models.dcgan import Dcgan
from gan_cli.objectives.options import Loss
from gan_cli.reports.provenance import Facts
from gan_cli.runs import checkpoint, manifest
from gan_cli.runs.checkpoint import SAMPLER, STATE, Scored
from gan_cli.runs.journal import Chain
from gan_cli.runs.record import Job, State, Sweep, write_command, write_sweep
from gan_cli.runs.rundir import ModelCard, RunDirectory

FACTS = Facts(
    extractor="classifier",
    extractor_weights="ab" * 32,
    resize="none, 16x16x1 as trained",
    data="cd" * 32,
    data_name="digits",
    split="train",
    real_count=805,
    real_seed=0,
    count=500,
    seed=0,
    final_count=1000,
    since=0,
)
VERSIONS = manifest.current_versions()
CONFIG = {
    "model": {"name": "dcgan", "width": 8},
    "data": {"name": "digits"},
    "loss": {"name": "hinge"},
    "optimizer": {"name": "adam", "learning_rate": 1e-4},
    "training": {"steps": 200},
    "evaluation": {"objective": "frechet"},
    "seed": 0,
}


def run(
    path: Path,
    full: float | None = 40.0,
    score: float | None = 50.0,
    facts: Facts = FACTS,
    overrides: Sequence[str] | None = ("loss=hinge", "seed=0"),
    end: str | None = "done",
    config: dict[str, Any] = CONFIG,
    lines: Sequence[dict[str, Any]] | None = None,
) -> Path:
    """A run with one checkpoint at step 100, scored while training and, unless `full` is None, at
    its end; without job.json.

    Args:
        overrides: of its command; None: it is not known.
        end: the last line of its log.
    """
    path.mkdir(parents=True)
    directory = RunDirectory(path)
    directory.write_config(config)
    spec = DataSpec(8, 8, 1)
    card = ModelCard(manifest.FORMAT, Dcgan(), Loss("hinge"), spec)
    directory.write_card(card)
    if overrides is not None:
        write_command(path, overrides)
    log(path, "gan-train")
    if end:
        log(path, end)
    (path / "scores").mkdir()
    files.write_json(path / "scores" / "training.json", asdict(facts))
    scored = None if score is None else Scored(score, facts.fingerprint)
    tensors = {STATE: {}, SAMPLER: {"weight": np.zeros(1, np.float32)}}
    checkpoint.save(directory.checkpoints, 100, tensors, card.fingerprint, "d", scored)
    if full is not None:
        found = checkpoint.verify(directory.checkpoints, 100)
        checkpoint.add_full_score(directory.checkpoints, found, full, facts.final_count or 0)
    metrics = [
        {
            "step": 50,
            "seconds": 30.0,
            "images_per_second": 100.0,
            "loss_generator": 1.0,
            "frechet": 60.0,
            "diversity": 0.2,
        },
        {
            "step": 100,
            "seconds": 60.0,
            "images_per_second": 300.0,
            "loss_generator": 0.5,
            "frechet": score or 55.0,
            "diversity": 0.4,
        },
    ]
    chain = Chain()
    (path / "metrics.jsonl").write_bytes(b"".join(map(chain.sealed, lines or metrics)))
    return path


def job(path: Path, overrides: Sequence[str], state: State = "done", **others: Any) -> None:
    """job.json in a directory that is there or not."""
    path.mkdir(parents=True, exist_ok=True)
    values: dict[str, Any] = {
        "arguments": ["training.steps=200", *overrides],
        "attempts": 1,
        "exit_code": 0,
        "seconds": 120.0,
        "peak_bytes": 1_500_000_000,
    } | others
    Job(format=1, overrides=list(overrides), state=state, **values).write(path)


def sweep(directory: Path) -> Path:
    """Seven jobs: two settings with two seeds each that are done, one failed, one pruned, one that
    has not begun.
    """
    directory.mkdir(parents=True)
    planned = []
    for number, (rate, loss, seed, full) in enumerate(
        [
            ("1e-4", "hinge", 0, 40.0),
            ("1e-4", "hinge", 1, 44.0),
            ("1e-3", "minimax", 0, 30.0),
            ("1e-3", "minimax", 1, 36.0),
        ]
    ):
        planned.append([f"optimizer.learning_rate={rate}", f"loss={loss}", f"seed={seed}"])
        job(run(directory / str(number), full, full + 5.0), planned[-1])
    planned += [
        ["optimizer.learning_rate=1", f"loss={loss}", "seed=0"]
        for loss in ("hinge", "minimax", "hinge")
    ]
    planned[-1][-1] = "seed=1"
    job(
        directory / "4",
        planned[4],
        "failed",
        exit_code=6,
        attempts=2,
        reason="loss_generator not finite at step 7",
    )
    log(directory / "4", "gan-train")
    job(run(directory / "5", None, 70.0), planned[5], "pruned", reason="others were better")
    write_sweep(
        directory, Sweep(format=1, arguments=["-m", "seed=0,1", "loss=hinge,minimax"], jobs=planned)
    )
    return directory


def change(path: Path, **values: Any) -> None:
    """Change keys of a JSON file, as a stranger can who also takes index and checksum away."""
    (path.parents[1] / "index.json").unlink(missing_ok=True)
    changed = json.loads(path.read_text()) | values
    changed.pop("sha256", None)
    files.write_json(path, changed)
