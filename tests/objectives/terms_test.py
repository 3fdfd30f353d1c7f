"""The terms of a game by hand: which side pays what, at which update, and what is logged."""

from __future__ import annotations

import math

import pytest
import tensorflow as tf

from gan_cli.objectives.options import Loss
from gan_cli.objectives.penalties import PENALTIES
from gan_cli.objectives.terms import Comparison, Output, adversarial, auxiliary_class, penalties

from .toys import context

SMALL = (4, 2, 2, 1)
EVEN, SURE = tf.zeros([4, 3]), tf.constant([[0.0, 50.0, 0.0]] * 4)


def slope(images: tf.Tensor) -> tf.Tensor:
    """Logits with a gradient of 1.5 in each of the four pixels: its norm is 3, its square 9."""
    return 1.5 * tf.reduce_sum(images, axis=[1, 2, 3])[:, None]


def seen(
    real: float = 0.0,
    fake: float = 0.0,
    classes: tuple[tf.Tensor, tf.Tensor] = (EVEN, SURE),
    label: int = 1,
) -> Comparison:
    """Ones against zeros, with the same logits for each of the four."""
    return Comparison(
        tf.ones(SMALL),
        tf.zeros(SMALL),
        Output(tf.fill([4, 1], real), classes[0]),
        Output(tf.fill([4, 1], fake), classes[1]),
        tf.fill([4], tf.constant(label, tf.int64)),
        slope,
    )


def test_penalties_weigh_what_the_moment_says() -> None:
    """Half the gradient's square, 9, times the weight 4 and a quarter."""
    term = penalties(Loss("hinge", r1=4.0))
    assert term.discriminator is not None
    later = context()._replace(penalty_factor=tf.constant(0.25))
    penalty, logs = term.discriminator(seen(), later)
    assert (float(penalty), float(logs["r1"])) == (4.5, 4.5)


def test_either_side_of_the_adversarial_loss() -> None:
    """Hinge at logits 0.25 and 0.5: 0.75 + 1.5, and -0.5."""
    term = adversarial(Loss("hinge"))
    assert term.discriminator is not None
    assert term.generator is not None
    cost, logs = term.discriminator(seen(0.25, 0.5), context())
    assert (float(cost), logs) == (2.25, {})
    cost, logs = term.generator(seen(0.25, 0.5), context())
    assert (float(cost), logs) == (-0.5, {})


def test_a_generator_that_is_compared_with_real_images() -> None:
    """Pairs: log(1 + exp(D(x) - D(G(z)))), with the sides not exchanged."""
    term = adversarial(Loss("relativistic_paired"))
    assert term.discriminator is not None
    assert term.generator is not None
    for side, difference in ((term.generator, 3.0), (term.discriminator, -3.0)):
        cost, _ = side(seen(2.0, -1.0), context())
        assert float(cost) == pytest.approx(math.log1p(math.exp(difference)), rel=1e-6)


def test_smoothing_lowers_the_target_of_real_images() -> None:
    term = adversarial(Loss("least_squares", label_smoothing=0.1))
    assert term.discriminator is not None
    assert float(term.discriminator(seen(0.9, 0.0), context())[0]) == pytest.approx(0.0, abs=1e-12)


def paid(update: int = 0, **options: object) -> tuple[float, dict[str, float]]:
    term = penalties(Loss("hinge", **options))
    assert term.generator is None
    assert term.discriminator is not None
    penalty, logs = term.discriminator(seen(), context(1000 + update, update))
    return float(penalty), {name: float(value) for name, value in logs.items()}


def test_nothing_is_paid_by_default() -> None:
    assert penalties(Loss("hinge")) == (None, None)
    assert penalties(Loss("hinge", r1_interval=3, gradient_penalty_sides="one")) == (None, None)


