"""`gan-sample` with control: classes, truncation, given latents, sequences."""

from __future__ import annotations

import json
import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gan_cli.base.images import grid
from gan_cli.config.commands import SampleConfig
from gan_cli.models import MODELS
from gan_cli.runs.rundir import RunDirectory
from gan_cli.sampling import generate
from gan_cli.sampling.control import check, class_grid
from tests.conftest import TINY, Command, one_line

from ..training.toys import Sequences

NAMES = ["crab", "eel", "7", "ox", "yak", "hen", "cat", "dog", "elk", "asp"]


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a finished run of a model that is told the class."""
    from gan_cli.cli.train import main

    folder = tmp_path_factory.mktemp("labelled")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(
            sys, "argv", ["gan-train", "model=cgan", *TINY, "training.steps=4", "run_dir=run"]
        )
        assert main() == 0
    return folder


@pytest.fixture
def plain(trained: Path, tmp_path: Path) -> Path:
    """A copy of a run of a model that is not told the class."""
    return shutil.copytree(trained / "run", tmp_path / "run")


@pytest.fixture
def classes(labelled: Path, sample: Command, tmp_path: Path) -> Command:
    """gan-sample beside a copy of that run."""
    shutil.copytree(labelled, tmp_path, dirs_exist_ok=True)
    return sample


def npz(command: Command, name: str, *arguments: str) -> dict[str, np.ndarray]:
    result = command("checkpoint=run", "format=npz", f"output={name}.npz", *arguments)
    assert result.code == 0, result.err
    with np.load(f"{name}.npz", allow_pickle=False) as arrays:
        return dict(arrays)


def test_labels_are_given_in_turn_and_leave_the_latents_alone(classes: Command) -> None:
    drawn = npz(classes, "drawn", "count=30", "seed=5")
    assert list(drawn) == ["images", "latents", "labels"]
    random = np.random.default_rng([5, 1]).random(30)
    np.testing.assert_array_equal(drawn["labels"], np.floor(random * 10))
    assert drawn["labels"].dtype == np.int64
    for number, (given, expected) in enumerate(
        {
            "[7]": [7],
            "7": [7],
            "[7,3]": [7, 3],
            "['3',0,9]": [3, 0, 9],
        }.items()
    ):
        found = npz(classes, str(number), "count=30", "seed=5", f"labels={given}", "batch_size=7")
        np.testing.assert_array_equal(found["labels"], np.resize(expected, 30))
        np.testing.assert_array_equal(found["latents"], drawn["latents"])
        same = found["labels"] == drawn["labels"]
        np.testing.assert_array_equal(found["images"][same], drawn["images"][same])
        assert (found["images"][~same] != drawn["images"][~same]).any()


def test_a_grid_has_a_row_for_each_class_and_a_column_for_each_latent(classes: Command) -> None:
    result = classes("checkpoint=run", "output=all.png")
    assert (
        result.out.splitlines()[-1]
        == "60 images from step 4 (the newest, none is scored) of run: all.png"
    )
    latents = np.random.default_rng(0).standard_normal((6, 6), np.float32)
    np.save("latents.npy", latents)
    np.save("tiled.npy", np.tile(latents, (10, 1)))
    each = ",".join(str(place // 6) for place in range(60))
    rows = npz(classes, "all", f"labels=[{each}]", "latents=tiled.npy")["images"].reshape(
        10, 6, 8, 8, 1
    )
    with Image.open("all.png") as sheet:
        shown = np.asarray(sheet)[..., None]
    expected = grid(np.concatenate(rows), 6)
    np.testing.assert_array_equal(shown[:, -expected.shape[1] :], expected)
    margin, height = shown[:, : -expected.shape[1], 0], (shown.shape[0] - 2) // 10
    written = [margin[row * height : (row + 1) * height] for row in range(10)]
    assert all((each < 128).any() for each in written)
    assert len({each.tobytes() for each in written}) == 10
    assert classes("checkpoint=run", "output=two.png", "labels=[8,1]", "count=13").code == 0
    with Image.open("two.png") as sheet:
        expected = grid(np.concatenate([rows[8], rows[1]]), 6)
        np.testing.assert_array_equal(np.asarray(sheet)[:, -expected.shape[1] :, None], expected)
    result = classes("checkpoint=run", "output=eight.png", "labels=[8,1]")
    assert (
        result.out.splitlines()[-1]
        == "16 images from step 4 (the newest, none is scored) of run: eight.png"
    )
    assert classes("checkpoint=run", "output=found.png", "latents=latents.npy").code == 0
    assert Path("found.png").read_bytes() == Path("all.png").read_bytes()
    assert (
        classes("checkpoint=run", "output=one.png", "labels=[4]", "latents=latents.npy").code == 0
    )
    with Image.open("one.png") as sheet:
        np.testing.assert_array_equal(np.asarray(sheet)[..., None], grid(rows[4]))


@pytest.mark.parametrize(
    ("count", "classes", "expected"),
    [
        (64, 10, (10, 6)),
        (60, 10, (10, 6)),
        (10, 10, (10, 1)),
        (9, 10, (3, 3)),
        (64, 100, (8, 8)),
        (1, 10, (1, 1)),
        (5, 2, (2, 2)),
    ],
)
def test_size_of_a_grid_of_classes(count: int, classes: int, expected: tuple[int, int]) -> None:
    assert class_grid(count, classes) == expected


def test_classes_have_names_and_a_name_comes_before_a_number(
    classes: Command, tmp_path: Path
) -> None:
    card = json.loads((tmp_path / "run" / "model.json").read_text())
    card["data"]["class_names"] = NAMES
    (tmp_path / "run" / "model.json").write_text(json.dumps(card))
    stored = RunDirectory.read("run").read_card()
    for given, expected in {
        "cat": [6],
        "[cat,dog]": [6, 7],
        "[7]": [2],
        "['7',2]": [2, 2],
        "[3,crab]": [3, 0],
        "['9']": [9],
    }.items():
        values = [
            int(each) if each.isdigit() else each.strip("'")
            for each in given.strip("[]").split(",")
        ]
        assert check(SampleConfig("run", labels=values, format="png"), stored).labels == expected
    for given, part in {
        "[cta]": "unknown class 'cta'; did you mean 'cat'? (accepted: crab, eel, 7, ",
        "10": "unknown class 10 (accepted: crab",
        "[-1]": "unknown class -1",
        "[]": "labels=[] names no class",
        "[Cat]": "did you mean 'cat'?",
    }.items():
        result = classes("checkpoint=run", f"labels={given}")
        assert result.code == 2
        assert part in one_line(result)


def test_names_of_a_stranger_and_many_names_stay_one_line(classes: Command, tmp_path: Path) -> None:
    path = tmp_path / "run" / "model.json"
    card = json.loads(path.read_text())
    card["data"] |= {"class_names": ["a\nb", "c\x1b[2J"], "num_classes": 2}
    path.write_text(json.dumps(card))
    assert "accepted: a\\nb, c\\x1b[2J)" in one_line(classes("checkpoint=run", "labels=[x]"))
    card["data"] |= {"class_names": [f"n{index}" for index in range(5000)], "num_classes": 5000}
    path.write_text(json.dumps(card))
    line = one_line(classes("checkpoint=run", "labels=[x]"))
    assert line.endswith("n98, n99, ... of 5,000)")
    card["data"] |= {"class_names": []}
    path.write_text(json.dumps(card))
    assert one_line(classes("checkpoint=run", "labels=[5000]")).endswith(
        "unknown class 5000 (accepted: 0 to 4999)"
    )


@pytest.mark.slow
def test_truncated_latents_keep_their_order_and_stay_within_the_bound(
    sample: Command, plain: Path
) -> None:
    whole = npz(sample, "whole", "count=200")
    for bound in (0.1, 0.7, 2.0):
        found = npz(sample, f"{bound}", "count=200", f"truncation={bound}", "batch_size=33")
        before, after = whole["latents"].ravel(), found["latents"].ravel()
        assert np.abs(after).max() <= bound
        assert np.abs(after).max() == pytest.approx(bound, rel=0.05)
        assert (np.diff(after[np.argsort(before)]) >= 0).all()
        assert (np.sign(after) == np.sign(before)).all()
        assert (found["images"] != whole["images"]).any()
    far = npz(sample, "far", "count=200", "truncation=100")
    np.testing.assert_allclose(far["latents"], whole["latents"], rtol=1e-6)
    np.testing.assert_array_equal(far["images"], whole["images"])


def test_given_latents_make_the_images_that_they_were_drawn_with(
    sample: Command, plain: Path
) -> None:
    drawn = npz(sample, "drawn", "count=9", "seed=3")
    np.save("latents.npy", drawn["latents"])
    np.save("column_major.npy", np.asfortranarray(drawn["latents"].astype(np.float64)))
    for file in ("latents.npy", "column_major.npy"):
        again = npz(sample, f"again-{file}", f"latents={file}", "batch_size=4")
        np.testing.assert_array_equal(again["images"], drawn["images"])
        np.testing.assert_array_equal(again["latents"], drawn["latents"])
    first = npz(sample, "first", "latents=latents.npy", "count=2")
    np.testing.assert_array_equal(first["images"], drawn["images"][:2])
    result = sample("checkpoint=run", "latents=latents.npy", "output=nine.png")
    assert (
        result.out.splitlines()[-1]
        == "9 images from step 8 (the newest, none is scored) of run: nine.png"
    )


def _save(array: np.ndarray, cut: int | None = None) -> None:
    np.save("latents.npy", array)
    if cut is not None:
        Path("latents.npy").write_bytes(Path("latents.npy").read_bytes()[:cut])


@pytest.mark.parametrize(
    ("make", "part"),
    [
        (lambda: None, "latents=latents.npy: no such file"),
        (lambda: Path("latents.npy").mkdir(), "is no plain file"),
        (lambda: os.mkfifo("latents.npy"), "is no plain file"),
        (
            lambda: Path("latents.npy").write_bytes(b"PK garbage"),
            "not an array as numpy.save writes it",
        ),
        (
            lambda: np.save("latents.npy", np.array([{}]), allow_pickle=True),
            "holds pickled objects",
        ),
        (lambda: _save(np.zeros((4, 6), np.float32), -1), "holds 95 bytes, its header says 96"),
        (lambda: _save(np.zeros((4, 6), np.float32), 40), "not an array as numpy.save writes it"),
        (lambda: _save(np.zeros((0, 6), np.float32)), "holds 0 bytes, its header says 0"),
        (lambda: _save(np.zeros((4, 6), np.int64)), "int64 [4, 6], expected floats [N, ...]"),
        (lambda: _save(np.zeros(6, np.float32)), "float32 [6], expected floats [N, ...]"),
        (
            lambda: _save(np.zeros((4, 7), np.float32)),
            "latents=latents.npy: [N, 7], this model takes [N, 6]",
        ),
        (lambda: _save(np.zeros((4, 6, 1), np.float32)), "[N, 6, 1], this model takes [N, 6]"),
        (
            lambda: _save(np.array([[0.0] * 6, [np.inf] * 6])),
            "has a value that is not finite in row 1",
        ),
        (
            lambda: _save(np.array([[0.0] * 6, [1e39] * 6])),
            "has a value that is not finite in row 1",
        ),
    ],
)
def test_latents_that_cannot_be_used(make: object, part: str, sample: Command, plain: Path) -> None:
    make()  # type: ignore[operator]
    result = sample("checkpoint=run", "latents=latents.npy", "format=png", "output=out")
    assert result.code == 3
    assert part in one_line(result)
    assert not Path("out").exists()


def test_a_header_s_lie_about_the_size_takes_no_memory(sample: Command, plain: Path) -> None:
    with Path("latents.npy").open("wb") as file:
        np.lib.format.write_array_header_1_0(
            file, {"descr": "<f4", "fortran_order": False, "shape": (10**12, 6)}
        )
        file.write(b"\0" * 24)
    result = sample("checkpoint=run", "latents=latents.npy")
    assert result.code == 3
    assert "holds 24 bytes, its header says 24,000,000,000,000" in one_line(result)


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["labels=[7]"], "labels=[7]: model=dcgan is not by class"),
        (["labels=[true]"], "labels"),
        (["labels=[1.5]"], "labels"),
        (["steps=5"], "steps=5: model=dcgan makes single images"),
        (["steps=0"], "steps=0"),
        (["format=gif"], "format=gif plays sequences; model=dcgan makes single images"),
        (["truncation=0"], "truncation=0"),
        (["truncation=.nan"], "truncation"),
        (["truncation=0.5", "latents=x.npy"], "leave one out"),
        (["fps=51"], "fps=51"),
    ],
)
def test_what_does_not_go_together_is_one_line(
    arguments: list[str], part: str, sample: Command, plain: Path
) -> None:
    result = sample("checkpoint=run", *arguments)
    assert result.code == 2
    assert part in one_line(result)


def test_more_images_than_latents_are_refused(sample: Command, plain: Path) -> None:
    _save(np.zeros((4, 6), np.float32))
    result = sample("checkpoint=run", "latents=latents.npy", "count=5")
    assert (result.code, one_line(result)) == (
        2,
        "gan-sample: count=5: latents=latents.npy holds 4",
    )


@pytest.fixture
def films(sample: Command, plain: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """gan-sample of a run that claims to be one of a toy that makes sequences of 4 frames."""
    card = json.loads((plain / "model.json").read_text())
    card["data"]["sequence_length"] = 4
    (plain / "model.json").write_text(json.dumps(card))
    entry = MODELS["dcgan"]
    monkeypatch.setitem(MODELS._entries, "dcgan", replace(entry, needs=("sequences",)))
    monkeypatch.setattr(generate, "load_sampler", lambda run, manifest: Sequences())
    return sample


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "frames"), [([], 4), (["steps=1"], 1), (["steps=7"], 7), (["steps=1024"], 1024)]
)
def test_sequences_have_any_length_in_every_format(
    arguments: list[str], frames: int, films: Command
) -> None:
    result = films("checkpoint=run", "count=3", "output=grid.png", *arguments)
    assert (
        result.out.splitlines()[-1]
        == f"3 sequences of {frames} frames from step 8 (the newest, none is scored) of run: "
        "grid.png"
    )
    images = npz(films, "all", "count=3", "batch_size=2", *arguments)["images"]
    assert images.shape == (3, frames, 8, 8, 1)
    with Image.open("grid.png") as sheet:
        np.testing.assert_array_equal(
            np.asarray(sheet)[..., None], grid(images.reshape(-1, 8, 8, 1), frames)
        )
    assert films("checkpoint=run", "count=2", "format=png", "output=folder", *arguments).code == 0
    assert sorted(path.name for path in Path("folder").iterdir()) == ["000000", "000001"]
    found = sorted(Path("folder/000001").iterdir())
    assert [path.name for path in found] == [f"{index:04d}.png" for index in range(frames)]
    with Image.open(found[-1]) as picture:
        np.testing.assert_array_equal(np.asarray(picture), images[1, -1, ..., 0])
    result = films("checkpoint=run", "count=3", "format=gif", "fps=25", *arguments)
    assert result.out.splitlines()[-1].endswith(": run-step-00000008.gif")
    with Image.open("run-step-00000008.gif") as film:
        assert (film.n_frames, film.size, film.info["loop"]) == (frames, (262, 262), 0)
        assert film.info["duration"] == 40
        film.seek(frames - 1)
        np.testing.assert_array_equal(np.asarray(film.convert("L"))[..., None], grid(images[:, -1]))


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["count=1025"], "count=1025 of 4 frames: format=grid shows up to 4096 images"),
        (["count=5", "steps=1024"], "count=5 of 1024 frames: format=grid shows up to 4096 images"),
        (["count=65", "steps=1024", "format=gif"], "format=gif shows up to 65536 images"),
        (["steps=1025"], "steps=1025"),
        (["labels=[1]"], "is not by class"),
    ],
)
def test_limits_of_sequences(arguments: list[str], part: str, films: Command) -> None:
    result = films("checkpoint=run", *arguments)
    assert result.code == 2
    assert part in one_line(result)
