"""Density and coverage: fidelity and diversity by the balls around real images alone.

The ball around an image reaches to its k-th nearest neighbour and includes its surface (the code of
Naeem et al., 2020, leaves it out, which matters for duplicates only). Both depend on the number of
samples: compare only scores of equal counts.
"""

from __future__ import annotations

from typing import NamedTuple

from gan_cli.base.lazy import np
from gan_cli.metrics import ImageSet, ReferenceSet, Values, metric
from gan_cli.metrics.shared.neighbours import squared_distances, squared_radii


class DensityCoverage(NamedTuple):
    """Density in [0, N / k], about 1 for equal distributions; coverage in [0, 1]; higher is
    better.
    """

    density: float
    coverage: float


@metric("density_coverage", gives={"density": "higher", "coverage": "higher"})
def compute(reference: ReferenceSet, generated: ImageSet) -> Values:
    """Real images around a sample, over those expected; share of real images with a sample near."""
    return density_coverage(reference.real.features, generated.features)._asdict()


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
