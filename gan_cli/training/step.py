"""The compiled training step: many steps per call, one forward for all players of a phase."""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

from gan_cli.base.randomness import Noise
from gan_cli.base.spec import Batch, Logs
from gan_cli.data.pipeline.augment import Transform
from gan_cli.data.pipeline.feed import Feed
from gan_cli.objectives.model import Context, Phase
from gan_cli.training.state import State

TrainFunction = Callable[[tf.Tensor, tf.Tensor], tuple[tf.Tensor, tf.Tensor]]


class Step:
    """Runs steps in the graph and reduces their logs there.

    Attributes:
        names: what the entries of a vector of logs are; known after the first call.
        batches: how many batches one step draws.
    """

    def __init__(
        self,
        state: State,
        feed: Feed,
        seed: int,
        xla: bool = False,
        augment: Transform | None = None,
        penalty_factor: Callable[[tf.Tensor], tf.Tensor] | None = None,
    ) -> None:
        self.names: list[str] = []
        self.batches = sum(phase.repeats for phase in state.model.phases)
        self._state, self._feed, self._seed, self._augment = state, feed, seed, augment
        self._penalty_factor = penalty_factor or (lambda step: 1.0)
        signature = [tf.TensorSpec([], tf.int64), tf.TensorSpec([None], tf.float32)]
        self.run: TrainFunction = tf.function(self._run, input_signature=signature, autograph=False)
        # XLA compiles one step without its data: its loops want shapes that are known before the
        # logs are.
        self._one_step = (
            tf.function(self._one, autograph=False, jit_compile=True) if xla else self._one
        )

    def _run(self, count: tf.Tensor, totals: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Run `count` steps, or up to the first with a loss that is not finite.

        `totals` [1] of zeros or [number of logs] is what earlier calls summed; returns (all finite,
        new totals). Summing on from call to call makes the sum independent of how the steps were
        cut into calls.
        """
        end = self._state.step + count

        def proceed(finite: tf.Tensor, _: tf.Tensor) -> tf.Tensor:
            return tf.logical_and(finite, self._state.step < end)

        def body(_: tf.Tensor, totals: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            values = self._one_step(self._batches_of_step())
            return tf.reduce_all(tf.math.is_finite(values)), totals + values

        finite, totals = tf.while_loop(
            proceed,
            body,
            [tf.constant(True), totals],
            shape_invariants=[tf.TensorShape([]), tf.TensorShape([None])],
            parallel_iterations=1,
        )
        return finite, totals

    def _batches_of_step(self) -> list[Batch]:
        """The real data of the step at hand, one batch for each phase and repeat."""
        first = self._state.step * self.batches
        return [self._real(first + draw) for draw in range(self.batches)]

    def _real(self, position: tf.Tensor) -> Batch:
        batch = self._feed.batch(position)
        if self._augment is not None:
            noise = Noise(self._seed, position)
            for name in batch.keys() & {"images", "sequence"}:
                batch[name] = self._augment(batch[name], noise)  # type: ignore[literal-required]
        return batch

    def _one(self, batches: list[Batch]) -> tf.Tensor:
        """One step; its logs as a vector, in the order of `names`."""
        logs: Logs = {}
        remaining = iter(batches)
        draw = self._state.step * self.batches
        for phase in self._state.model.phases:
            for repeat in range(phase.repeats):
                update = self._state.step * phase.repeats + repeat
                step = self._state.step.value()
                factor = self._penalty_factor(step)
                context = Context(step, update, Noise(self._seed, draw), factor)
                logs |= self._update(phase, next(remaining), context)
                draw += 1
        self._state.update_averages()
        self._state.step.assign_add(1)
        self.names = list(logs)
        return tf.stack([tf.cast(value, tf.float32) for value in logs.values()])

    def _update(self, phase: Phase, batch: Batch, context: Context) -> Logs:
        """One forward, each player's gradient of its own loss to its own variables, and only then
        the updates.
        """
        optimizers = self._state.optimizers
        with tf.GradientTape(persistent=len(phase.trains) > 1) as tape:
            found, logs = phase.losses(batch, context)
            losses = {player: found[player] for player in phase.trains}
            scaled = {
                player: optimizers[player].scale_loss(loss) for player, loss in losses.items()
            }
        variables = {player: self._state.model.trainable(player) for player in losses}
        gradients = {player: tape.gradient(scaled[player], variables[player]) for player in losses}
        for player in losses:
            optimizers[player].apply(gradients[player], variables[player])
            self._state.model.after_update(player)
        return {f"loss_{player}": loss for player, loss in losses.items()} | logs