@pytest.mark.parametrize(
    ("options", "penalty", "logs"),
    [
        ({"gradient_penalty": 10.0}, 40.0, {"gradient_norm": 3.0}),
        ({"gradient_penalty": 10.0, "gradient_penalty_sides": "one"}, 40.0, {"gradient_norm": 3.0}),
        ({"dragan": 1.0}, 4.0, {"gradient_norm_dragan": 3.0}),
        ({"r1": 2.0}, 9.0, {"r1": 4.5}),
        ({"r2": 2.0}, 9.0, {"r2": 4.5}),
        (
            {"r1": 2.0, "r2": 4.0, "gradient_penalty": 0.5},
            9.0 + 18.0 + 2.0,
            {"gradient_norm": 3.0, "r1": 4.5, "r2": 4.5},
        ),
    ],
)
def test_each_penalty_by_hand(options: dict, penalty: float, logs: dict) -> None:
    total, found = paid(**options)
    assert total == pytest.approx(penalty, rel=1e-6)
    assert found == pytest.approx(logs, rel=1e-6)


@pytest.mark.parametrize(
    ("update", "due"), [(0, True), (1, False), (3, False), (4, True), (6, False), (8, True)]
)
def test_a_lazy_penalty_is_due_every_fourth_update(update: int, due: bool) -> None:
    total, logs = paid(update, r1=2.0, r1_interval=4)
    assert total == pytest.approx(36.0 if due else 0.0)
    assert logs == {"r1": pytest.approx(18.0 if due else 0.0)}


def test_each_penalty_has_an_interval_of_its_own() -> None:
    options = {"r1": 2.0, "r1_interval": 2, "r2": 2.0, "r2_interval": 3}
    totals = [paid(update, **options)[0] for update in range(6)]
    assert totals == pytest.approx([18.0 + 27.0, 0.0, 18.0, 27.0, 18.0, 0.0])


def test_settings_and_draws_reach_the_penalty() -> None:
    """At 1.5 |x|^2 / 2 the gradient is 1.5 x: the points between are those of the context's draws,
    and one-sided norms below 1 cost nothing.
    """
    comparison = seen()._replace(
        logits_of=lambda x: 0.25 * tf.reduce_sum(tf.square(x), axis=(1, 2, 3))[:, None]
    )
    mix = context(5).noise.uniform("gradient_penalty", (4,)).numpy()
    norms = mix * 0.5 * 2.0
    for sides, expected in (("two", ((norms - 1.0) ** 2).mean()), ("one", 0.0)):
        term = penalties(Loss("hinge", gradient_penalty=3.0, gradient_penalty_sides=sides))
        assert term.discriminator is not None
        cost, logs = term.discriminator(comparison, context(5))
        assert float(cost) == pytest.approx(3.0 * expected, rel=1e-5)
        assert float(logs["gradient_norm"]) == pytest.approx(norms.mean(), rel=1e-5)


@pytest.mark.parametrize("name", PENALTIES)
def test_a_penalty_is_paid_by_its_weight(name: str) -> None:
    one, three = (paid(**{name: weight})[0] for weight in (1.0, 3.0))
    assert three == pytest.approx(3.0 * one, rel=1e-6)
    assert one > 0.0


def test_both_sides_pay_for_the_class() -> None:
    """Even logits of three classes cost log 3; sure ones 0 where they are right, 50 where not."""
    term = auxiliary_class(0.5)
    assert term.discriminator is not None
    assert term.generator is not None
    cost, logs = term.discriminator(seen(), context())
    assert float(cost) == pytest.approx(0.5 * math.log(3.0), rel=1e-6)
    assert {name: float(value) for name, value in logs.items()} == {
        "class_accuracy_real": 0.0,
        "class_accuracy_fake": 1.0,
    }
    cost, logs = term.discriminator(seen(label=0), context())
    assert float(cost) == pytest.approx(0.5 * (math.log(3.0) + 50.0), rel=1e-6)
    assert [float(value) for value in logs.values()] == [1.0, 0.0]
    for label, expected in ((1, 0.0), (0, 25.0)):
        cost, logs = term.generator(seen(label=label), context())
        assert float(cost) == pytest.approx(expected, rel=1e-5, abs=1e-6)
        assert logs == {}


def test_the_share_of_classes_named_rightly() -> None:
    classes = tf.constant([[3.0, 0.0, 1.0], [0.0, 9.0, 1.0], [0.0, 0.2, 0.1], [0.0, 0.0, 1.0]])
    term = auxiliary_class(1.0)
    assert term.discriminator is not None
    _, logs = term.discriminator(seen(classes=(classes, SURE), label=1), context())
    assert float(logs["class_accuracy_real"]) == 0.5
