"""Scores of a set of images: pure functions of NumPy arrays of features, class probabilities or pixels."""
