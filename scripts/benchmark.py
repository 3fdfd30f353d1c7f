"""How fast gan_cli is beside what one writes by hand: `python scripts/benchmark.py [NAME ...]`.

Each comparison is a declaration in `comparisons.py`: two contenders, each a process of its own that
builds its networks once and then runs a round for every line it is sent; they alternate, so that a
machine whose speed drifts slows both. Printed are the median ratio of 9 rounds, its range, and the
share of the processor's matrix product, measured in turn with them, that our rate makes use of.
(Counted are the multiplications and additions of convolutions, dense and recurrent layers, forward,
times the declared passes: a backward pass is two; all else, normalization too, counts as nothing.)

MNIST is found as `data=mnist` finds it. `startup` and `checkpoint` have ways of their own.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable

from comparisons import COMPARISONS, Comparison

ROUNDS = 9


class Contender:
    """A process that runs a round for every line it is sent."""

    def __init__(self, role: str, name: str) -> None:
        command = [sys.executable, __file__, "--worker", role, name]
        self._name = f"{role} {name}"
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        )
        self.rates: list[float] = []
        self.arithmetic = 0.0

    def round(self) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise SystemExit(f"{sys.argv[0]} --worker {self._name} has failed: echo | it shows why")
        rate, self.arithmetic = json.loads(answer)
        self.rates.append(rate)

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


def compare(name: str, rounds: int) -> None:
    """Let the contenders and the matrix product alternate; print ratio, range and share."""
    contenders = [Contender(role, name) for role in ("ours", "other", "product")]
    ours, other, product = contenders
    try:
        for number in range(rounds + 1):
            for each in contenders if number % 2 else contenders[::-1]:
                each.round()
    finally:
        for each in contenders:
            each.close()
            del each.rates[:1]  # traced and warmed up
    comparison = COMPARISONS[name]
    pairs = zip(ours.rates, other.rates, strict=True)
    print(f"{name}: {comparison.title}: {spread([a / b for a, b in pairs], comparison.goal)}")
    shares = [
        rate * other.arithmetic / peak for rate, peak in zip(ours.rates, product.rates, strict=True)
    ]
    rates = [statistics.median(each.rates) for each in contenders]
    print(
        f"  {rates[0]:,.0f} against {rates[1]:,.0f} items/s; {statistics.median(shares):.0%} of "
        f"the matrix product's {rates[2] / 1e9:,.0f} GFLOP/s",
        flush=True,
    )


def spread(ratios: list[float], goal: float) -> str:
    median = statistics.median(ratios)
    return f"{median:.3f} (rounds {min(ratios):.3f} to {max(ratios):.3f}, goal {goal})"


def worker(role: str, name: str) -> None:
    """A round for each line: items a second, and the operations of one item."""
    run, arithmetic = built(role, COMPARISONS[name])
    for _ in sys.stdin:
        print(json.dumps([run(), arithmetic]), flush=True)


def built(role: str, comparison: Comparison) -> tuple[Callable[[], float], float]:
    import arithmetic
    import ours

    settings, batch = comparison.settings, comparison.settings["training.batch_size"]
    if role == "product":
        return arithmetic.matrix_product(ours.configured(settings).training.precision), 0.0
    if role == "ours" and comparison.ours == "sample":
        return ours.sample(comparison.steps, batch, settings), 0.0
    if role == "ours":
        return ours.train(comparison.steps, settings), 0.0
    import autoencoder_contenders
    import contenders

    module = contenders if hasattr(contenders, comparison.other) else autoencoder_contenders
    images = ours.images(settings)
    build = getattr(module, comparison.other)
    networks, run = build(images, batch, comparison.steps, comparison.width, **comparison.more)
    return run, arithmetic.operations(networks, comparison.passes)


def checkpoint(rounds: int) -> None:
    """Seconds inside the checkpoint hook over those of a whole run, at the default interval."""
    with tempfile.TemporaryDirectory(dir=".") as folder:
        arguments = ["data=mnist", f"run_dir={folder}/run", "training.steps=1000"]
        command = [sys.executable, __file__, "--checkpoint", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    print(f"checkpoint: data=mnist: {done.stdout.splitlines()[-1]}, goal 1 %", flush=True)


def startup(rounds: int) -> None:
    import starts

    starts.compare(rounds, spread)


def main() -> None:
    names = [*COMPARISONS, "checkpoint", "startup"]
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", choices=[*names, []], help="default: all")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    given = parser.parse_args()
    for name in given.names or names:
        if name in COMPARISONS:
            compare(name, given.rounds)
        else:
            {"checkpoint": checkpoint, "startup": startup}[name](given.rounds)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--worker"]:
        worker(*sys.argv[2:])
    elif sys.argv[1:2] == ["--checkpoint"]:
        import ours

        print(ours.checkpoint(sys.argv[2:]))
    else:
        main()
