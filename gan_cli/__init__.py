"""Train, compare and use image generators in TensorFlow and Keras from the command line."""

__version__ = "0.1.0"
