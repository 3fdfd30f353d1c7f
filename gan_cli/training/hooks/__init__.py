"""What looks at a run from outside: anything with `every` and `__call__(progress)`."""
