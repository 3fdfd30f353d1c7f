"""The network of a run for other programs: written in their format, run there, and compared.

The formats are in `formats`, one file each.
"""
