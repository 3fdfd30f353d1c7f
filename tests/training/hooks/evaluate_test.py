"""The hook that scores: when its scorer, which may have to train a classifier, is built."""

from __future__ import annotations

import os
import signal

from gan_cli.training.hooks.evaluate import Evaluate
from gan_cli.training.hooks.hook import Progress
from gan_cli.training.signals import Signals

FIRST = Progress(step=4, total=8)


def test_it_is_built_once_and_not_before_the_first_score() -> None:
    built = []
    evaluate = Evaluate(4, lambda: built.append("built"), None, Signals())
    assert (built, evaluate.newest, evaluate.finish) == ([], None, None)
    assert evaluate(FIRST) is None  # the run cannot be scored
    assert evaluate(FIRST) is None
    assert built == ["built"]


def test_after_a_signal_nothing_that_takes_long_begins() -> None:
    built, signals = [], Signals()
    evaluate = Evaluate(4, lambda: built.append("built"), None, signals)
    with signals.heard():
        os.kill(os.getpid(), signal.SIGTERM)
        assert signals.received == signal.SIGTERM
        assert evaluate(FIRST) is None
    assert built == []
