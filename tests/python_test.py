"""docs/python.md is run as printed, and the front door keeps what it promises."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import gan_cli
from tests.conftest import Command

PAGE = (Path(__file__).parents[1] / "docs" / "python.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)

UNTOUCHED = """
import random
import keras, numpy as np, tensorflow as tf
keras.config.set_dtype_policy("mixed_bfloat16")
keras.layers.Dense(1)
random.seed(1); np.random.seed(1); tf.random.set_seed(1)
before = random.getstate(), np.random.get_state()[1].tolist()
import gan_cli
run = gan_cli.load("run")
run.sample(2)
assert keras.config.dtype_policy().name == "mixed_bfloat16"
assert (random.getstate(), np.random.get_state()[1].tolist()) == before
assert keras.layers.Dense(1).name == "dense_1"
"""


def python(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=280, check=False
    )


@pytest.mark.slow
def test_the_page_runs_from_its_first_line_to_its_last(tmp_path: Path) -> None:
    done = python("\n".join(BLOCKS), tmp_path)
    assert done.returncode == 0, done.stderr
    assert "images_per_second" in done.stdout
    assert "discriminator" in done.stdout.splitlines()[-1]


@pytest.mark.slow
def test_what_tensorflow_says_at_its_start_is_not_shown(tiny_run: Path) -> None:
    code = "import gan_cli; print(gan_cli.load('run').sample(2).shape)"
    done = python(code, tiny_run.parent)
    assert (done.returncode, done.stdout, done.stderr) == (0, "(2, 8, 8, 1)\n", "")


@pytest.mark.slow
def test_what_a_converter_says_is_not_shown(tiny_run: Path) -> None:
    pytest.importorskip("ai_edge_litert", reason="extra: export")
    code = "import gan_cli; gan_cli.load('run').export('litert', 'small.tflite', quantize='int8')"
    done = python(code, tiny_run.parent)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (tiny_run.parent / "small.tflite").stat().st_size > 0


@pytest.mark.slow
def test_training_says_what_it_is_asked_to_say_and_prints_nothing_else(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    images, lines = np.random.default_rng(0).integers(0, 256, (64, 8, 8, 1), np.uint8), list[str]()
    options = {"training": {"steps": 4, "log_every": 2, "batch_size": 8}, "model.width": 2}
    settings = {"evaluation.every": None, **options}
    gan_cli.train(data=images, run_dir=tmp_path / "silent", say=None, **settings)
    gan_cli.train(data=images, run_dir=tmp_path / "said", say=lines.append, **settings)
    assert capfd.readouterr() == ("", "")
    assert [line.split()[:2] for line in lines if "images/s" in line] == [
        ["step", "2/4"],
        ["step", "4/4"],
    ]
    assert lines[0].startswith("dcgan on ")
    gan_cli.train(data=images, run_dir=tmp_path / "printed", **settings)
    assert "\nstep 4/4  " in capfd.readouterr().out


def test_importing_the_front_door_imports_neither_tensorflow_nor_anything_large() -> None:
    code = (
        "import sys, gan_cli\n"
        "gan_cli.models, gan_cli.data, gan_cli.metrics\n"
        "large = {'tensorflow', 'keras', 'pandas', 'scipy', 'skimage', 'matplotlib', 'hydra'}\n"
        "assert not large & set(sys.modules), large & set(sys.modules)\n"
    )
    done = python(code, Path.cwd())
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_the_caller_keeps_session_policy_and_seeds(tiny_run: Path) -> None:
    done = python(UNTOUCHED, tiny_run.parent)
    assert done.returncode == 0, done.stderr


def test_samples_are_those_of_the_command(tiny_run: Path, sample: Command) -> None:
    import gan_cli

    assert sample("run", "count=5", "seed=3", "format=npz", "output=s.npz").code == 0
    run = gan_cli.load("run")
    with np.load(tiny_run.parent / "s.npz") as arrays:
        np.testing.assert_array_equal(run.sample(5, seed=3), arrays["images"])
        latents = arrays["latents"]
    images = run.generator(latents, training=False).numpy()
    levels = np.clip(np.rint((images + 1.0) * 127.5), 0, 255).astype(np.uint8)
    np.testing.assert_array_equal(levels, run.sample(latents=latents))
    assert run.step == 8


ALONE = """
import sys, keras, numpy as np
generator = keras.saving.load_model("generator.keras")
np.save("alone.npy", generator(np.load("latents.npy"), training=False))
assert not [name for name in sys.modules if name.startswith("gan_cli")]
"""


@pytest.mark.slow
def test_a_saved_generator_needs_no_gan_cli(tiny_run: Path) -> None:
    import gan_cli

    run = gan_cli.load("run")
    latents = np.random.default_rng(0).normal(size=(3, 6)).astype(np.float32)
    np.save("latents.npy", latents)
    run.generator.save("generator.keras")
    done = python(ALONE, tiny_run.parent)
    assert done.returncode == 0, done.stderr
    ours = run.model.generator(latents, training=False)
    np.testing.assert_allclose(np.load("alone.npy"), ours, atol=1e-6)


def test_the_numbers_of_a_run_are_a_table(tiny_run: Path) -> None:
    import gan_cli

    metrics = gan_cli.load(tiny_run).metrics
    assert metrics.index.name == "step"
    assert metrics.index[-1] == 8
    assert np.isfinite(metrics["loss_generator"]).all()


def test_mistakes_are_lines(tiny_run: Path) -> None:
    import gan_cli
    from gan_cli.base.errors import ConfigError, DataError, RunDirectoryError

    with pytest.raises(RunDirectoryError, match="no such directory"):
        gan_cli.load("nothing")
    with pytest.raises(ConfigError, match="labels"):
        gan_cli.load(tiny_run).sample(2, labels=[1])
    with pytest.raises(DataError, match=r"expected uint8 \[N, H, W, 1 or 3\]"):
        gan_cli.train(data=np.zeros([8, 16, 16, 2], np.uint8))
    with pytest.raises(ConfigError, match="dcgn"):
        gan_cli.train(model="dcgn")
    with pytest.raises(ConfigError, match="widht"):
        gan_cli.train(**{"model.widht": 3})


@pytest.mark.slow
@pytest.mark.parametrize("module", ["layers.common", "layers.normalization"])
def test_any_module_of_networks_may_be_the_first_import(module: str, tmp_path: Path) -> None:
    """Keras, which it imports, has all of our layers registered at once."""
    done = python(f"import gan_cli.networks.{module}", tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_every_layer_has_its_name_once_keras_is_imported(tmp_path: Path) -> None:
    """Of every file with layers, whoever wrote it last."""
    folder = Path(gan_cli.__file__).parent / "networks"
    layer = re.compile(r'register_keras_serializable\("gan_cli"\)\nclass (\w+)')
    names = [name for path in folder.rglob("*.py") for name in layer.findall(path.read_text())]
    assert {"BatchNorm", "Holes"} < set(names)
    code = (
        "import gan_cli, keras\n"
        f"print([name for name in {names} "
        "if keras.saving.get_registered_object('gan_cli>' + name) is None])"
    )
    assert python(code, tmp_path).stdout == "[]\n"
