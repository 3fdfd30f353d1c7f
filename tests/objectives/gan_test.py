"""The game with functions in the place of networks: what each sees, who pays what, and when."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan_cli.base.randomness import Noise
from gan_cli.objectives.augmentation.views import view
from gan_cli.objectives.gan import Game, Generator, gan, image_generator
from gan_cli.objectives.model import Model
from gan_cli.objectives.options import Loss
from gan_cli.objectives.sides import call, clip_weights, generator_loss, sum_in_order
from gan_cli.objectives.terms import Comparison, Output, Term, adversarial, penalties

from .toys import Function, context, quadratic

REAL = tf.constant([[1.0, -1.0], [2.0, 0.0], [0.5, 0.5], [3.0, 1.0]])
LABELS = tf.constant([0, 2, 1, 2], tf.int64)
SHAPE = (4, 2)


def shaken(images: tf.Tensor, noise: Noise) -> tf.Tensor:
    return images + noise.uniform("shake", images.shape)


def total(x: tf.Tensor) -> tf.Tensor:
    """Logits that are the sum of an image's two pixels."""
    return tf.reduce_sum(x, axis=1, keepdims=True)


def double() -> Function:
    """A generator whose images are twice their latents."""
    return Function(lambda latents: 2.0 * latents, (2,))


def game(
    loss: Loss, terms: list[Term] | None = None, augment: Any = None, **discriminators: Any
) -> Model:
    networks = discriminators or {"discriminator": Function(total, (2,))}
    chosen = [adversarial(loss)] if terms is None else terms
    return gan(image_generator(double()), networks, chosen, Game(loss, augment))


def found(model: Model, phase: int = 0, where: Any = None) -> dict[str, float]:
    losses, logs = model.phases[phase].losses({"images": REAL}, where or context())
    return {name: float(value) for name, value in (losses | logs).items()}


def fakes(where: Any = None) -> np.ndarray:
    return 2.0 * (where or context()).noise.normal("latents", SHAPE).numpy()


def of_the_context(weight: float) -> Callable[[Comparison, Any], tuple[tf.Tensor, dict]]:
    """A cost that is drawn, and logs what it was."""

    def cost(seen: Comparison, where: Any) -> tuple[tf.Tensor, dict]:
        drawn = weight * where.noise.uniform("cost", ())
        return drawn, {"drawn": drawn}

    return cost


def test_both_sides_pay_in_one_phase_and_from_one_forward_pass() -> None:
    """Wasserstein: D(G(z)) - D(x), and -D(G(z)); D(x) is 1.75 on average."""
    generator, discriminator = double(), Function(total, (2,))
    loss = Loss("wasserstein")
    model = gan(
        image_generator(generator),
        {"discriminator": discriminator},
        [adversarial(loss)],
        Game(loss),
    )
    (phase,) = model.phases
    assert (phase.trains, phase.repeats) == (("generator", "discriminator"), 1)
    fake = fakes().sum(axis=1).mean()
    assert found(model) == pytest.approx(
        {
            "discriminator": fake - 1.75,
            "generator": -fake,
            "logits_real": 1.75,
            "logits_fake": fake,
            "ordered": (fakes().sum(axis=1) < REAL.numpy().sum(axis=1)).mean(),
        },
        rel=1e-5,
    )
    assert generator.modes == [True]
    assert discriminator.modes == [True, True]


def test_more_updates_of_the_discriminator_are_a_phase_of_their_own() -> None:
    model = game(Loss("wasserstein", discriminator_steps=3))
    assert [(phase.trains, phase.repeats) for phase in model.phases] == [
        (("discriminator",), 3),
        (("generator",), 1),
    ]
    fake = fakes().sum(axis=1).mean()
    assert found(model)["discriminator"] == pytest.approx(fake - 1.75, rel=1e-5)
    assert found(model, 1) == {"generator": pytest.approx(-fake, rel=1e-5)}
    assert set(found(model)) == {"discriminator", "logits_real", "logits_fake", "ordered"}


