"""Networks that turn images into features, and the files in which their weights and features are
kept.

What is measured on the features lives in `metrics`.
"""
