"""What a run computes on: threads and GPU memory."""

from __future__ import annotations

import tensorflow as tf

from gan_cli.base.errors import ConfigError
from gan_cli.base.machines import machine


def prepare(threads: int | None, wish: bool = False) -> str:
    """Set the process up for one run and say in words what it will use.

    Args:
        wish: the number of threads is only that, where TensorFlow runs already with another.

    Raises:
        ConfigError: another job of this process has fixed another number of threads.
    """
    gpus = tf.config.list_physical_devices("GPU")
    try:
        for gpu in gpus:
            tf.config.experimental.set_memory_growth(gpu, True)
        if threads and tf.config.threading.get_intra_op_parallelism_threads() != threads:
            tf.config.threading.set_intra_op_parallelism_threads(threads)
    except RuntimeError:
        if not wish:
            raise ConfigError(
                f"training.threads={threads}: TensorFlow runs already; start a process of its own"
            ) from None
    return (
        ", ".join(
            str(tf.config.experimental.get_device_details(gpu).get("device_name", "GPU"))
            for gpu in gpus
        )
        or "CPU"
    )


def has_bfloat16() -> bool:
    """Whether what a run computes on has bfloat16 in hardware: GPUs from Ampere on (compute
    capability 8), processors that say so.
    """
    gpus = tf.config.list_physical_devices("GPU")
    details = [tf.config.experimental.get_device_details(gpu) for gpu in gpus]
    if details:
        return all(each.get("compute_capability", (0, 0)) >= (8, 0) for each in details)
    return machine.has_bfloat16()


RESIDENT_SHARE = 0.25
"""Of the device's free memory, what real images may take."""


def placement(size: int, choice: str) -> str:
    """Where images of `size` bytes shall be, a key of `gan_cli.data.pipeline.feed.FEEDS`; `choice`
    decides unless it is auto.
    """
    if choice != "auto":
        return choice
    return "resident" if size <= RESIDENT_SHARE * free_memory() else "stream"


def free_memory() -> int:
    """Bytes that the first GPU has for tensors; without one, what is available here and the
    container allows.
    """
    if tf.config.list_physical_devices("GPU"):
        # No public function says how large a device is; a test looks whether this is there.
        from tensorflow.python.client import device_lib

        return max(
            int(device.memory_limit)
            for device in device_lib.list_local_devices()
            if device.device_type == "GPU"
        )
    return machine.available_memory()
