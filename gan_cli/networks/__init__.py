"""Functions of shapes that give a keras.Model, and our layers.

How networks are trained against each other is for `objectives`.
"""