def test_facts_of_the_model_are_those_of_its_parts() -> None:
    generator, one, two = double(), Function(total, (2,)), Function(total, (2,))
    loss = Loss("hinge")
    model = gan(
        image_generator(generator, num_classes=3),
        {"one": one, "two": two},
        [adversarial(loss)],
        Game(loss),
    )
    assert dict(model.networks) == {"generator": generator, "one": one, "two": two}
    assert model.players == {"generator": ("generator",), "one": ("one",), "two": ("two",)}
    assert model.phases[0].trains == ("generator", "one", "two")
    assert model.sampler == ("generator",)
    assert (model.latent_shape, model.num_classes, model.sequence_length) == ((2,), 3, 0)


def test_samples_are_made_in_inference_mode_by_the_networks_of_the_model() -> None:
    model = game(Loss("hinge"))
    assert model.sample(tf.ones([3, 2])).numpy().tolist() == [[2.0, 2.0]] * 3
    assert model.networks["generator"].modes == [False]
    other = model.with_networks({"generator": Function(lambda latents: -latents, (2,))})
    assert other.sample(tf.ones([1, 2])).numpy().tolist() == [[-1.0, -1.0]]
    assert other.networks["discriminator"] is model.networks["discriminator"]
    assert other.generator is other.networks["generator"] is not model.generator


def test_real_and_fake_images_change_by_draws_of_their_own() -> None:
    discriminator = Function(total, (2,))
    noise = context(6).noise.branch("discriminator")
    found(game(Loss("hinge"), augment=shaken, discriminator=discriminator), where=context(6))
    real, fake = discriminator.given
    expected = shaken(REAL, noise.branch("real").branch("change_0"))
    np.testing.assert_array_equal(real, expected)
    expected = shaken(fakes(context(6)), noise.branch("fake").branch("change_0"))
    np.testing.assert_allclose(fake, expected, rtol=1e-6)


def test_each_discriminator_sees_one_batch_of_fakes_by_draws_of_its_own() -> None:
    one, two = Function(total, (2,)), Function(total, (2,))
    model = game(Loss("hinge"), augment=shaken, discriminator_1=one, discriminator_2=two)
    found(model)
    assert len(model.networks["generator"].given) == 1
    for number, network in ((1, one), (2, two)):
        noise = context().noise.branch(f"discriminator_{number}").branch("fake").branch("change_0")
        np.testing.assert_allclose(network.given[1], shaken(fakes(), noise), rtol=1e-6)


def test_a_discriminator_can_have_a_view_of_its_own() -> None:
    one, two, loss = Function(total, (2,)), Function(total, (2,)), Loss("hinge")
    gan_ = gan(
        image_generator(double()),
        {"one": one, "two": two},
        [adversarial(loss)],
        Game(loss, shaken),
        views={"one": view(loss), "two": view(loss, lambda images, _: -images)},
    )
    found(gan_)
    np.testing.assert_array_equal(one.given[0], REAL)
    np.testing.assert_array_equal(two.given[0], -REAL)


def test_costs_of_a_side_are_added_up() -> None:
    terms = [
        Term(lambda *_: (tf.constant(1.0), {"a": tf.constant(7.0)}), None),
        Term(None, lambda *_: (tf.constant(3.0), {"unseen": tf.constant(0.0)})),
        Term(
            lambda *_: (tf.constant(10.0), {"b": tf.constant(8.0)}),
            lambda *_: (tf.constant(30.0), {}),
        ),
    ]
    values = found(game(Loss("hinge"), terms))
    assert (values["discriminator"], values["generator"]) == (11.0, 33.0)
    assert (values["a"], values["b"]) == (7.0, 8.0)
    assert "unseen" not in values


def test_costs_are_drawn_for_each_discriminator_and_logged_by_its_number() -> None:
    networks = {f"discriminator_{number}": Function(total, (2,)) for number in (1, 2)}
    term = Term(of_the_context(1.0), of_the_context(10.0))
    values = found(game(Loss("hinge"), [term], **networks))
    noise = context().noise
    for number in (1, 2):
        drawn = float(noise.branch(f"discriminator_{number}").uniform("cost", ()))
        assert values[f"discriminator_{number}"] == values[f"drawn_{number}"] == drawn
    assert values["generator"] == pytest.approx(20.0 * float(noise.uniform("cost", ())))


