"""What a checkpoint says of itself: the manifest in its folder."""

from __future__ import annotations

import hashlib
import json
import re
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, TypeGuard

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from gan_cli.base import files
from gan_cli.base.errors import CheckpointError, ConfigError, RunDirectoryError
from gan_cli.config.options import parse

FORMAT: Literal[3] = 3
"""Of a run directory: model.json, manifests and the index carry it."""
STATE, SAMPLER, MANIFEST = "state.safetensors", "sampler.safetensors", "manifest.json"

Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
STRICT = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, defer_build=True)


class Scored(NamedTuple):
    """A score, the lower the better, and the fingerprint of what it was measured with."""

    score: float
    evaluator: str


@dataclass(frozen=True, config=STRICT)
class FileFacts:
    """Size in bytes and SHA-256 of a file."""

    size: Annotated[int, Field(ge=0)]
    sha256: Sha256


@dataclass(frozen=True, config=STRICT)
class Manifest:
    """What a checkpoint says of itself.

    Attributes:
        model, data: fingerprints.
        score: of some samples, the lower the better; None: not scored.
        full_score: of full_count samples, as the best few get at the end of a run.
        replicas: how many shared each batch of the steps up to this one.
        evaluator: fingerprint of what the scores were measured with; only those of one evaluator
            are compared.
    """

    format: Literal[3]
    step: Annotated[int, Field(ge=0)]
    files: dict[str, FileFacts]
    model: str
    data: str
    score: float | None
    versions: dict[str, str]
    full_score: float | None = None
    evaluator: str | None = None
    full_count: int | None = None
    replicas: Annotated[int, Field(ge=1)] = 1

    @property
    def values(self) -> dict[str, Any]:
        """What the file holds; as before there were replicas, where there is one."""
        values = asdict(self)
        if self.replicas == 1:
            del values["replicas"]
        return values

    @property
    def text(self) -> str:
        """The file."""
        return json.dumps(self.values, indent=2, allow_nan=False) + "\n"

    @property
    def sha256(self) -> str:
        """Of the file."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def path_of(folder: Path, step: int) -> Path:
    """The folder of a step's checkpoint."""
    return folder / f"step-{step:08d}"


def steps(folder: Path) -> list[int]:
    """The steps that have a folder, newest first, whether valid or not; links are none of ours."""
    entries = folder.iterdir() if folder.is_dir() else ()
    names = [entry.name for entry in entries if not entry.is_symlink()]
    return sorted(
        (int(name[5:]) for name in names if re.fullmatch(r"step-(\d{8}|[1-9]\d{8,17})", name)),
        reverse=True,
    )


def parsed(folder: Path, step: int) -> Manifest:
    """The manifest of a step, as far as it can be checked by itself.

    Raises:
        CheckpointError: with what is wrong.
    """
    path = path_of(folder, step) / MANIFEST
    try:
        values = files.read_json(path)
        refuse_other_format(values, path, _version_of(values))
        manifest = parse(Manifest, values)
    except RunDirectoryError as error:
        raise CheckpointError(str(error)) from None
    except ConfigError as error:
        raise CheckpointError(f"{path}: {error}") from None
    if manifest.step != step:
        raise CheckpointError(f"{path}: says step {manifest.step}")
    return manifest


def write(path: Path, manifest: Manifest) -> None:
    """Replace the file at once."""
    files.write_json(path, manifest.values)


def refuse_other_format(values: dict[str, Any], path: Path, made_by: str | None) -> None:
    """One line for what another version of gan_cli has written.

    Raises:
        RunDirectoryError: `values` are of another format than ours.
    """
    from importlib.metadata import version

    theirs = values.get("format")
    if type(theirs) is int and theirs != FORMAT:
        known = f" {made_by}" if made_by else ""
        age = "an earlier" if theirs < FORMAT else "a later"
        raise RunDirectoryError(
            f"{path}: made by {age} gan_cli{known} (format {theirs}; this one, "
            f"{version('gan_cli')}, reads format {FORMAT}): use that version, or train again"
        )


def version_of_checkpoints(folder: Path) -> str | None:
    """The gan_cli that saved the newest checkpoint whose manifest says so."""
    for step in steps(folder):
        try:
            if found := _version_of(files.read_json(path_of(folder, step) / MANIFEST)):
                return found
        except RunDirectoryError:
            continue
    return None


def _version_of(values: dict[str, Any]) -> str | None:
    versions = values.get("versions")
    found = versions.get("gan_cli") if isinstance(versions, dict) else None
    return found if is_version(found) else None


def is_version(value: object) -> TypeGuard[str]:
    """Whether a stranger's value can be printed as a version."""
    return isinstance(value, str) and re.fullmatch(r"[\w.+-]{1,40}", value, re.ASCII) is not None


def current_versions() -> dict[str, str]:
    """Of this process, for a manifest."""
    from importlib.metadata import version

    return {name: version(name) for name in ("gan_cli", "tensorflow", "keras", "numpy")} | {
        "python": sys.version.split()[0]
    }
