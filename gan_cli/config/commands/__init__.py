"""What each command takes beside the configuration of a run: one file each."""

from gan_cli.config.commands.data import DataConfig
from gan_cli.config.commands.edit import EditConfig
from gan_cli.config.commands.evaluate import EvaluateConfig
from gan_cli.config.commands.export import ExportConfig
from gan_cli.config.commands.multirun import Optuna, Processes
from gan_cli.config.commands.plot import PlotConfig
from gan_cli.config.commands.report import ReportConfig
from gan_cli.config.commands.runs import RunsConfig
from gan_cli.config.commands.sample import SampleConfig
from gan_cli.config.commands.train import Sweep, TrainCommand
from gan_cli.config.commands.watch import WatchConfig

__all__ = [
    "DataConfig",
    "EditConfig",
    "EvaluateConfig",
    "ExportConfig",
    "Optuna",
    "PlotConfig",
    "Processes",
    "ReportConfig",
    "RunsConfig",
    "SampleConfig",
    "Sweep",
    "TrainCommand",
    "WatchConfig",
]
