"""`gan-train` from the outside: files, messages, exit codes."""

from __future__ import annotations

import errno
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock

from gan_cli.base import files
from gan_cli.base.films import has_video
from gan_cli.runs import checkpoint
from gan_cli.runs.listing.choose import listed
from tests.conftest import TINY, Command, one_line
from tests.web import NOWHERE

PROCESS = [sys.executable, "-c", "from gan_cli.cli.train import main; raise SystemExit(main())"]
STATE = "checkpoints/step-00000008/state.safetensors"


def test_a_run_leaves_what_the_design_says_and_names_its_grid(
    train: Command, tmp_path: Path
) -> None:
    result = train(*TINY, "training.steps=8")
    assert (result.code, result.err) == (0, "")
    (run,) = (tmp_path / "runs").glob("*/*-dcgan-digits")
    lines = result.out.splitlines()
    assert lines[0] == "dcgan on 1,611 images 8x8x1 (digits), CPU, float32; data resident, 0.1 MB"
    path = run.relative_to(tmp_path)
    assert lines[1] == f"8 steps of 8 images; files in {path}"
    assert [line.split()[1] for line in lines[2:-4]] == ["2/8", "4/8", "6/8", "8/8"]
    assert lines[-4] == f"last grid      {path}/samples/step-00000008.png"
    assert (tmp_path / lines[-4].split()[-1]).exists()
    commands = [f"gan-sample {path}", f"gan-evaluate {path}"]
    commands.append(f"gan-train resume={path} training.steps=16")
    assert [line.removeprefix("next").strip() for line in lines[-3:]] == commands
    names = {str(path.relative_to(run)) for path in run.rglob("*") if path.is_file()}
    steps = [
        f"checkpoints/step-0000000{n}/{file}"
        for n in (4, 8)
        for file in (checkpoint.STATE, checkpoint.SAMPLER)
    ]
    steps += [f"checkpoints/step-0000000{n}/manifest.json" for n in (4, 8)]
    samples = [
        "samples/real.png",
        "samples/progress.gif",
        "samples/step-00000004.png",
        "samples/step-00000008.png",
        *(["samples/progress.mp4"] if has_video() else []),
    ]
    others = [
        ".hydra/config.yaml",
        ".lock",
        "checkpoints/index.json",
        "command.json",
        "config.json",
        "metrics.jsonl",
        "model.json",
        "train.log",
    ]
    assert names == {*steps, *samples, *others}
    metrics = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert [line["step"] for line in metrics] == [2, 4, 6, 8]
    assert "gan-train" in (run / "train.log").read_text()


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["traning.steps=1"], ["'traning.steps'", "did you mean 'training.steps'?", "accepted: "]),
        (
            ["training.stesp=1"],
            ["'training.stesp'", "did you mean 'training.steps'?", "training.batch_size"],
        ),
        (["+nonsense=1"], ["unknown key 'nonsense'"]),
        (["+training.nonsense=1"], ["unknown key 'training.nonsense'"]),
        (["training.steps=many"], ["training.steps=many", "integer"]),
        (["training.steps=0"], ["training.steps=0", "greater than or equal to 1"]),
        (["model.width=-3"], ["model.width=-3", "greater than or equal to 1"]),
        (
            ["training.precision=fp8"],
            ["training.precision=fp8", "'float32', 'bfloat16' or 'float16'"],
        ),
        (["optimizer.learning_rate=-1"], ["optimizer.learning_rate=-1", "greater than 0"]),
        (["data.size=[16]"], ["data.size=[16]"]),
        (["data.path=x"], ["data=mnist_small has no key data.path; these have it: data=", "mnist"]),
        (["data.nothing=x"], ["unknown key 'data.nothing' (accepted: data.captions, data.name,"]),
        (["data=some/folder"], ["data=folder data.path=some/folder"]),
        (
            ["model.witdh=16"],
            ["'model.witdh'; did you mean 'model.width'? (accepted: model.", "width)"],
        ),
        (["model=vae", "model.bta=16"], ["'model.bta'; did you mean 'model.beta'?", "features"]),
        (
            ["model.class_weight=2"],
            ["model=dcgan has no key model.class_weight; these have it: model=acgan"],
        ),
        (["lr=1"], ["did you mean 'optimizer.learning_rate'?"]),
        (["optimizer.lr=1"], ["did you mean 'optimizer.learning_rate'?"]),
        (["steps=100"], ["did you mean 'training.steps'?"]),
        (["epochs=1"], ["did you mean 'training.epochs'?"]),
        (["dataset=mnist"], ["did you mean 'data'?"]),
        (["wgan=true"], ["did you mean 'loss'?"]),
        (["fid=true"], ["did you mean 'evaluation.every'?"]),
        (["checkpoint=run"], ["did you mean 'resume'?"]),
        (["output=run"], ["did you mean 'run_dir'?"]),
        (["model=gan"], ["did you mean 'dcgan'?"]),
        (["model=wgan"], ["did you mean 'wgan_gp'?"]),
        (["--lr=1e-3"], ["--lr=1e-3: a setting has no dashes: optimizer.learning_rate=1e-3"]),
        (["--batch-size", "8"], ["--batch-size: a setting has no dashes: training.batch_size=8"]),
        (["--multirun", "--nonsense"], ["--nonsense: a setting has no dashes: nonsense=VALUE"]),
        (["batch_size=1"], ["did you mean 'training.batch_size'?"]),
        (["seed=0,1"], ["seed=0,1: several values are a sweep, a run for each: add -m"]),
        (["experiment=mnist_fast,mnist_vae"], ["add -m"]),
        (["seed=range(0,3)"], ["add -m"]),
        (["dcgan"], ["dcgan: settings are written KEY=VALUE, such as model=dcgan"]),
        (["plugins=[nowhere.at_all]"], ["plugins=[nowhere.at_all] cannot be imported: ModuleNotF"]),
        (
            ["plugins=nowhere"],
            ["plugins=nowhere: a list of modules, as in plugins=[package.module]"],
        ),
        (
            ["model=dcgn"],
            ["unknown model 'dcgn'", "did you mean 'dcgan'?", "accepted: acgan, cgan"],
        ),
        (["loss=hing"], ["unknown loss 'hing'", "did you mean 'hinge'?", "wasserstein"]),
        (["+experiment=nothing"], ["'nothing'"]),
        (["experiment=null"], ["a group takes the name of one of its options"]),
        (["training.steps=["], ["training.steps=["]),
        (["optimizer.players.generator.lr=1"], ["optimizer.players.generator.lr", "learning_rate"]),
        (["optimizer.players.critic.learning_rate=1e-3"], ["'critic'", "generator, discriminator"]),
        (["seed=${oc.env:HOME}"], ["seed"]),
        (["--experimental-rerun", "x.pickle"], ["--experimental-rerun is refused"]),
        (["--exp", "x.pickle"], ["--exp is refused"]),
        (["resume=runs"], ["runs: no such directory"]),
        (["data=npz", "data.path=/x\x1b[31m"], ["needs quotes", """'data.path="/x\\x1b[31m"'"""]),
        (["data=webdataset", "data.path=a{0..9}.tar"], ["""'data.path="a{0..9}.tar"'"""]),
        (["training.epochs=1", "training.minutes=1"], ["training.epochs and training.minutes"]),
    ],
)
def test_a_mistake_is_one_line_with_the_way_out_and_leaves_nothing(
    arguments: list[str], parts: list[str], train: Command, tmp_path: Path
) -> None:
    result = train(*arguments)
    line = one_line(result)
    assert result.code == (4 if arguments[0] == "resume=runs" else 2)
    assert line.startswith("gan-train: ")
    for part in parts:
        assert part in line
    assert not list(tmp_path.rglob("*.json"))
    assert not [path for path in tmp_path.rglob("*") if "-dcgan-" in path.name]


