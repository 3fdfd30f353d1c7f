"""Where pictures of a run come from, as texts that their files carry."""

from __future__ import annotations

from pathlib import Path

from gan_cli import __version__
from gan_cli.base.terminal import printable
from gan_cli.runs.checkpoint import Manifest


def of(
    run: Path, step: int, score: float | None = None, seed: int | None = None
) -> dict[str, object]:
    """Of pictures that a run made at a step.

    Args:
        score: Fréchet distance; None: not measured.
        seed: of what they are drawn from; None: of nothing drawn.
    """
    found: dict[str, object] = {
        "Software": f"gan_cli {__version__}",
        "Run": printable(run.resolve().name),
        "Step": step,
    }
    if seed is not None:
        found["Seed"] = seed
    if score is not None:
        found["Score"] = f"{score:.6g}"
    return found


def of_checkpoint(run: Path, manifest: Manifest, seed: int | None = None) -> dict[str, object]:
    """Of pictures that a checkpoint made."""
    full = manifest.full_score
    return of(run, manifest.step, manifest.score if full is None else full, seed)
