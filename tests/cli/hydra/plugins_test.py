"""A user's own model, loss, penalty and data set, without any YAML, through every command."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from gan_cli.base import files
from tests.conftest import TINY, Command, Result, one_line

MODEL = '''
from gan_cli.config.options import option, options
from gan_cli.models import model
from gan_cli.models.dcgan import Dcgan, dcgan


@options
class Mine(Dcgan):
    name: str = "mine"
    extra: int = option("one more", 3)


@model("mine", Mine)
def mine(options, spec, game):
    """The networks of dcgan."""
    return dcgan(options, spec, game)
'''
LOSS = '''
from gan_cli.base.lazy import tf
from gan_cli.objectives.losses import AdversarialLoss, adversarial_loss
from gan_cli.objectives.penalties import penalty


@adversarial_loss("own")
def own():
    """Wasserstein's."""
    return AdversarialLoss(
        lambda real, fake: tf.reduce_mean(fake) - tf.reduce_mean(real),
        lambda real, fake: -tf.reduce_mean(fake),
    )


@penalty("drift", "weight of the squared logits of real images; 0: off")
def drift(logits_of, real, fake, noise, options):
    value = tf.reduce_mean(tf.square(logits_of(real)))
    return value, {"drift": value}
'''
DATA = '''
import numpy as np

from gan_cli.config.options import option, options
from gan_cli.data import data_source
from gan_cli.data.reading.source import Source


@options
class Noise:
    name: str = "noise"
    size: int = option("side in pixels", 8)


@data_source("noise", Noise)
def load(options, split):
    """Noise."""
    shape = (64, options.size, options.size, 1)
    pixels = np.random.default_rng(split == "test").integers(0, 256, shape, dtype=np.uint8)
    return Source(pixels, None, [], "made up")
