"""A run: state, step, loop, hooks, optimizers and schedules.

What a step computes is said by the models; what a run leaves on disk is written through `runs`.
"""
