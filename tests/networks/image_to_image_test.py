"""The generator whose noise is an image: shapes and sizes worked out by hand."""

import keras
import numpy as np
import pytest

from gan_cli.networks.image_to_image import generator


def parameters(model: keras.Model) -> dict[str, int]:
    return {
        layer.name: layer.count_params()
        for layer in model.layers
        if "norm" not in layer.name and layer.count_params()
    }


def test_at_100_pixels():
    """100 -> 50 -> 25 -> 13 -> 7, a bottleneck of 128, and back."""
    model = generator((100, 100, 3))
    assert parameters(model) == {
        "down_1": 4 * 4 * 3 * 32,
        "down_2": 4 * 4 * 32 * 64,
        "down_3": 4 * 4 * 64 * 128,
        "down_4": 4 * 4 * 128 * 256,
        "bottleneck": 7 * 7 * 256 * 128,
        "dense": 128 * 7 * 7 * 256,
        "conv_1": 4 * 4 * 256 * 128,
        "conv_2": 4 * 4 * 128 * 64,
        "conv_3": 4 * 4 * 64 * 32,
        "conv_4": 4 * 4 * 32 * 3 + 3,
    }
    assert model.count_params() < 5e6 < 655e6


@pytest.mark.parametrize("shape", [(8, 8, 1), (28, 28, 1), (9, 13, 3), (48, 64, 3), (100, 100, 3)])
@pytest.mark.parametrize("noise_channels", [None, 2])
def test_the_noise_is_an_image(shape: tuple[int, int, int], noise_channels: int | None):
    model = generator(shape, noise_channels=noise_channels, width=2, bottleneck=5)
    assert model.input_shape == (None, *shape[:2], noise_channels or shape[2])
    assert model.get_layer("bottleneck").output.shape == (None, 5)
    noise = np.random.default_rng(0).standard_normal((3, *model.input_shape[1:])).astype(np.float32)
    images = model(noise, training=True).numpy()
    assert images.shape == (3, *shape)
    assert -1.0 <= images.min() < 0.0 < images.max() <= 1.0
    assert not np.allclose(images[0], images[1], atol=1e-3)


def test_the_noise_keeps_its_dimensions():
    """Kernels that batch normalization scales anyway are large beside the steps of an optimizer,
    and no two alike.
    """
    model = generator((28, 28, 1), width=16)
    kernels = [model.get_layer(name).kernel.numpy() for name in ("down_1", "down_2", "bottleneck")]
    assert [kernel.std() for kernel in kernels] == pytest.approx([1.0, 1.0, 1.0], abs=0.15)
    assert kernels[0].flat[0] != kernels[1].flat[0]
    assert model.get_layer("dense").kernel.numpy().std() < 0.1


def test_the_weights_do_not_grow_with_the_image():
    """The bottleneck's grid has 4 to 7 pixels a side, whatever the image's."""
    for side in (64, 128, 256):
        model = generator((side, side, 3), width=4)
        assert model.get_layer("bottleneck").count_params() == 4 * 4 * 32 * 128
