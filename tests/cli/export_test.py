"""`gan-export` from the outside: what it writes is opened here by the program that it is for."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from safetensors import safe_open

import gan_cli
from tests.conftest import TINY, Command, one_line
from tests.web import NOWHERE


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
        (
            ["run", "format=huggingface", "directions=d.npz"],
            2,
            "directions=d.npz goes with format=",
        ),
        (["run", "format=keras", "directions=d.npz"], 3, "d.npz"),
        (["run", "format=keras", "truncation=0.5"], 2, "model=dcgan truncates its latents"),
        (["run", "format=keras", "steps=4"], 2, "steps=4: model=dcgan makes single images"),
        (["run", "format=keras", "output=run"], 2, "format=keras writes a file .keras"),
        (["run", "format=saved_model", "output=run"], 2, "another output=, or overwrite=true"),
        (["run", "format=keras", "output=no/x.keras"], 2, "no directory no"),
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


def test_a_part_that_the_model_lacks_is_one_line(export: Command) -> None:
    assert "model=dcgan has no encoder" in one_line(export("run", "format=keras", "part=encoder"))


@pytest.mark.slow
def test_a_baseline_is_refused(export: Command, train: Command) -> None:
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


@pytest.mark.slow
def test_the_folder_for_the_hub_runs_as_its_card_says(
    export: Command, evaluate: Command, tmp_path: Path
) -> None:
    measured = evaluate("run", "metrics=[frechet]", "extractor=random", "count=64", "repeats=1")
    assert measured.code == 0, measured.err
    result = export("run", "format=huggingface", "license=mit", "output=hub")
    assert result.code == 0, result.err
    card = (tmp_path / "hub" / "README.md").read_text(encoding="utf-8")
    assert card.startswith("---\nlicense: mit\nlibrary_name: keras\n")
    assert "| frechet | " in card
    assert "64 samples, 1 times" in card
    (snippet,) = re.findall(r"```python\n(.*?)```", card, re.DOTALL)
    code = f"{snippet}\nnp.save('images.npy', images)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path / "hub", timeout=200)
    latents = np.random.default_rng(0).standard_normal((16, 6), dtype=np.float32)
    found = levels(np.load(tmp_path / "hub" / "images.npy"))
    assert found == pytest.approx(gan_cli.load("run").sample(latents=latents), abs=1)
    with Image.open(tmp_path / "hub" / "samples.png") as picture:
        about = {"Run": "run", "Step": "8", "Score": "not scored"}  # while it was trained
        assert picture.text.items() >= about.items()
    with safe_open(tmp_path / "hub" / "model.safetensors", "numpy") as file:
        total = sum(file.get_tensor(name).size for name in file.keys())
    assert total == sum(each.numpy().size for each in gan_cli.load("run").generator.variables)


def test_sending_without_a_token_is_refused_before_anything_is_written(
    export: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("huggingface_hub")
    monkeypatch.setattr("huggingface_hub.get_token", lambda: None)
    result = export("run", "format=huggingface", "push=somebody/digits")
    assert result.code == 2
    assert "push=somebody/digits: no token of the Hub on this machine" in one_line(result)
    assert {path.name for path in tmp_path.iterdir()} == {"run"}


@pytest.mark.slow
def test_a_hub_that_does_not_answer_leaves_the_folder(
    export: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import HfApi

    monkeypatch.setattr("huggingface_hub.get_token", lambda: "hf_none")
    monkeypatch.setattr("huggingface_hub.HfApi", lambda: HfApi(endpoint=NOWHERE, token="hf_none"))
    result = export("run", "format=huggingface", "push=somebody/digits", "output=hub")
    assert result.code == 10
    assert "hub is whole and can be sent later" in one_line(result)
    assert (tmp_path / "hub" / "README.md").is_file()


def test_a_runtime_that_is_not_the_published_one_is_refused(
    export: Command, tmp_path: Path
) -> None:
    pytest.importorskip("tf2onnx")
    (tmp_path / "other.tgz").write_bytes(b"x")
    result = export("run", "format=web", "runtime=other.tgz")
    assert result.code == 3
    assert "not the published" in one_line(result)
    assert "no onnxruntime-web-1.30.0.tgz at no.tgz" in one_line(
        export("run", "format=web", "runtime=no.tgz")
    )


def test_what_makes_other_images_is_an_error_and_removed(
    export: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gan_cli.exporting import running

    def wrong(path: Path, imports: str, load: str, inputs: Any, ours: bool = False) -> running.Ran:
        assert path.exists()
        return running.Ran({"images": np.full((16, 8, 8, 1), 0.75, np.float32)}, 1.0, 1.0)

    monkeypatch.setattr(running, "run", wrong)
    result = export("run", "format=keras")
    assert result.code == 10
    assert "format=keras of model=dcgan makes other images: they differ by" in one_line(result)
    assert {path.name for path in tmp_path.iterdir()} == {"run"}


@pytest.mark.slow
def test_what_does_not_run_by_itself_is_an_error_and_removed(
    export: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import keras

    monkeypatch.setattr(
        keras.Model, "save", lambda network, path: Path(path).write_bytes(b"no archive")
    )
    result = export("run", "format=keras")
    assert result.code == 10
    assert "cannot be run by itself" in one_line(result)
    assert {path.name for path in tmp_path.iterdir()} == {"run"}


@pytest.mark.slow
def test_truncation_of_styles_is_part_of_what_is_exported(export: Command, train: Command) -> None:
    small = [each for each in TINY if "width" not in each]
    assert train(*small, "model=style_gan", "training.steps=2", "run_dir=styles").code == 0
    run = gan_cli.load("styles")
    latents = np.random.default_rng(3).standard_normal((4, 6)).astype(np.float32)
    for share in (0.5, 1.0):
        exported = run.export("onnx", f"{share}.onnx", truncation=share)
        assert exported.difference < 1e-4
        found = levels(of_onnx(f"{share}.onnx", {"latents": latents}))
        assert found == pytest.approx(run.sample(latents=latents, truncation=share), abs=1)
    result = export("styles", "format=keras", "truncation=0.5", "output=styles.keras")
    assert "opens after import gan_cli" in result.out


@pytest.mark.slow
@pytest.mark.parametrize("model", ["dcgan", "style_gan"])
def test_directions_are_an_input(model: str, export: Command, train: Command) -> None:
    """In latents, and in styles."""
    assert train(*TINY, f"model={model}", "training.steps=2", "run_dir=moved").code == 0
    run = gan_cli.load("moved")
    found = run.directions(by="sefa", count=2)
    found.write(Path())
    latents = np.random.default_rng(0).standard_normal((3, 6), np.float32)
    strengths = np.array([[0, 0], [1.5, 0], [-2, 3]], np.float32)
    for name in ("onnx", "keras"):
        result = export("moved", f"format={name}", "directions=directions.npz", f"output=x.{name}")
        assert result.code == 0, result.err
    images = levels(of_onnx("x.onnx", {"latents": latents, "strengths": strengths}))
    for place, (first, second) in enumerate(strengths):
        offset = first * found.directions[0] + second * found.directions[1]
        expected = run.sample(latents=latents[place : place + 1], offset=offset)
        assert images[place] == pytest.approx(expected[0], abs=1)
    assert np.abs(images[1].astype(int) - run.sample(latents=latents[1:2])[0]).max() > 1
    result = export("run", "format=onnx", "directions=directions.npz", "output=y.onnx")
    if model == "style_gan":
        assert "this model takes [K, 6]" in one_line(result)


@pytest.mark.slow
def test_captions_are_an_input_where_the_format_has_one(export: Command, train: Command) -> None:
    made = train(
        "model=text_gan",
        "data=shapes",
        "training.steps=2",
        "training.batch_size=8",
        "evaluation.every=null",
        "run_dir=text",
    )
    assert made.code == 0, made.err
    result = export("text", "format=huggingface")
    assert result.code == 2
    assert "format=huggingface has no place for captions, which model=text_gan" in one_line(result)
    assert export("text", "format=onnx", "output=text.onnx").code == 0
    import onnxruntime

    inputs = onnxruntime.InferenceSession("text.onnx").get_inputs()
    assert [(each.name, each.type) for each in inputs] == [
        ("latents", "tensor(float)"),
        ("captions", "tensor(int32)"),
    ]


@pytest.mark.slow
def test_sequences_of_a_chosen_length(
    export: Command, sample: Command, train: Command, tmp_path: Path
) -> None:
    from PIL import Image

    random = np.random.default_rng(0)
    for video in range(8):
        (tmp_path / "videos" / str(video)).mkdir(parents=True)
        for place in range(3):
            pixels = random.integers(0, 256, (16, 16), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / "videos" / str(video) / f"{place}.png")
    tiny = ["model=sequence_vae", "model.width=2", "model.latent_dim=3", "training.batch_size=4"]
    data = ["data=frames", "data.path=videos", "data.size=16", "data.frames=3"]
    short = ["training.steps=1", "evaluation.every=null", "run_dir=sequences"]
    made = train(*tiny, *data, *short)
    assert made.code == 0, made.err
    images, inputs = expected(sample, "sequences", "steps=5")
    assert images.shape == (16, 5, 16, 16, 1)
    result = export("sequences", "format=onnx", "steps=5", "output=five.onnx")
    assert result.code == 0, result.err
    assert levels(of_onnx("five.onnx", inputs)) == pytest.approx(images, abs=1)
