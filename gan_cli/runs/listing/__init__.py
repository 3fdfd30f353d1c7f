"""Runs below a folder: which there are, by what names they are asked for, and how they stand."""
