"""One run from its composed configuration: check, load, and only then import TensorFlow and
train.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf

from gan_cli import data
from gan_cli.base.errors import GanError
from gan_cli.base.machines import cluster, slurm
from gan_cli.base.quiet import quiet
from gan_cli.base.terminal import say
from gan_cli.cli.training.next_commands import next_commands
from gan_cli.cli.training.recommended import recommended
from gan_cli.cli.training.stored import plain, resumed, stored_values
from gan_cli.config.schema import Distribution, TrainConfig
from gan_cli.data.reading.captions import fitting
from gan_cli.models import needs
from gan_cli.runs.listing import locate
from gan_cli.runs.record import write_command
from gan_cli.runs.rundir import RunDirectory
from gan_cli.training import configuration, init_from
from gan_cli.training.configuration import train_config
from gan_cli.training.distributed import shares
from gan_cli.training.hooks.loggers import parse_loggers

if TYPE_CHECKING:
    from gan_cli.training.run import Ended


Say = Callable[[str], None]
ORPHAN = 120.0
"""Seconds that a sweep's job waits for one whose sweep was killed, and which is still saving in the
same directory.
"""


def train(composed: DictConfig, directory: Path | None = None, until: int | None = None) -> Ended:
    """Start a run, or go on with one.

    Args:
        directory: of a sweep's job: started there, or gone on with where it has begun; None: where
            the configuration says.
        until: a step at which it shall pause.
    """
    OmegaConf.set_struct(composed, False)
    resume, run_dir = composed.pop("resume"), composed.pop("run_dir")
    composed.pop("sweep"), composed.pop("plugins")
    loggers = parse_loggers(OmegaConf.to_container(composed.pop("logger"), resolve=True))
    overrides = typed_overrides()
    if directory is None:
        run_dir = run_dir or _hydra_directory()
    elif (directory / "model.json").exists():
        resume, overrides = directory, []  # its own configuration, untouched
    stored = stored_values(composed)
    if resume is not None:
        run = _resumed(str(locate.run(resume)), wait=ORPHAN if directory else 0.0)
        stored, values = resumed(run, stored, composed, overrides)
    else:
        values = plain(composed)
    config = train_config(values)
    if config.distribution.name == "multi_worker":
        slurm.take_gpu()
    if follows(config.distribution):
        return _follow(config)
    if resume is not None and not _leads():  # TF_CONFIG names it, and it trains by itself
        run = RunDirectory.resume(str(run.path))

    def opened() -> RunDirectory:
        if resume is not None:
            return run
        if config.init_from is not None:
            init_from.locate(config.init_from)  # a mistake shows before TensorFlow is imported
        made = _created(directory, run_dir, configuration.called(config))
        if directory is None:  # a sweep's job has a record of its own
            write_command(made.path, typed_overrides())
        _keep_for_people(made.path, composed)
        if line := recommended(composed):
            say(line)
        return made

    return _carried_out(
        config, stored, opened, say, loggers, typed_overrides(), directory is not None, until
    )


def _resumed(path: str, wait: float) -> RunDirectory:
    """The run to go on with; the lock is the chief's."""
    return RunDirectory.resume(path, wait=wait) if _leads() else RunDirectory.read(path)


def _leads() -> bool:
    """Whether the environment makes this process no follower of another."""
    worker = cluster.worker()
    return worker is None or worker.index == 0


def follows(options: Distribution) -> bool:
    """Whether this process is a worker that is not the chief."""
    return options.name == "multi_worker" and shares.members(options).index > 0


def _follow(config: TrainConfig) -> Ended:
    """Do as the chief does; nothing is written."""
    source = fitting(data.load(config.data), "captions" in needs(config.model))
    source.batches(config.training.batch_size)
    configuration.check_run(config, source.spec)
    with quiet():
        from gan_cli.training.distributed.follow import follow
        from gan_cli.training.run import Ended
    follow(config, source)
    return Ended()


