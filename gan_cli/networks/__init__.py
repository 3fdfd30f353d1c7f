"""Functions from shapes to keras.Model; every layer is named, because checkpoints are keyed by these names."""
