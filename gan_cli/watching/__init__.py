"""A page with runs while they train: read only, for this machine alone."""
