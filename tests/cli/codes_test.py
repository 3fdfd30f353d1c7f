"""`gan-sample codes=`: settings of what info_gan has found; and the preview that moves them."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import gan_cli
from gan_cli.base.images import grid
from tests.conftest import TINY, Command, one_line


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a finished run of info_gan: 3 categories, 2 continuous codes, 6 values more."""
    from gan_cli.cli.train import main

    folder = tmp_path_factory.mktemp("found")
    arguments = ["model=info_gan", "model.categories=3", *TINY, "training.steps=4", "run_dir=run"]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(sys, "argv", ["gan-train", *arguments])
        assert main() == 0
    return folder


@pytest.fixture
def codes(found: Path, sample: Command, tmp_path: Path) -> Command:
    """gan-sample beside a copy of that run."""
    shutil.copytree(found, tmp_path, dirs_exist_ok=True)
    return sample


def npz(command: Command, name: str, *arguments: str) -> dict[str, np.ndarray]:
    result = command("checkpoint=run", "format=npz", f"output={name}.npz", *arguments)
    assert result.code == 0, result.err
    with np.load(f"{name}.npz", allow_pickle=False) as arrays:
        return dict(arrays)


def picture(path: str) -> np.ndarray:
    with Image.open(path) as sheet:
        return np.asarray(sheet)[..., None]


def test_a_setting_moves_its_codes_and_nothing_else(codes: Command) -> None:
    drawn = npz(codes, "drawn", "count=9", "seed=5")
    given = npz(codes, "given", "count=9", "seed=5", "codes=[2,null,-1.5]", "batch_size=4")
    expected = drawn["latents"].copy()
    expected[:, 6:9], expected[:, 10] = [0.0, 0.0, 1.0], -1.5
    np.testing.assert_array_equal(given["latents"], expected)
    np.save("latents.npy", given["latents"])
    np.testing.assert_array_equal(
        npz(codes, "again", "latents=latents.npy")["images"], given["images"]
    )
    assert (given["images"] != drawn["images"]).any()
    np.testing.assert_array_equal(
        gan_cli.load("run").sample(9, seed=5, codes=[2, None, -1.5]), given["images"]
    )


@pytest.mark.slow
def test_settings_are_given_in_turn_and_have_a_row_each_in_a_grid(codes: Command) -> None:
    in_turn = npz(codes, "turn", "count=6", "codes=[[0],[1,0.5]]")["latents"]
    assert in_turn[:, 6:9].argmax(axis=1).tolist() == [0, 1] * 3
    assert in_turn[1::2, 9].tolist() == [0.5] * 3
    drawn = npz(codes, "drawn", "count=5")["latents"]
    rows = np.concatenate([drawn, drawn])
    rows[:, 6:9] = np.repeat(np.eye(3)[[0, 1]], 5, axis=0)
    rows[5:, 9] = 0.5
    np.save("rows.npy", rows)
    expected = npz(codes, "rows", "latents=rows.npy")["images"]
    result = codes("checkpoint=run", "count=11", "codes=[[0],[1,0.5]]", "output=grid.png")
    assert (
        result.out.splitlines()[-1]
        == "10 images from step 4 (the newest, none is scored) of run: grid.png"
    )
    sheet = grid(expected, 5)
    np.testing.assert_array_equal(picture("grid.png")[:, -sheet.shape[1] :], sheet)


def test_the_preview_moves_one_code_in_each_row(codes: Command) -> None:
    """Four rows for each code, of the same four draws, three columns for the three categories."""
    assert Path("run/samples/step-00000004.png").exists()
    drawn = npz(codes, "drawn", "count=4")["latents"]
    places = [(slice(6, 9), np.eye(3)), *((9 + code, [-2.0, 0.0, 2.0]) for code in range(2))]
    rows = np.concatenate([np.repeat(drawn, 3, axis=0)] * 3)
    for block, (place, values) in enumerate(places):
        rows[12 * block : 12 * (block + 1), place] = np.concatenate([values] * 4)
    np.save("rows.npy", rows)
    expected = grid(npz(codes, "rows", "latents=rows.npy")["images"], 3)
    np.testing.assert_array_equal(picture("run/samples/codes-00000004.png"), expected)


@pytest.mark.parametrize(
    ("argument", "part"),
    [
        ("codes=[3]", "codes=[3.0]: unknown category 3 (accepted: 0 to 2)"),
        ("codes=[0.5]", "unknown category 0.5 (accepted: 0 to 2)"),
        (
            "codes=[0,1,2,3]",
            "codes=[0.0,1.0,2.0,3.0]: model=info_gan has 3 codes (a category of 3, 2 continuous)",
        ),
        ("codes=[]", "codes= is a value for each code, e.g. [3,null,-1.5], or a list of such"),
        ("codes=[[0],1]", "codes= is a value for each code, e.g. [3,null,-1.5], or a list of such"),
        ("codes=[a]", "codes"),
        ("codes=[.nan]", "codes"),
    ],
)
def test_codes_that_it_does_not_have(argument: str, part: str, codes: Command) -> None:
    result = codes("checkpoint=run", argument)
    assert result.code == 2
    assert part in one_line(result)


def test_a_model_without_codes(sample: Command, tiny_run: Path) -> None:
    result = sample("checkpoint=run", "codes=[1]")
    assert result.code == 2
    assert one_line(result) == (
        "gan-sample: codes=[1.0]: model=dcgan has no codes, which model=info_gan has; leave codes "
        "out"
    )
