"""The typed schema, the catalogue of names, and what goes together. No TensorFlow, no Hydra.

How the command line fills the schema is for `cli`; what a name builds is for the room of its kind.
"""
