"""Closed tables from a name in a YAML to what it builds; builders are imported when used, so a name
costs no TensorFlow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any, Generic, Literal, TypeVar

from gan_cli.base.errors import ConfigError, unknown
from gan_cli.config import data, models
from gan_cli.config import schema as config


@dataclass(frozen=True)
class Entry:
    """A registered name: `builder` is 'module:function', `options` the dataclass of its
    settings.
    """

    builder: str
    options: type

    def load(self) -> Callable[..., Any]:
        module, function = self.builder.split(":")
        loaded: Callable[..., Any] = getattr(import_module(module), function)
        return loaded


@dataclass(frozen=True)
class ModelEntry(Entry):
    """A registered model.

    Attributes:
        needs: what the data must have: labels; sequences (without it: single images).
        game: whether a generator plays against discriminators, so that the group `loss` applies.
        bound: whether it has a likelihood, so that elbo_held_out is measured.
    """

    needs: tuple[Literal["labels", "sequences"], ...] = ()
    game: bool = True
    bound: bool = False


Kind = TypeVar("Kind", bound=Entry)


class Registry(Mapping[str, Kind], Generic[Kind]):
    """name -> Entry; an unknown name is an error that lists the names."""

    def __init__(self, kind: str, entries: dict[str, Kind]) -> None:
        self.kind, self._entries = kind, entries

    def __getitem__(self, name: str) -> Kind:
        if name not in self._entries:
            raise ConfigError(unknown(f"{self.kind}.name", name, list(self._entries)))
        return self._entries[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


MODELS = Registry(
    "model",
    {
        "dcgan": ModelEntry("gan_cli.models.dcgan:dcgan", models.Dcgan),
        "wgan_gp": ModelEntry("gan_cli.models.dcgan:dcgan", models.WganGp),
        "cgan": ModelEntry("gan_cli.models.conditional:cgan", models.Cgan, needs=("labels",)),
        "acgan": ModelEntry("gan_cli.models.conditional:acgan", models.Acgan, needs=("labels",)),
        "projection_gan": ModelEntry(
            "gan_cli.models.conditional:projection_gan", models.ProjectionGan, needs=("labels",)
        ),
        "multi_gan": ModelEntry("gan_cli.models.multi_gan:multi_gan", models.MultiGan),
        "vae": ModelEntry("gan_cli.models.vae:vae", models.Vae, game=False, bound=True),
        "vae_gan": ModelEntry("gan_cli.models.vae_gan:vae_gan", models.VaeGan),
        "conv_gan": ModelEntry("gan_cli.models.conv_gan:conv_gan", models.ConvGan),
        "sequence_gan": ModelEntry(
            "gan_cli.models.sequence:sequence_gan", models.SequenceGan, needs=("sequences",)
        ),
        "sequence_vae": ModelEntry(
            "gan_cli.models.sequence:sequence_vae",
            models.SequenceVae,
            needs=("sequences",),
            game=False,
            bound=True,
        ),
        "random_pixels": ModelEntry(
            "gan_cli.models.baseline:random_pixels", models.RandomPixels, game=False
        ),
        "template": ModelEntry("gan_cli.models.baseline:template", models.Template, game=False),
    },
)

DATA = Registry(
    "data",
    {
        "digits": Entry("gan_cli.data.digits:load", data.Digits),
        "mnist": Entry("gan_cli.data.idx:mnist", data.Mnist),
        "fashion_mnist": Entry("gan_cli.data.idx:fashion_mnist", data.FashionMnist),
        "kmnist": Entry("gan_cli.data.idx:kmnist", data.Kmnist),
        "cifar10": Entry("gan_cli.data.cifar:cifar10", data.Cifar10),
        "cifar100": Entry("gan_cli.data.cifar:cifar100", data.Cifar100),
        "stacked_mnist": Entry("gan_cli.data.stacked_mnist:load", data.StackedMnist),
        "moving_mnist": Entry("gan_cli.data.moving_mnist:load", data.MovingMnist),
        "folder": Entry("gan_cli.data.folder:load", data.Folder),
        "zip": Entry("gan_cli.data.archive:load", data.Zip),
        "csv": Entry("gan_cli.data.table:load", data.Csv),
        "npz": Entry("gan_cli.data.npz:load", data.Npz),
        "frames": Entry("gan_cli.data.frames:load", data.Frames),
        "tfds": Entry("gan_cli.data.tfds:load", data.Tfds),
    },
)


def parse_options(values: Any, group: str) -> Any:
    """The options dataclass of the model or data set that `values` names."""
    registry: Registry[Any] = MODELS if group == "model" else DATA
    if not isinstance(values, dict) or not isinstance(values.get("name"), str):
        raise ConfigError(f"{group}.name is missing (accepted: {', '.join(registry)})")
    return config.parse(registry[values["name"]].options, values, group)


def train_config(values: dict[str, Any]) -> config.TrainConfig:
    """Plain values as a checked configuration, the options of model and data by their registered
    names.
    """
    checked = config.parse(config.TrainConfig, values)
    return replace(
        checked,
        model=parse_options(checked.model, "model"),
        data=parse_options(checked.data, "data"),
    )
