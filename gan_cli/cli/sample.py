"""`gan-sample`: images from a run directory, which may come from a stranger; needs no training
data.
"""

from __future__ import annotations

import sys
from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from gan_cli.base import files
from gan_cli.base.errors import CheckpointError, ConfigError, refused
from gan_cli.base.quiet import quiet
from gan_cli.base.terminal import printable
from gan_cli.cli import app, bare
from gan_cli.cli.options import keys
from gan_cli.config.commands import SampleConfig
from gan_cli.config.options import parse
from gan_cli.models import MODELS
from gan_cli.runs.checkpoint import SAMPLER, Manifest
from gan_cli.runs.reading import StoredRun, named, read_run
from gan_cli.runs.rundir import RunDirectory
from gan_cli.sampling import control


def main() -> int:
    """The console script; returns the exit code."""
    return app.run("sample", job, lambda key: keys(SampleConfig), bare_key=bare.one("checkpoint"))


def job(composed: DictConfig) -> None:
    """Check the arguments and the checkpoint, and only then import TensorFlow and draw."""
    if OmegaConf.is_missing(composed, "checkpoint"):
        raise ConfigError("checkpoint is missing: gan-sample RUN, a run directory of gan-train")
    config = parse(SampleConfig, OmegaConf.to_container(composed, resolve=True))
    stored = read_run(config.checkpoint, warn)
    controls, run = control.check(config, stored.card), stored.directory
    _output(config, run, choose(stored, config.step).step)  # a mistake shows at once
    with quiet():
        from gan_cli.sampling import generate

    def drawn(manifest: Manifest) -> tuple[str, Path]:
        output = _output(config, run, manifest.step)
        try:
            generate.generate(run, manifest, config, controls, output)
        except OSError as error:
            raise refused(error, f"{output}: {error.strerror or error}") from None
        return named(manifest, config.step), output

    where, output = stored.of_checkpoint(config.step, drawn)
    what = f"sequences of {controls.frames} frames" if controls.frames else "images"
    print(f"{controls.count:,} {what} from {where} of {run.path}: {output}")
    if MODELS[stored.card.model.name].fills:
        print(
            "  pictures of training, with drawn holes filled; gan-edit RUN edit=inpaint "
            "image=PICTURE fills yours"
        )


def choose(run: StoredRun, step: str | int) -> Manifest:
    """The checkpoint called best, newest or by its step, its sampler's weights found whole."""
    manifest = run.checkpoint(step, (SAMPLER,))
    if manifest is None:
        raise CheckpointError(f"{run.path} has no checkpoint yet")
    return manifest


def _output(config: SampleConfig, run: RunDirectory, step: int) -> Path:
    """Where the images go: never over a file that is there."""
    if config.output is None:
        ending = {"grid": ".png", "npz": ".npz", "gif": ".gif", "png": ""}[config.format]
        return files.untaken(f"{run.path.resolve().name}-step-{step:08d}", ending)
    path = Path(config.output)
    if path.exists():
        raise ConfigError(f"output={path} exists already; give another output=")
    if not path.absolute().parent.is_dir():
        raise ConfigError(f"output={path}: no directory {path.parent}")
    return path


def warn(line: str) -> None:
    """Tell of damage, beside what the command does all the same."""
    print(printable(line), file=sys.stderr, flush=True)
