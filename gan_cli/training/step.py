"""The compiled training step: many steps per call, one forward for all players of a phase."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from functools import partial
from typing import NamedTuple

import keras
import tensorflow as tf

from gan_cli.base.machines import replicas
from gan_cli.base.randomness import Noise
from gan_cli.base.spec import Batch, Logs
from gan_cli.data.pipeline.augment import Transform
from gan_cli.data.pipeline.feed import Feed
from gan_cli.objectives.model import Context, Phase
from gan_cli.training.state import State

TrainFunction = Callable[[tf.Tensor, tf.Tensor], tuple[tf.Tensor, tf.Tensor]]


class Part(NamedTuple):
    """A replica of this process: its state, and its rows of the data."""

    state: State
    feed: Feed


class Step:
    """Runs steps in the graph and reduces their logs there.

    Args:
        others: the replicas of this process beside the first, whose state is `state`.

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
        others: Sequence[Part] = (),
    ) -> None:
        self.names: list[str] = []
        self.batches = sum(phase.repeats for phase in state.model.phases)
        self._state, self._seed, self._augment = state, seed, augment
        self._parts = [Part(state, feed), *others]
        self._penalty_factor = penalty_factor or (lambda step: 1.0)
        signature = [tf.TensorSpec([], tf.int64), tf.TensorSpec([None], tf.float32)]
        self.run: TrainFunction = tf.function(self._run, input_signature=signature, autograph=False)
        # XLA compiles one step without its data: its loops want shapes that are known before the
        # logs are.
        self._one_step = {
            part.state: tf.function(
                partial(self._one, part.state), autograph=False, jit_compile=True
            )
            if xla
            else partial(self._one, part.state)
            for part in self._parts
        }

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
            values, *others = [self._of(part) for part in self._parts]
            with tf.control_dependencies(others):  # TensorFlow would leave out what nobody reads
                values = tf.identity(values) if others else values
            return tf.reduce_all(tf.math.is_finite(values)), totals + values

        finite, totals = tf.while_loop(
            proceed,
            body,
            [tf.constant(True), totals],
            shape_invariants=[tf.TensorShape([]), tf.TensorShape([None])],
            parallel_iterations=1,
        )
        return finite, totals

    def _of(self, part: Part) -> tf.Tensor:
        """One step of a replica; the logs of all."""
        replica = part.state.replica
        with replica.active() if replica else nullcontext():
            return replicas.mean(self._one_step[part.state](self._batches_of_step(part)))

    def _batches_of_step(self, part: Part) -> list[Batch]:
        """The real data of the step at hand, one batch for each phase and repeat."""
        first = part.state.step * self.batches
        return [self._real(part.feed, first + draw) for draw in range(self.batches)]

    def _real(self, feed: Feed, position: tf.Tensor) -> Batch:
        batch = feed.batch(position)
        if self._augment is not None:
            noise = Noise(self._seed, position)
            for name in batch.keys() & {"images", "sequence"}:
                batch[name] = self._augment(batch[name], noise)  # type: ignore[literal-required]
        return batch

    def _one(self, state: State, batches: list[Batch]) -> tf.Tensor:
        """One step; its logs as a vector, in the order of `names`."""
        logs: Logs = {}
        remaining = iter(batches)
        draw = state.step * self.batches
        for phase in state.model.phases:
            for repeat in range(phase.repeats):
                update = state.step * phase.repeats + repeat
                step = state.step.value()
                factor = self._penalty_factor(step)
                context = Context(step, update, Noise(self._seed, draw), factor)
                logs |= self._update(state, phase, next(remaining), context)
                draw += 1
        state.update_averages()
        state.step.assign_add(1)
        self.names = list(logs)
        return tf.stack([tf.cast(value, tf.float32) for value in logs.values()])

    def _update(self, state: State, phase: Phase, batch: Batch, context: Context) -> Logs:
        """One forward, each player's gradient of its own loss to its own variables, and only then
        the updates.

        The loss of the batch is the mean of the replicas' losses. Gradients are those of that mean
        before an optimizer clips them or looks whether they are finite.
        """
        optimizers = state.optimizers
        variables = {player: state.model.trainable(player) for player in phase.trains}
        with ExitStack() as recording:
            tapes = {
                player: recording.enter_context(_watching(each))
                for player, each in variables.items()
            }
            found, logs = phase.losses(batch, context)
            losses = {player: found[player] for player in phase.trains}
            scaled = {
                player: optimizers[player].scale_loss(loss) for player, loss in losses.items()
            }
        gradients = {
            player: tape.gradient(scaled[player], variables[player])
            for player, tape in tapes.items()
        }
        gradients = _over_replicas(gradients)
        for player in losses:
            optimizers[player].apply(gradients[player], variables[player])
            state.model.after_update(player)
        return {f"loss_{player}": loss for player, loss in losses.items()} | logs


@contextmanager
def _watching(variables: Sequence[keras.Variable]) -> Iterator[tf.GradientTape]:
    """A tape of what depends on a player's own variables, and on no others.

    A tape that sees all would go back from the discriminator's loss through the generator too,
    whose sums over replicas nothing leaves out again.
    """
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        for each in variables:
            tape.watch(each.value)
        yield tape


def _over_replicas(
    gradients: dict[str, list[tf.Tensor | None]],
) -> dict[str, list[tf.Tensor | None]]:
    """The means over all replicas, of all players at once."""
    flat = iter(replicas.means([each for found in gradients.values() for each in found]))
    return {player: [next(flat) for _ in found] for player, found in gradients.items()}
