"""`hydra_plugins._gan_cli`, the only place where Hydra takes a launcher from;
`gan_cli.cli.launcher` registers it.
"""

from gan_cli.cli.launcher import Processes

__all__ = ["Processes"]
