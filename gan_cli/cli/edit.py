"""`gan-edit`: uses of a trained generator beside drawing; the run may come from a stranger."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from gan_cli.base import files
from gan_cli.base.errors import ConfigError, refused
from gan_cli.base.files import whole
from gan_cli.base.quiet import quiet
from gan_cli.cli import app, bare
from gan_cli.cli.options import edit_keys, keys
from gan_cli.cli.sample import choose, warn
from gan_cli.config.commands import EditConfig
from gan_cli.config.options import parse
from gan_cli.editing import EDITS, Edited, apply, check
from gan_cli.runs import origin
from gan_cli.runs.checkpoint import Manifest
from gan_cli.runs.reading import StoredRun, named, read_run


def main() -> int:
    """The console script; returns the exit code."""
    return app.run("edit", job, edit_keys, bare_key=bare.one("checkpoint"))


def job(composed: DictConfig) -> None:
    """Check the arguments, then edit and write; TensorFlow is imported between the two."""
    if OmegaConf.is_missing(composed, "checkpoint"):
        raise ConfigError("checkpoint is missing: gan-edit RUN edit=project, a run of gan-train")
    values: dict[str, Any] = OmegaConf.to_container(composed, resolve=True)  # type: ignore[assignment]
    common = {key: values.pop(key) for key in keys(EditConfig) if key in values}
    config = parse(EditConfig, common)
    if config.edit is None:
        raise ConfigError(f"edit is missing: edit={', edit='.join(EDITS)}")
    options = parse(EDITS[config.edit].options, values)
    stored = read_run(config.checkpoint, warn)
    check(config, options, stored.card)
    _output(config, stored, choose(stored, config.step).step)  # a mistake shows at once
    made, manifest = stored.of_checkpoint(
        config.step, lambda each: (_made(config, options, stored, each), each)
    )
    output = _output(config, stored, manifest.step)
    try:
        with whole(output) as partial:
            partial.mkdir()
            made.write(partial, origin.of_checkpoint(stored.path, manifest, config.seed))
    except OSError as error:
        raise refused(error, f"{output}: {error.strerror or error}") from None
    made.show()
    print(f"edit={config.edit} of {named(manifest, config.step)} of {stored.path}: {output}")


def _made(config: EditConfig, options: Any, stored: StoredRun, manifest: Manifest) -> Edited:
    with quiet():
        from gan_cli.base.machines import device
        from gan_cli.editing.shared.subject import Subject
        from gan_cli.sampling.generate import load_sampler
    device.prepare(None)
    model = load_sampler(stored.directory, manifest)
    return apply(str(config.edit), options, Subject(stored, model, config, say=warn))


def _output(config: EditConfig, stored: StoredRun, step: int) -> Path:
    """The folder that is written: never over what is there."""
    if config.output is None:
        return files.untaken(f"{stored.path.resolve().name}-step-{step:08d}-{config.edit}")
    path = Path(config.output)
    if path.exists():
        raise ConfigError(f"output={path} exists already; give another output=")
    if not path.absolute().parent.is_dir():
        raise ConfigError(f"output={path}: no directory {path.parent}")
    return path
