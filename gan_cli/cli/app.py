"""How every command starts and ends: Hydra composes, expected failures become one line and an exit
code.
"""

from __future__ import annotations

import gc
import os
import platform
import re
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from difflib import SequenceMatcher
from functools import partial
from pathlib import Path

import yaml
from hydra.errors import CompactHydraException, MissingConfigException
from omegaconf import DictConfig
from omegaconf.errors import OmegaConfBaseException

from gan_cli import __version__
from gan_cli.base.errors import ConfigError, GanError, OutOfMemoryError, nearest, refused, unknown
from gan_cli.base.machines import cluster
from gan_cli.base.terminal import printable
from gan_cli.cli import bare, edge
from gan_cli.cli.hydra import hydra_main, own_yaml, plugins, source

Job = Callable[[DictConfig], float | None]
EXTRAS = {"submitit_slurm": "slurm", "submitit_local": "slurm", "ray": "ray"}
"""Options of Hydra's groups that other packages bring, with the extra that installs them."""


def run(
    name: str,
    job: Job,
    keys: Callable[[str], list[str]],
    around: AbstractContextManager[None] | None = None,
    config: str | None = None,
    bare_key: Callable[[list[str]], str] = bare.refuse,
    flags: Mapping[str, str] | None = None,
) -> int:
    """Run a Hydra app on this process's arguments and return the exit code.

    Args:
        name: the command is called gan-NAME.
        job: what is called with each composed configuration.
        keys: (an unknown key) -> full keys, to suggest the nearest of.
        around: entered before the jobs, left after them; it may raise GanErrors for what was raised
            in it.
        config: the primary config file; None: the command's name.
        bare_key: the override that bare arguments stand for.
        flags: overrides that flags stand for.
    """

    with edge.streams():
        try:
            with edge.signals():
                return _run(name, job, keys, around, config, bare_key, flags or {})
        except KeyboardInterrupt as stopped:
            when = " before the first step" if name == "train" else ""
            print(f"gan-{name}: stopped{when}", file=sys.stderr)
            return stopped.exit_code if isinstance(stopped, edge.Stopped) else 130


def _run(
    name: str,
    job: Job,
    keys: Callable[[str], list[str]],
    around: AbstractContextManager[None] | None,
    config: str | None,
    bare_key: Callable[[list[str]], str],
    flags: Mapping[str, str],
) -> int:
    here = _process()
    arguments = sys.argv[1:]

    def guarded(composed: DictConfig) -> float | None:
        with hydra_main.heard():
            gc.freeze()  # what the start has left is none of the job's to collect
            gc.enable()
            try:
                plugins.load(composed.get("plugins"))  # in a cluster's process they are not yet
                return job(composed)
            except (GanError, OSError, MemoryError) as error:
                if here != _process():
                    raise _expected(error) from None  # a cluster's launcher brings it home
                # an exit passes through Hydra without a word, an exception does not
                raise SystemExit(fail(name, _expected(error))) from None

    try:
        if "--version" in arguments:
            print(f"gan_cli {__version__}")
            return 0
        _refuse_rerun(arguments)
        _refuse_bytes(arguments)
        bare.refuse_dashes(arguments, flags, lambda key: _meant(key, keys(key)))
        with (
            source.of_command(config or name),
            bare.replaced(bare_key, flags),
            around or nullcontext(),
        ):
            plugins.load_from(sys.argv[1:])
            hydra_main.call(guarded, config or name, f"pkg://{source.PACKAGE}")
        return 0
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 0
    except (CompactHydraException, OmegaConfBaseException) as error:
        if os.environ.get("HYDRA_FULL_ERROR") == "1":
            raise
        if _from_memory(error):
            return fail(name, _expected(MemoryError()))
        if isinstance(error.__cause__, GanError):  # of a plugin that Hydra has called
            return fail(name, error.__cause__)
        return fail(name, ConfigError(own_yaml.mistake(arguments) or explain(error, keys)))
    except (ValueError, TypeError, RecursionError, yaml.YAMLError) as error:
        if wrong := own_yaml.mistake(arguments):
            return fail(name, ConfigError(wrong))
        if str(error).startswith("Only one of --run"):
            return fail(name, ConfigError(str(error)))
        if not str(error).startswith("Config group override must be"):
            raise
        return fail(
            name,
            ConfigError(
                "a group takes the name of one of its options, not null; leave it out for the "
                "default"
            ),
        )
    except (GanError, OSError, MemoryError) as error:
        return fail(name, _expected(error))
    except ImportError as error:
        if "failed to map" not in str(error) and "allocate memory" not in str(error):
            raise
        return fail(name, _expected(MemoryError(str(error))))


def _from_memory(error: BaseException | None) -> bool:
    """Whether what failed first was an allocation."""
    while error is not None:
        if isinstance(error, MemoryError):
            return True
        error = error.__cause__ or error.__context__
    return False


def _process() -> tuple[str, int]:
    return platform.node(), os.getpid()


