"""Run directories: model card, checkpoints, ranking, journal, job records. Files only, no
TensorFlow.

What is done with their contents is for the rooms above.
"""
