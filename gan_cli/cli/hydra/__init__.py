"""How Hydra composes a command's configuration and runs it; what goes wrong there as one line."""
