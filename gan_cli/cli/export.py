"""`gan-export`: the network of a run for other programs; the run may come from a stranger."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omegaconf import DictConfig, OmegaConf

from gan_cli.base.errors import ConfigError, refused
from gan_cli.base.quiet import quiet
from gan_cli.cli import app, bare
from gan_cli.cli.options import keys
from gan_cli.cli.sample import choose, warn
from gan_cli.config.commands import ExportConfig
from gan_cli.config.options import parse
from gan_cli.evaluation import publication
from gan_cli.exporting import check
from gan_cli.exporting.formats import FORMATS, FormatEntry
from gan_cli.runs.checkpoint import Manifest
from gan_cli.runs.reading import StoredRun, named, read_run

if TYPE_CHECKING:
    from gan_cli.exporting.compare import Exported


def main() -> int:
    """The console script; returns the exit code."""
    return app.run("export", job, lambda key: keys(ExportConfig), bare_key=bare.one("checkpoint"))


def job(composed: DictConfig) -> None:
    """Check the arguments and the checkpoint, and only then import TensorFlow and write."""
    if OmegaConf.is_missing(composed, "checkpoint"):
        raise ConfigError("checkpoint is missing: gan-export RUN, a run directory of gan-train")
    if OmegaConf.is_missing(composed, "format"):
        raise ConfigError(f"format is missing (accepted: {', '.join(FORMATS)})")
    config = parse(ExportConfig, OmegaConf.to_container(composed, resolve=True))
    stored = read_run(config.checkpoint, warn)
    entry = check.check(config, stored.card)
    choose(stored, config.step)
    entry.check(config)
    manifest, exported = stored.of_checkpoint(
        config.step, lambda each: (each, _exported(stored, each, config, entry))
    )
    print(f"{config.part} of {named(manifest, config.step)} of {stored.path}: {exported}")


def _exported(
    stored: StoredRun, manifest: Manifest, config: ExportConfig, entry: FormatEntry
) -> Exported:
    output = check.place(config, entry, f"{stored.path.resolve().name}-step-{manifest.step:08d}")
    try:
        with quiet():
            from gan_cli.exporting import export

            scores = publication.scores(stored, manifest)
            return export.export_run(stored, manifest, config, entry, output, scores)
    except OSError as error:
        raise refused(error, f"{output}: {error.strerror or error}") from None