def test_a_single_discriminator_logs_without_a_number() -> None:
    assert "drawn" in found(game(Loss("hinge"), [Term(of_the_context(1.0), of_the_context(1.0))]))


def test_the_update_reaches_the_terms() -> None:
    """A penalty of every second update is due at 4, whatever the step: 1/2 |x|^2 of real images is
    half of the mean of 2, 4, 0.5 and 10.
    """
    loss = Loss("wasserstein", r1=1.0, r1_interval=2)
    model = game(loss, [penalties(loss), adversarial(loss)], discriminator=Function(quadratic))
    assert found(model, where=context(7, update=4))["r1"] == pytest.approx(2 * 0.5 * 16.5 / 4)
    assert found(model, where=context(8, update=5))["r1"] == 0.0


def test_losses_against_several_are_summed_or_combined() -> None:
    networks = {"one": Function(total, (2,)), "two": Function(lambda x: 3.0 * total(x), (2,))}
    loss, fake = Loss("wasserstein"), fakes().sum(axis=1).mean()
    assert found(game(loss, **networks))["generator"] == pytest.approx(-4.0 * fake, rel=1e-5)
    combined = gan(
        image_generator(double()),
        networks,
        [adversarial(loss)],
        Game(loss),
        combine=lambda losses: losses[0] - 10.0 * losses[1],
    )
    assert found(combined)["generator"] == pytest.approx(29.0 * fake, rel=1e-5)
    assert found(combined)["logits_real"] == pytest.approx((1.0 + 3.0) * 1.75 / 2)


def test_the_share_of_ordered_pairs() -> None:
    """Of six pairs the real image comes first in four; equal logits are no order."""
    outputs = iter(
        [
            [[1.0], [2.0], [3.0], [0.0], [5.0], [-1.0]],
            [[0.0], [2.0], [1.0], [1.0], [4.0], [-2.0]],
        ]
    )
    model = game(Loss("hinge"), discriminator=Function(lambda _: tf.constant(next(outputs)), (2,)))
    assert found(model)["ordered"] == pytest.approx(4 / 6)


@pytest.mark.parametrize("conditioned", [True, False])
def test_labels_of_the_batch_are_those_of_its_fakes(conditioned: bool) -> None:
    """Both networks are given them, where they have an input for them."""
    shapes = ((2,), ()) if conditioned else ((2,),)
    generator = Function(lambda x: x[0] if conditioned else x, *shapes)
    discriminator = Function(lambda x: total(x[0] if conditioned else x), *shapes)
    loss = Loss("hinge")
    seen: list[Comparison] = []

    def cost(comparison: Comparison, _: Any) -> tuple[tf.Tensor, dict]:
        seen.append(comparison)
        return tf.constant(0.0), {}

    model = gan(
        image_generator(generator), {"discriminator": discriminator}, [Term(cost, cost)], Game(loss)
    )
    model.phases[0].losses({"images": REAL, "labels": LABELS}, context())
    assert seen[0].labels is LABELS
    for given in (*generator.given, *discriminator.given):
        assert isinstance(given, list) == conditioned
        assert not conditioned or given[1] is LABELS
    (sample, *_) = model.sample(tf.ones([1, 2]), tf.zeros([1], tf.int64))
    assert sample.numpy().tolist() == [1.0, 1.0]
    np.testing.assert_array_equal(seen[0].logits_of(REAL), total(REAL))
    assert discriminator.modes[-1] is True