def carry_out(
    config: TrainConfig,
    stored: dict[str, Any],
    opened: Callable[[], RunDirectory],
    say: Say,
    loggers: Sequence[Any] = (),
) -> Path:
    """Train a checked configuration; the directory of the run.

    Args:
        stored: the configuration as config.json shall hold it.
        opened: gives the run's directory once data and model are known to fit.
        loggers: options of what follows the run elsewhere.
    """
    directories: list[RunDirectory] = []

    def kept() -> RunDirectory:
        directories.append(opened())
        return directories[-1]

    _carried_out(config, stored, kept, say, loggers)
    return directories[-1].path


def _carried_out(
    config: TrainConfig,
    stored: dict[str, Any],
    opened: Callable[[], RunDirectory],
    say: Say,
    loggers: Sequence[Any] = (),
    command: Sequence[str] | None = None,
    is_job: bool = False,
    until: int | None = None,
) -> Ended:
    """Load the data, check that all fits, and train; a job's failures are its sweep's to log."""
    stored = stored | {
        "loss": asdict(config.loss),
        "plugins": configuration.plugins_of(config.model, config.loss, config.data),
    }
    source = fitting(data.load(config.data), "captions" in needs(config.model))
    config, stored = configuration.with_size(config, stored, source.spec)
    source.batches(config.training.batch_size)
    configuration.check_run(config, source.spec)
    run = opened()
    try:
        log(run.path, shlex.join(["gan-train", *(command or ["(from Python)"])]))
        ended = _train(config, stored, source, run, say, loggers, until)
        if ended.grid is not None:
            say(f"last grid      {ended.grid}")
        if ended.grid is not None and command is not None and not is_job:
            _say_next(next_commands(run, config, source.spec), say)
        log(run.path, f"paused at step {until}" if ended.paused else "done")
        return ended
    except GanError as error:
        if not is_job:
            log(run.path, str(error))
        raise
    finally:
        if not is_job:
            run.discard_if_empty()
        run.release()


def _created(directory: Path | None, run_dir: Any, name: str) -> RunDirectory:
    if directory is not None:
        return RunDirectory.create(str(directory), name, begun=True, wait=ORPHAN)
    return RunDirectory.create(run_dir and str(run_dir), name)


def _train(
    config: TrainConfig,
    stored: dict[str, Any],
    source: Any,
    run: RunDirectory,
    say: Say,
    loggers: Sequence[Any],
    until: int | None,
) -> Ended:
    with quiet():
        from gan_cli.training.run import train as trained
        from gan_cli.training.training_run import TrainingRun
    return trained(TrainingRun(config, stored, source, run, say, tuple(loggers)), until)


def _say_next(commands: list[str], say: Say) -> None:
    for word, command in zip(("next", "", ""), commands, strict=True):
        say(f"{word:<15}{command}")


def _hydra_directory() -> str | None:
    """hydra.run.dir, where the user has set it: Hydra's own name for run_dir."""
    chosen = str(HydraConfig.get().run.dir)
    return None if chosen == "." else chosen


def typed_overrides() -> list[str]:
    """The overrides of this job as they were typed: what the environment holds stays out of
    logs.
    """
    typed: list[str] = OmegaConf.to_container(HydraConfig.get().overrides.task, resolve=False)  # type: ignore[assignment]
    return typed


def _keep_for_people(path: Path, composed: DictConfig) -> None:
    """Hydra's usual file, not resolved, so that values from the environment stay out of it; nothing
    reads it back.
    """
    folder = path / ".hydra"
    folder.mkdir(exist_ok=True)
    (folder / "config.yaml").write_text(OmegaConf.to_yaml(composed), encoding="utf-8")


def log(directory: Path, text: str) -> None:
    """Add a line with the time to a run's train.log."""
    try:
        with (directory / "train.log").open("a", encoding="utf-8") as file:
            file.write(f"{datetime.now():%Y-%m-%d %H:%M:%S} {text}\n")
    except OSError:
        pass  # a full disk has its own message
