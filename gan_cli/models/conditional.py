"""Control by class: three ways to tell generator and discriminator the label."""

from __future__ import annotations

import tensorflow as tf

from gan_cli.base.spec import Batch, DataSpec, Logs
from gan_cli.config.models import Acgan, Cgan, ProjectionGan
from gan_cli.models.base import Game
from gan_cli.models.dcgan import discriminator, generator
from gan_cli.models.gan import Gan, Play, Verdict
from gan_cli.networks.heads import ChannelHead, ClassifierHead, Head, ProjectionHead


def cgan(options: Cgan, spec: DataSpec, game: Game) -> Gan:
    """Mirza and Osindero (2014): both sides see an embedding of the label."""
    return _labelled(options, spec, game, ChannelHead(spec.num_classes, options.embedding_dim))


def projection_gan(options: ProjectionGan, spec: DataSpec, game: Game) -> Gan:
    """Miyato and Koyama (2018): the discriminator's features are compared with a vector of the
    class.
    """
    return _labelled(options, spec, game, ProjectionHead(spec.num_classes, options.embedding_dim))


def acgan(options: Acgan, spec: DataSpec, game: Game) -> AuxiliaryGan:
    """Odena et al. (2017): the discriminator names the class, and the generator is paid for being
    named rightly.
    """
    classes = spec.num_classes
    return AuxiliaryGan(
        generator(options, spec, classes, options.embedding_dim),
        {"discriminator": discriminator(options, spec, game, ClassifierHead(classes))},
        game,
        num_classes=classes,
        class_weight=options.class_weight,
    )


def _labelled(options: Cgan | ProjectionGan, spec: DataSpec, game: Game, head: Head) -> Gan:
    made = generator(options, spec, spec.num_classes, options.embedding_dim)
    return Gan(
        made,
        {"discriminator": discriminator(options, spec, game, head)},
        game,
        num_classes=spec.num_classes,
    )


class AuxiliaryGan(Gan):
    """Both sides also earn the log-likelihood of the class: L_S + L_C and L_C - L_S (Odena et al.
    2017, section 3).
    """

    def __init__(self, *networks: object, class_weight: float, **settings: object) -> None:
        super().__init__(*networks, **settings)  # type: ignore[arg-type]
        self._class_weight = class_weight

    def _judge(self, name: str, images: tf.Tensor, labels: tf.Tensor | None) -> Verdict:
        return Verdict(*self.networks[name](images, training=True))

    def _against(self, play: Play, batch: Batch) -> tf.Tensor:
        return super()._against(play, batch) + self._class_weight * _class_loss(play.of_fake, batch)

    def _loss_of_critic(self, play: Play, batch: Batch) -> tf.Tensor:
        classes = _class_loss(play.of_real, batch) + _class_loss(play.of_fake, batch)
        return super()._loss_of_critic(play, batch) + self._class_weight * classes

    def _logs_of(self, play: Play, batch: Batch) -> Logs:
        """The shares of images whose class is named rightly."""
        return {
            "class_accuracy_real": _accuracy(play.of_real, batch),
            "class_accuracy_fake": _accuracy(play.of_fake, batch),
        }


def _class_loss(verdict: Verdict, batch: Batch) -> tf.Tensor:
    """Cross-entropy of the class in nats."""
    return tf.reduce_mean(
        tf.nn.sparse_softmax_cross_entropy_with_logits(batch["labels"], verdict.classes)
    )


def _accuracy(verdict: Verdict, batch: Batch) -> tf.Tensor:
    return tf.reduce_mean(
        tf.cast(tf.argmax(verdict.classes, axis=1) == batch["labels"], tf.float32)
    )