def test_an_output_of_classes_goes_to_the_terms() -> None:
    seen: list[Comparison] = []

    def cost(comparison: Comparison, _: Any) -> tuple[tf.Tensor, dict]:
        seen.append(comparison)
        return tf.constant(0.0), {}

    discriminator = Function(lambda x: [total(x), 3.0 * x], (2,))
    found(game(Loss("hinge"), [Term(cost, cost)], discriminator=discriminator))
    np.testing.assert_array_equal(seen[0].real, REAL)
    np.testing.assert_array_equal(seen[0].of_real.classes, 3.0 * REAL)
    np.testing.assert_allclose(seen[0].fake, fakes(), rtol=1e-6)
    np.testing.assert_allclose(seen[0].of_fake.classes, 3.0 * fakes(), rtol=1e-6)
    np.testing.assert_array_equal(seen[0].logits_of(REAL), total(REAL))


def test_a_generator_of_sequences_takes_those_of_the_batch() -> None:
    generator = Generator(
        networks={"start": double(), "frames": double()},
        generate=lambda latents, labels, noise: 2.0 * latents,
        sample=lambda networks, latents, labels, steps: tf.fill([1], float(steps)),
        assemble=lambda networks: networks["frames"],
        latent_shape=(2,),
        sequence_length=5,
    )
    loss = Loss("wasserstein")
    model = gan(generator, {"discriminator": Function(total)}, [adversarial(loss)], Game(loss))
    losses, _ = model.phases[0].losses({"sequence": REAL}, context())
    assert float(losses["discriminator"]) == pytest.approx(fakes().sum(1).mean() - 1.75, rel=1e-5)
    assert (model.sequence_length, model.num_classes) == (5, 0)
    assert model.players["generator"] == model.sampler == ("start", "frames")
    assert model.sample(tf.ones([1, 2]), steps=7).numpy().tolist() == [7.0]
    assert model.generator is generator.networks["frames"]


def test_only_the_generator_s_side_of_its_loss() -> None:
    """A term without one costs it nothing, and another's draws are the context's own."""
    pair = Comparison(REAL, REAL, Output(total(REAL)), Output(total(REAL)), None, total)
    terms = [Term(lambda *_: (tf.constant(5.0), {})), Term(None, of_the_context(2.0))]
    expected = 2.0 * float(context(3).noise.uniform("cost", ()))
    found = generator_loss(terms, {"discriminator": pair}, context(3))
    assert float(found) == pytest.approx(expected)


def test_sums_go_from_the_first_to_the_last() -> None:
    """1e8 + 1 is 1e8 in float32: the order shows."""
    values = [tf.constant(value) for value in (1.0, 1e8, -1e8)]
    assert float(sum_in_order(values)) == 0.0
    assert float(sum_in_order(values[::-1])) == 1.0
    assert sum_in_order(values[:1]) is values[0]


def test_a_network_is_called_in_the_mode_that_was_asked_for() -> None:
    network = double()
    for training in (True, False):
        call(network, REAL, LABELS, training)
    assert network.modes == [True, False]


def network() -> keras.Model:
    return keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(1)])


def test_weight_clip_bounds_the_discriminators_alone() -> None:
    generator, one, two = network(), network(), network()
    loss = Loss("wasserstein", weight_clip=0.01)
    gan(image_generator(generator), {"one": one, "two": two}, [adversarial(loss)], Game(loss))
    for variable in (*one.trainable_variables, *two.trainable_variables):
        clipped = variable.constraint(tf.constant([-5.0, -0.01, 0.004, 0.01, 5.0]))
        assert clipped.numpy().tolist() == pytest.approx([-0.01, -0.01, 0.004, 0.01, 0.01])
    assert {variable.constraint for variable in generator.trainable_variables} == {None}


def test_optimizers_apply_the_clip() -> None:
    clipped = network()
    clip_weights({"discriminator": clipped}, Loss("wasserstein", weight_clip=0.01))
    trained = clipped.trainable_variables
    keras.optimizers.SGD(1.0).apply([tf.fill(each.shape, -3.0) for each in trained], trained)
    assert all(np.allclose(variable.numpy(), 0.01) for variable in trained)


def test_without_weight_clip_nothing_is_bounded() -> None:
    free = network()
    clip_weights({"discriminator": free}, Loss("wasserstein"))
    assert {variable.constraint for variable in free.trainable_variables} == {None}
