"""What a hook is told at a step, and what it may answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from gan_cli.config.schema import Optimizer


@dataclass(frozen=True)
class Progress:
    """How far a run is after a step.

    Attributes:
        step: optimizer steps done.
        total: optimizer steps of the whole run.
        logs: name -> mean since the last multiple of training.log_every.
        seconds: wall time since this process began to train.
        images_per_second: real images per second of compiled steps since the last multiple of
            log_every.
        seconds_left: estimate, from that speed.
        scores: what hooks measured at this very step.
    """

    step: int
    total: int
    logs: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0
    images_per_second: float = 0.0
    seconds_left: float = 0.0
    scores: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Finish:
    """The run is over at this step, for this reason: for the hooks after, it is the last step."""

    reason: str


@dataclass(frozen=True)
class Pause:
    """This process's part of the run is over: for the hooks after, it is the last step."""


@dataclass(frozen=True)
class RollBack:
    """The run goes on from its newest checkpoint, which is its best now, with another optimizer; no
    hook sees this step any more.
    """

    optimizer: Optimizer


Stop = Finish | Pause | RollBack


class Answer(NamedTuple):
    """What a hook says: scores that later hooks see, and whether the loop shall stop."""

    scores: Mapping[str, float] = {}
    stop: Stop | None = None


class Hook(Protocol):
    """Called at every multiple of `every` (0: after every call of the graph) and at the last step;
    `close` when the loop ends for whatever reason.
    """

    every: int

    def __call__(self, progress: Progress) -> Answer | None: ...

    def close(self) -> None: ...


class PauseAt:
    """Pauses the run at a step."""

    def __init__(self, step: int) -> None:
        self.every = step

    def __call__(self, progress: Progress) -> Answer | None:
        return Answer(stop=Pause()) if progress.step >= self.every else None

    def close(self) -> None:
        pass
