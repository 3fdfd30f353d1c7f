"""The failures we expect, one class each, with the exit code of the process that meets it."""

import errno
from difflib import get_close_matches


class GanError(Exception):
    """A failure with a one-line message for the user; everything else is a bug and keeps its
    traceback.
    """

    exit_code = 1


class ConfigError(GanError):
    """A key, value or group option that the schema does not know, or a combination that does not
    fit.
    """

    exit_code = 2


class UnknownKeyError(ConfigError):
    """A key that the schema does not have: of all jobs of a sweep, not of one setting."""


class DataError(GanError):
    """The data set is missing, damaged or does not fit the run."""

    exit_code = 3


class RunDirectoryError(GanError):
    """The run directory cannot be created, is in use, or is not one of ours."""

    exit_code = 4


class CheckpointError(GanError):
    """No checkpoint of the run directory is valid, or it does not fit the model."""

    exit_code = 5


class NonFiniteError(GanError):
    """A loss or a weight became NaN or infinite; the state was not saved."""

    exit_code = 6


class SweepError(GanError):
    """At least one job of a multirun failed; the others ran."""

    exit_code = 7


class DiskFullError(GanError):
    """The disk has no room for what had to be written; earlier checkpoints are untouched."""

    exit_code = 8


class OutOfMemoryError(GanError):
    """The run did not fit into the memory of the device or of the machine."""

    exit_code = 9


class ExportError(GanError):
    """What was exported cannot be run or makes other images than the run does, and was removed; or
    the Hub did not take it.
    """

    exit_code = 10


class WorkerError(GanError):
    """A worker of a run was lost: killed, hung, or out of memory; the run has stopped."""

    exit_code = 11


class Interrupted(GanError):
    """A signal asked the run to stop; its state was saved first."""

    def __init__(self, message: str, signal_number: int) -> None:
        super().__init__(message)
        self.exit_code = 128 + signal_number


def refused(error: OSError, line: str) -> DiskFullError | RunDirectoryError:
    """What the operating system refuses as a failure of ours, with a line for the user."""
    return (DiskFullError if error.errno in (errno.ENOSPC, errno.EDQUOT) else RunDirectoryError)(
        line
    )


ELSEWHERE = {
    "bce": ("non_saturating",),
    "vanilla": ("minimax",),
    "lsgan": ("least_squares",),
    "gan": ("dcgan",),
    "wgan": ("wgan_gp", "wasserstein", "loss"),
    "wgan_gp": ("wasserstein_gp",),
    "fid": ("frechet", "every"),
    "metric": ("metrics", "every"),
    "metrics": ("metrics", "every"),
    "kid": ("kernel",),
    "nz": ("latent_dim",),
    "z_dim": ("latent_dim",),
    "dataset": ("data",),
    "image_size": ("size",),
    "resolution": ("size",),
    "iterations": ("steps",),
    "n": ("count",),
    "num_samples": ("count",),
    "out": ("output", "run_dir"),
    "output": ("output", "run_dir"),
    "outdir": ("run_dir",),
    "output_dir": ("run_dir",),
    "checkpoint": ("checkpoint", "resume"),
}
"""What others call what has a name here that is nothing like it."""


def unknown(what: str, given: object, accepted: list[str]) -> str:
    """The line for a name that is not in a closed list: what was given, the nearest name, all
    names.
    """
    near = nearest(str(given), accepted)
    hint = f"; did you mean {near!r}?" if near else ""
    return f"unknown {what} {given!r}{hint} (accepted: {', '.join(accepted)})"


def nearest(given: str, names: list[str]) -> str | None:
    """The name most like the one given, by the last part of a dotted one: people remember that, and
    a shared section would make all alike. `lr` is like `learning_rate`.
    """
    section, _, last = given.lower().replace("-", "_").rpartition(".")
    parts = {name: name.rpartition(".")[2] for name in names}
    there = last in parts.values()
    others = () if section and there else ELSEWHERE.get(last, ())
    longer = [part for part in parts.values() if part.startswith(f"{last}_") and not there]
    for meant in (*others, *longer[:1]):
        if found := next((name for name in names if parts[name] == meant), None):
            return found
    initials = {name: "".join(word[:1] for word in part.split("_")) for name, part in parts.items()}
    close = get_close_matches(last, parts.values(), n=1, cutoff=0.7)
    for name in names:
        if (close and parts[name] == close[0]) or (not close and initials[name] == last != ""):
            return name
    return None
