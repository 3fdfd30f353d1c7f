"""From the images of a data set to the batches of a step: augmentation and feeding.

Reading and decoding files is for `data.reading`.
"""
