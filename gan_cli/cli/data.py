"""`gan-data`: what a data set is and what training on it will cost, from the arguments of
gan-train.
"""

from __future__ import annotations

import textwrap
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from gan_cli import data
from gan_cli.base import files, images
from gan_cli.base.errors import DataError
from gan_cli.base.lazy import np
from gan_cli.base.quiet import quiet
from gan_cli.cli import app
from gan_cli.cli.options import all_keys, keys
from gan_cli.cli.training.stored import plain
from gan_cli.config.commands import DataConfig
from gan_cli.config.options import parse
from gan_cli.config.schema import Augment, TrainConfig
from gan_cli.data.reading import report
from gan_cli.data.reading.captions import fitting
from gan_cli.data.reading.loading import refuse_bad
from gan_cli.data.reading.source import Source
from gan_cli.models import needs
from gan_cli.training.configuration import train_config

IMAGES, SEQUENCES, CHANGED = 64, 8, (8, 7)
"""What the pictures show: images; sequences, a row each; images and changed copies below each."""
DISCRIMINATORS = ("differentiable", "ada", "ada_target", "ada_images", "ada_interval")
"""Keys of `augment` that change what the discriminator sees, and not the real images for all."""


def main() -> int:
    """The console script; returns the exit code."""
    return app.run("data", job, lambda key: [*all_keys(key), *keys(DataConfig)], config="look")


def job(composed: DictConfig) -> None:
    """Read the data, draw and print what it is, time a few steps; at last say whether gan-train
    would refuse it.
    """
    OmegaConf.set_struct(composed, False)
    own = parse(DataConfig, {key: composed.pop(key) for key in keys(DataConfig)})
    config = train_config(plain(composed))
    train, test, missing = _splits(config.data)
    numbers = report.statistics(train.images)
    found = report.facts(train, test, numbers)
    folder = Path(own.output or f"gan-data-{config.data.name}")
    folder.mkdir(parents=True, exist_ok=True)
    print(f"data={config.data.name}  {train.origin}")
    _say(_described(found, missing))
    _draw(folder, train, numbers)
    _draw_changes(folder, train, config)
    train.batches(config.training.batch_size)
    if own.steps:
        with quiet():
            from gan_cli.training.estimate import estimate
        wanted = "captions" in needs(config.model)
        cost = estimate(config, fitting(train, wanted), own.steps)
        _say(_cost(cost, config, train))
        found["estimate"] = asdict(cost)
    files.write_json(folder / "report.json", found)
    print(f"report: {folder}  ({', '.join(sorted(path.name for path in folder.iterdir()))})")
    refuse_bad(
        train.origin,
        len(train) + len(test or ()),
        train.skipped,
        getattr(config.data, "max_bad_fraction", 1.0),
    )


def _splits(options: Any) -> tuple[Source, Source | None, str]:
    """Both splits, broken files and all; and why there is no test split, where there is none."""
    if hasattr(options, "max_bad_fraction"):
        options = replace(
            options, max_bad_fraction=1.0
        )  # what gan-train refuses is described first
    train = data.load(options)
    if not len(train):
        raise DataError(
            f"{train.origin}: nothing is left to train on ({len(train.skipped)} files are broken)"
        )
    try:
        return train, data.load(options, "test"), ""
    except DataError as error:
        return train, None, str(error)


def _described(found: dict[str, Any], missing: str) -> list[tuple[str, str]]:
    colour = "grey" if found["channels"] == 1 else "RGB"
    size = f"{found['height']}x{found['width']} {colour}"
    what = (
        f"sequences of {found['sequence_length']} frames, {size}"
        if found["sequence_length"]
        else f"images, {size}"
    )
    mean, deviation = (
        " ".join(f"{value:.1f}" for value in found[key]) for key in ("mean", "deviation")
    )
    lines = [
        ("training", f"{found['images']:,} {what}"),
        ("evaluation", missing or f"{found['evaluation_images']:,}{_leak(found)}"),
        (
            "levels",
            (
                f"{min(found['lowest'])} to {max(found['highest'])} of 0 to 255, mean {mean}, "
                f"deviation {deviation}"
            ),
        ),
        ("classes", _classes(found["classes"])),
        ("captions", _captions(found["captions"])),
        ("files", "; ".join(found["notes"])),
        ("left out", _examples(found["broken"])),
        ("duplicates", _equal(found["duplicates"])),
    ]
    return [(name, text) for name, text in lines if text]


def _leak(found: dict[str, Any]) -> str:
    count = found["evaluation_images_also_in_training"]
    return (
        f", of which {count:,} are also in the training split"
        if count
        else ", none of them in the training split"
    )


