"""Entry points: the only rooms that know Hydra and OmegaConf, and the ones that wait with TensorFlow until it is needed."""
