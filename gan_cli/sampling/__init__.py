"""What is asked for, drawing it, and writing it as PNG, npz or GIF.

What the images are worth is for `evaluation`.
"""