def _classes(counts: dict[str, int]) -> str:
    if not counts:
        return "none: the data has no labels"
    shown = ", ".join(f"{name} ({count:,})" for name, count in list(counts.items())[:10])
    rest = (
        f", ... (each {min(counts.values()):,} to {max(counts.values()):,})"
        if len(counts) > 10
        else ""
    )
    return f"{len(counts)}: {shown}{rest}"


def _captions(facts: dict[str, Any]) -> str:
    if not facts["words"]:
        return ""
    return (
        f"{facts['words']:,} words, up to {facts['length']} in a caption, e.g. "
        f"{'; '.join(facts['examples'])}"
    )


def _examples(broken: list[dict[str, str]]) -> str:
    shown = "; ".join(f"{each['name']}: {each['reason']}" for each in broken[:3])
    return (
        f"{len(broken):,} that cannot be read: {shown}{'; ...' if len(broken) > 3 else ''}"
        if broken
        else ""
    )


def _equal(groups: list[list[str]]) -> str:
    if not groups:
        return "none"
    extra = sum(len(group) - 1 for group in groups)
    return f"{extra:,} equal another image, e.g. {' = '.join(groups[0][:2])}"


def _cost(cost: Any, config: TrainConfig, train: Source) -> list[tuple[str, str]]:
    from gan_cli.training.minutes import steps_within

    batch, minutes = config.training.batch_size, config.training.minutes
    seconds = cost.seconds_per_step
    feed = "kept in memory" if cost.feed == "resident" else "streamed from disk"
    lines = [
        (
            "pixels",
            (
                f"{train.nbytes / 1e6:,.1f} MB, {feed} ({cost.free_bytes / 1e9:.1f} GB free on "
                f"{cost.place})"
            ),
        ),
        (
            "model",
            (
                f"{config.model.name}, {cost.weights:,} weights; {cost.state_bytes / 1e6:,.1f} MB "
                "with its optimizers"
            ),
        ),
        ("memory", f"{cost.process_bytes / 1e6:,.0f} MB of this machine in total"),
        (
            "time",
            (
                f"{1000 * seconds:,.0f} s for 1,000 steps of {batch}, {len(train) // batch:,} "
                "steps per epoch"
            ),
        ),
    ]
    if minutes is not None:
        lines.append(
            ("minutes", f"{steps_within(minutes, seconds):,} steps in {minutes:g} minutes")
        )
    return lines


def _say(lines: list[tuple[str, str]]) -> None:
    for name, text in lines:
        print(
            textwrap.fill(text, 79, initial_indent=f"  {name:<12}", subsequent_indent=" " * 14),
            flush=True,
        )


def _draw(folder: Path, train: Source, numbers: report.Statistics) -> None:
    """images.png, or sequences.png with a sequence in each row; mean.png."""
    length = train.spec.sequence_length
    if length:
        sequences = train.some(SEQUENCES)
        frames = sequences.reshape(-1, *sequences.shape[2:])
        images.save_png(folder / "sequences.png", images.grid(frames, length))
    else:
        images.save_png(folder / "images.png", images.grid(train.some(IMAGES)))
    images.save_png(folder / "mean.png", np.rint(numbers.mean_image).astype(np.uint8))


def _draw_changes(folder: Path, train: Source, config: TrainConfig) -> None:
    """What the first steps would make of real images: augmented.png, and of what the discriminator
    would see diffaug.png, or ada.png, where every change happens to every image.
    """
    options = config.augment
    if options == Augment():
        return
    with quiet():
        from gan_cli.data.pipeline import augment
        from gan_cli.objectives.augmentation import ada, diffaug
    count, copies = CHANGED
    real = train.some(count)
    seen = {"diffaug": (diffaug, options.differentiable), "ada": (ada, options.ada)}
    discriminators = {key: getattr(options, key) for key in DISCRIMINATORS}
    if replace(Augment(), **discriminators) != options:
        _draw_below(
            folder / "augmented.png", real, augment.preview(options, real, config.seed, copies)
        )
    for name, (kind, changes) in seen.items():
        if changes:
            changed = kind.preview(changes, real, config.seed, copies)
            _draw_below(folder / f"{name}.png", real, changed)


def _draw_below(path: Path, real: np.ndarray, changed: list[np.ndarray]) -> None:
    """Real images in the first row, and their changed copies below each; of sequences the first
    frames, which stand for all.
    """
    rows = [real, *changed] if real.ndim == 4 else [each[:, 0] for each in (real, *changed)]
    images.save_png(path, images.grid(np.concatenate(rows), len(real)))
