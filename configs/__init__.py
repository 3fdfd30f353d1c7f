"""YAML of every config group; a package, so that Hydra finds it in a wheel too."""
