"""The jobs of a multirun: their processes, records, halving and ranking.

What one job does is for `training`; how it was asked for is for `cli`.
"""
