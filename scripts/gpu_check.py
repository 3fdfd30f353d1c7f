"""Whether gan_cli works on your GPU, and how fast: `python scripts/gpu_check.py [MODEL ...]`.

Every model is trained for a few steps on this machine's first GPU in float32, bfloat16 and float16,
with and without XLA, from weights that are also trained on the CPU in float32. Printed, and written
to gpu_check.md for an issue, are for each case: how far its samples are from the CPU's before the
first step and after three, its images per second, its memory, and the share of the device's matrix
product that this is (counted are the multiplications of each network's forward pass, three times
for each update of its player; all else counts as nothing). Without a GPU the CPU is looked at.

About half an hour for all models; `dcgan style_gan` alone take three minutes. `--quick` shows only
that every model runs. A case that fails is a line, the exit code is 1 then, or where a float32 case
differs by more than it may.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

SIZE, FRAMES, BATCH = 32, 4, 64
STEPS, ROUNDS = 20, 5
CASES = [
    (precision, xla) for precision in ("float32", "bfloat16", "float16") for xla in ("off", "on")
]
QUICK = [("float32", "off"), ("bfloat16", "on"), ("float16", "off")]
QUICK_BATCH, QUICK_STEPS = 4, 2
"""Of speed, nothing can be said by these."""
COMPARED = 3
"""Steps after which samples are compared."""
NEAR = 0.02
"""Of [-1, 1], in the mean: what float32 may differ by, TF32 among its products. XLA makes other
random numbers of the same keys, so that with it only samples before the first step must agree.
"""
REPORT = Path("gpu_check.md")
COLUMNS = "| model | precision | XLA | before | after | images/s | memory MB | share | note |"


def main() -> int:
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n")[0])
    parser.add_argument("models", nargs="*", metavar="MODEL", help="all models without it")
    parser.add_argument("--batch", type=int, help=f"default: {BATCH}")
    parser.add_argument("--quick", action="store_true", help="small batches, half of the cases")
    parser.add_argument("--case", nargs=4, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    batch = arguments.batch or (QUICK_BATCH if arguments.quick else BATCH)
    if arguments.case:
        print(json.dumps(case(*arguments.case, batch, arguments.quick)))
        return 0
    options = ["--batch", str(batch), *(["--quick"] if arguments.quick else [])]
    lines, failed = [about(), "", COLUMNS, "|" + " --- |" * (COLUMNS.count("|") - 1)], False
    print("\n".join(lines), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for found in cases(arguments.models or every_model(), folder, options):
            lines.append(found["line"])
            failed = failed or found["failed"]
            print(lines[-1], flush=True)
            REPORT.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"\nreport  {REPORT}")
    return int(failed)


def every_model() -> list[str]:
    from gan_cli.models import MODELS

    return [name for name in MODELS if name not in ("random_pixels", "template")]


def about() -> str:
    script = (
        "import tensorflow as tf, platform\n"
        "found = tf.config.list_physical_devices('GPU')\n"
        "details = [tf.config.experimental.get_device_details(each) for each in found]\n"
        "print(platform.platform(), details or 'no GPU: the CPU against itself',"
        " {k: v for k, v in tf.sysconfig.get_build_info().items() if 'cud' in k})"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=env())
    packages = ", ".join(f"{name} {version(name)}" for name in ("gan_cli", "tensorflow", "keras"))
    return f"{packages}; {done.stdout.strip()}"


def env(on_cpu: bool = False) -> dict[str, str]:
    hidden = {"CUDA_VISIBLE_DEVICES": ""} if on_cpu else {}
    return {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", **hidden}


def cases(models: list[str], folder: str, options: list[str]) -> Iterator[dict[str, Any]]:
    """A line for each model, precision and way of compiling, in processes of their own."""
    for model in models:
        start = str(Path(folder) / f"{model}.npz")
        reference = run(model, "float32", "cpu", start, options)
        if "error" in reference:
            yield line(model, "float32", "on the CPU", reference)
            continue
        for precision, xla in QUICK if "--quick" in options else CASES:
            yield line(model, precision, xla, run(model, precision, xla, start, options))


def run(model: str, precision: str, how: str, start: str, options: list[str]) -> dict[str, Any]:
    command = [sys.executable, __file__, *options, "--case"]
    done = subprocess.run(
        [*command, model, precision, how, start],
        capture_output=True,
        text=True,
        env=env(on_cpu=how == "cpu"),
    )
    if done.returncode:
        return {"error": (done.stderr.strip().splitlines() or ["killed"])[-1][:160]}
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def line(model: str, precision: str, xla: str, found: dict[str, Any]) -> dict[str, Any]:
    if "error" in found:
        note = found["error"].replace("|", "/")
        return {"line": f"| {model} | {precision} | {xla} | | | | | | {note} |", "failed": True}
    compared = [found["before"], *([found["after"]] if xla == "off" else [])]
    apart = precision == "float32" and max(compared) > NEAR
    note = f"differs by more than {NEAR}" if apart else ""
    if math.isnan(found["before"]):  # conv_gan: its batch normalization knows no statistics yet
        note = "not finite before the first step"
    numbers = (
        f"{found['before']:.1e} | {found['after']:.1e} | {found['rate']:,.0f} | "
        f"{found['memory'] / 1e6:,.0f} | {found['share']:.1%}"
    )
    return {"line": f"| {model} | {precision} | {xla} | {numbers} | {note} |", "failed": apart}


def case(
    model: str, precision: str, how: str, start: str, batch: int, quick: bool
) -> dict[str, Any]:
    """One case in this process; `how` is cpu, which writes `start`, or whether XLA is on."""
    import numpy as np
    import tensorflow as tf

    from gan_cli.data.pipeline.feed import DeviceFeed
    from gan_cli.networks.variables import export
    from gan_cli.objectives.model import Model
    from gan_cli.sampling import drawing
    from gan_cli.training.build import build, compiled

    source = pictures(model)
    config = configured(model, precision, how == "on", batch)
    state = build(config, source, 10**6)
    step = compiled(config, state, DeviceFeed(source, batch, 1), 10**6)

    def samples(of: Model) -> np.ndarray:
        return of.sample(*map(tf.constant, drawing.inputs(of, 0)(16).given)).numpy()

    def train(count: int) -> None:
        finite, _ = step.run(tf.constant(count, tf.int64), tf.zeros([len(step.names) or 1]))
        if not bool(finite):
            raise FloatingPointError("a loss is not finite")

    weights = {name: each for name, each in state.tensors().items() if "optimizer" not in name}
    if how != "cpu":
        with np.load(start) as kept:
            for name, variable in weights.items():
                variable.assign(kept[name])
    before, first = samples(state.model), dict(export(weights))
    train(COMPARED)
    after = samples(state.model)
    if how == "cpu":
        np.savez(start, before_=before, after_=after, **first)
        return {}
    with np.load(start) as kept:
        apart = [np.abs(before - kept["before_"]).mean(), np.abs(after - kept["after_"]).mean()]
    rates, (steps, rounds) = [], (QUICK_STEPS, 1) if quick else (STEPS, ROUNDS)
    for _ in range(rounds):
        began = time.perf_counter()
        train(steps)
        rates.append(steps * batch / (time.perf_counter() - began))
    rate = statistics.median(rates)
    share = rate * arithmetic_of(state.model) / product(precision)
    return {
        "before": float(apart[0]),
        "after": float(apart[1]),
        "rate": rate,
        "memory": memory(),
        "share": share,
    }


def configured(model: str, precision: str, xla: bool, batch: int) -> Any:
    from hydra import compose, initialize_config_module

    from gan_cli.cli.hydra import source
    from gan_cli.cli.training.stored import plain
    from gan_cli.training.configuration import train_config

    source.register()
    settings = [f"training.precision={precision}", f"training.xla={str(xla).lower()}"]
    with initialize_config_module("gan_cli.configs", version_base="1.3"):
        overrides = [f"model={model}", f"training.batch_size={batch}", "seed=1", *settings]
        return train_config(plain(compose("train", overrides)))


def pictures(model: str) -> Any:
    """Colour noise 32x32, sequences of it, or with captions."""
    import numpy as np

    from gan_cli.data.reading.captions import fitting
    from gan_cli.data.reading.source import Source
    from gan_cli.models import MODELS

    needs = MODELS[model].needs
    shape = (FRAMES, SIZE, SIZE, 3) if "sequences" in needs else (SIZE, SIZE, 3)
    pixels = np.random.default_rng(0).integers(0, 256, (1024, *shape), dtype=np.uint8)
    return fitting(Source(pixels, np.arange(len(pixels)) % 2, ["even", "odd"]), "captions" in needs)


def arithmetic_of(model: Any) -> float:
    """Operations for one image: three forward passes for each update of a network's player."""
    from arithmetic import operations

    updates: dict[str, float] = {}
    for phase in model.phases:
        for player in phase.trains:
            for network in model.players[player]:
                updates[network] = updates.get(network, 0.0) + 3.0 * phase.repeats
    return operations(model.networks, updates) / sum(phase.repeats for phase in model.phases)


def product(precision: str) -> float:
    """Operations a second of a large matrix product here: the best of three."""
    from arithmetic import matrix_product

    rounds = matrix_product(precision)
    return max(rounds() for _ in range(4))


def memory() -> int:
    """Bytes that the GPU held at most; of the CPU, those of the process."""
    import tensorflow as tf

    if tf.config.list_physical_devices("GPU"):
        return int(tf.config.experimental.get_memory_info("GPU:0")["peak"])
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    sys.exit(main())
