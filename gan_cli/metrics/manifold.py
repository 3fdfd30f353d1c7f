"""How much of one set lies in the balls around the other's samples: fidelity and diversity, told
apart.

The ball around a sample reaches to its k-th nearest neighbour in its own set and includes its
surface (Kynkäänniemi et al., 2019, eq. 1; the code of Naeem et al., 2020, leaves the surface out,
which matters for duplicates only). All four
depend on the number of samples: compare only scores of equal counts.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gan_cli.metrics.neighbours import squared_distances, squared_radii


class PrecisionRecall(NamedTuple):
    """Both in [0, 1], higher is better."""

    precision: float
    recall: float


class DensityCoverage(NamedTuple):
    """Density in [0, N / k], about 1 for equal distributions; coverage in [0, 1]; higher is
    better.
    """

    density: float
    coverage: float


def precision_recall(
    real: np.ndarray, generated: np.ndarray, neighbours: int = 3
) -> PrecisionRecall:
    """Share of generated samples in a ball of the real set, and the reverse (Kynkäänniemi et al.,
    2019, eq. 2).

    Precision falls with bad samples, recall with missing variety. One outlier has a large ball:
    density and coverage bear it better.

    Args:
        real: features [N, D], N > neighbours.
        generated: features [M, D], M > neighbours.
        neighbours: k.

    Raises:
        ValueError: too few samples, or not as many dimensions in both.
    """
    real_radii, generated_radii = (
        squared_radii(real, neighbours),
        squared_radii(generated, neighbours),
    )
    precise, recalled = np.zeros(len(generated), bool), np.zeros(len(real), bool)
    for rows, squared in squared_distances(real, generated):
        precise |= (squared <= real_radii[rows, None]).any(axis=0)
        recalled[rows] = (squared <= generated_radii).any(axis=1)
    return PrecisionRecall(float(precise.mean()), float(recalled.mean()))


def density_coverage(
    real: np.ndarray, generated: np.ndarray, neighbours: int = 5
) -> DensityCoverage:
    """Real balls around a generated sample, over k, and share of real balls with a generated sample
    (Naeem et al., 2020).

    Density (eq. 3) falls with bad samples; coverage (eq. 4) falls with missing modes. Only the real
    set has balls, so outliers among the generated samples cannot raise either.

    Args:
        real: features [N, D], N > neighbours.
        generated: features [M, D].
        neighbours: k.

    Raises:
        ValueError: too few samples, or not as many dimensions in both.
    """
    radii = squared_radii(real, neighbours)
    inside, covered = 0, 0
    for rows, squared in squared_distances(real, generated):
        held = np.count_nonzero(squared <= radii[rows, None], axis=1)
        inside += int(held.sum())
        covered += int(np.count_nonzero(held))
    return DensityCoverage(inside / (neighbours * len(generated)), covered / len(real))
