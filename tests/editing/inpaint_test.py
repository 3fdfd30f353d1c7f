"""`edit=inpaint`: holes of pictures are filled, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gan_cli.base.errors import ConfigError, DataError
from gan_cli.editing.shared.blending import blended, nearness, scores

from ..conftest import Command, one_line
from .conftest import Runs

RECTANGLE = [2, 3, 4, 2]


def hole() -> np.ndarray:
    """The same as `RECTANGLE`."""
    found = np.zeros((8, 8), bool)
    found[2:6, 3:5] = True
    return found


@pytest.mark.slow
def test_own_samples_are_filled_nearer_than_by_their_mean_and_all_else_stays(runs: Runs) -> None:
    run = runs("dcgan")
    images, mask = run.sample(2, seed=7), hole()
    found = run.inpaint(images, RECTANGLE, extractor="random", steps=150, rate=0.2)
    np.testing.assert_array_equal(found.images[:, ~mask], images[:, ~mask])
    np.testing.assert_array_equal(found.holes, np.stack([mask, mask])[..., None])
    np.testing.assert_array_equal(run.sample(latents=found.latents), found.made)
    means = images.copy()
    for image in means:
        image[mask] = np.rint(image[~mask].mean())
    assert (scores(images, means, found.holes)["psnr"] + 6.0 < found.scores["psnr"]).all()
    hidden = np.where(found.holes, np.uint8(255), images)  # what is in the hole is not looked at
    again = run.inpaint(hidden, mask, extractor="random", steps=150, rate=0.2)
    np.testing.assert_array_equal(again.latents, found.latents)
    np.testing.assert_array_equal(again.images[:, ~mask], images[:, ~mask])
    plain = run.inpaint(images, mask, extractor="random", steps=150, rate=0.2, blend=False)
    np.testing.assert_array_equal(plain.images[:, mask], found.made[:, mask])


@pytest.mark.slow
@pytest.mark.parametrize(("name", "space"), [("vae", "z"), ("style_gan", "w")])
def test_latents_and_styles_of_any_model(name: str, space: str, runs: Runs) -> None:
    run = runs(name)
    images = run.sample(2, seed=7)
    found = run.inpaint(images, hole(), extractor=None, steps=60, space=space)
    assert (found.scores["psnr"] > 25.0).all()


def test_a_smooth_difference_is_taken_out_exactly() -> None:
    """Of a slope that the model makes flat, and of a pattern that it makes darker."""
    down, across = np.mgrid[:12, :12]
    slope = (40 + 9 * down + 4 * across).astype(np.uint8)[None, ..., None]
    holes = np.zeros((1, 12, 12, 1), bool)
    holes[:, 3:9, 4:8] = True
    flat = np.full_like(slope, 100)
    assert np.abs(blended(slope, flat, holes).astype(int) - slope).max() <= 1
    pattern = (100 + 80 * ((down + across) % 2)).astype(np.uint8)[None, ..., None]
    np.testing.assert_array_equal(blended(pattern, pattern - 60, holes), pattern)


def test_pixels_count_by_how_near_the_hole_they_are() -> None:
    found = nearness(hole()[None, ..., None], 3)[0, ..., 0]
    assert (found[hole()] == 0.0).all()
    assert found.mean() == pytest.approx(1.0, rel=1e-5)
    assert found[1, 3] / found[0, 0] == pytest.approx((2 / 9 + 0.1) / 0.1, rel=1e-5)
    assert found[2, 2] == pytest.approx(found[1, 3], rel=1e-5)


def test_scores_are_of_the_hole_alone() -> None:
    images = np.full((1, 8, 8, 1), 100, np.uint8)
    filled, holes = images.copy(), hole()[None, ..., None]
    filled[holes] = 110
    found = scores(images, filled, holes)
    assert found["psnr"][0] == pytest.approx(10.0 * np.log10(255.0**2 / 100.0))
    constant = (0.01 * 255) ** 2
    assert found["ssim"][0] == pytest.approx((22000 + constant) / (22100 + constant))
    assert np.isinf(scores(images, images, holes)["psnr"][0])


def test_the_command_takes_pictures_rectangles_and_transparency(
    runs: Runs, edit: Command, tmp_path: Path
) -> None:
    run = runs("dcgan")
    images, mask = run.sample(2, seed=4), hole()
    (tmp_path / "pictures").mkdir()
    (tmp_path / "masks").mkdir()
    for name, image in zip("ab", images[..., 0], strict=True):
        Image.fromarray(image).save(tmp_path / "pictures" / f"{name}.png")
        Image.fromarray(np.uint8(255) * mask).save(tmp_path / "masks" / f"{name}.png")
    clear = np.stack([images[0, ..., 0], np.where(mask, 0, 255).astype(np.uint8)], axis=-1)
    Image.fromarray(clear, "LA").save(tmp_path / "clear.png")
    common = [str(run.path), "edit=inpaint", "extractor=null", "steps=5"]
    for output, *arguments in (
        ("picture", "image=pictures", "mask=masks/a.png"),
        ("each", "image=pictures", "mask=masks"),
        ("rectangle", "image=[pictures/a.png,pictures/b.png]", "mask=[2,3,4,2]"),
        ("clear", "image=clear.png"),
    ):
        result = edit(*common, *arguments, f"output={output}")
        assert result.code == 0, result.err
        with Image.open(tmp_path / output / "filled-0000.png") as picture:
            filled = np.asarray(picture)
        np.testing.assert_array_equal(filled[~mask], images[0, ~mask, 0])
        if output == "picture":
            first = filled
        np.testing.assert_array_equal(filled, first)
    assert not (tmp_path / "clear" / "inpaint.json").exists()
    values = json.loads((tmp_path / "each" / "inpaint.json").read_text())
    assert [len(values[name]) for name in ("psnr", "ssim")] == [2, 2]
    with Image.open(tmp_path / "each" / "inpaint.png") as sheet:
        factor = (sheet.width - 6) // 16
        shown = np.asarray(sheet)[2::factor, 2::factor][:8, :8]
    np.testing.assert_array_equal(shown, np.where(mask, 128, images[0, ..., 0]))


@pytest.mark.parametrize(
    ("settings", "error", "text"),
    [
        ({"masks": [4, 4, 5, 2]}, ConfigError, "is not within 8x8 pixels"),
        ({"masks": "no.png"}, DataError, r"mask=no\.png: no such file"),
        ({"masks": np.zeros((8, 8), bool)}, ConfigError, "nothing of picture 0 is to be filled"),
        ({"masks": [0, 0, 8, 8]}, ConfigError, "everything of picture 0 is to be filled"),
        ({"masks": np.ones((3, 8, 8), bool)}, ConfigError, "mask: 3 of them for 2 pictures"),
        ({"masks": np.ones((4, 4), bool)}, DataError, r"mask: \[4, 4\], expected \[8, 8\]"),
        ({"masks": None}, ConfigError, "mask is missing, and a picture has no transparent part"),
        ({"masks": RECTANGLE, "window": 0}, ConfigError, "window=0"),
    ],
)
def test_refusals(
    settings: dict[str, object], error: type[Exception], text: str, runs: Runs
) -> None:
    with pytest.raises(error, match=text):
        runs("dcgan").inpaint(np.zeros((2, 8, 8, 1), np.uint8), extractor=None, **settings)


def test_mistakes_of_the_command_are_one_line(runs: Runs, edit: Command) -> None:
    result = edit(str(runs("dcgan").path), "edit=inpaint", "mask=[0,0,1,1]")
    assert result.code == 2
    assert "image is missing" in one_line(result)
