"""Which classes the samples have at all, for data of many modes (Stacked MNIST)."""

from __future__ import annotations

from typing import NamedTuple

from gan_cli.base.lazy import np
from gan_cli.metrics import ImageSet, ReferenceSet, Values, metric


class Modes(NamedTuple):
    """Modes with at least one sample, of K: higher is better; and KL(generated || real) in nats:
    lower is better.
    """

    found: int
    divergence: float


@metric("modes", gives={"modes": "higher", "modes_divergence": "lower"}, needs=("classes",))
def compute(reference: ReferenceSet, generated: ImageSet) -> Values:
    """Classes with at least one sample, and KL divergence of the classes to even ones."""
    extractor = reference.extractor
    found = modes(extractor.classify(generated.features).argmax(axis=1), extractor.classes)
    return {"modes": float(found.found), "modes_divergence": found.divergence}


def modes(labels: np.ndarray, classes: int, real_shares: np.ndarray | None = None) -> Modes:
    """Number of modes found, and KL of their histogram to the real one, as for Stacked MNIST (Lin
    et al., 2018, PacGAN).

    The usual figures are those of 26,000 samples and 1,000 modes: both depend on the number of
    samples.

    Args:
        labels: int [N], the mode of each sample in [0, classes).
        classes: K.
        real_shares: float [K] that sums to 1; uniform where it is None. The divergence is infinite
            where a sample has a mode that the real data lacks.

    Raises:
        ValueError: a label outside, no labels, or shares that are not K.
    """
    from scipy import special

    if not len(labels) or labels.min() < 0 or labels.max() >= classes:
        raise ValueError(f"labels must be at least one in [0, {classes})")
    real = np.full(classes, 1 / classes) if real_shares is None else real_shares
    if real.shape != (classes,) or not np.isclose(real.sum(), 1):
        raise ValueError(f"real_shares must be {classes} shares that sum to 1")
    generated = np.bincount(labels, minlength=classes) / len(labels)
    divergence = float(special.rel_entr(generated, real).sum())
    return Modes(int(np.count_nonzero(generated)), max(0.0, divergence))
