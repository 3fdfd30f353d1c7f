"""Functions of shapes that give a keras.Model, and our layers.

How networks are trained against each other is for `objectives`.
"""

from importlib import import_module
from pkgutil import walk_packages


def register_layers() -> None:
    """Import all modules here, which gives each layer of ours its name among Keras's."""
    for module in walk_packages(__path__, f"{__name__}."):
        import_module(module.name)


# Whichever of these modules is the first to be imported: Keras, whose import registers all layers,
# comes before any has begun.
import_module("keras")
