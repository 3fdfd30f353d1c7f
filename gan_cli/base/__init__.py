"""Words that every room uses: errors, specs, randomness, images, files. Nothing here imports
another room.

What knows a model, a data set, a run directory or a command lives higher up.
"""
