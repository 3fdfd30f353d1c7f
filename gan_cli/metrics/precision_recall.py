"""Precision and recall: how much of one set lies in the balls around the other's samples.

The ball around a sample reaches to its k-th nearest neighbour in its own set and includes its
surface (Kynkäänniemi et al., 2019, eq. 1). Both depend on the number of samples: compare only
scores of equal counts.
"""

from __future__ import annotations

from typing import NamedTuple

from gan_cli.base.lazy import np
from gan_cli.metrics import ImageSet, ReferenceSet, Values, metric
from gan_cli.metrics.shared.neighbours import squared_distances, squared_radii


class PrecisionRecall(NamedTuple):
    """Both in [0, 1], higher is better."""

    precision: float
    recall: float


@metric("precision_recall", gives={"precision": "higher", "recall": "higher"})
def compute(reference: ReferenceSet, generated: ImageSet) -> Values:
    """Share of samples among the real images (fidelity), and the reverse (diversity)."""
    return precision_recall(reference.real.features, generated.features)._asdict()


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
