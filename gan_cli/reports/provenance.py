"""With what a run's scores were measured: two scores compare only where all of it is the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Annotated, Any

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass as checked

from gan_cli.base import files
from gan_cli.base.errors import ConfigError, RunDirectoryError
from gan_cli.config.options import parse
from gan_cli.evaluation.report import Word, Words
from gan_cli.runs.rundir import RunDirectory
from gan_cli.sweeps.outcome import Outcome

Number = Annotated[int, Field(ge=0)]
APART = ("final_count", "since", "chosen_at")
"""What the fingerprint leaves out: scores that differ in it alone compare."""


@checked(frozen=True, config=ConfigDict(extra="forbid", strict=True, defer_build=True))
class Facts:
    """scores/training.json, as `gan_cli.evaluation.scorer` writes it.

    Attributes:
        count, final_count: samples of a score while training, and of those at the end.
        since: step after which the run was scored so.
        chosen_at: step at whose end the best checkpoint was chosen; None: it was not yet.
    """

    extractor: Word
    extractor_weights: Word
    resize: Words
    data: Word
    data_name: Word
    split: Word
    real_count: Number
    real_seed: Number
    count: Number
    seed: Number
    final_count: Number | None
    since: Number
    chosen_at: Number | None = None

    @property
    def fingerprint(self) -> str:
        """The fingerprint that checkpoints carry which were scored so."""
        return files.fingerprint(
            {key: value for key, value in asdict(self).items() if key not in APART}
        )


@dataclass(frozen=True)
class Provenance:
    """What a score depends on.

    Attributes:
        fingerprint: of all of it but the count; None where that is not stored.
        count: samples; None where that is not known or means nothing.
        said: word -> value, for people; equal for scores of equal fingerprint and count, where
            they are stored.
        stored: whether they are.
    """

    fingerprint: str | None
    count: int | None
    said: Mapping[str, str]
    stored: bool = True


def read(run: RunDirectory) -> Facts | None:
    """What scores/training.json says; None where there is none that can be read."""
    try:
        folder = run.path / "scores"
        return (
            None
            if folder.is_symlink()
            else parse(Facts, files.read_checked(folder / "training.json"))
        )
    except (ConfigError, RunDirectoryError):
        return None


def of(outcome: Outcome, facts: Facts | None, config: Mapping[str, Any]) -> Provenance:
    """The provenance of a run's score."""
    if outcome.objective != "frechet":
        return _of_bound(facts, config)
    if facts is None or facts.fingerprint != outcome.evaluator:
        name = (
            outcome.evaluator and files.fingerprint(outcome.evaluator)[:12]
        )  # a stranger's could be any text
        return Provenance(
            outcome.evaluator,
            outcome.count,
            {"measured with": f"not stored, {name}" if name else "not stored"},
            False,
        )
    count = outcome.count or facts.count
    said = {
        "data": f"{facts.data_name} ({facts.data[:12]})",
        "real images": f"{facts.real_count:,} of the {facts.split} split, seed {facts.real_seed}",
        "extractor": f"{facts.extractor} ({facts.extractor_weights[:12]})",
        "resizing": facts.resize,
        "samples": f"{count:,}, seed {facts.seed}",
        "samples while training": f"{facts.count:,}",
    }
    return Provenance(outcome.evaluator, count, said)


def differences(first: Provenance, second: Provenance) -> list[str]:
    """What tells two of them apart, in words."""
    keys = dict.fromkeys([*first.said, *second.said])
    pairs = {
        key: (first.said.get(key, "not stored"), second.said.get(key, "not stored")) for key in keys
    }
    return [
        f"{key}: {theirs} instead of {ours}"
        for key, (ours, theirs) in pairs.items()
        if ours != theirs
    ]


def _of_bound(facts: Facts | None, config: Mapping[str, Any]) -> Provenance:
    """A bound depends on the held-out images and on what the model takes a likely image to be."""
    model = config.get("model")
    options = model if isinstance(model, dict) else {}
    said = {
        "held-out images": f"of {facts.data_name} ({facts.data[:12]})" if facts else "not stored",
        "likelihood": str(options.get("likelihood", "not stored")),
        "binarized": str(options.get("binarize", False)).lower(),
    }
    mark = files.fingerprint([facts.data, *said.values()]) if facts else None
    return Provenance(mark, None, said)
