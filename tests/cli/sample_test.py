"""`gan-sample` from the outside; the run directory is a stranger's and stays as it is."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.conftest import Command, one_line


def snapshot(run: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in run.rglob("*") if path.is_file()}


def test_grid_png_and_npz_hold_the_same_images_and_touch_nothing(
    sample: Command, tiny_run: Path, tmp_path: Path
) -> None:
    before = snapshot(tiny_run)
    result = sample("run")  # short for checkpoint=run
    assert result.code == 0, result.err
    assert (
        result.out.splitlines()[-1]
        == "64 images from step 8 (the newest, none is scored) of run: run-step-00000008.png"
    )
    assert (
        sample("checkpoint=run", "count=64", "format=npz", "batch_size=5", "output=all.npz").code
        == 0
    )
    assert (
        sample("checkpoint=run", "count=64", "format=png", "batch_size=64", "output=folder").code
        == 0
    )
    with np.load("all.npz", allow_pickle=False) as arrays:
        assert arrays.files == ["images", "latents"]
        images, latents = arrays["images"], arrays["latents"]
    np.testing.assert_array_equal(
        latents, np.random.default_rng(0).standard_normal((64, 6), np.float32)
    )
    assert (images.shape, images.dtype) == ((64, 8, 8, 1), np.uint8)
    assert sorted(path.name for path in (tmp_path / "folder").iterdir()) == [
        f"{n:06d}.png" for n in range(64)
    ]
    for index in (0, 4, 5, 63):
        with Image.open(tmp_path / "folder" / f"{index:06d}.png") as picture:
            np.testing.assert_array_equal(np.asarray(picture), images[index, ..., 0])
            about = {"Run": "run", "Step": "8", "Seed": "0", "Index": str(index)}
            about |= {"Score": "not scored"}
            assert about.items() <= picture.text.items()
    with Image.open("run-step-00000008.png") as grid:
        assert grid.size == (530, 530)  # each pixel is shown as 8
        np.testing.assert_array_equal(np.asarray(grid)[2:66:8, 68:132:8], images[1, ..., 0])
    assert snapshot(tiny_run) == before
    assert {path.name for path in tmp_path.iterdir()} == {
        "run",
        "all.npz",
        "folder",
        "run-step-00000008.png",
    }


def test_a_second_call_takes_the_next_name(sample: Command, tiny_run: Path) -> None:
    names = []
    for seed in (0, 1, 2):
        result = sample("run", "count=4", f"seed={seed}")
        assert result.code == 0, result.err
        names.append(result.out.split()[-1])
    assert names == [f"run-step-00000008{number}.png" for number in ("", "-2", "-3")]
    assert len({Path(name).read_bytes() for name in names}) == 3


def test_the_seed_and_the_step_choose(sample: Command, tiny_run: Path) -> None:
    for name, arguments in {
        "a": ["seed=1"],
        "b": ["seed=1", "step=best", "batch_size=3"],
        "c": ["seed=2"],
        "d": ["seed=1", "step=4"],
        "e": ["seed=1", "step=newest"],
    }.items():
        assert (
            sample("checkpoint=run", "format=npz", "count=9", f"output={name}.npz", *arguments).code
            == 0
        )
    images = {name: np.load(f"{name}.npz")["images"] for name in "abcde"}
    np.testing.assert_array_equal(images["a"], images["b"])
    np.testing.assert_array_equal(images["a"], images["e"])
    assert (images["a"] != images["c"]).any()
    assert (images["a"] != images["d"]).any()


@pytest.mark.parametrize(
    ("arguments", "code", "part"),
    [
        ([], 2, "checkpoint is missing: gan-sample RUN"),
        (["checkpoint=nowhere"], 4, "nowhere: no such directory"),
        (["checkpoint=run", "step=5"], 5, "run has no checkpoint of step 5 (it has: 4, 8)"),
        (["checkpoint=run", "step=last"], 2, "step=last"),
        (["checkpoint=run", "count=0"], 2, "count=0"),
        (["checkpoint=run", "format=jpg"], 2, "'grid', 'png', 'npz' or 'gif'"),
        (["checkpoint=run", "counts=3"], 2, "did you mean 'count'?"),
        (["checkpoint=run", "count=5000"], 2, "format=png or format=npz"),
        (["checkpoint=run", "output=run"], 2, "output=run exists already"),
        (["checkpoint=run", "output=no/such/x.png"], 2, "no directory no/such"),
        (["--experimental-rerun=x"], 2, "refused"),
    ],
)
def test_mistakes_are_one_line(
    arguments: list[str], code: int, part: str, sample: Command, tiny_run: Path
) -> None:
    result = sample(*arguments)
    assert result.code == code
    assert part in one_line(result)


def test_a_damaged_newest_checkpoint_is_reported_and_the_one_before_used(
    sample: Command, tiny_run: Path
) -> None:
    (tiny_run / "checkpoints" / "step-00000008" / "sampler.safetensors").write_bytes(b"x")
    result = sample("checkpoint=run", "count=4")
    assert result.code == 0
    assert "DAMAGED CHECKPOINT" in result.err
    assert "step 4 (" in result.out


def _edit(path: Path, key: str, **values: object) -> None:
    content = json.loads(path.read_text())
    content[key] |= values
    path.write_text(json.dumps(content))


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("model", {"width": 1024}),
        ("data", {"height": 2048, "width": 2048}),
        ("model", {"name": "os"}),
        ("model", {"_target_": "os.system"}),
        ("data", {"height": 10**9}),
        ("data", {"class_names": [1]}),
    ],
)
def test_a_model_json_that_was_tampered_with_is_refused_before_memory_is_taken(
    key: str, values: dict[str, object], sample: Command, tiny_run: Path
) -> None:
    _edit(tiny_run / "model.json", key, **values)
    result = sample("checkpoint=run", "count=1")
    assert result.code in (4, 5)
    one_line(result)
    assert not list(tiny_run.parent.glob("*.png"))


def test_a_consistent_lie_about_the_size_takes_no_memory(sample: Command, tiny_run: Path) -> None:
    import resource

    from gan_cli.runs.rundir import RunDirectory

    _edit(tiny_run / "model.json", "model", width=1024, latent_dim=4096)
    _edit(tiny_run / "model.json", "data", height=2048, width=2048)
    fingerprint = RunDirectory.read("run").read_card().fingerprint
    for step in (4, 8):
        manifest = tiny_run / "checkpoints" / f"step-{step:08d}" / "manifest.json"
        manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"model": fingerprint}))
    (tiny_run / "checkpoints" / "index.json").unlink()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    result = sample("checkpoint=run", "count=1")
    assert result.code == 5
    assert "this model has" in one_line(result) or "is missing" in one_line(result)
    assert (
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000
    )  # KiB; the weights would be 10 GB


def test_planted_yaml_and_pickles_are_never_opened(
    sample: Command, tiny_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pickle

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("unpickled")

    (tiny_run / ".hydra" / "config.yaml").write_text("_target_: os.system\n")
    (tiny_run / ".hydra" / "config.pickle").write_bytes(b"cos\nsystem\n(S'touch owned'\ntR.")
    (tiny_run / "checkpoints" / "checkpoint").write_text('model_checkpoint_path: "/etc/passwd"')
    monkeypatch.setattr(pickle, "load", refuse)
    monkeypatch.setattr(pickle, "loads", refuse)
    assert sample("checkpoint=run", "count=4").code == 0
    assert not Path("owned").exists()


def test_an_output_that_fails_half_way_leaves_nothing(
    sample: Command, tiny_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gan_cli.sampling import drawing

    real = drawing.to_uint8
    calls: list[int] = []

    def failing(images: np.ndarray) -> np.ndarray:
        calls.append(1)
        if len(calls) > 2:
            raise OSError(28, "No space left on device")
        return real(images)

    monkeypatch.setattr(drawing, "to_uint8", failing)
    for format_ in ("npz", "png"):
        calls.clear()
        result = sample(
            "checkpoint=run", "count=32", "batch_size=8", f"format={format_}", "output=out"
        )
        assert result.code == 8
        assert one_line(result) == "gan-sample: out: No space left on device"
        assert [path.name for path in tiny_run.parent.iterdir()] == ["run"]


def test_quiet_holds_back_noise_only(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    from gan_cli.base.quiet import quiet

    monkeypatch.delenv("TF_CPP_MIN_LOG_LEVEL", raising=False)
    with quiet():
        os.write(
            2,
            (
                b"I0000 00:00:1.2 3 port.cc:1] noise\nWARNING: All log messages before "
                b"absl::InitializeLog()\n"
            ),
        )
        print("a real warning", file=sys.stderr)
    assert capfd.readouterr().err == "a real warning\n"
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "0")
    with quiet():
        os.write(2, b"I0000 00:00:1.2 3 port.cc:1] wanted\n")
    assert "wanted" in capfd.readouterr().err


def test_words_of_a_stranger_s_index_do_not_steer_the_terminal(
    sample: Command, tiny_run: Path
) -> None:
    path = tiny_run / "checkpoints" / "index.json"
    values = json.loads(path.read_text())
    del values["sha256"]
    values["checkpoints"]["4"] = "\x1b[2J"
    path.write_text(json.dumps(values))
    result = sample("run")
    assert result.code == 0
    assert "\x1b" not in result.err
    assert "\\x1b[2J" in result.err
