"""Images in files score as the checkpoint that made them, real ones at the baseline, noise far
above it.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from gan_cli import data, metrics
from gan_cli.data.digits import Digits
from gan_cli.evaluation import evaluate as evaluation
from gan_cli.evaluation import reference, report
from gan_cli.evaluation.reference import EvaluatorOptions, build_evaluator
from gan_cli.evaluation.report import Report
from tests.conftest import Command, one_line

DIGITS = ("data=digits", "data.size=8", "extractor=pixels")


def held_out() -> np.ndarray:
    images: np.ndarray = data.load(Digits(size=8), "test").images  # type: ignore[assignment]
    return images


def scored(evaluate: Command, images: np.ndarray, *arguments: str) -> Report:
    """The report of images in an npz."""
    np.savez("images.npz", images=images)
    result = evaluate("samples=images.npz", *DIGITS, *arguments)
    assert result.code == 0, result.err
    assert max(map(len, result.out.splitlines())) <= 79
    return report.read(Path("images-scores.json"))


def test_the_files_of_gan_sample_score_as_the_checkpoint(sample: Command, evaluate: Command):
    count = ("count=48", "seed=5")
    assert evaluate("checkpoint=run", *DIGITS[2:], *count, "repeats=1", "output=run.json").code == 0
    assert sample("checkpoint=run", *count, "format=npz", "output=array.npz").code == 0
    assert sample("checkpoint=run", *count, "format=png", "output=pictures").code == 0
    shutil.make_archive("archive", "zip", "pictures")
    expected = report.read(Path("run.json"))
    hashes = set()
    for samples in ("array.npz", "pictures", "archive.zip"):
        result = evaluate(f"samples={samples}", *DIGITS, *count, "output=files.json")
        assert result.code == 0, result.err
        assert result.out.splitlines()[0] == f"{samples}: 48 samples"
        found = report.read(Path("files.json"))
        assert found.provenance == expected.provenance
        hashes.add(found.subject["sha256"])
        for name, score in found.scores.items():
            near = (
                0.02 if name == "pairs_ms_ssim" else 1e-6
            )  # which pairs depends on the order of the files
            assert score.mean == pytest.approx(expected.scores[name].mean, abs=near), name
            assert (score.baseline, score.better) == (
                expected.scores[name].baseline,
                expected.scores[name].better,
            )
    assert len(hashes) > 1


def test_some_of_many_images_are_others_in_every_repeat(evaluate: Command):
    many = held_out()
    reports = [
        scored(evaluate, many, "count=60", "metrics=[frechet]", f"seed={seed}")
        for seed in (0, 0, 1)
    ]
    first, again, other = (each.scores["frechet"] for each in reports)
    assert (reports[0].provenance.count, reports[0].provenance.repeats) == (60, 2)
    assert first == again
    assert first.mean != other.mean
    assert first.deviation is not None
    assert first.deviation > 0
    every = scored(evaluate, many, "count=500", "metrics=[frechet]")
    assert (every.provenance.count, every.provenance.repeats) == (len(many), 1)
    assert every.scores["frechet"].deviation is None


def test_other_pixels_are_another_subject(evaluate: Command):
    images = held_out()
    first = scored(evaluate, images, "metrics=[edges]").subject
    assert first["path"] == "images.npz"
    images[0, 0, 0, 0] ^= 1
    assert scored(evaluate, images, "metrics=[edges]").subject["sha256"] != first["sha256"]


def test_real_images_score_at_the_baseline_and_noise_far_above(evaluate: Command):
    real = held_out()
    noise = np.random.default_rng(0).integers(0, 256, real.shape, np.uint8)
    real_scores = scored(evaluate, real, f"count={len(real)}").scores
    for name in ("frechet", "precision", "recall", "density", "coverage"):
        ratio = real_scores[name].mean / real_scores[name].baseline
        assert 0.75 < ratio < 1.3, name
    assert real_scores["edges"].mean < 0.12
    assert real_scores["edges"].baseline < 0.12
    assert real_scores["pairs_ms_ssim"].mean == pytest.approx(
        real_scores["pairs_ms_ssim"].baseline, abs=0.03
    )
    assert (
        real_scores["copied_share"].mean == real_scores["copied_share"].baseline
    )  # the held-out images are these
    assert real_scores["data_copying"].mean == 0
    far = scored(evaluate, noise, f"count={len(real)}").scores
    for name in ("frechet", "edges"):
        assert far[name].mean > 5 * far[name].baseline
        assert far[name].baseline == real_scores[name].baseline
    assert far["kernel"].mean > 20 * abs(real_scores["kernel"].mean)
    for name in ("precision", "recall", "coverage", "copied_share"):
        assert far[name].mean < 0.1 < far[name].baseline
    assert far["data_copying"].mean > 10


def test_images_of_another_size_are_scaled_and_of_other_channels_refused(evaluate: Command):
    small = held_out()[:20]
    large = np.repeat(np.repeat(small, 4, axis=1), 4, axis=2)
    assert (
        scored(evaluate, large, "metrics=[frechet]").scores["frechet"].mean < 40
    )  # noise is at 100 and more
    np.savez("colour.npz", images=np.repeat(small, 3, axis=-1))
    result = evaluate("samples=colour.npz", *DIGITS)
    assert result.code == 3
    assert "colour.npz: images 8x8x3, the real ones have 1 channels" in one_line(result)


@pytest.mark.parametrize(
    ("samples", "part"),
    [
        ("gone.npz", "samples=gone.npz: no such file or folder"),
        ("few.npz", "few.npz: 15 images, too few for scores (at least 16)"),
        ("run/config.json", "run/config.json"),
        ("empty", "empty"),
        ("broken.zip", "broken.zip"),
    ],
)
def test_samples_that_are_none(samples: str, part: str, evaluate: Command):
    np.savez("few.npz", images=held_out()[:15])
    Path("empty").mkdir()
    Path("broken.zip").write_bytes(b"PK")
    result = evaluate(f"samples={samples}", *DIGITS)
    assert result.code == 3
    assert part in one_line(result)
    assert not Path("cache/features").exists()
    assert not list(Path().glob("*-scores.json"))


def test_a_report_of_values_that_are_not_finite(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """JSON has no infinity: such a score is null, and stays readable."""
    monkeypatch.setenv("GAN_CACHE_DIR", str(tmp_path))
    made = build_evaluator(
        Digits(size=8), EvaluatorOptions("pixels", count=32), print, metrics=["frechet"]
    )
    for place in (metrics, reference):  # of samples, and of real images
        monkeypatch.setattr(place, "measure", lambda *_: {"frechet": float("inf")})
    found = evaluation.report(
        made,
        ["frechet"],
        lambda seed: [held_out()[:20], held_out()[20:40]],
        40,
        2,
        0,
        {"path": "x"},
    )
    assert found.scores["frechet"] == report.Score(None, None, None, "lower")
    report.write(tmp_path / "x.json", found)
    assert report.read(tmp_path / "x.json") == found


def test_what_is_looked_at_is_the_first_of_the_batches(monkeypatch: pytest.MonkeyPatch):
    from gan_cli.metrics.extractors.pixels import Pixels

    monkeypatch.setattr(evaluation, "MOST_IMAGES", 25)
    images = held_out()[:60]
    sample = evaluation.sampled(Pixels(), (images[start : start + 20] for start in (0, 20, 40)))
    np.testing.assert_array_equal(sample.images, images[:25])
    np.testing.assert_array_equal(sample.features, Pixels().features(images))
