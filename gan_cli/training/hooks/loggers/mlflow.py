"""MLflow."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from pathlib import Path

from gan_cli.config.options import option, options
from gan_cli.training.hooks.loggers import Followed, logger

LONGEST = 6000
"""Characters of a parameter that MLflow takes."""
PATIENCE = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2", "MLFLOW_HTTP_REQUEST_TIMEOUT": "20"}
"""With a server that does not answer, where the environment does not say: by MLflow's own numbers a
run would stand still for minutes before it is left out.
"""


@options
class MlflowOptions:
    """Options of `logger=mlflow`."""

    name: str = "mlflow"
    uri: str | None = option(
        "tracking server or store, such as sqlite:///mlflow.db; null: MLFLOW_TRACKING_URI, else "
        "MLflow's default",
        None,
    )
    experiment: str = option("experiment", "gan_cli")
    checkpoint: bool = option("the best checkpoint as an artifact when the run ends", True)


class Mlflow:
    """A run of MLflow, which a resumed run goes on with. Its client is called outright: nothing of
    this process is made MLflow's active run.
    """

    def __init__(self, options: MlflowOptions, followed: Followed) -> None:
        for name, value in PATIENCE.items():
            os.environ.setdefault(name, value)
        from mlflow import MlflowClient

        logging.getLogger("mlflow").setLevel(logging.WARNING)  # a new store tells its migrations
        self._client, self._checkpoint = MlflowClient(options.uri), options.checkpoint
        if followed.id is not None:
            self.id = followed.id
            self._client.update_run(self.id, "RUNNING")
            return
        found = self._client.get_experiment_by_name(options.experiment)
        experiment = (
            found.experiment_id if found else self._client.create_experiment(options.experiment)
        )
        run = self._client.create_run(experiment, run_name=followed.name)
        self.id = str(run.info.run_id)
        for key, value in followed.config.items():
            self._client.log_param(self.id, key, str(value)[:LONGEST])

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        for tag, value in values.items():
            self._client.log_metric(self.id, tag, value, step=step)

    def image(self, step: int, tag: str, path: Path) -> None:
        self._client.log_artifact(self.id, str(path), tag)

    def files(self, paths: list[Path]) -> None:
        if self._checkpoint:
            for path in paths:
                self._client.log_artifact(self.id, str(path), "checkpoint")

    def close(self) -> None:
        self._client.set_terminated(self.id)


@logger("mlflow", MlflowOptions, package="mlflow")
def mlflow(options: MlflowOptions, followed: Followed) -> Mlflow:
    """MLflow: a server, or a local store."""
    return Mlflow(options, followed)
