"""What `auto` stands for on this machine: the precision of a run and the threads of its operations.

Threads, by measurement on two cores: milliseconds a step of dcgan on one thread | on two.
TensorFlow runs independent operations side by side even so. `work` is batch x height x width x
model.width.

    work, millions    0.2          0.4          0.8          1.6            3.2            6.4
    float32           1.9 | 3.3    4.4 | 5.6    7.9 | 9.5    15.4 | 15.6    31.4 | 30.3    90 | 88
    bfloat16          1.8 | 3.1    3.6 | 5.4    5.9 | 8.2    11.3 | 13.2    21.4 | 22.4    62 | 64
"""

from __future__ import annotations

from dataclasses import replace

from gan_cli.base.machines import device, machine
from gan_cli.base.spec import DataSpec
from gan_cli.config.schema import TrainConfig
from gan_cli.models import MODELS
from gan_cli.objectives.options import active_penalties

NARROW = 4e6
"""Work of a step, times the cores, up to which one thread is the faster."""
UNSET = 16
"""About the width that models choose for themselves."""


def with_precision(config: TrainConfig) -> TrainConfig:
    """The configuration with a precision for `auto`: bfloat16 where the device computes in it and
    the scores do not suffer, else float32.
    """
    if config.training.precision != "auto":
        return config
    exact = MODELS[config.model.name].likelihood or active_penalties(config.loss)
    fast = device.has_bfloat16() and not exact
    training = replace(config.training, precision="bfloat16" if fast else "float32")
    return replace(config, training=training)


def prepare(config: TrainConfig, spec: DataSpec) -> str:
    """Set this process up for a run and say in words what it will use.

    Raises:
        ConfigError: TensorFlow runs already, with other threads than were asked for.
    """
    return device.prepare(threads(config, spec), wish=config.training.threads == "auto")


def threads(config: TrainConfig, spec: DataSpec) -> int | None:
    """training.threads; for `auto` one where narrow networks run on a processor, else None, which
    is as many as there are cores.
    """
    chosen = config.training.threads
    if chosen != "auto":
        return chosen
    if not hasattr(config.model, "width") or machine.gpus():
        return None
    width = config.model.width or UNSET
    height, columns, _ = spec.image_shape
    work = config.training.batch_size * height * columns * width
    return 1 if work * machine.cores() <= NARROW else None
