"""model=text_gan through its commands: trained on shapes, and told what to draw."""

from __future__ import annotations

import json
import math
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import gan_cli
from gan_cli.base.captions import texts
from gan_cli.base.errors import ConfigError
from gan_cli.base.images import captioned
from gan_cli.data.reading.source import different

from ..conftest import TINY, Command, one_line

SMALL = [
    *(each for each in TINY if each != "data=digits" and not each.startswith("data.size")),
    "model=text_gan",
    "data=shapes",
    "data.size=16",
    "data.count=48",
    "model.embedding_dim=8",
    "model.text_units=16",
    "model.condition_dim=8",
    "training.steps=6",
    "run_dir=run",
]
PROMPT = "a small green square above a red circle"


@pytest.fixture(scope="module")
def drawn_shapes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from gan_cli.cli.train import main

    folder = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(sys, "argv", ["gan-train", *SMALL])
        assert main() == 0
    return folder / "run"


@pytest.fixture
def run(drawn_shapes: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(drawn_shapes, tmp_path / "run"))


def test_a_prompt_needs_no_data_and_stands_above_its_row(run: Path, sample: Command) -> None:
    (run / "config.json").unlink()
    result = sample("run", f'prompt="{PROMPT}"', "output=one.png")
    assert result.code == 0, result.err
    assert result.out.startswith("8 images from step 6")
    assert sample("run", f"prompt=[{PROMPT}, two blue squares]", "output=two.png").code == 0
    one, two = (np.asarray(Image.open(name).convert("L")) for name in ("one.png", "two.png"))
    assert len(two) == 2 * len(one)
    assert one.shape[1] == two.shape[1]
    # the same latents, and letters of the same prompt above them
    np.testing.assert_array_equal(two[: len(one)], one)
    assert one[2:18].min() < 60
    few = ["prompt=[red, green, blue, white, two, three]", "count=4", "output=few.png"]
    assert sample("run", *few).out.startswith("4 images")
    assert (one[:20].mean(axis=1) > 200).all()


def test_prompts_change_the_image_and_nothing_else_does(run: Path) -> None:
    opened = gan_cli.load(run)
    first, second = (
        opened.sample(3, prompts=[each], seed=5) for each in (PROMPT, "two blue squares")
    )
    assert first.shape == (3, 16, 16, 3)
    np.testing.assert_array_equal(first, opened.sample(3, prompts=PROMPT, seed=5))
    assert (first != second).any(axis=(1, 2, 3)).all()
    in_turn = opened.sample(2, prompts=[PROMPT.upper() + "!", "two blue squares"], seed=5)
    np.testing.assert_array_equal(in_turn, [first[0], second[1]])
    assert len(opened.sample(prompts=["a red circle"] * 2)) == 16
    # without prompts: captions like those of the data
    assert not np.array_equal(opened.sample(3, seed=5), first)


def test_prompts_of_a_file_and_the_arrays_of_an_npz(run: Path, sample: Command) -> None:
    Path("asked.txt").write_text(f"{PROMPT}\n\ntwo blue squares\n")
    assert sample("run", "prompt=asked.txt", "count=4", "format=npz", "output=a.npz").code == 0
    listed = f"prompt=[{PROMPT}, two blue squares]"
    assert sample("run", listed, "count=4", "format=npz", "output=b.npz").code == 0
    vocabulary = json.loads((run / "model.json").read_text())["data"]["vocabulary"]
    with np.load("a.npz") as one, np.load("b.npz") as other:
        assert set(one) == {"images", "latents", "captions"}
        for name in one:
            np.testing.assert_array_equal(one[name], other[name])
        words = [[vocabulary[token - 1] for token in row if token] for row in one["captions"]]
    assert [" ".join(each) for each in words] == [PROMPT, "two blue squares"] * 2


