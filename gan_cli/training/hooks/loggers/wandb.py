"""Weights & Biases."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from gan_cli.config.options import option, options
from gan_cli.training.hooks.loggers import Followed, logger


@options
class WandbOptions:
    """Options of `logger=wandb`."""

    name: str = "wandb"
    project: str = option("project", "gan_cli")
    entity: str | None = option("user or team; null: your default", None)
    mode: Literal["online", "offline"] = option(
        "online, or offline: written below wandb/, and sent by `wandb sync` later", "online"
    )
    checkpoint: bool = option("the best checkpoint as an artifact when the run ends", True)


START, END = 30.0, 300.0
"""Seconds that a run waits for W&B's server, at first and for the last upload."""


class Wandb:
    """A run of W&B, which a resumed run goes on with."""

    def __init__(self, options: WandbOptions, followed: Followed) -> None:
        import wandb

        self._wandb, self._checkpoint = wandb, options.checkpoint
        self._run: Any = wandb.init(
            project=options.project,
            entity=options.entity,
            mode=options.mode,
            id=followed.id,
            resume="allow",
            name=followed.name,
            notes=followed.config.get("notes"),
            dir=str(followed.directory.absolute()),  # its service may have begun elsewhere
            config=dict(followed.config),
            settings=wandb.Settings(
                silent=True,
                console="off",
                init_timeout=START,
                finish_timeout=END,
                finish_timeout_raises=True,
            ),
        )
        self.id = str(self._run.id)
        self._run.define_metric("*", step_metric="step")

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        self._run.log({"step": step, **values})

    def image(self, step: int, tag: str, path: Path) -> None:
        self._run.log({"step": step, tag: self._wandb.Image(str(path))})

    def files(self, paths: list[Path]) -> None:
        if self._checkpoint:
            artifact = self._wandb.Artifact(f"run-{self.id}", type="model")
            for path in paths:
                artifact.add_file(str(path))
            self._run.log_artifact(artifact)

    def close(self) -> None:
        self._run.finish()


@logger("wandb", WandbOptions, package="wandb")
def wandb(options: WandbOptions, followed: Followed) -> Wandb:
    """Weights & Biases, online or offline."""
    return Wandb(options, followed)
