"""Functions of shapes that give a keras.Model, and our layers.

How networks are trained against each other is for `objectives`.
"""

from importlib import import_module

WITH_LAYERS = (
    "attention",
    "autoencoder",
    "basis",
    "bilinear",
    "composition",
    "conditional_norm",
    "convolution",
    "dropout",
    "equalized",
    "grouped",
    "layers",
    "minibatch",
    "modulated",
    "normalization",
    "pixels",
    "resampling",
    "spectral",
    "styles",
)
"""Files with layers of ours."""


def register_layers() -> None:
    """Import all layers, which gives each its name among Keras's."""
    for module in WITH_LAYERS:
        import_module(f"{__name__}.{module}")


# Whichever of these modules is the first to be imported: Keras, whose import registers all of them,
# comes before any has begun.
import_module("keras")
