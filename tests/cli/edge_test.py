"""Where a process meets the system: closed streams, readers that go, signals before any step."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gan_cli.runs import checkpoint
from tests.conftest import TINY

CODE = "from gan_cli.cli.train import main; raise SystemExit(main())"
LONG = [*TINY, "training.steps=1000000", "run_dir=run"]


def shell(line: str, *arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Bash with "$@" being gan-train with these arguments."""
    return subprocess.run(
        ["bash", "-c", line, "bash", sys.executable, "-c", CODE, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.slow
def test_a_reader_that_goes_ends_a_run_which_is_saved(tmp_path: Path) -> None:
    result = shell('"$@" | head -n 2; exit ${PIPESTATUS[0]}', *LONG, folder=tmp_path)
    assert result.returncode == 128 + signal.SIGPIPE
    assert "Traceback" not in result.stderr
    (saved, *_) = checkpoint.steps(tmp_path / "run" / "checkpoints")
    line = f"stopped and saved at step {saved}; gan-train resume=run continues it"
    assert result.stderr == f"gan-train: {line}\n"
    assert (tmp_path / "run" / "train.log").read_text().splitlines()[-1].endswith(line)


@pytest.mark.parametrize(
    "closed",
    [
        ">&- 2>&- <&-",
        *(pytest.param(each, marks=pytest.mark.slow) for each in (">&-", "2>&-")),
    ],
)
def test_a_closed_stream_changes_nothing(closed: str, tmp_path: Path) -> None:
    short = [*TINY, "training.steps=4", "run_dir=run"]
    result = shell(f'"$@" {closed}', *short, folder=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    assert checkpoint.steps(tmp_path / "run" / "checkpoints") == [4]
    assert ("step 4/4" in result.stdout) == (">&-" not in closed.replace("2>&-", ""))


@pytest.mark.slow
def test_a_run_that_is_stopped_and_continued_goes_on(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", CODE, *TINY, "training.steps=400", "run_dir=run"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        while "step 20/400" not in process.stdout.readline():
            assert process.poll() is None
        process.send_signal(signal.SIGSTOP)
        assert process.poll() is None
        process.send_signal(signal.SIGCONT)
        assert "step 400/400" in process.stdout.read()
    assert process.returncode == 0


def not_ignored() -> None:
    """As background jobs have Ctrl-C, and nohup a closed terminal; children inherit it."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_before_the_first_step_is_a_line(number: signal.Signals, tmp_path: Path) -> None:
    code = (
        "import os\n"
        "from gan_cli import data\n"
        f"data.load = lambda *_: os.kill(os.getpid(), {int(number)})\n"
        f"{CODE}"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, *LONG],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        preexec_fn=not_ignored,
    )
    assert result.returncode == 128 + number
    assert result.stderr == "gan-train: stopped before the first step\n"
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_the_classifier_waits_for_the_first_score_and_a_signal_is_heard_while_it_trains(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GAN_CACHE_DIR", str(tmp_path / "cache"))
    scored = ["model=cgan", *LONG, "evaluation.every=4", "evaluation.extractor=classifier"]
    with subprocess.Popen(
        [sys.executable, "-c", CODE, *scored],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=not_ignored,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        while "training the classifier" not in process.stdout.readline():
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        out, err = process.stdout.read(), process.stderr.read()
    assert process.returncode == 130, out
    assert err == "gan-train: stopped and saved at step 4; gan-train resume=run continues it\n"
    assert not list((tmp_path / "cache").rglob("*.safetensors"))
    assert checkpoint.steps(tmp_path / "run" / "checkpoints") == [4]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk_behind_standard_output_is_a_line(tmp_path: Path) -> None:
    code = "from gan_cli.cli.data import main; raise SystemExit(main())"
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-c", code, "data=digits", "output=pictures"],
            cwd=tmp_path,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert (done.returncode, done.stderr) == (
        8,
        "gan-data: standard output: No space left on device\n",
    )
