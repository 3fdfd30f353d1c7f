"""A run that goes wrong is seen by its numbers: what it looks like, what usually helps, and a way
back.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeGuard

from gan_cli.config.schema import Optimizer, PlayerOptimizer
from gan_cli.training.hooks.hook import Answer, Progress, Stop

SATURATED, INTERVALS = 0.999, 10
"""Share of pairs that the discriminator orders rightly, over that many log intervals in a row."""
LOST, SCORES = 0.5, 2
"""Variance of the samples' features, as a share of its highest so far, in that many scores in a
row.
"""
COLLAPSED = 0.25
"""The same over that of real images, in RISING scores in a row: a young run has little variety, but
not for long.
"""
RISEN, RISING = 1.25, 5
"""Scores above the best by that factor, that many in a row."""
MOST_ROLLBACKS = 3
"""Each halves a learning rate: an eighth of it is the least."""

Kind = Literal["saturated", "collapsed", "rising", "not finite"]


@dataclass(frozen=True)
class Finding:
    """What was seen, and the player whose learning rate a rollback halves (None: every
    player's).
    """

    kind: Kind
    text: str
    player: str | None = None


ADVICE: dict[Kind, str] = {
    "saturated": (
        "a lower learning rate or dropout for the discriminator, another loss or a "
        "gradient penalty may help: docs/trouble.md#the-discriminator-wins"
    ),
    "collapsed": (
        "a lower learning rate, a larger batch or another loss may help: "
        "docs/trouble.md#mode-collapse"
    ),
    "rising": (
        "the best checkpoint is kept; a lower learning rate or schedule=linear may help: "
        "docs/trouble.md#it-gets-worse-again"
    ),
    "not finite": ("a lower learning rate or optimizer.clip_norm=1 may help: docs/trouble.md#nan"),
}


class Watchdog:
    """Looks at logs and scores; a finding is said once, until it has gone.

    Args:
        react: called with each finding; what it gives stops the run.
        before: what metrics.jsonl holds of the steps before: a resumed run sees what an unbroken
            one would.
        since: scores up to this step were measured otherwise and count for nothing.
    """

    every = 0

    def __init__(
        self,
        log_every: int,
        react: Callable[[int, Finding], Stop | None],
        before: Iterable[Mapping[str, Any]] = (),
        since: int = 0,
    ) -> None:
        self._log_every, self._react = log_every, react
        self._ordered: list[float] = []
        self._spread: list[float] = []
        self._scores: list[float] = []
        self._best, self._widest = math.inf, 0.0
        self._seen: set[Kind] = set()
        for entry in before:
            self._take(entry["step"], entry, entry if entry["step"] > since else {})
            self._seen = {finding.kind for finding in self._findings()}

    def __call__(self, progress: Progress) -> Answer | None:
        whole = progress.logs and progress.step % self._log_every == 0
        if not whole and not progress.scores:
            return None
        self._take(progress.step, progress.logs, progress.scores)
        found = {finding.kind: finding for finding in self._findings()}
        news, self._seen = found.keys() - self._seen, set(found)
        for kind in sorted(news):
            if stop := self._react(progress.step, found[kind]):
                return Answer(stop=stop)
        return None

    def _take(self, step: int, logs: Mapping[str, Any], scores: Mapping[str, Any]) -> None:
        """Means of whole intervals, and any scores."""
        ordered, score, spread = logs.get("ordered"), scores.get("frechet"), scores.get("diversity")
        if _finite(ordered) and step % self._log_every == 0:
            self._ordered = [*self._ordered[1 - INTERVALS :], ordered]
        if _finite(score) and _finite(spread):
            self._best = min(self._best, score)
            self._scores = [*self._scores[1 - RISING :], score]
            self._spread = [*self._spread[1 - RISING :], spread]
            self._widest = max(self._widest, min(spread, 1.0))  # noise varies more than images do

    def close(self) -> None:
        pass

    def _findings(self) -> list[Finding]:
        found = []
        if len(self._ordered) == INTERVALS and min(self._ordered) > SATURATED:
            text = (
                "the discriminator has recognised practically every real image for "
                f"{INTERVALS} log intervals"
            )
            found.append(Finding("saturated", text, "discriminator"))
        lost = len(self._spread) >= SCORES and max(self._spread[-SCORES:]) < LOST * self._widest
        if lost or (len(self._spread) == RISING and max(self._spread) < COLLAPSED):
            found.append(
                Finding(
                    "collapsed",
                    f"samples vary only {self._spread[-1]:.2f} times as much as real images",
                )
            )
        if len(self._scores) == RISING and min(self._scores) > RISEN * self._best:
            text = (
                f"the Fréchet distance, {self._scores[-1]:.4g}, stays well above its best, "
                f"{self._best:.4g}"
            )
            found.append(Finding("rising", text))
        return found


def _finite(value: Any) -> TypeGuard[float]:
    return isinstance(value, float) and math.isfinite(value)


def halved(optimizer: Optimizer, player: str | None) -> tuple[Optimizer, str, float]:
    """The optimizer with half the learning rate for a player, or for all: (it, the key that
    changed, its new value).
    """
    if player is None:
        rate = optimizer.learning_rate / 2
        players = {
            name: replace(each, learning_rate=each.learning_rate / 2)
            if each.learning_rate
            else each
            for name, each in optimizer.players.items()
        }
        return (
            replace(optimizer, learning_rate=rate, players=players),
            "optimizer.learning_rate",
            rate,
        )
    own = optimizer.players.get(player, PlayerOptimizer())
    rate = (own.learning_rate or optimizer.learning_rate) / 2
    players = {**optimizer.players, player: replace(own, learning_rate=rate)}
    return replace(optimizer, players=players), f"optimizer.players.{player}.learning_rate", rate
