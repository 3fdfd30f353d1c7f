"""Each fault moves the scores that are meant to see it, by how much, and leaves the others at their
floor.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from gan_cli.metrics.colours import colour_shares
from gan_cli.metrics.density_coverage import density_coverage
from gan_cli.metrics.diversity import mean_pairwise_ms_ssim
from gan_cli.metrics.edges import edge_shares
from gan_cli.metrics.frechet import Moments, frechet_distance
from gan_cli.metrics.kernel import kernel_distance
from gan_cli.metrics.memorisation import copied_share, data_copying
from gan_cli.metrics.modes import modes
from gan_cli.metrics.precision_recall import precision_recall
from gan_cli.metrics.shared.histograms import total_variation
from gan_cli.metrics.shared.ssim import ms_ssim, psnr, ssim

from .faults import MODES, bars, blurred, drawn, nearest_centre, noisy

Scores = dict[str, float]
TOLERANCES = {
    "frechet": 0.06,
    "kernel": 0.03,
    "precision": 0.06,
    "recall": 0.06,
    "density": 0.08,
    "coverage": 0.04,
    "copied": 0.05,
    "z": 3.0,
    "modes": 0.0,
    "divergence": 0.01,
}
FLOOR = {
    "frechet": 0.03,
    "kernel": 0.0,
    "precision": 0.79,
    "recall": 0.79,
    "density": 1.0,
    "coverage": 0.97,
    "copied": 0.31,
    "z": 0.0,
    "modes": 8,
    "divergence": 0.0,
}
"""Of two halves of the toy distribution, at these counts."""


def feature_scores(generated: np.ndarray, held_out: np.ndarray, training: np.ndarray) -> Scores:
    precision, recall = precision_recall(held_out, generated)
    density, coverage = density_coverage(held_out, generated)
    return {
        "frechet": frechet_distance(Moments.of(held_out), Moments.of(generated)),
        "kernel": kernel_distance(held_out, generated, seed=0, subsets=4, subset_size=500).mean,
        "precision": precision,
        "recall": recall,
        "density": density,
        "coverage": coverage,
        "copied": copied_share(generated, training),
        "z": data_copying(generated, held_out, training),
    }


def toy_scores(generated: np.ndarray) -> Scores:
    found, divergence = modes(nearest_centre(generated), MODES)
    scores = feature_scores(generated, held_out=drawn(1), training=drawn(0))
    return {**scores, "modes": found, "divergence": divergence}


TOY = {
    "another half": (lambda: drawn(2), {}),
    "every sample noisy": (
        lambda: drawn(2) + 0.25 * np.random.default_rng(9).normal(size=(1200, 16)),
        # Recall is blind to it: large balls around bad samples hold everything. Coverage needs good
        # ones.
        {
            "frechet": 0.14,
            "precision": 0.25,
            "recall": 1.0,
            "density": 0.15,
            "coverage": 0.47,
            "copied": 0.08,
            "z": 32,
        },
    ),
    "half the spread in each mode": (
        lambda: drawn(2, spread=0.125),
        {
            "frechet": 0.16,
            "precision": 1.0,
            "recall": 0.02,
            "density": 6.77,
            "coverage": 1.0,
            "copied": 0.77,
            "z": -38,
        },
    ),
    "two of eight modes dropped": (
        lambda: drawn(2, modes=6),
        {
            "frechet": 1.96,
            "kernel": 0.22,
            "recall": 0.58,
            "coverage": 0.74,
            "modes": 6,
            "divergence": np.log(8 / 6),
        },
    ),
    "all samples memorised": (lambda: drawn(0), {"copied": 1.0, "z": -42.4}),
    "half of the samples memorised": (
        lambda: np.concatenate([drawn(2)[:600], drawn(0)[:600]]),
        {"copied": 0.65, "z": -20.4},
    ),
}


@pytest.mark.parametrize("fault", TOY)
def test_a_fault_moves_the_scores_of_features_that_are_meant_to_see_it(fault: str) -> None:
    make, moved = TOY[fault]
    assert_moved(toy_scores(make()), FLOOR, moved, TOLERANCES)


def assert_moved(scores: Scores, floor: Scores, moved: Scores, tolerances: Scores) -> None:
    """Those in `moved` are there, all others at the floor."""
    expected = {**floor, **moved}
    strayed = {
        name: value
        for name, value in scores.items()
        if not abs(value - expected[name]) <= tolerances[name]
    }
    assert not strayed, {
        name: (value, "expected", expected[name]) for name, value in strayed.items()
    }


def set_scores(generated: np.ndarray, real: np.ndarray) -> Scores:
    scores = {"similarity": mean_pairwise_ms_ssim(generated, 500, seed=0)}
    for name, shares in (("colours", colour_shares), ("edges", edge_shares)):
        scores[name] = total_variation(shares(real), shares(generated))
    return scores


PICTURES = {
    "another half": (lambda: bars(1), {}),
    "blurred": (lambda: blurred(bars(1)), {"colours": 0.13, "edges": 0.20, "similarity": 0.37}),
    "noisy": (lambda: noisy(bars(1), 10), {"colours": 0.56, "edges": 0.81, "similarity": 0.26}),
    "lying instead of upright": (lambda: bars(1).transpose(0, 2, 1, 3), {"edges": 0.058}),
    # A third of the bars, 13 x 6 of 24 x 24 pixels, has a colour it should not have. Blue is
    # darkest: its edges are flatter.
    "no blue ones": (
        lambda: bars(1, colours=2),
        {"colours": 13 * 6 / 24**2 / 3, "edges": 0.051, "similarity": 0.39},
    ),
    "three pictures over and over": (
        lambda: np.tile(bars(1)[:3], (100, 1, 1, 1)),
        {"similarity": 0.43},
    ),
}


@pytest.mark.parametrize("fault", PICTURES)
def test_a_fault_moves_the_scores_of_pixels_that_are_meant_to_see_it(fault: str) -> None:
    make, moved = PICTURES[fault]
    floor = {"colours": 0.0, "edges": 0.0, "similarity": 0.326}
    assert_moved(
        set_scores(make(), bars(0)),
        floor,
        moved,
        {"colours": 0.01, "edges": 0.01, "similarity": 0.02},
    )


def test_a_fault_moves_the_scores_of_pairs_as_they_are_meant_to_weigh_it() -> None:
    """Noise of about the squared error of blur costs more structure."""
    images = bars(1)
    pairs = {"blurred": blurred(images), "noisy": noisy(images, 10)}
    scores = {
        name: [measure(images, other).mean() for measure in (ssim, ms_ssim, psnr)]
        for name, other in pairs.items()
    }
    assert scores["blurred"] == pytest.approx([0.895, 0.967, 27.4], rel=0.01)
    assert scores["noisy"] == pytest.approx([0.657, 0.898, 28.1], rel=0.01)


@pytest.fixture(scope="module")
def digits() -> list[np.ndarray]:
    """Three thousands of MNIST: trained on, held out, and to be spoilt; and the labels of the
    last.
    """
    path = Path(os.environ.get("GAN_DATA_DIR", "")) / "mnist.npz"
    if not path.is_file():
        pytest.skip("no mnist.npz in GAN_DATA_DIR")
    with np.load(path) as file:
        images, labels = file["x_test"][..., None], file["y_test"]
    rows = np.random.default_rng(0).permutation(len(images))[
        :3000
    ]  # in their order the writers change half-way
    return [*np.split(images[rows], 3), labels[rows[2000:]]]


def pixels(images: np.ndarray) -> np.ndarray:
    """Features [N, 196] in [0, 1]: means of 2 x 2 pixels."""
    return (
        images.reshape(len(images), 14, 2, 14, 2).mean(axis=(2, 4)).reshape(len(images), -1) / 255
    )


MNIST_FLOOR = {
    "frechet": 0.29,
    "kernel": 0.0,
    "precision": 0.90,
    "recall": 0.87,
    "density": 1.03,
    "coverage": 0.965,
    "copied": 0.40,
    "z": 0.0,
    "colours": 0.0,
    "edges": 0.0,
}
MNIST_TOLERANCES = {
    **TOLERANCES,
    "frechet": 0.1,
    "kernel": 0.001,
    "precision": 0.04,
    "colours": 0.01,
    "edges": 0.015,
}
MNIST = {
    "another half": {},
    "blurred": {
        # A blurred digit is nearer to all others: precision and density take it for a good one.
        **{
            "frechet": 1.02,
            "precision": 1.0,
            "recall": 0.21,
            "density": 3.21,
            "copied": 0.54,
            "z": -8.0,
        },
        **{"colours": 0.16, "edges": 0.20},
    },
    "noisy": {
        **{
            "frechet": 1.96,
            "kernel": 0.019,
            "precision": 0.60,
            "recall": 0.40,
            "density": 0.44,
            "coverage": 0.65,
        },
        **{"copied": 0.10, "z": 15, "colours": 0.34, "edges": 0.67},
    },
    "no digit over six": {"frechet": 0.84, "kernel": 0.0028, "recall": 0.72, "coverage": 0.76},
    "memorised": {"copied": 1.0, "z": -38.7},
}


@pytest.mark.slow
@pytest.mark.parametrize("fault", MNIST)
def test_real_digits_with_a_fault_move_the_scores_that_are_meant_to_see_it(
    fault: str, digits: list[np.ndarray]
) -> None:
    training, held_out, new, labels = digits
    generated = {
        "another half": new,
        "blurred": blurred(new),
        "noisy": noisy(new, 60),
        "no digit over six": new[labels < 7],
        "memorised": training,
    }[fault]
    scores = feature_scores(pixels(generated), pixels(held_out), pixels(training)) | set_scores(
        generated, held_out
    )
    del scores["similarity"]
    assert_moved(scores, MNIST_FLOOR, MNIST[fault], MNIST_TOLERANCES)
