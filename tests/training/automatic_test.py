"""What `auto` stands for, by device, model and size."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from gan_cli.base.machines import machine
from gan_cli.base.spec import DataSpec
from gan_cli.config.schema import Optimizer, Schedule, TrainConfig, Training
from gan_cli.models.dcgan import Dcgan
from gan_cli.models.random_pixels import RandomPixels
from gan_cli.models.vae import Vae
from gan_cli.objectives.options import Loss
from gan_cli.training import automatic
from tests.conftest import TINY, Command

HAS = pytest.mark.parametrize("has", [True, False])


def config(model: object, loss: Loss | None = None, **training: object) -> TrainConfig:
    return TrainConfig(
        model,
        None,
        loss or Loss("non_saturating"),
        Optimizer("adam"),
        Schedule("constant"),
        Training(**training),
    )


def on(has: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gan_cli.base.machines.device.has_bfloat16", lambda: has)


@HAS
def test_a_gan_trains_in_bfloat16_where_the_device_has_it(has: bool, monkeypatch):
    on(has, monkeypatch)
    chosen = automatic.with_precision(config(Dcgan())).training
    assert chosen.precision == ("bfloat16" if has else "float32")
    assert replace(chosen, precision="auto") == Training()


def test_penalties_and_bounds_stay_in_float32(monkeypatch):
    on(True, monkeypatch)
    assert automatic.with_precision(config(Vae())).training.precision == "float32"
    penalized = config(Dcgan(), Loss("wasserstein", gradient_penalty=10.0))
    assert automatic.with_precision(penalized).training.precision == "float32"
    off = config(Dcgan(), Loss("wasserstein", gradient_penalty=0.0))
    assert automatic.with_precision(off).training.precision == "bfloat16"


@pytest.mark.parametrize("precision", ["float32", "bfloat16", "float16"])
def test_a_precision_that_is_given_stays(precision: str, monkeypatch):
    on(True, monkeypatch)
    for model in (Dcgan(), Vae()):
        given = config(model, precision=precision)
        assert automatic.with_precision(given) is given


@pytest.mark.parametrize(
    ("width", "batch", "side", "cores", "threads"),
    [
        (16, 64, 16, 2, 1),  # 0.26 million
        (32, 64, 28, 2, 1),  # 1.6
        (64, 64, 28, 2, None),  # 3.2
        (32, 64, 28, 4, None),
        (16, 64, 16, 8, 1),
        (16, 64, 16, 16, None),
    ],
)
def test_narrow_networks_run_on_one_thread(width, batch, side, cores, threads, monkeypatch):
    monkeypatch.setattr("gan_cli.base.machines.machine.cores", lambda: cores)
    monkeypatch.setattr("gan_cli.base.machines.machine.gpus", lambda: [])
    spec, given = DataSpec(side, side, 1), config(Dcgan(width=width), batch_size=batch)
    assert automatic.threads(given, spec) == threads
    monkeypatch.setattr("gan_cli.base.machines.machine.gpus", lambda: ["0"])
    assert automatic.threads(given, spec) is None


def test_threads_that_are_given_stay_and_a_model_without_width_has_all():
    spec = DataSpec(8, 8, 1)
    assert automatic.threads(config(Dcgan(width=4), threads=3), spec) == 3
    assert automatic.threads(config(Dcgan(width=4), threads=None), spec) is None
    assert automatic.threads(config(RandomPixels()), spec) is None


@pytest.mark.parametrize(
    ("flags", "has"),
    [
        ("flags\t\t: fpu avx512f avx512_bf16 amx_bf16 amx_tile", True),
        ("flags\t\t: fpu avx512f avx512_bf16", True),
        ("Features\t: fp asimd bf16 i8mm", True),
        ("flags\t\t: fpu avx2 avx512f", False),
        ("", False),
    ],
)
def test_processors_say_whether_they_have_bfloat16(flags: str, has: bool, monkeypatch):
    monkeypatch.setattr(Path, "read_text", lambda *_, **__: f"processor\t: 0\n{flags}\n")
    assert machine.has_bfloat16() is has


def test_where_the_system_does_not_say_there_is_none(monkeypatch):
    def missing(*_: object, **__: object) -> str:
        raise FileNotFoundError

    monkeypatch.setattr(Path, "read_text", missing)
    assert machine.has_bfloat16() is False


@pytest.mark.slow
@HAS
def test_what_was_chosen_is_printed_stored_and_inherited(
    train: Command, has: bool, monkeypatch, tmp_path: Path
):
    on(has, monkeypatch)
    chosen = "bfloat16" if has else "float32"
    tiny = [option for option in TINY if "precision" not in option]
    result = train(*tiny, "training.steps=4", "run_dir=run")
    assert result.code == 0, result.err
    assert f"CPU, {chosen}; " in result.out
    stored = json.loads((tmp_path / "run" / "config.json").read_text())
    assert stored["training"]["precision"] == chosen
    on(not has, monkeypatch)
    result = train("resume=run", "training.steps=6")
    assert result.code == 0, result.err
    assert f"CPU, {chosen}; " in result.out
    assert train("resume=run", "training.steps=8", "training.precision=float16").code == 2
