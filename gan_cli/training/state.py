"""Everything that decides how a run goes on: weights, optimizers, moving average, the variables of
the objective, step.
"""

from __future__ import annotations

from collections.abc import Mapping

import keras
import tensorflow as tf

from gan_cli.base.machines.replicas import Replica
from gan_cli.networks.variables import Variable, variables_by_key
from gan_cli.objectives.model import Model


class State:
    """Networks, optimizers, moving average, variables of the objective and step of one run, as
    named tensors.

    The moving average (Yazici et al. 2019) follows every float of the sampler's networks that a
    player trains, batch statistics too, with a decay of min(decay, (1 + step) / (10 + step)), so
    that it forgets the random start. A network that
    nobody trains is used as it is: what it remembers of the data is counted, not learnt.

    Args:
        replica: which of several this is the state of; None: there is one.
    """

    def __init__(
        self,
        model: Model,
        optimizers: Mapping[str, keras.Optimizer],
        ema_decay: float,
        replica: Replica | None = None,
    ) -> None:
        self.model, self.optimizers, self.ema_decay = model, optimizers, ema_decay
        self.replica = replica
        self.step = tf.Variable(0, dtype=tf.int64, trainable=False, name="step")
        trained = {name for networks in model.players.values() for name in networks}
        self.averages = (
            {name: _copy(model.networks[name]) for name in model.sampler if name in trained}
            if ema_decay
            else {}
        )
        self.sampler = model.with_networks(self.averages)
        self._finite = tf.function(self._all_finite)

    def tensors(self) -> dict[str, Variable]:
        """key -> every variable of the state."""
        found: dict[str, Variable] = {"step": self.step}
        for name, network in self.model.networks.items():
            found |= variables_by_key(name, network)
        for name, network in self.averages.items():
            found |= variables_by_key(f"average/{name}", network)
        for optimizer in self.optimizers.values():
            found |= {f"optimizer/{variable.path}": variable for variable in optimizer.variables}
        found |= {f"objective/{name}": each for name, each in self.model.variables.items()}
        return found

    def trained(self) -> dict[str, Variable]:
        """The same without the averages, which only the first replica has."""
        return {key: each for key, each in self.tensors().items() if not key.startswith("average/")}

    def sampler_tensors(self) -> dict[str, Variable]:
        """key -> the variables that `gan-sample` needs: the averaged networks, under the plain
        networks' keys.
        """
        found: dict[str, Variable] = {}
        for name in self.model.sampler:
            found |= variables_by_key(name, self.sampler.networks[name])
        return found

    def update_averages(self) -> None:
        """Move the averages by one step, in the graph."""
        step = tf.cast(self.step, tf.float32)
        rate = 1.0 - tf.minimum(self.ema_decay, (1.0 + step) / (10.0 + step))
        for name, network in self.averages.items():
            for average, variable in zip(
                network.variables, self.model.networks[name].variables, strict=True
            ):
                if tf.as_dtype(variable.dtype).is_floating:
                    difference = (
                        average.value - variable.value
                    )  # one kernel fewer than assign_sub of the product
                    tf.raw_ops.ResourceApplyGradientDescent(
                        var=average.value.handle, alpha=rate, delta=difference
                    )

    def finite(self) -> bool:
        """Whether every weight of every network is finite."""
        return bool(self._finite())

    def _all_finite(self) -> tf.Tensor:
        variables = [v for network in self.model.networks.values() for v in network.variables]
        floats = [v.value for v in variables if tf.as_dtype(v.dtype).is_floating]
        return tf.reduce_all([True, *(tf.reduce_all(tf.math.is_finite(value)) for value in floats)])


def _copy(network: keras.Model) -> keras.Model:
    copy = keras.models.clone_model(network)
    for ours, theirs in zip(copy.variables, network.variables, strict=True):
        ours.assign(theirs)
    return copy
