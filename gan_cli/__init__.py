"""Train, compare and use image generators in TensorFlow and Keras."""

from importlib import import_module

from wrapt import when_imported

__version__ = "0.1.0"


@when_imported("keras")
def _register_layers(keras: object) -> None:
    """Keras finds a layer of ours in a saved model by its registered name only."""
    for module in ("autoencoder", "composition", "layers", "pixels"):
        import_module(f"gan_cli.networks.{module}")
