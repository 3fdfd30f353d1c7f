"""Building, planning and the keys of variables, for models by their registered names."""

import math
import random
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan_cli import models
from gan_cli.base.spec import DataSpec
from gan_cli.models.dcgan import Dcgan
from gan_cli.networks.variables import variables_by_key
from gan_cli.objectives.model import Model
from gan_cli.objectives.options import Loss

SPEC = DataSpec(9, 12, 3)
OPTIONS = Dcgan(
    latent_dim=4,
    width=2,
    discriminator_width=2,
    discriminator_norm="batch",
    discriminator_depth=2,
    dropout=0.3,
)
KEYS = {
    *(
        f"generator/{name}"
        for name in ("dense/kernel", "conv_1/kernel", "conv_2/kernel", "conv_2/bias")
    ),
    *(
        f"generator/norm_{index}/{name}"
        for index in (0, 1)
        for name in ("gamma", "beta", "moving_mean", "moving_variance")
    ),
    *(
        f"discriminator/{name}"
        for name in (
            "conv_1/kernel",
            "conv_1/bias",
            "conv_2/kernel",
            "logits/kernel",
            "logits/bias",
        )
    ),
    *(
        f"discriminator/norm_2/{name}"
        for name in ("gamma", "beta", "moving_mean", "moving_variance")
    ),
    *(f"discriminator/dropout_{index}/seed_generator_state" for index in (1, 2)),
}


def build(options: Dcgan = OPTIONS, **settings: object) -> Model:
    return models.build(options, SPEC, Loss("hinge"), **settings)


def by_key(model: Model) -> dict[str, keras.Variable]:
    return {
        key: variable
        for name, network in model.networks.items()
        for key, variable in variables_by_key(name, network).items()
    }


def values(model: Model) -> dict[str, list]:
    return {key: variable.numpy().tolist() for key, variable in by_key(model).items()}


def test_the_same_seed_gives_the_same_weights():
    assert values(build(seed=3)) == values(build(seed=3))


def test_another_seed_gives_other_weights():
    """All that is drawn differs; zeros and ones stay."""
    one, other = values(build(seed=3)), values(build(seed=4))
    same = {key for key in one if one[key] == other[key]}
    assert same == {
        key for key in KEYS if key.rpartition("/")[2] not in ("kernel", "seed_generator_state")
    }


def test_no_two_layers_share_a_seed():
    seeds = [
        value[0] for key, value in values(build()).items() if key.endswith("seed_generator_state")
    ]
    assert len(seeds) == len(set(seeds)) == 2


def test_pythons_generator_is_left_alone():
    random.seed(11)
    expected = [random.random() for _ in range(3)]
    random.seed(11)
    first = random.random()
    build(seed=3)
    second = random.random()
    models.plan(OPTIONS, SPEC, Loss("hinge"))
    assert [first, second, random.random()] == expected


def test_keys_are_ours_and_complete():
    """By identity: no variable of a network is missing, none is there twice."""
    model = build()
    assert set(by_key(model)) == KEYS
    for name, network in model.networks.items():
        found = [id(variable) for variable in variables_by_key(name, network).values()]
        assert len(found) == len(set(found))
        assert set(found) == {id(variable) for variable in network.variables}
        assert {id(variable) for variable in network.trainable_variables} < set(found)


def test_keys_do_not_depend_on_what_was_built_before():
    before = list(by_key(build()))
    build(Dcgan(latent_dim=3, width=1))
    keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Conv2D(1, 3), keras.layers.Dropout(0.1)])
    assert list(by_key(build())) == before


def test_two_variables_of_one_name_are_refused():
    class Twins(keras.layers.Layer):
        def build(self, shape: tuple) -> None:
            self.one, self.other = (self.add_weight(name="weight", shape=(1,)) for _ in range(2))

        def call(self, x: tf.Tensor) -> tf.Tensor:
            return x

    network = keras.Sequential([keras.Input((1,)), Twins(name="twins")])
    with pytest.raises(ValueError, match="two variables are called discriminator/twins/weight"):
        variables_by_key("discriminator", network)


def test_a_plan_equals_what_is_built():
    plan, model = models.plan(OPTIONS, SPEC, Loss("hinge")), build()
    built = {
        name: {key: (tuple(v.shape), v.dtype) for key, v in variables_by_key(name, network).items()}
        for name, network in model.networks.items()
    }
    assert plan.networks == built
    assert plan.sampler == model.sampler
    assert plan.networks["generator"]["generator/dense/kernel"] == ((4, 5 * 6 * 4), "float32")
    assert plan.networks["discriminator"]["discriminator/dropout_1/seed_generator_state"] == (
        (2,),
        "int64",
    )


def planned_bytes(options: Dcgan, spec: DataSpec) -> int:
    plan = models.plan(options, spec, Loss("hinge"))
    return 4 * sum(
        math.prod(shape) for network in plan.networks.values() for shape, _ in network.values()
    )


def test_a_plan_takes_no_memory():
    """Two gigabytes on paper and less than 100 MB in this process; then what no machine holds."""
    resource = pytest.importorskip("resource")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Of the generator alone: three layers of 2048 to 2048 channels, kernel 4, float32.
    assert (
        4e9 > planned_bytes(Dcgan(width=256), DataSpec(512, 512, 3)) > 3 * 4 * (4 * 4 * 2048 * 2048)
    )
    with keras.StatelessScope():
        pass  # where it ends, Keras makes every variable that it remembers and has not made
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert (after - before) * (1 if sys.platform == "darwin" else 1024) < 100e6
    assert planned_bytes(Dcgan(width=1024, kernel_size=15), DataSpec(2048, 2048, 3)) > 400e9


def test_a_plan_leaves_other_models_alone():
    model = build()
    before, sample = values(model), model.sample(tf.ones([2, 4])).numpy()
    models.plan(OPTIONS, SPEC, Loss("hinge"))
    assert values(model) == before
    np.testing.assert_array_equal(model.sample(tf.ones([2, 4])).numpy(), sample)
    assert values(build()) == before


@pytest.mark.parametrize(
    ("precision", "compute"),
    [
        ("float32", "float32"),
        ("bfloat16", "bfloat16"),
        ("float16", "float16"),
    ],
)
def test_precision(precision: str, compute: str):
    """Arithmetic in the chosen type; weights, images and logits in float32."""
    before = keras.config.dtype_policy().name
    model = build(precision=precision)
    assert keras.config.dtype_policy().name == before
    for network in model.networks.values():
        kinds = (keras.layers.Conv2D, keras.layers.Conv2DTranspose)
        assert {layer.compute_dtype for layer in network.layers if isinstance(layer, kinds)} == {
            compute
        }
        assert {variable.dtype for variable in network.trainable_variables} == {"float32"}
        outputs = network(tf.zeros([2, *network.input_shape[1:]]), training=True)
        assert outputs.dtype == tf.float32
    assert set(by_key(model)) == KEYS


def test_settings_are_put_back_after_a_failure(monkeypatch: pytest.MonkeyPatch):
    policy, state = keras.config.dtype_policy().name, random.getstate()

    def broken(*_: object, **__: object) -> keras.Model:
        random.random()
        raise RuntimeError(keras.config.dtype_policy().name)

    monkeypatch.setattr("gan_cli.networks.dcgan.generator", broken)
    with pytest.raises(RuntimeError, match="mixed_bfloat16"):
        build(precision="bfloat16")
    assert keras.config.dtype_policy().name == policy
    assert random.getstate() == state
