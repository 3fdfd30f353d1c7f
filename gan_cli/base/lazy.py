"""TensorFlow, Keras, NumPy and Pillow, imported when something of theirs is first used.

What is listed by name (models, losses, data sets, metrics) is imported to answer `--help` and to
refuse a mistake; with these names instead of the modules that costs none of the five seconds that
TensorFlow's import takes, nor NumPy's tenth of a second.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras
    import numpy as np
    import tensorflow as tf
    from PIL import Image, ImageColor, ImageOps
else:

    class _Lazy:
        """A module that is imported at the first look for one of its names."""

        def __init__(self, name: str) -> None:
            self._name = name

        def __getattr__(self, name: str) -> Any:
            return getattr(import_module(self._name), name)

    keras, np, tf = _Lazy("keras"), _Lazy("numpy"), _Lazy("tensorflow")
    Image, ImageColor, ImageOps = map(_Lazy, ("PIL.Image", "PIL.ImageColor", "PIL.ImageOps"))

__all__ = ["Image", "ImageColor", "ImageOps", "keras", "np", "tf"]
