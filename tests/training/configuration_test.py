"""What does not go together is refused in one line that says why, before TensorFlow is asked."""

from __future__ import annotations

import pytest

from gan_cli import models
from gan_cli.base.errors import ConfigError
from gan_cli.base.spec import DataSpec
from gan_cli.models.acgan import Acgan
from gan_cli.models.cgan import Cgan
from gan_cli.models.dcgan import Dcgan
from gan_cli.models.vae import Vae
from gan_cli.objectives.options import Loss
from tests.conftest import Command, one_line

GREY, LABELLED, VIDEO = (
    DataSpec(8, 8, 1),
    DataSpec(8, 8, 1, 2, ["a", "b"]),
    DataSpec(8, 8, 1, sequence_length=5),
)


@pytest.mark.parametrize(
    ("options", "spec", "loss"),
    [
        (Dcgan(), GREY, Loss("hinge", pack=2, gradient_penalty=1.0)),
        (Dcgan(discriminator_norm="layer"), GREY, Loss("hinge", r1=1.0)),
        (Dcgan(discriminator_norm="batch"), GREY, Loss("hinge")),
        (Cgan(), LABELLED, Loss("least_squares", label_smoothing=0.1)),
        (Vae(), GREY, Loss("non_saturating")),
    ],
)
def test_what_fits(options: object, spec: DataSpec, loss: Loss):
    models.check(options, spec, loss)


@pytest.mark.parametrize(
    ("options", "spec", "loss", "message"),
    [
        (Cgan(), GREY, Loss("hinge"), "model=cgan needs labels; the data has none"),
        (
            Dcgan(),
            VIDEO,
            Loss("hinge"),
            "model=dcgan makes single images; the data holds sequences of 5 frames 8x8x1",
        ),
        (
            Vae(),
            GREY,
            Loss("hinge"),
            "model=vae has no adversarial loss; leave loss=hinge and its options out",
        ),
        (Vae(), GREY, Loss("non_saturating", r1=1.0), "model=vae has no adversarial loss; leave"),
        (
            Dcgan(),
            GREY,
            Loss("hinge", label_smoothing=0.1),
            "loss.label_smoothing goes with loss=least_squares, minimax, non_sat",
        ),
        (
            Acgan(),
            LABELLED,
            Loss("hinge", pack=2),
            "loss.pack=2: the discriminator of model=acgan takes each image with its label",
        ),
        (
            Dcgan(discriminator_norm="batch"),
            GREY,
            Loss("hinge", dragan=1.0),
            "loss.dragan is of single images, which",
        ),
    ],
)
def test_what_does_not(options: object, spec: DataSpec, loss: Loss, message: str):
    with pytest.raises(ConfigError) as caught:
        models.check(options, spec, loss)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["model=cgan", "data=folder", "data.path=pictures", "data.size=8"],
            "model=cgan needs labels; data=folder has none",
        ),
        (["loss.pack=5"], "training.batch_size=16 is no multiple of loss.pack=5"),
        (
            ["model=vae", "augment=diffaug"],
            "model=vae has no discriminator for augment.differentiable; augment=none",
        ),
    ],
)
def test_from_the_command_line(arguments: list[str], message: str, train: Command, tmp_path):
    from PIL import Image

    (tmp_path / "pictures").mkdir()
    for number in range(80):
        Image.new("L", (8, 8), number).save(tmp_path / "pictures" / f"{number}.png")
    result = train(*arguments, "run_dir=run")
    assert result.code == 2
    assert message in one_line(result)
    assert not (tmp_path / "run").exists()


def test_a_score_that_the_model_cannot_have_is_refused(train: Command):
    result = train("evaluation.objective=elbo_held_out")
    assert result.code == 2
    assert one_line(result) == (
        "gan-train: evaluation.objective=elbo_held_out: model=dcgan has no likelihood; frechet "
        "ranks any model"
    )
