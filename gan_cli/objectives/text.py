"""Images of captions: conditions drawn around what a caption says (Zhang et al. 2017), and a
discriminator that also refuses real images beside captions of others (Reed et al. 2016).
"""

from __future__ import annotations

from gan_cli.base.lazy import keras, np, tf
from gan_cli.base.machines import replicas
from gan_cli.base.randomness import Noise
from gan_cli.base.spec import Batch, Logs
from gan_cli.objectives import losses
from gan_cli.objectives.gan import Generator, Regularizer
from gan_cli.objectives.model import Context, Networks
from gan_cli.objectives.options import Loss
from gan_cli.objectives.terms import Comparison, Output, Term


def text_generator(
    text_encoder: keras.Model, generator: keras.Model, captions: np.ndarray
) -> Generator:
    """Captions int32 [B, L] are encoded as mean and log-variance of a condition [B, D]; the last
    D latents say where about the mean it is (Zhang et al. 2017, section 3.2), in samples too: most
    of what a caption leaves open is there.

    Args:
        generator: takes vectors [B, latent_dim], whose last D values are the condition.
        captions: int32 [M, L], of which samples are made where none are given.
    """
    from gan_cli.networks.text import conditioned, joined

    def generate(latents: tf.Tensor, labels: tf.Tensor | None, noise: Noise) -> tf.Tensor:
        conditions = text_encoder(labels, training=True)
        return generator(conditioned(latents, *conditions), training=True)

    def sample(
        networks: Networks, latents: tf.Tensor, labels: tf.Tensor | None, steps: int | None
    ) -> tf.Tensor:
        conditions = networks["text_encoder"](labels, training=False)
        return networks["generator"](conditioned(latents, *conditions), training=False)

    def assemble(networks: Networks) -> keras.Model:
        return joined(networks["text_encoder"], networks["generator"])

    return Generator(
        networks={"text_encoder": text_encoder, "generator": generator},
        generate=generate,
        sample=sample,
        latent_shape=tuple(generator.input_shape[1:]),
        captions=captions,
        assemble=assemble,
    )


def conditioning_augmentation(text_encoder: keras.Model, weight: float) -> Regularizer:
    """KL(N(mean, variance) || N(0, 1)) of the conditions of a batch, in nats an image (Zhang et al.
    2017, eq. 2). Logs it.
    """

    def cost(batch: Batch, context: Context) -> tuple[tf.Tensor, Logs]:
        mean, log_variance = text_encoder(batch["captions"], training=True)
        terms = tf.square(mean) + tf.exp(log_variance) - 1.0 - log_variance
        divergence = tf.reduce_mean(tf.reduce_sum(0.5 * terms, axis=1))
        return weight * divergence, {"condition_divergence": divergence}

    return Regularizer(cost, {})


def matching(loss: Loss, weight: float) -> Term:
    """The adversarial loss with real images beside captions of others in the place of fake ones
    (Reed et al. 2016, algorithm 1); beside a caption that is the same, the fake ones stay.

    Logs the share of real images that are told from those with another's caption.
    """
    pair = losses.build(loss.name, loss.label_smoothing)

    def discriminator(seen: Comparison, context: Context) -> tuple[tf.Tensor, Logs]:
        assert seen.labels is not None
        right, wrong = seen.of_real.logits, seen.of_real.mismatched
        before = replicas.own(tf.roll(replicas.gathered(seen.labels), 1, axis=0))
        other = tf.reduce_any(seen.labels != before, axis=1, keepdims=True)
        cost = pair.discriminator(right, tf.where(other, wrong, seen.of_fake.logits))
        told = tf.reduce_mean(tf.cast(right > wrong, tf.float32))
        return weight * cost, {"captions_told": told}

    return Term(discriminator)


def contrast(weight: float) -> Term:
    """The cross-entropy in nats of an image's caption among those of the batch (Zhang et al. 2021,
    section 4): the discriminator learns it of real images, and the generator pays for its own. Of
    captions that are the same, one is left in.

    Logs the shares of real and of generated images that are most like their own caption.
    """

    def discriminator(seen: Comparison, context: Context) -> tuple[tf.Tensor, Logs]:
        cost, found = _among_others(seen.of_real, seen)
        _, of_fake = _among_others(seen.of_fake, seen)
        return weight * cost, {"captions_found_real": found, "captions_found_fake": of_fake}

    def generator(seen: Comparison, context: Context) -> tuple[tf.Tensor, Logs]:
        return weight * _among_others(seen.of_fake, seen)[0], {}

    return Term(discriminator, generator)


def _among_others(output: Output, seen: Comparison) -> tuple[tf.Tensor, tf.Tensor]:
    """The cross-entropy, and the share of images whose own caption is the most alike."""
    assert seen.labels is not None
    assert output.likeness is not None
    every = replicas.gathered(seen.labels)
    same = tf.reduce_all(seen.labels[:, None] == every[None], axis=2)
    own = replicas.own(tf.range(tf.shape(every)[0]))
    twins = same & (own[:, None] != tf.range(tf.shape(every)[0]))
    logits = tf.where(twins, tf.float32.min, output.likeness)
    cost = tf.nn.sparse_softmax_cross_entropy_with_logits(own, logits)
    found = tf.argmax(logits, axis=1, output_type=tf.int32) == own
    return tf.reduce_mean(cost), tf.reduce_mean(tf.cast(found, tf.float32))
