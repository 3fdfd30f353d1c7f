"""Figures of the models: `python scripts/model_figures.py mnist [MODEL ...]`, `... modes`, `...
labels RUN [RUN ...]`.

`mnist` gives each model the same minutes on MNIST and prints its scores, images a second,
parameters and peak memory; runs and grids stay in the folder `model_figures`. `modes` counts the
modes of stacked MNIST that one and three discriminators find in equal steps, over three seeds.
`labels` is the share of samples that gan-evaluate's classifier gives the class that was asked for,
for runs of models that are told one. Two runs go at a time, each on a thread of its own, where
there are two cores.
"""

from __future__ import annotations

import json
import math
import os
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

FOLDER = Path("model_figures")
MINUTES = 5.0
MODES_STEPS = 3000
QUIET = (
    "evaluation.every=null",
    "training.threads=1",
    "training.preview_every=1000000",
    "training.checkpoint_every=1000000",
)
FAST = ("experiment=mnist_fast",)
MODELS: dict[str, tuple[str, ...]] = {
    "dcgan": FAST,
    "wgan_gp": ("experiment=mnist_wgan_gp",),
    "cgan": ("experiment=mnist_classes",),
    "acgan": ("experiment=mnist_classes", "model=acgan"),
    "projection_gan": (*FAST, "model=projection_gan"),
    "multi_gan": (*FAST, "model=multi_gan"),
    "conv_gan": (
        "model=conv_gan",
        "data=mnist",
        "model.width=16",
        "model.discriminator_norm=batch",
        "model.dropout=0",
        "training.batch_size=32",
        "training.ema_decay=0.998",
        "optimizer.learning_rate=1.0e-03",
        "schedule=linear",
    ),
    "vae": ("experiment=mnist_vae",),
    "vae_gan": (
        "model=vae_gan",
        "data=mnist",
        "model.width=16",
        "model.latent_dim=16",
        "model.beta=4",
        "model.gamma=2",
        "training.batch_size=32",
        "training.ema_decay=0.998",
        "optimizer.learning_rate=4.0e-04",
        "schedule=linear",
    ),
    "template": ("model=template", "data=mnist"),
    "random_pixels": ("model=random_pixels", "data=mnist", "model.source=histogram"),
}
"""Each with the settings that suit it best, as far as they are known."""
BASELINES = {"template": 100, "random_pixels": 1000}
"""Steps of those that learn nothing by gradients: more would change nothing."""
METRICS = "[frechet,precision_recall,modes,classes]"


def mnist(names: list[str]) -> None:
    """A line for each model, and one for real images."""
    FOLDER.mkdir(exist_ok=True)
    with ThreadPoolExecutor(max_workers=min(2, os.cpu_count() or 1)) as pool:
        for line in pool.map(_figures, names or list(MODELS)):
            print(line, flush=True)


def _figures(name: str) -> str:
    arguments = [*MODELS[name], *QUIET]
    steps = BASELINES.get(name) or _steps_in(MINUTES * 60, arguments, FOLDER / f"{name}-trial")
    run = FOLDER / name
    began = time.perf_counter()
    peak = _train([*arguments, f"training.steps={steps}", f"run_dir={run}"])
    minutes = (time.perf_counter() - began) / 60
    _command("evaluate", f"checkpoint={run}", f"metrics={METRICS}", "repeats=1", "step=newest")
    _command("sample", f"checkpoint={run}", "step=newest", "count=64", f"output={run}.png")
    report = json.loads(max((run / "scores").glob("step-*.json")).read_text())
    scores = {key: (value["mean"], value["floor"]) for key, value in report["scores"].items()}
    speed = _entries(run)[-1]["images_per_second"]
    shown = "  ".join(f"{key} {mean:.4g} (real {real:.4g})" for key, (mean, real) in scores.items())
    cost = (
        f"{steps} steps in {minutes:.1f} min, {speed:,.0f} images/s, {_parameters(run):,} "
        f"parameters, {peak:.0f} MB"
    )
    return f"{name}: {cost}; {shown}"


def _steps_in(seconds: float, arguments: list[str], run: Path) -> int:
    """Steps that fit, from the speed of a short run."""
    if not run.exists():
        _train([*arguments, "training.steps=300", "training.log_every=50", f"run_dir={run}"])
    entries = _entries(run)
    per_second = (entries[-1]["step"] - entries[0]["step"]) / (
        entries[-1]["seconds"] - entries[0]["seconds"]
    )
    return int(per_second * seconds)


