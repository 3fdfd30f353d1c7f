"""What samples are compared with, and the scores: during training, of a checkpoint, by people.

The formulas live in `metrics`; what draws the samples in `sampling`.
"""
