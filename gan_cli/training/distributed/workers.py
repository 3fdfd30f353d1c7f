"""The processes of one run: connected by `tf.distribute`, and agreed on what comes next."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial

import tensorflow as tf

from gan_cli.base import files
from gan_cli.base.errors import ConfigError
from gan_cli.base.machines import replicas, shared_memory, slurm
from gan_cli.base.machines.cluster import Worker
from gan_cli.base.machines.shared_memory import LostError, SharedSum
from gan_cli.networks.variables import Variable
from gan_cli.training.state import State

BITS = {1: tf.int8, 2: tf.int16, 4: tf.int32, 8: tf.int64}
SumOver = Callable[[tf.Tensor, bool], tf.Tensor]


class Workers:
    """This process and the others of its run.

    The living are told from the dead by their heartbeats: within some 10 s an operation that waits
    for a lost worker fails.

    Attributes:
        device: TensorFlow's name of where this one trains.
    """

    def __init__(self, worker: Worker) -> None:
        self.worker = worker
        self._sum_over: SumOver | None = None
        if place := shared_memory.inherited():
            self._sum_over = _through(SharedSum(place, worker.index))
            self.device = "/CPU:0"
        else:
            self.device = self._served()
        self._agreed = self._summed()

    def _served(self) -> str:
        """Join TensorFlow's cluster, by which collective operations find each other."""
        ring = tf.distribute.experimental.CommunicationImplementation.RING
        options = tf.distribute.experimental.CommunicationOptions(implementation=ring)
        slurm.name_workers()
        resolver = tf.distribute.cluster_resolver.TFConfigClusterResolver()
        # The strategy starts the server and the heartbeats; the replicas need no more of it.
        heard = signal.getsignal(signal.SIGTERM)
        self._strategy = tf.distribute.MultiWorkerMirroredStrategy(resolver, options)
        signal.signal(signal.SIGTERM, heard)  # its server has taken this one for itself
        kind = "GPU" if tf.config.list_physical_devices("GPU") else "CPU"
        return f"/job:{resolver.task_type}/task:{resolver.task_id}/device:{kind}:0"

    def group(self) -> replicas.Replica:
        """This worker among all; every worker asks for the same groups in the same order."""
        (found,) = replicas.group([self.device], self.worker.index, self.worker.count)
        return replace(found, sum_over=self._sum_over)

    def agree(self, steps: int, heard: int | None) -> tuple[int, int]:
        """What comes next: the chief's number of steps, 0 for the end; and the sum of the signals
        that the workers have heard.
        """
        mine = steps if self.worker.index == 0 else 0
        total, signals = self._agreed(tf.constant([mine, heard or 0], tf.int64)).numpy()
        return int(total), int(signals)

    def same(self, *facts: object) -> None:
        """Refuse workers that train something else.

        Raises:
            ConfigError: the facts of one are not the chief's.
        """
        mine = int(files.fingerprint({"facts": [str(fact) for fact in facts]})[:12], 16)
        row = tf.one_hot(
            self.worker.index,
            self.worker.count,
            tf.constant(mine, tf.int64),
            tf.constant(0, tf.int64),
        )
        found = self._summed()(row).numpy()
        for index, each in enumerate(found):
            if each != found[0]:
                raise ConfigError(
                    f"worker {index} has other settings, other data or another precision than the "
                    "chief, worker 0"
                )

    def from_chief(self, state: State) -> None:
        """Give the state of every worker the bits of the chief's."""
        together = self.group()

        def copy() -> None:
            with together.active():
                for variable in state.trained().values():
                    found = tf.cast(together.add(self._bits(variable)), _bits(variable))
                    variable.assign(tf.bitcast(found, variable.dtype))

        tf.function(copy, autograph=False)()

    def _bits(self, variable: tf.Variable) -> tf.Tensor:
        bits = tf.bitcast(tf.convert_to_tensor(variable), _bits(variable))
        wide = tf.cast(bits, tf.int64)
        return wide if self.worker.index == 0 else tf.zeros_like(wide)

    @contextmanager
    def leading(self) -> Iterator[None]:
        """When the chief leaves, for whatever reason, the others are told."""
        try:
            yield
        except tf.errors.OpError:
            raise  # one is lost: nobody is there to tell
        except BaseException:
            with suppress(tf.errors.OpError):
                self.agree(0, None)
            raise
        else:
            self.agree(0, None)

    def _summed(self) -> Callable[[tf.Tensor], tf.Tensor]:
        """The sum over all workers, of tensors of one shape."""
        together = self.group()

        def add(value: tf.Tensor) -> tf.Tensor:
            with together.active():
                return together.add(value)

        summed: Callable[[tf.Tensor], tf.Tensor] = tf.function(add, autograph=False)
        return summed


def lost(error: Exception) -> int | None:
    """The number of the worker that an error of TensorFlow is about; None: of none."""
    kinds = tf.errors.UnavailableError | tf.errors.CancelledError | tf.errors.AbortedError
    words = r"/job:(?:chief|worker)/(?:replica:0/)?task:(\d+)"
    if isinstance(error, tf.errors.UnknownError):  # TensorFlow's for what Python raises
        kinds, words = tf.errors.UnknownError, LostError.__name__ + r": worker (\d+)"
    found = re.search(words, str(error))
    return int(found[1]) if found and isinstance(error, kinds) else None


def _through(add: SharedSum) -> SumOver:
    """In the graph, which runs such operations in the order in which it was traced."""

    def sum_over(value: tf.Tensor, mean: bool) -> tf.Tensor:
        found = tf.numpy_function(partial(add, mean=mean), [value], value.dtype)
        found.set_shape(value.shape)
        return found

    return sum_over


def _bits(variable: Variable) -> tf.DType:
    return BITS[tf.as_dtype(variable.dtype).size]
