"""What is known of the jobs of a sweep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path

from gan_cli.reports import settings
from gan_cli.reports.provenance import Provenance
from gan_cli.reports.settings import Settings
from gan_cli.runs.curves import Series
from gan_cli.runs.reading import StoredRun
from gan_cli.runs.record import Sweep
from gan_cli.sweeps.outcome import Outcome

BESIDE = ("frechet", "diversity", "elbo_held_out")
"""Scores that are shown beside the one that ranks."""


@dataclass(frozen=True)
class Row:
    """A job.

    Attributes:
        name: its directory, below the sweep's.
        called, notes: as it was given them; empty where it was not.
        run: None where there is no run directory (yet), or a damaged one.
        state: of `record.State`, or waiting (planned, not begun) or unfinished (begun, and no word
            of its end).
        settings: what was asked for; `varying` and `constant` of the sweep divide them.
        provenance: with what the score was measured; None where nothing was scored.
        beside: other scores, of the step of the score.
        curves: losses and scores over the steps, as they are drawn.
        arguments: of the gan-train that does it again; None where only `resume=` can.
        began, ended: times in train.log.
        damage: which of its files are damaged, and what was done instead, a line each.
    """

    name: str
    path: Path
    run: StoredRun | None
    state: str
    settings: Settings
    outcome: Outcome
    provenance: Provenance | None = None
    called: str = ""
    notes: str = ""
    reason: str | None = None
    attempts: int | None = None
    exit_code: int | None = None
    seconds: float | None = None
    peak_bytes: int | None = None
    images_per_second: float | None = None
    beside: Mapping[str, float] = field(default_factory=dict)
    curves: Mapping[str, Series] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    arguments: list[str] | None = None
    began: datetime | None = None
    ended: datetime | None = None
    damage: tuple[str, ...] = ()

    @property
    def setting(self) -> tuple[tuple[str, str], ...]:
        """What was asked for but the seed: jobs that share it are repetitions of each other."""
        return tuple((key, value) for key, value in self.settings.items() if key != settings.SEED)


Place = tuple[Row, str, int | None]
"""A row, the letter of the comparison that it is in, and its rank there."""


@dataclass(frozen=True)
class Collected:
    """All jobs.

    Attributes:
        sweep: what sweep.json says; None where there is none.
        warnings: what of the directory itself is damaged or was left out, a line each.
    """

    directory: Path
    objective: str
    rows: list[Row]
    sweep: Sweep | None
    warnings: list[str]

    @property
    def damage(self) -> list[str]:
        """All that is damaged, of the directory and of its runs."""
        return [*self.warnings, *(line for row in self.rows for line in row.damage)]

    @cached_property
    def varying(self) -> list[str]:
        return settings.varying([row.settings for row in self.rows])

    @cached_property
    def constant(self) -> Settings:
        return settings.constant([row.settings for row in self.rows])