def test_a_data_set_smaller_than_a_batch_is_refused_before_anything_is_made(
    train: Command, tmp_path: Path
) -> None:
    result = train("data=digits", "training.batch_size=2000")
    assert result.code == 3
    line = (
        "shipped with gan_cli: 1,611 images to train on, fewer than training.batch_size=2000; "
        "set that to 1611 or less"
    )
    assert one_line(result) == f"gan-train: {line}"
    assert list(tmp_path.iterdir()) == []


def test_without_arguments_it_is_mnist_small_that_is_trained_on(train: Command) -> None:
    result = train("training.batch_size=6000")
    assert result.code == 3
    assert "5,392 images to train on, fewer than training.batch_size=6000" in one_line(result)
    assert (
        "data:\n  name: mnist_small\n  captions: classes\n  size: null\n"
        in train("--cfg", "job").out
    )


def test_missing_mnist_without_a_network_names_what_was_tried(
    train: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GAN_DATA_DIR", str(tmp_path / "mine"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setenv("HTTPS_PROXY", NOWHERE)
    result = train("data=mnist")
    line = one_line(result)
    assert result.code == 3
    for part in (
        str(tmp_path / "mine"),
        str(tmp_path / "keras" / "datasets"),
        "data.path=",
        "data=mnist_small needs no file",
    ):
        assert part in line


@pytest.mark.slow
def test_epochs_count_full_batches_and_are_stored_as_steps_too(
    train: Command, tmp_path: Path
) -> None:
    result = train(*TINY, "training.batch_size=500", "training.epochs=2", "run_dir=run")
    assert result.code == 0
    assert "step 6/6" in result.out
    (run,) = listed(tmp_path, {})
    assert (run.step, run.steps, run.state) == (6, 6, "done")
    assert "a larger training.epochs=N continues it" in train("resume=run").out
    refused = train("resume=run", "training.steps=20")
    assert refused.code == 2
    assert "run lasts training.epochs=2; give training.epochs=N" in one_line(refused)
    assert train("resume=run", "training.epochs=3").code == 0
    (run,) = listed(tmp_path, {})
    assert (run.step, run.steps, run.state) == (9, 9, "done")


@pytest.mark.slow
def test_minutes_become_steps_that_the_run_keeps(train: Command, tmp_path: Path) -> None:
    result = train(*TINY, "training.minutes=0.01", "run_dir=run")
    assert result.code == 0, result.err
    (said,) = re.findall(
        r"^training.steps=(\d+): 0.01 minutes at ([\d,.]+) steps/s$", result.out, re.M
    )
    steps, speed = int(said[0]), float(said[1].replace(",", ""))
    assert steps == pytest.approx(0.6 * speed, rel=0.1, abs=1)
    stored = json.loads((tmp_path / "run" / "config.json").read_text())["training"]
    assert (stored["steps"], stored["minutes"]) == (steps, None)
    assert f"step {steps}/{steps}" in result.out
    assert f"is complete at step {steps}" in train("resume=run").out


def test_a_user_adds_a_yaml_and_an_option_of_one_player(train: Command, tmp_path: Path) -> None:
    (tmp_path / "mine" / "model").mkdir(parents=True)
    (tmp_path / "mine" / "model" / "slim.yaml").write_text("defaults: [dcgan, _self_]\nwidth: 3\n")
    options = [option for option in TINY if "model.width" not in option]
    result = train(
        "--config-dir",
        "mine",
        "model=slim",
        *options,
        "training.steps=1",
        "run_dir=run",
        "optimizer.players.generator.learning_rate=1e-4",
    )
    assert result.code == 0, result.err
    stored = json.loads((tmp_path / "run" / "config.json").read_text())
    assert stored["model"]["width"] == 3
    assert stored["optimizer"]["players"] == {"generator": {"learning_rate": 1e-4}}
    assert json.loads((tmp_path / "run" / "model.json").read_text())["model"]["width"] == 3


@pytest.mark.slow
def test_values_of_the_environment_stay_out_of_the_run_directory(
    train: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "secret-4711"
    secret.mkdir()
    images = np.random.default_rng(0).integers(0, 256, (20, 28, 28), dtype=np.uint8)
    np.savez(secret / "mnist.npz", x_train=images, y_train=np.arange(20, dtype=np.uint8) % 10)
    monkeypatch.setenv("PLACE", str(secret))
    options = [
        *TINY,
        "data=mnist",
        "data.path=${oc.env:PLACE}/mnist.npz",
        "training.steps=2",
        "run_dir=run",
    ]
    assert train(*options).code == 0
    for path in (tmp_path / "run").rglob("*"):
        assert path.is_dir() or b"secret-4711" not in path.read_bytes(), path
    result = train("resume=run", "training.steps=4")
    assert result.code == 2
    assert "data.path was ${oc.env:PLACE}/mnist.npz, from the environment" in one_line(result)
    assert train("resume=run", "training.steps=4", "data.path=${oc.env:PLACE}").code == 0
    assert b"secret-4711" not in (tmp_path / "run" / "config.json").read_bytes()


def test_a_loss_that_is_not_finite_ends_the_run_with_the_last_good_checkpoint(
    train: Command, tmp_path: Path
) -> None:
    result = train(
        *TINY, "training.steps=4", "run_dir=run", "optimizer=sgd", "optimizer.learning_rate=1e-3"
    )
    assert result.code == 0
    result = train("resume=run", "training.steps=100", "optimizer.learning_rate=1e30")
    assert result.code == 6
    line = one_line(result)
    assert "not finite" in line
    assert "Last good checkpoint: run/checkpoints/step-00000004" in line
    assert checkpoint.steps(tmp_path / "run" / "checkpoints") == [4]
    assert "not finite" in (tmp_path / "run" / "train.log").read_text()


def test_a_disk_that_fills_during_a_save_loses_nothing(
    train: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = files.sync

    def sync(path: Path) -> None:
        if "step-00000008" in str(path):
            raise OSError(errno.ENOSPC, "No space left on device")
        real(path)

    with monkeypatch.context() as patch:
        patch.setattr(files, "sync", sync)
        result = train(*TINY, "training.steps=8", "run_dir=run")
    assert result.code == 8
    line = one_line(result)
    assert "No space left on device. Last good checkpoint: run/checkpoints/step-00000004" in line
    assert "gan-train resume=run continues it" in line
    left = sorted(path.name for path in (tmp_path / "run" / "checkpoints").iterdir())
    assert left == ["index.json", "step-00000004"]
    assert train("resume=run").code == 0
    assert train(*TINY, "training.steps=8", "run_dir=whole").code == 0
    assert (tmp_path / "run" / STATE).read_bytes() == (tmp_path / "whole" / STATE).read_bytes()


@pytest.mark.slow
def test_a_run_directory_that_goes_while_it_trains(
    train: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = files.sync_directory

    def sync(path: Path) -> None:
        real(path)
        if path.name == "checkpoints" and (path / "step-00000004").exists():
            path.parent.rename(tmp_path / "elsewhere")

    with monkeypatch.context() as patch:
        patch.setattr(files, "sync_directory", sync)
        result = train(*TINY, "training.steps=16", "run_dir=run")
    assert result.code == 4
    assert one_line(result) == (
        "gan-train: run: was moved or deleted while the run trained; if it was moved to THERE, "
        "gan-train resume=THERE continues it"
    )
    assert not (tmp_path / "run").exists()  # nor is a part of it made anew
    result = train("resume=elsewhere")
    assert (result.code, "step 16/16" in result.out) == (0, True)


def test_two_runs_in_one_directory(train: Command, tiny_run: Path) -> None:
    with FileLock(tiny_run / ".lock"):
        result = train("resume=run", "training.steps=9")
        assert (result.code, one_line(result)) == (
            4,
            "gan-train: run: another process is training in it",
        )
    result = train("run_dir=run")
    assert result.code == 4
    assert "run: already holds" in one_line(result)
    assert "resume=run continues it" in result.err


def test_hydra_s_own_name_of_the_run_directory(train: Command, tmp_path: Path) -> None:
    assert train(*TINY, "training.steps=2", "hydra.run.dir=here").code == 0
    assert (tmp_path / "here" / "model.json").exists()
    (tmp_path / "file").write_text("")
    result = train("-m", *TINY, "training.steps=2", "seed=0,1", "hydra.sweep.dir=file/sweep")
    assert result.code == 4
    assert "file/sweep: Not a directory" in one_line(result)


def test_an_output_that_cannot_be_written_is_one_line(train: Command, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = train(*TINY, "run_dir=file/run")
    assert result.code == 4
    assert "Not a directory" in one_line(result)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_output_directory(train: Command, tmp_path: Path) -> None:
    (tmp_path / "locked").mkdir(mode=0o500)
    result = train(*TINY, "run_dir=locked/run")
    assert result.code == 4
    assert "Permission denied" in one_line(result)


def not_ignored() -> None:
    """As nohup, under which tests may run, has a closed terminal; its children inherit that."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_saves_at_the_next_step_and_the_run_goes_on_to_the_same_bits(
    number: signal.Signals, tmp_path: Path
) -> None:
    process = subprocess.Popen(
        [*PROCESS, *TINY, "training.steps=1000000", "run_dir=run"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=not_ignored,
    )
    assert process.stdout
    for line in process.stdout:
        if line.startswith("step 40/"):
            process.send_signal(number)
            break
    _, err = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert "Traceback" not in err
    step = int(err.split("stopped and saved at step ")[1].split(";")[0])
    assert err.strip().endswith("gan-train resume=run continues it")
    assert checkpoint.steps(tmp_path / "run" / "checkpoints")[0] == step >= 40
    end = step + 3
    for arguments in (["resume=run"], [*TINY, "run_dir=straight"]):
        # in processes of their own: another test may have set the number of threads of this one
        command = [*PROCESS, *arguments, f"training.steps={end}"]
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    name = f"checkpoints/step-{end:08d}/state.safetensors"
    assert (tmp_path / "run" / name).read_bytes() == (tmp_path / "straight" / name).read_bytes()


@pytest.mark.slow
def test_a_second_signal_leaves_at_once_and_the_earlier_checkpoint_stays_valid(
    tiny_run: Path, tmp_path: Path
) -> None:
    code = (
        "import sys, time\n"
        "from gan_cli.cli.train import main\n"
        "from gan_cli.base import files\n"
        "real = files.sync\n"
        "def slow(path):\n"
        "    if 'step-' in str(path): print('saving', flush=True); time.sleep(60)\n"
        "    real(path)\n"
        "files.sync = slow\n"
        "raise SystemExit(main())"
    )
    arguments = [
        sys.executable,
        "-c",
        code,
        "resume=run",
        "training.steps=1000000",
        "training.checkpoint_every=500000",
    ]
    process = subprocess.Popen(arguments, cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    for line in process.stdout:
        if line.startswith("step 20/"):
            process.send_signal(signal.SIGTERM)
        if line.startswith("saving"):
            break
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=30) == 130
    assert time.monotonic() - began < 5
    assert checkpoint.newest(tiny_run / "checkpoints", print) is not None
    assert checkpoint.steps(tiny_run / "checkpoints") == [8, 4]
    assert len(list((tiny_run / "checkpoints").glob("*.tmp"))) == 1  # what the next resume removes


def test_a_kill_leaves_the_last_announced_checkpoint(train: Command, tmp_path: Path) -> None:
    process = subprocess.Popen(
        [*PROCESS, *TINY, "training.steps=1000000", "run_dir=run"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    for line in process.stdout:
        if line.startswith("step 20/"):
            process.kill()
            break
    process.wait(timeout=30)
    (tmp_path / "run" / "checkpoints" / "step-00000999.tmp").mkdir()
    step = checkpoint.steps(tmp_path / "run" / "checkpoints")[0]
    assert step >= 16
    result = train("resume=run", f"training.steps={step + 40}")
    assert result.code == 0
    assert "resumed at step" in result.out
    assert not list((tmp_path / "run" / "checkpoints").glob("*.tmp"))
    steps = [
        json.loads(line)["step"]
        for line in (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()
    ]
    assert steps == sorted(set(steps))