@pytest.mark.parametrize(
    ("argument", "line", "code"),
    [
        ('prompt="a smal red hexagon"', "unknown words: 'smal' (near 'small'), 'hexagon' (kn", 2),
        ('prompt="?"', "prompt= has no words", 2),
        ("prompt=[]", "prompt= has no words", 2),
        ("prompt=absent.txt", "prompt=absent.txt: No such file or directory", 3),
        (f'prompt="{"red " * 12}"', "12 words; the captions that this model was trained on", 2),
    ],
)
def test_prompts_that_cannot_be_drawn(
    run: Path, sample: Command, argument: str, line: str, code: int
) -> None:
    result = sample("run", argument)
    assert result.code == code
    assert line in one_line(result)


def test_another_model_has_no_prompts(tiny_run: Path, sample: Command) -> None:
    result = sample("run", 'prompt="a red circle"')
    assert result.code == 2
    assert "model=dcgan takes no prompts, which model=text_gan does" in one_line(result)
    with pytest.raises(ConfigError, match="takes no prompts"):
        gan_cli.load(tiny_run).sample(prompts=["a red circle"])


def test_data_without_captions_and_options_of_the_other_networks(train: Command) -> None:
    images = np.zeros((16, 8, 8, 1), np.uint8)
    np.savez("plain.npz", images=images)
    npz = ["data=npz", "data.path=plain.npz"]
    small = [each for each in SMALL if not each.startswith("data")]
    result = train(*small, *npz)
    assert result.code == 2
    assert "model=text_gan needs captions" in one_line(result)
    result = train(*SMALL, "model.networks=resnet", "model.dropout=0.5")
    assert result.code == 2
    assert "model.dropout=0.5 goes with model.networks=dcgan" in one_line(result)
    result = train(*SMALL, "loss.pack=2")
    assert result.code == 2
    assert "takes each image with its caption" in one_line(result)


@pytest.mark.slow
def test_residual_networks_are_told_prompts_too(train: Command, tmp_path: Path) -> None:
    assert train(*SMALL, "model.networks=resnet", "loss=hinge").code == 0
    opened = gan_cli.load(tmp_path / "run")
    first, second = (opened.sample(1, prompts=each) for each in ("a red circle", "two squares"))
    assert not np.array_equal(first, second)
    names = {each.name for each in opened.model.networks["discriminator"].layers}
    assert {"block_1_conv_1", "words", "projection"} <= names


@pytest.mark.slow
def test_a_model_that_takes_no_captions_is_as_it_was_without_them(
    train: Command, tmp_path: Path
) -> None:
    shapes = [each for each in SMALL if not each.startswith("model")]
    assert train(*shapes, "model=dcgan", "model.width=4", "model.latent_dim=6").code == 0
    stored = json.loads((tmp_path / "run" / "model.json").read_text())["data"]
    assert (stored["vocabulary"], stored["caption_length"], stored["captions"]) == ([], 0, [])


def test_previews_have_a_row_below_each_of_some_captions(run: Path, sample: Command) -> None:
    source = gan_cli.data.load(gan_cli.data.DATA.parse({"name": "shapes", "size": 16, "count": 48}))
    assert source.captions is not None
    columns = math.isqrt(json.loads((run / "config.json").read_text())["training"]["preview_count"])
    chosen = different(source.captions, columns)
    prompts = texts(chosen, source.vocabulary)
    count = columns * len(prompts)
    asked = [f"prompt=[{', '.join(prompts)}]", f"count={count}", "step=6", "output=one.png"]
    assert sample("run", *asked).code == 0
    real, made, one = (
        np.asarray(Image.open(name).convert("RGB"))
        for name in (run / "samples" / "real.png", run / "samples" / "step-00000006.png", "one.png")
    )
    np.testing.assert_array_equal(made, one)
    assert real.shape == made.shape
    having = [(source.captions == each).all(-1).any(-1) for each in chosen]
    shown = [source.images[np.flatnonzero(each)[:columns]] for each in having]
    blank = [np.full((columns - len(each), 16, 16, 3), 255, np.uint8) for each in shown]
    rows = np.concatenate([part for pair in zip(shown, blank, strict=True) for part in pair])
    np.testing.assert_array_equal(real, captioned(rows, columns, prompts))