'''
PLUGINS = "plugins=[mine.model,mine.loss,mine.data]"
CHOSEN = ["model=mine", "loss=own", "data=noise"]
RUN = [option for option in TINY if option != "data=digits"] + ["model.extra=4"]


def command(folder: Path, *lines: list[str]) -> list[Result]:
    """Commands in one process of their own: what a plugin registers stays in its process."""
    code = (
        "import importlib, json, sys\n"
        "for name, *arguments in json.loads(sys.argv[1]):\n"
        "    sys.argv = ['gan-' + name, *arguments]\n"
        "    code = importlib.import_module('gan_cli.cli.' + name).main()\n"
        "    sys.stdout.flush(), sys.stderr.flush()\n"
        "    for stream in sys.stdout, sys.stderr:\n"
        "        print(f'<<{code}>>', file=stream, flush=True)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, json.dumps(lines)], cwd=folder, capture_output=True, text=True
    )
    out, err = (
        [part.split("<<") for part in text.split(">>\n")] for text in (done.stdout, done.stderr)
    )
    return [
        Result(int(said[1]), said[0], wrong[0])
        for said, wrong in zip(out[: len(lines)], err[: len(lines)], strict=True)
    ]


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """A folder with the package `mine`."""
    package = tmp_path / "mine"
    package.mkdir()
    for name, text in {"__init__": "", "model": MODEL, "loss": LOSS, "data": DATA}.items():
        (package / f"{name}.py").write_text(text)
    return tmp_path


@pytest.mark.slow
def test_train_resume_sample_and_evaluate_with_plugins(written: Path) -> None:
    results = command(
        written,
        ["train", PLUGINS, *CHOSEN, *RUN, "training.steps=4", "run_dir=run"],
        ["train", PLUGINS, "resume=run", "training.steps=8"],
        ["train", PLUGINS, *CHOSEN, *RUN, "training.steps=8", "run_dir=whole"],
        ["sample", PLUGINS, "run", "count=4", "output=four.png"],
        ["evaluate", "run", PLUGINS, "count=16", "repeats=1", "metrics=[frechet]"],
        ["data", PLUGINS, "data=noise", "data.size=12", "steps=0"],
        ["train", PLUGINS, *CHOSEN, "loss.drift=0.1", *RUN, "training.steps=2", "run_dir=drift"],
    )
    assert [result.code for result in results] == [0] * 7, results
    state = "checkpoints/step-00000008/state.safetensors"
    assert (written / "run" / state).read_bytes() == (written / "whole" / state).read_bytes()
    stored = json.loads((written / "run" / "config.json").read_text())
    assert stored["model"]["extra"] == 4
    assert stored["plugins"] == ["mine.data", "mine.loss", "mine.model"]
    card = json.loads((written / "run" / "model.json").read_text())
    assert card["plugins"] == ["mine.loss", "mine.model"]
    drifting = json.loads((written / "drift" / "config.json").read_text())
    assert drifting["loss"]["drift"] == 0.1
    assert "drift" in (written / "drift" / "metrics.jsonl").read_text()
    assert "64 images, 12x12" in results[5].out

    line = "this run needs plugins=[mine.loss,mine.model]: give it\n"
    whole = "this run needs plugins=[mine.data,mine.loss,mine.model]: give it\n"
    for path in (written / "mine").glob("*.py"):
        path.write_text("raise SystemExit('imported')")
    without = command(
        written,
        ["sample", "run", "output=other.png"],
        ["evaluate", "run", "data=digits"],
        ["train", "resume=run", "training.steps=9"],
    )
    assert [result.code for result in without] == [2, 2, 2], without
    assert [result.err for result in without] == [
        f"gan-sample: {line}",
        f"gan-evaluate: {line}",
        f"gan-train: {whole}",
    ]


@pytest.mark.slow
def test_a_run_needs_only_the_plugins_that_it_uses(written: Path) -> None:
    (result,) = command(
        written, ["train", PLUGINS, *TINY, "loss=own", "training.steps=1", "run_dir=run"]
    )
    assert result.code == 0, result.err
    stored = json.loads((written / "run" / "config.json").read_text())
    assert stored["plugins"] == ["mine.loss"]
    assert "drift" not in stored["loss"]
    (result,) = command(written, ["train", PLUGINS, *TINY, "training.steps=1", "run_dir=plain"])
    (sampled,) = command(written, ["sample", "plain", "count=4"])
    assert (result.code, sampled.code) == (0, 0), sampled.err


@pytest.mark.slow
def test_hydra_lists_completes_and_checks_what_a_plugin_brings(written: Path) -> None:
    job, listed, mistyped, taken = command(
        written,
        ["train", *CHOSEN, "loss.drift=0.1", PLUGINS, "--cfg", "job"],
        ["train", PLUGINS, "--help"],
        ["train", PLUGINS, "model=mine", "model.extr=1"],
        ["train", PLUGINS, "model=mne"],
    )
    assert "name: mine\n" in job.out
    assert "extra: 3\n" in job.out
    assert "drift: 0.1\n  drift_interval: 1\n" in job.out
    assert "loss: hinge, lazy_r1, least_squares, minimax, non_saturating, own, " in listed.out
    assert "data: cifar10, " in listed.out
    assert ", noise, npz, " in listed.out
    assert "did you mean 'model.extra'?" in one_line(mistyped)
    assert "did you mean 'mine'?" in one_line(taken)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("import nothing_at_all", "ModuleNotFoundError: No module named 'nothing_at_all'"),
        ("1 +", "SyntaxError: invalid syntax"),
        ("raise ValueError('no\\nway')", "ValueError: no"),
    ],
)
def test_a_plugin_that_cannot_be_imported(
    text: str, reason: str, train: Command, tmp_path: Path
) -> None:
    name = f"broken_{abs(hash(text))}"
    (tmp_path / f"{name}.py").write_text(text)
    result = train(f"plugins=[{name}]")
    assert result.code == 2
    assert one_line(result).startswith(f"gan-train: plugins=[{name}] cannot be imported: {reason}")


def test_a_name_that_is_taken(train: Command, tmp_path: Path) -> None:
    (tmp_path / "taken.py").write_text(MODEL.replace('"mine"', '"dcgan"'))
    result = train("plugins=[taken]")
    assert (result.code, one_line(result)) == (
        2,
        "gan-train: taken: there is a model 'dcgan' already",
    )


def test_what_a_stranger_s_run_names_is_never_imported(
    train: Command, sample: Command, tiny_run: Path, tmp_path: Path
) -> None:
    (tmp_path / "trap.py").write_text("raise SystemExit('imported')")
    config = files.read_checked(tiny_run / "config.json")
    files.write_checked(tiny_run / "config.json", config | {"plugins": ["trap"]})
    result = train("resume=run", "training.steps=9")
    assert (result.code, one_line(result)) == (
        2,
        "gan-train: this run needs plugins=[trap]: give it",
    )
    card = json.loads((tiny_run / "model.json").read_text())
    (tiny_run / "model.json").write_text(json.dumps(card | {"plugins": ["trap", "\x1b[31m", 7]}))
    result = sample("run")
    assert (result.code, one_line(result)) == (
        2,
        "gan-sample: this run needs plugins=[trap]: give it",
    )
