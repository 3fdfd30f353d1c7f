"""`gan-sample`: images from a run directory, which may come from a stranger; needs no training
data.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from gan_cli.base.errors import CheckpointError, ConfigError, refused
from gan_cli.cli import app, bare, plugins
from gan_cli.cli.options import keys
from gan_cli.cli.quiet import quiet
from gan_cli.config.commands import SampleConfig
from gan_cli.config.options import parse
from gan_cli.runs import checkpoint, ranking
from gan_cli.runs.checkpoint import Manifest
from gan_cli.runs.rundir import RunDirectory
from gan_cli.sampling import control

FILES = ("sampler.safetensors",)


def main() -> int:
    """The console script; returns the exit code."""
    return app.run("sample", job, lambda: keys(SampleConfig), bare_key=bare.one("checkpoint"))


def job(composed: DictConfig) -> None:
    """Check the arguments and the checkpoint, and only then import TensorFlow and draw."""
    if OmegaConf.is_missing(composed, "checkpoint"):
        raise ConfigError("checkpoint is missing: gan-sample RUN, a run directory of gan-train")
    config = parse(SampleConfig, OmegaConf.to_container(composed, resolve=True))
    run = RunDirectory.read(config.checkpoint)
    plugins.require_of(run)
    controls = control.check(config, run.read_card())
    manifest = choose(run, config.step)
    output = _output(config, run, manifest.step)
    with quiet():
        from gan_cli.sampling import generate
    try:
        generate.generate(run, manifest, config, controls, output)
    except OSError as error:
        raise refused(error, f"{output}: {error.strerror or error}") from None
    what = f"sequences of {controls.frames} frames" if controls.frames else "images"
    print(f"{controls.count:,} {what} from step {manifest.step} of {run.path}: {output}")


def choose(run: RunDirectory, step: str | int) -> Manifest:
    """The checkpoint called best, newest or by its step, its sampler's weights found whole."""
    if isinstance(step, int):
        if step not in checkpoint.steps(run.checkpoints):
            found = ", ".join(map(str, checkpoint.steps(run.checkpoints)[::-1])) or "none"
            raise CheckpointError(f"{run.path} has no checkpoint of step {step} (it has: {found})")
        return checkpoint.verify(run.checkpoints, step, FILES)
    choose: Callable[..., Manifest | None] = ranking.best if step == "best" else checkpoint.newest
    manifest = choose(run.checkpoints, _warn, FILES)
    if manifest is None:
        raise CheckpointError(f"{run.path} has no checkpoint yet")
    return manifest


def _output(config: SampleConfig, run: RunDirectory, step: int) -> Path:
    """Where the images go: never over a file that is there."""
    ending = {"grid": ".png", "npz": ".npz", "gif": ".gif", "png": ""}[config.format]
    path = Path(config.output or f"{run.path.resolve().name}-step-{step:08d}{ending}")
    if path.exists():
        raise ConfigError(f"output={path} exists already; give another output=")
    if not path.absolute().parent.is_dir():
        raise ConfigError(f"output={path}: no directory {path.parent}")
    return path


def _warn(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
