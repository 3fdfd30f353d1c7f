"""How every command starts and ends: Hydra composes, expected failures become one line and an exit
code.
"""

from __future__ import annotations

import os
import platform
import re
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from difflib import get_close_matches

import hydra
from hydra.errors import CompactHydraException, MissingConfigException
from omegaconf import DictConfig
from omegaconf.errors import OmegaConfBaseException

from gan_cli.base.errors import ConfigError, GanError, OutOfMemoryError, refused, unknown

Job = Callable[[DictConfig], float | None]
EXTRAS = {"submitit_slurm": "slurm", "submitit_local": "slurm", "ray": "ray"}
"""Options of Hydra's groups that other packages bring, with the extra that installs them."""

FULL_ERROR = os.environ.get("HYDRA_FULL_ERROR")
"""As the user has set it; `run` sets it for this process alone."""


def run(
    name: str,
    job: Job,
    keys: list[str],
    around: AbstractContextManager[None] | None = None,
    config: str | None = None,
) -> int:
    """Run a Hydra app on this process's arguments and return the exit code.

    Args:
        name: the command is called gan-NAME.
        job: what is called with each composed configuration.
        keys: all full keys, to suggest the nearest for an unknown one.
        around: entered before the jobs, left after them; it may raise GanErrors for what was raised
            in it.
        config: the primary config file; None: the command's name.
    """

    here = _process()

    def guarded(composed: DictConfig) -> float | None:
        try:
            return job(composed)
        except (GanError, OSError, MemoryError) as error:
            if here != _process():
                raise _expected(error) from None  # a cluster's launcher brings it home
            # an exit passes through Hydra without a word, an exception does not
            raise SystemExit(fail(name, _expected(error))) from None

    verbose = os.environ.get("HYDRA_FULL_ERROR")
    os.environ["HYDRA_FULL_ERROR"] = (
        "1"  # Hydra then raises instead of printing, and the messages become ours
    )
    try:
        _refuse_rerun(sys.argv[1:])
        with around or nullcontext():
            hydra.main(
                version_base="1.3", config_path="pkg://gan_cli.configs", config_name=config or name
            )(guarded)()
        return 0
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 0
    except (CompactHydraException, OmegaConfBaseException) as error:
        if verbose:
            raise
        if isinstance(error.__cause__, GanError):  # of a plugin that Hydra has called
            return fail(name, error.__cause__)
        return fail(name, ConfigError(explain(error, keys)))
    except ValueError as error:
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
    except (GanError, OSError) as error:
        return fail(name, _expected(error))
    except KeyboardInterrupt:
        print(f"gan-{name}: stopped before the first step", file=sys.stderr)
        return 130
    finally:
        os.environ.pop("HYDRA_FULL_ERROR") if verbose is None else None


def _process() -> tuple[str, int]:
    return platform.node(), os.getpid()


def _expected(error: GanError | OSError | MemoryError) -> GanError:
    """What the system refuses is no bug: a directory that cannot be made, a disk that is full."""
    if isinstance(error, GanError):
        return error
    if isinstance(error, MemoryError):
        return OutOfMemoryError(f"out of memory: {error or 'the data do not fit'}")
    line = f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror or error)
    return refused(error, line)


def fail(name: str, error: GanError) -> int:
    """Print an expected failure as one line; its exit code."""
    sys.stdout.flush()
    with suppress(BrokenPipeError):
        print(f"gan-{name}: {error}", file=sys.stderr, flush=True)
    return error.exit_code


def explain(error: Exception, keys: list[str]) -> str:
    """Hydra's and OmegaConf's messages as one line with the key, what is accepted and the nearest
    name.
    """
    if isinstance(error, MissingConfigException) and error.options is not None:
        group, _, option = str(error.missing_cfg_file).rpartition("/")
        if group in ("hydra/sweeper", "hydra/launcher") and option in EXTRAS:
            return f"{group}={option} comes with an extra: pip install 'gan_cli[{EXTRAS[option]}]'"
        return f"{unknown(group, option, sorted(error.options))}; --config-dir adds your own"
    text = str(error)
    if match := re.search(r"Could not override '([^']+)'", text):
        if match[1] in keys:
            return f"{match[1]} is a key of another option of the group {match[1].split('.')[0]}"
        return unknown("key", match[1], _beside(match[1], keys))
    key = getattr(error, "full_key", None) or getattr(error, "override", None)
    lines = [line.strip() for line in text.splitlines() if line.strip()] or [type(error).__name__]
    line = " ".join(lines[:2]) if lines[0].endswith(":") else lines[0]
    return f"{key}: {line}" if key else line


def _beside(key: str, keys: list[str]) -> list[str]:
    """The keys of the section that `key` names; the sections where there is none of that name."""
    section = key.rpartition(".")[0]
    beside = [each for each in keys if section and each.rpartition(".")[0] == section]
    return beside or list(
        dict.fromkeys(
            [*(each for each in keys if "." not in each), *get_close_matches(key, keys, n=1)]
        )
    )


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
