"""Features or images in, figures out: pure functions, each with its paper and equation.

Where samples and real images come from is for `evaluation`.
"""
