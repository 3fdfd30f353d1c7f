"""Run directories into pages, tables and figures.

Nothing here changes a run; what is measured comes from `evaluation` and `runs`.
"""
