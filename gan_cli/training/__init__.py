"""The run: state, step, loop, hooks, checkpoints and the directory they live in."""
