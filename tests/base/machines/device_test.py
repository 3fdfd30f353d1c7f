"""Where the images of a run live."""

import sys

import psutil
import pytest

from gan_cli.base.machines import device, machine


@pytest.mark.parametrize(
    ("size", "choice", "where"),
    [
        (250, "auto", "resident"),
        (251, "auto", "stream"),
        (10**9, "resident", "resident"),
        (1, "stream", "stream"),
    ],
)
def test_images_are_resident_up_to_a_quarter_of_what_is_free(
    monkeypatch: pytest.MonkeyPatch, size: int, choice: str, where: str
):
    monkeypatch.setattr(device, "free_memory", lambda: 1000)
    assert device.placement(size, choice) == where


def test_a_container_s_limit_counts(monkeypatch: pytest.MonkeyPatch):
    available = psutil.virtual_memory().available
    monkeypatch.setattr(machine, "_container_limit", lambda: 12345)
    assert device.free_memory() == 12345
    monkeypatch.setattr(machine, "_container_limit", lambda: sys.maxsize)
    assert device.free_memory() == pytest.approx(available, rel=0.2)


def test_tensorflow_still_says_how_much_memory_a_device_has() -> None:
    from tensorflow.python.client import device_lib

    assert all(each.memory_limit >= 0 for each in device_lib.list_local_devices())
