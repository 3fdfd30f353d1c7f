"""One file per command, and the glue to Hydra: the only room that knows Hydra and OmegaConf.

TensorFlow is imported when it is needed, never to answer a mistake or a question for help.
"""
