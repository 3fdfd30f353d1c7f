"""What the data sources share: listing, decoding, the cache of decoded images, labels, the held-out
split.

No TensorFlow. One source is one file in `data`, above this room.
"""
