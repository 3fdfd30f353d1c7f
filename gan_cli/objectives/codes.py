"""Codes: parts of a latent whose meaning a model finds for itself (Chen et al. 2016)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from gan_cli.base.lazy import np

REACH, STEPS, MOST = 2.0, 10, 20
"""How far from 0 a continuous code is moved to see what it does, in how many steps where there are
no categories to decide that, and how many categories are shown.
"""

Setting = Sequence[float | None]
"""A value for each code, the category first; None, and what is not listed, stays as it is."""


class Codes(NamedTuple):
    """Where the codes stand in a latent: noise, a value for each category, of which the largest
    chooses it, and the continuous codes. All are drawn alike, standard normal, so that each
    category is as likely as the others.

    Attributes:
        noise: values before the codes.
        categories: of the categorical code; 0: there is none.
        continuous: how many continuous codes.
    """

    noise: int
    categories: int
    continuous: int

    def __str__(self) -> str:
        category = [f"a category of {self.categories}"] if self.categories else []
        others = [f"{self.continuous} continuous"] if self.continuous else []
        return ", ".join([*category, *others])

    @property
    def length(self) -> int:
        """Of a latent."""
        return self.noise + self.categories + self.continuous

    @property
    def number(self) -> int:
        """How many codes: the categorical one, where there is one, and the continuous ones."""
        return (self.categories > 0) + self.continuous

    def with_setting(self, latent: np.ndarray, setting: Setting) -> np.ndarray:
        """A latent [length] whose codes have the values of a setting."""
        placed = latent.copy()
        values = list(setting)
        if self.categories and values:
            category, *values = values
            if category is not None:
                placed[self.noise : self.noise + self.categories] = 0.0
                placed[self.noise + int(category)] = 1.0
        for index, value in enumerate(values):
            if value is not None:
                placed[self.noise + self.categories + index] = value
        return placed

    def moves(self) -> list[list[Setting]]:
        """Of each code the settings that move it alone, as many for each: through the categories,
        the first 20 of them, or from -2 to 2.
        """
        steps = min(self.categories, MOST) or STEPS
        first: list[list[Setting]] = (
            [[[category] for category in range(steps)]] if self.categories else []
        )
        others: list[list[Setting]] = [
            [[None] * place + [value] for value in np.linspace(-REACH, REACH, steps).tolist()]
            for place in range(len(first), self.number)
        ]
        return [*first, *others]