def _train(arguments: list[str]) -> float:
    """Run gan-train in a process of its own; its peak memory in MB."""
    code = (
        "import resource, sys; from gan_cli.cli.train import main; code = main();"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024); sys.exit(code)"
    )
    return float(_run([sys.executable, "-c", code, *arguments]).splitlines()[-1])


def _command(name: str, *arguments: str) -> str:
    return _run(
        [
            sys.executable,
            "-c",
            f"import sys; from gan_cli.cli.{name} import main; sys.exit(main())",
            *arguments,
        ]
    )


def _run(command: list[str]) -> str:
    answer = subprocess.run(command, capture_output=True, text=True)
    if answer.returncode:
        raise SystemExit(f"{' '.join(command[3:])}\n{answer.stderr}")
    return answer.stdout


def _entries(run: Path) -> list[dict]:
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


def _parameters(run: Path) -> int:
    """Weights of all networks, statistics of normalization included."""
    from gan_cli import models
    from gan_cli.runs.rundir import RunDirectory

    card = RunDirectory.read(str(run)).read_card()
    networks = models.plan(card.model, card.data, card.loss).networks
    return sum(
        math.prod(shape)
        for tensors in networks.values()
        for shape, kind in tensors.values()
        if kind == "float32"
    )


def modes(_: list[str]) -> None:
    """Modes of 1,000 and KL divergence, mean and range over seeds, for one discriminator and for
    three.
    """
    FOLDER.mkdir(exist_ok=True)
    jobs = [(count, seed) for seed in range(3) for count in (1, 3)]
    with ThreadPoolExecutor(max_workers=min(2, os.cpu_count() or 1)) as pool:
        found = dict(zip(jobs, pool.map(_modes, jobs), strict=True))
    for count in (1, 3):
        for place, name in enumerate(("modes", "KL divergence", "coverage")):
            values = [found[count, seed][place] for seed in range(3)]
            print(
                f"{count} discriminators, {name}: {statistics.mean(values):.4g} "
                f"({min(values):.4g} to {max(values):.4g})"
            )


def _modes(job: tuple[int, int]) -> tuple[float, float, float]:
    count, seed = job
    run = FOLDER / f"modes-{count}-{seed}"
    arguments = [
        *FAST,
        "model=multi_gan",
        f"model.discriminators={count}",
        "data=stacked_mnist",
        *QUIET,
        f"seed={seed}",
    ]
    _train([*arguments, f"training.steps={MODES_STEPS}", f"run_dir={run}"])
    _command(
        "evaluate",
        f"checkpoint={run}",
        "metrics=[modes,density_coverage]",
        "repeats=1",
        "step=newest",
    )
    scores = json.loads(max((run / "scores").glob("step-*.json")).read_text())["scores"]
    return tuple(scores[name]["mean"] for name in ("modes", "modes_divergence", "coverage"))  # type: ignore[return-value]


def labels(runs: list[str]) -> None:
    """Of 500 samples of each class."""
    for path in runs:
        shares = _rightly_named(path)
        worst = min(shares, key=lambda name: shares[name])
        print(
            (
                f"{path}: {statistics.mean(shares.values()):.3f}; least of {worst}: "
                f"{shares[worst]:.3f}; {shares}"
            ),
            flush=True,
        )


def _rightly_named(path: str, count: int = 500) -> dict[str, float]:
    import numpy as np

    from gan_cli import data
    from gan_cli.evaluation.choice import build_extractor
    from gan_cli.runs import checkpoint
    from gan_cli.runs.rundir import RunDirectory
    from gan_cli.sampling import drawing
    from gan_cli.sampling.generate import load_sampler

    run = RunDirectory.read(path)
    options = data.DATA.parse(run.read_config()["data"])
    extractor = build_extractor(options, "classifier", None, data.load(options), print)
    manifest = checkpoint.newest(run.checkpoints, print)
    assert manifest
    model = load_sampler(run, manifest)
    sample, draw = drawing.compiled(model), drawing.inputs(model, 0)
    shares = {}
    for label, name in enumerate(run.read_card().data.class_names):
        inputs = draw(count)._replace(labels=np.full(count, label, np.int64))
        shares[name] = float(
            (extractor.probabilities(sample(inputs)).argmax(axis=1) == label).mean()
        )
    return shares


if __name__ == "__main__":
    {"mnist": mnist, "modes": modes, "labels": labels}[sys.argv[1]](sys.argv[2:])
