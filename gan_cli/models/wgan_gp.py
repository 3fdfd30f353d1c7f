"""The networks of DCGAN as Gulrajani et al. (2017) train them: a critic with a gradient penalty."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gan_cli.base.spec import DataSpec
from gan_cli.config.options import options
from gan_cli.models import model
from gan_cli.models.dcgan import Dcgan, dcgan

if TYPE_CHECKING:
    from gan_cli.objectives.gan import Game
    from gan_cli.objectives.model import Model


@options
class WganGp(Dcgan):
    """Options of `model=wgan_gp`."""

    name: str = "wgan_gp"


@model("wgan_gp", WganGp)
def wgan_gp(options: WganGp, spec: DataSpec, game: Game) -> Model:
    """Five updates of the discriminator, with a gradient penalty, for each of the generator."""
    return dcgan(options, spec, game)
