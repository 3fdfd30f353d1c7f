"""`gan-export` from the outside: what it writes is opened here by the program that it is for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import TINY, Command, one_line


def expected(sample: Command, run: str, *more: str) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """gan-sample's uint8 images of 16 samples, and their inputs."""
    assert sample(run, "count=16", "format=npz", f"output={run}.npz", *more).code == 0
    with np.load(f"{run}.npz") as arrays:
        return arrays["images"], {name: arrays[name] for name in arrays.files if name != "images"}


def levels(images: np.ndarray) -> np.ndarray:
    return np.clip(np.rint((images + 1.0) * 127.5), 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    ("arguments", "code", "part"),
    [
        (["format=onnx"], 2, "checkpoint is missing: gan-export RUN"),
        (["run"], 2, "format is missing (accepted: huggingface, keras, litert, onnx,"),
        (["run", "format=onx"], 2, "unknown format 'onx'; did you mean 'onnx'? (accepted:"),
        (["nowhere", "format=keras"], 4, "nowhere: no such directory"),
        (["run", "format=keras", "step=5"], 5, "run has no checkpoint of step 5 (it has: 4, 8)"),
        (["run", "format=keras", "quantize=int8"], 2, "quantize=int8 goes with format=litert"),
        (["run", "format=onnx", "license=mit"], 2, "license=mit goes with format=huggingface"),
        (["run", "format=keras", "truncation=0.5"], 2, "model=dcgan truncates its latents"),
        (["run", "format=keras", "output=run"], 2, "format=keras writes a file .keras"),
        (["run", "format=saved_model", "output=run"], 2, "another output=, or overwrite=true"),
        (["run", "format=onnx", "output=no/x.onnx"], 2, "no directory no"),
        (["run", "format=keras", "outputs=x"], 2, "did you mean 'output'?"),
    ],
)
def test_mistakes_are_one_line(
    arguments: list[str], code: int, part: str, export: Command, tmp_path: Path
) -> None:
    result = export(*arguments)
    assert result.code == code
    assert part in one_line(result)
    assert {path.name for path in tmp_path.iterdir()} == {"run"}


def test_a_missing_extra_is_named(export: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name in (("tf2onnx", "onnx"), ("ai_edge_litert", "litert")):
        monkeypatch.setitem(sys.modules, module, None)  # as if it were not installed
        line = one_line(export("run", f"format={name}"))
        assert line == (f"gan-export: format={name} needs {module}: pip install 'gan_cli[export]'")


def test_what_the_model_cannot_do_is_one_line(export: Command, train: Command) -> None:
    assert "model=dcgan has no encoder" in one_line(export("run", "format=keras", "part=encoder"))
    assert train("model=template", "data=digits", "training.steps=2", "run_dir=plain").code == 0
    result = export("plain", "format=keras")
    assert result.code == 2
    assert "model=template learns no weights" in one_line(result)


@pytest.mark.slow
def test_every_format_makes_the_images_of_gan_sample(export: Command, sample: Command) -> None:
    images, inputs = expected(sample, "run")
    for name in ("keras", "saved_model", "onnx", "litert"):
        result = export("run", f"format={name}")
        assert result.code == 0, result.err
        assert result.err == ""
        assert "16 samples differ by at most" in result.out
    assert levels(of_onnx("run-step-00000008.onnx", inputs)) == pytest.approx(images, abs=1)
    assert levels(of_litert("run-step-00000008.tflite", inputs)) == pytest.approx(images, abs=1)
    assert levels(of_keras("run-step-00000008.keras", inputs)) == pytest.approx(images, abs=1)


def of_onnx(path: str, inputs: dict[str, np.ndarray]) -> np.ndarray:
    import onnxruntime

    session = onnxruntime.InferenceSession(path)
    (output,) = session.get_outputs()
    assert output.name == "images"
    assert [each.name for each in session.get_inputs()] == list(inputs)
    assert output.shape[0] == "N"
    return session.run(None, inputs)[0]


def of_litert(path: str, inputs: dict[str, np.ndarray]) -> np.ndarray:
    from ai_edge_litert.interpreter import Interpreter

    return Interpreter(path).get_signature_runner("serving_default")(**inputs)["images"]


def of_keras(path: str, inputs: dict[str, np.ndarray]) -> np.ndarray:
    code = (
        "import sys, keras, numpy as np\n"
        "given = list(dict(np.load('inputs.npz')).values())\n"
        f"images = keras.saving.load_model({path!r})(given if len(given) > 1 else given[0])\n"
        "np.save('images.npy', images)\n"
        "assert not [name for name in sys.modules if name.startswith('gan_cli')]\n"
    )
    np.savez("inputs.npz", **inputs)  # type: ignore[arg-type]
    subprocess.run([sys.executable, "-c", code], check=True, timeout=200)
    return np.load("images.npy")


@pytest.mark.slow
def test_labels_and_parts_have_names(export: Command, sample: Command, train: Command) -> None:
    assert train(*TINY, "model=cgan", "training.steps=2", "run_dir=told").code == 0
    images, inputs = expected(sample, "told")
    assert list(inputs) == ["latents", "labels"]
    assert export("told", "format=onnx", "output=told.onnx").code == 0
    assert levels(of_onnx("told.onnx", inputs)) == pytest.approx(images, abs=1)
    again = export("told", "format=onnx", "output=told.onnx", "overwrite=true")
    assert again.code == 0, again.err
    assert export("told", "format=keras", "output=told.keras").code == 0
    assert levels(of_keras("told.keras", inputs)) == pytest.approx(images, abs=1)
    vae = [each for each in TINY if "width" not in each]
    assert train(*vae, "model=vae", "training.steps=2", "run_dir=vae").code == 0
    result = export("vae", "format=litert", "part=encoder", "output=encoder.tflite")
    assert result.code == 0, result.err
    from ai_edge_litert.interpreter import Interpreter

    encode = Interpreter("encoder.tflite").get_signature_runner("serving_default")
    found = encode(images=np.zeros((3, 8, 8, 1), np.float32))
    assert {name: each.shape for name, each in found.items()} == {
        "mean": (3, 6),
        "log_variance": (3, 6),
    }
