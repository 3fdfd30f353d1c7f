"""Exact resume and kills, counted: `python scripts/faults.py resume --times 10`, `python
scripts/faults.py kill --times 100`.

resume: N steps straight against k + (N - k) in two processes, for random k: SHA-256 of the whole
state and of the grid.
kill: SIGKILL at a random moment, half of them aimed at a save in progress, then the same command
again, over and over in one run directory. After each kill the newest checkpoint must be valid and
not older than the last one that was seen.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from gan_cli.runs import checkpoint

TRAIN = [sys.executable, "-c", "from gan_cli.cli.train import main; raise SystemExit(main())"]
SMALL = [
    "data=digits",
    "model.width=16",
    "training.log_every=50",
    "training.preview_every=100",
    "training.checkpoint_every=100",
]
STEPS = 300


def gan_train(*arguments: str) -> None:
    subprocess.run([*TRAIN, *arguments], check=True, stdout=subprocess.DEVNULL)


def resume(times: int) -> None:
    """Print for each k whether state and grid are the same bytes as those of the straight run."""
    gan_train(*SMALL, f"training.steps={STEPS}", "run_dir=straight")
    straight, equal = digests(Path("straight")), 0
    for k in random.Random(0).sample(range(1, STEPS), times):
        run = Path(f"cut-{k}")
        gan_train(*SMALL, f"training.steps={k}", f"run_dir={run}")
        gan_train(f"resume={run}", f"training.steps={STEPS}")
        same = digests(run) == straight
        equal += same
        print(
            f"{k} + {STEPS - k} steps: {'equal' if same else 'DIFFERENT'}  {digests(run)[0][:16]}",
            flush=True,
        )
    print(f"exact resume: {equal} of {times} equal to {STEPS} straight steps")


def digests(run: Path) -> list[str]:
    state = run / "checkpoints" / f"step-{STEPS:08d}" / checkpoint.STATE
    return [
        hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (state, run / "samples" / f"step-{STEPS:08d}.png")
    ]


def kill(times: int) -> None:
    """Kill and resume one run `times` times; print what was found after each kill."""
    draw, run, in_save, good = random.Random(0), Path("run"), 0, 0
    folder = run / "checkpoints"
    options = [*SMALL, "training.checkpoint_every=10", "training.steps=1000000000"]
    for number in range(times):
        last_seen = max(checkpoint.steps(folder), default=-1)
        command = (
            [f"resume={run}"] if (run / "model.json").exists() else [*options, f"run_dir={run}"]
        )
        with tempfile.TemporaryFile("w+") as output:
            process = subprocess.Popen([*TRAIN, *command], stdout=output, stderr=subprocess.STDOUT)
            seen = wait(process, folder, draw, aim=number % 2 == 0)
            process.kill()
            process.wait()
            output.seek(0)
            said = output.read()
        in_save += bool(list(folder.glob("*.tmp")))
        good += check(number, folder, max(last_seen, seen), last_seen, said)
    gan_train(f"resume={run}", f"training.steps={max(checkpoint.steps(folder)) + 10}")
    left = [path.name for path in run.rglob("*.tmp")]
    lines = [json.loads(line)["step"] for line in (run / "metrics.jsonl").read_text().splitlines()]
    print(
        f"kills: {good} of {times} valid, {in_save} of them inside a save; left over: "
        f"{left or 'nothing'}; "
        f"metrics in order and single: {lines == sorted(set(lines))}; last step {lines[-1]}"
    )


def wait(process: subprocess.Popen[bytes], folder: Path, draw: random.Random, aim: bool) -> int:
    """Wait for a random moment, or for a save to be under way; the newest step that was seen
    committed until then.
    """
    before, began = max(checkpoint.steps(folder), default=-1), time.monotonic()
    moment = draw.uniform(0.0, 9.0) if not aim else draw.uniform(5.0, 7.0)
    seen = before
    while process.poll() is None and time.monotonic() - began < 60:
        seen = max(checkpoint.steps(folder), default=-1)
        late = time.monotonic() - began > moment
        if late and (not aim or (seen > before and saving(folder))):
            time.sleep(draw.uniform(0.0, 0.01) if aim else 0.0)
            break
        time.sleep(0.0005)
    return seen


def saving(folder: Path) -> bool:
    with contextlib.suppress(FileNotFoundError):
        return any(entry.suffix == ".tmp" for entry in folder.iterdir())
    return False


def check(number: int, folder: Path, seen: int, resumed_from: int, said: str) -> bool:
    """Whether what is on the disk after a kill is what it must be."""
    damaged: list[str] = []
    newest = checkpoint.newest(folder, damaged.append)
    step = newest.step if newest is not None else -1
    came_back = (
        resumed_from < 0
        or "resumed at step" not in said
        or f"resumed at step {resumed_from}\n" in said
    )
    good = step >= seen and not damaged and came_back and "Traceback" not in said
    print(
        f"kill {number + 1}: newest {step}, last seen "
        f"{seen}{'' if good else '  BAD ' + said[-2000:]}",
        flush=True,
    )
    return good


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("section", choices=["resume", "kill"])
    parser.add_argument("--times", type=int)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        if arguments.section == "resume":
            resume(arguments.times or 10)
        else:
            kill(arguments.times or 100)


if __name__ == "__main__":
    main()
