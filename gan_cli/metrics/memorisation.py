"""Has the generator learned the training images by heart? Nearest training neighbours in feature
space.

`neighbours.nearest` says which training image each sample is nearest to; the two figures here say
whether that is nearer than chance. Neither needs a threshold: each compares with distances of real
images.
"""

from __future__ import annotations

from gan_cli.base.lazy import np
from gan_cli.metrics import ImageSet, ReferenceSet, Values, metric
from gan_cli.metrics.shared import checks
from gan_cli.metrics.shared.neighbours import nearest


@metric(
    "memorisation",
    gives={"copied_share": "as real", "data_copying": "as real"},
    needs=("training",),
)
def compute(reference: ReferenceSet, generated: ImageSet) -> Values:
    """Share of samples nearer to a training image than chance, and the test for data copying."""
    training, held_out = reference.training.features, reference.held_out.features
    return {
        "copied_share": copied_share(generated.features, training),
        "data_copying": data_copying(generated.features, held_out, training),
    }


def copied_share(generated: np.ndarray, training: np.ndarray) -> float:
    """Share of samples at least as near to their nearest training image as that image is to its own
    nearest one.

    In [0, 1], lower is better; 1 minus the authenticity of Alaa et al. (2022, section 3.3). A
    perfect generator does not
    reach 0: compare with the share of real images that were held out. 1 for copies. It is the
    figure of choice without held-out images, and when only some samples are copied.

    Args:
        generated: features [M, D].
        training: features [N, D], N > 1.

    Raises:
        ValueError: too few samples, or not as many dimensions in both.
    """
    found = nearest(generated, training)
    rows, places = np.unique(found.indices, return_inverse=True)
    own_distances = nearest(training[rows], training, own=rows).distances[places]
    return float((found.distances <= own_distances).mean())


def data_copying(generated: np.ndarray, held_out: np.ndarray, training: np.ndarray) -> float:
    """Are samples nearer to the training images than held-out images are? z of the test of Meehan
    et al. (2020).

    The Mann-Whitney statistic of both sets' distances to their nearest training image, in standard
    deviations: about 0 for the true distribution (normally within 3), far below for copies, far
    above where samples are far from all real ones. It grows with the root of the counts. The
    paper's test over all the space (Z_U, section 2): not cell by cell, no continuity correction.

    Args:
        generated: features [M, D].
        held_out: features [L, D] of real images that were not trained on.
        training: features [N, D].

    Raises:
        ValueError: no samples, or not as many dimensions in all.
    """
    from scipy import stats

    ours, theirs = (
        nearest(checks.features(queries), training).distances for queries in (generated, held_out)
    )
    samples, reals = len(generated), len(held_out)
    statistic = float(stats.mannwhitneyu(ours, theirs, method="asymptotic").statistic)
    return float(
        (statistic - samples * reals / 2) / np.sqrt(samples * reals * (samples + reals + 1) / 12)
    )
