"""The loop: calls of the compiled step, cut where a hook is due, a signal is heard or half a second
has passed.
"""

from __future__ import annotations

import math
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import tensorflow as tf

from gan_cli.base.errors import NonFiniteError
from gan_cli.training.hooks.hook import Hook, Progress, RollBack, Stop
from gan_cli.training.signals import Signals
from gan_cli.training.state import State
from gan_cli.training.step import Step

SECONDS_PER_CALL = 0.5


class Loop:
    """Trains a state up to `total` steps and shows its progress to the hooks.

    Args:
        batch_size: real images of one step, all phases together, for the speed that is shown.
        log_every: logs are means since the last multiple of it.
        steps_per_call: None lets half a second decide; it never changes a result.
        agree: tells other workers how many steps come and which signal was heard; gives the sum of
            the signals that all have heard.
    """

    def __init__(
        self,
        state: State,
        step: Step,
        hooks: Sequence[Hook],
        *,
        batch_size: int,
        log_every: int,
        steps_per_call: int | None = None,
        agree: Callable[[int, int | None], tuple[int, int]] | None = None,
    ) -> None:
        self._state, self._step, self._hooks = state, step, hooks
        self._images_per_step, self._log_every, self._steps_per_call = (
            batch_size * step.batches,
            log_every,
            steps_per_call,
        )
        self._agree = agree
        self._seconds_per_step = 0.0
        self._totals = tf.zeros([1])
        self._summed_steps, self._timed_steps, self._timed_seconds = 0, 0, 0.0

    def run(self, total: int, signals: Signals) -> tuple[Progress, Stop | None]:
        """Train up to `total` steps, a signal or a hook that stops; hooks due at the last step have
        been called.

        Raises:
            NonFiniteError: at the first loss or weight that is not finite; no hook saw that state.
        """
        self._started = time.perf_counter()
        progress, stop = Progress(int(self._state.step.numpy()), total), None
        try:
            while progress.step < total and signals.received is None and stop is None:
                count = self._count(progress.step, total)
                if self._agree and self._agree(count, signals.received)[1]:
                    signals.received = signals.received or signal.SIGTERM
                progress, stop = self._shown(self._call(count, total))
                if progress.step % self._log_every == 0:
                    self._begin_interval()
        finally:
            for hook in self._hooks:
                hook.close()
        return progress, stop

    def _shown(self, progress: Progress) -> tuple[Progress, Stop | None]:
        """Call the hooks that are due; once one stops the run, all that come after it."""
        stop: Stop | None = None
        for hook in self._hooks:
            last = progress.step == progress.total or stop is not None
            if hook.every and progress.step % hook.every and not last:
                continue
            answer = hook(progress)
            if answer is None:
                continue
            progress = replace(progress, scores={**progress.scores, **answer.scores})
            stop = answer.stop if stop is None else stop
            if isinstance(answer.stop, RollBack):
                return progress, answer.stop
        return progress, stop

    def _count(self, step: int, total: int) -> int:
        """Steps up to the next one at which a hook is due, at most half a second's worth."""
        stops = [self._log_every, *(hook.every for hook in self._hooks if hook.every)]
        due = min(min(every - step % every for every in stops), total - step)
        if self._steps_per_call:
            return min(due, self._steps_per_call)
        if not self._seconds_per_step:
            return 1  # the first call traces the graph, the second tells how fast it is
        return max(1, min(due, int(SECONDS_PER_CALL / self._seconds_per_step)))

    def _call(self, count: int, total: int) -> Progress:
        began = time.perf_counter()
        traced = bool(self._step.names)
        finite, self._totals = self._step.run(tf.constant(count, tf.int64), self._totals)
        finite = bool(finite.numpy())
        if traced:
            elapsed = time.perf_counter() - began
            self._seconds_per_step = elapsed / count
            self._timed_steps, self._timed_seconds = (
                self._timed_steps + count,
                self._timed_seconds + elapsed,
            )
        self._summed_steps += count
        if not finite or not self._state.finite():
            raise NonFiniteError(self._what_broke(finite))
        return self._progress(total)

    def _progress(self, total: int) -> Progress:
        step = int(self._state.step.numpy())
        means = (self._totals / tf.cast(self._summed_steps, tf.float32)).numpy()
        speed = self._timed_steps / self._timed_seconds if self._timed_seconds else 0.0
        return Progress(
            step,
            total,
            dict(zip(self._step.names, means.tolist(), strict=True)),
            time.perf_counter() - self._started,
            speed * self._images_per_step,
            (total - step) / speed if speed else 0.0,
        )

    def _begin_interval(self) -> None:
        self._totals = tf.zeros([1])
        self._summed_steps, self._timed_steps, self._timed_seconds = 0, 0, 0.0

    def _what_broke(self, losses_finite: bool) -> str:
        step = int(self._state.step.numpy())
        if losses_finite:
            return f"a weight is not finite after step {step}"
        bad = [
            name
            for name, total in zip(self._step.names, self._totals.numpy(), strict=True)
            if not math.isfinite(total)
        ]
        return f"{' and '.join(bad)} not finite at step {step}"