def _expected(error: GanError | OSError | MemoryError) -> GanError:
    """What the system refuses is no bug: a directory that cannot be made, a disk that is full."""
    if isinstance(error, GanError):
        return error
    if isinstance(error, MemoryError):
        where = f" in {worker}" if (worker := cluster.worker()) else ""
        what = (
            str(error) or "an allocation was refused; make more free, or lift this process's limit"
        )
        return OutOfMemoryError(f"out of memory{where}: {what}")
    line = f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror or error)
    return refused(error, line)


def fail(name: str, error: GanError) -> int:
    """Print an expected failure as one line; its exit code."""
    sys.stdout.flush()
    with suppress(BrokenPipeError), hydra_main.heard():
        print(f"gan-{name}: {printable(str(error), lines=True)}", file=sys.stderr, flush=True)
    return error.exit_code


def explain(error: Exception, keys: Callable[[str], list[str]]) -> str:
    """Hydra's and OmegaConf's messages as one line with the key, what is accepted and the nearest
    name.
    """
    if isinstance(error, MissingConfigException) and error.options is not None:
        return _no_option(str(error.missing_cfg_file), sorted(error.options))
    text = str(error)
    if match := re.search(r"Could not override '([^']+)'", text):
        return _no_key(match[1], keys(match[1]))
    if match := re.search(r"(?:Ambiguous value for argument|Sweep parameters) '([^']+)'", text):
        key, _, values = match[1].partition("=")
        return (
            f"{match[1]}: several values are a sweep, a run for each: add -m "
            f"(one list of them is {key}=[{values}])"
        )
    if match := re.match(r"Multiple values for ([^ ]+)\. .* 'override [^ ]+: (.+)'$", text):
        override = f"{match[1]}={match[2]}"
        if f"+{override}" in sys.argv[1:]:
            return f"+{override}: {match[1]} has a value already; give {override} without the +"
    if type(error).__name__.startswith("Override") and re.search(
        r"Lexer|input '\{' expecting", text
    ):
        argument = str(getattr(error, "override", "") or text.partition(":")[0])
        key, _, value = argument.partition("=")
        return (
            f"{argument}: such a value needs quotes, for Hydra and the shell: '{key}=\"{value}\"'"
        )
    key = getattr(error, "full_key", None) or getattr(error, "override", None)
    lines = [line.strip() for line in text.splitlines() if line.strip()] or [type(error).__name__]
    line = " ".join(lines[:2]) if lines[0].endswith(":") else lines[0]
    return f"{key}: {line}" if key else line


def _no_option(file: str, accepted: list[str]) -> str:
    """Of a group's option that is not there; a path is what people give for one of data."""
    group, _, option = file.rpartition("/")
    if group in ("hydra/sweeper", "hydra/launcher") and option in EXTRAS:
        return f"{group}={option} comes with an extra: pip install 'gan_cli[{EXTRAS[option]}]'"
    if file.startswith("data/") and (group != "data" or Path(option).exists()):
        path = file.removeprefix("data/")
        return f"data={path}: give a folder as data=folder data.path={path} (also zip, npz, csv)"
    return f"{unknown(group, option, accepted)}; --config-dir adds your own"


def _no_key(key: str, keys: list[str]) -> str:
    """Of a key that is not there: the keys of its section, or the sections, and the nearest."""
    section = key.rpartition(".")[0]
    if beside := [each for each in keys if section and each.rpartition(".")[0] == section]:
        return unknown("key", key, beside)
    near, sections = _meant(key, keys), [each for each in keys if "." not in each]
    hint = f"; did you mean {near!r}?" if near else ""
    accepted = [*sections, *([near] if near and near not in sections else [])]
    return f"unknown key {key!r}{hint} (accepted: {', '.join(accepted)})"


def _meant(key: str, keys: list[str]) -> str | None:
    """The nearest key, of all sections but those that few people know."""
    known = [each for each in keys if not each.startswith(("hydra.", "logger."))]
    near = nearest(key, sorted(known, key=lambda each: "." in each), alike=0.7)
    alike = [each for each in known if near and each.rpartition(".")[2] == near.rpartition(".")[2]]
    alone = [each for each in alike if "." not in each]
    return max(alone or alike, key=partial(_likeness, key), default=None)


def _likeness(key: str, other: str) -> tuple[float, bool]:
    """`steps` is rather a key of training than of another section."""
    return SequenceMatcher(None, key, other).ratio(), other.startswith("training.")


def _refuse_bytes(arguments: list[str]) -> None:
    """Of a name that is no text JSON and YAML can keep nothing."""
    for argument in arguments:
        try:
            argument.encode()
        except UnicodeEncodeError:
            raise ConfigError(f"{argument}: is not UTF-8; rename the file or folder") from None


def _refuse_rerun(arguments: list[str]) -> None:
    """Hydra's --experimental-rerun unpickles a file; argparse would take any beginning of it that
    is clear.
    """
    for argument in arguments:
        flag = argument.split("=")[0]
        if flag.startswith("--e") and "--experimental-rerun".startswith(flag):
            raise ConfigError(
                f"{flag} is refused, because it would run code from a pickled file; use resume=RUN"
            )
