"""The options of every model, a dataclass each; the sizes of images and the number of classes
follow the data.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from gan_cli.config.schema import STRICT, Change, Rate, Share, Weight, describe

LatentDim = Annotated[int, Field(ge=1, le=4096)]
Width = Annotated[int, Field(ge=1, le=1024)]

FEATURES = describe(
    "network in whose features images and reconstructions are compared too: vgg16; null: none", None
)
FEATURES_WEIGHT = describe("weight of that distance beside the nats of an image", 0.5)
FEATURES_FILE = describe("file with its weights; null: look around, else download them", None)
Proportion = Annotated[float, Field(gt=0.0, le=1.0)]
Kind = Literal["rectangle", "ellipse", "triangle", "diamond", "ring", "cross"]


@dataclass(frozen=True, config=STRICT)
class Dcgan:
    """Options of `model=dcgan`."""

    name: Literal["dcgan"] = "dcgan"
    latent_dim: LatentDim = describe("length of the latent vector", 100)
    width: Width = describe(
        "channels of the generator's last hidden layer; earlier ones double up to 8 times it", 64
    )
    discriminator_width: Width | None = describe(
        "channels of the discriminator's first layer; null: width", None
    )
    discriminator_depth: Annotated[int | None, Field(ge=1, le=8)] = describe(
        "stride-2 convolutions of the discriminator; null: as many as the generator's", None
    )
    discriminator_norm: Literal["none", "batch", "layer"] = describe(
        "normalization in the discriminator: none, batch or layer", "none"
    )
    kernel_size: Annotated[int | None, Field(ge=2, le=15)] = describe(
        "kernel of every convolution; null: 5 up to 31 pixels, 4 from 32", None
    )
    dropout: Share = describe("dropout rate after each layer of the discriminator", 0.3)


@dataclass(frozen=True, config=STRICT)
class WganGp(Dcgan):
    """Options of `model=wgan_gp`."""

    name: Literal["wgan_gp"] = "wgan_gp"  # type: ignore[assignment]
    dropout: Share = describe("dropout rate after each layer of the discriminator", 0.0)


@dataclass(frozen=True, config=STRICT)
class Cgan(Dcgan):
    """Options of `model=cgan`."""

    name: Literal["cgan"] = "cgan"  # type: ignore[assignment]
    embedding_dim: LatentDim = describe("length of the vector that stands for a class", 50)


@dataclass(frozen=True, config=STRICT)
class ProjectionGan(Dcgan):
    """Options of `model=projection_gan`."""

    name: Literal["projection_gan"] = "projection_gan"  # type: ignore[assignment]
    embedding_dim: LatentDim = describe("length of the vector that tells the generator a class", 50)


@dataclass(frozen=True, config=STRICT)
class Acgan(Dcgan):
    """Options of `model=acgan`."""

    name: Literal["acgan"] = "acgan"  # type: ignore[assignment]
    embedding_dim: LatentDim = describe("length of the vector that tells the generator a class", 50)
    class_weight: Weight = describe("weight of the class beside real and fake, for both sides", 1.0)


@dataclass(frozen=True, config=STRICT)
class MultiGan(Dcgan):
    """Options of `model=multi_gan`."""

    name: Literal["multi_gan"] = "multi_gan"  # type: ignore[assignment]
    discriminators: Annotated[int, Field(ge=1, le=16)] = describe("how many discriminators", 3)
    combine: Literal["mean", "max", "softmax"] = describe(
        (
            "how the generator's losses against them become one: mean, max, or weighted by their "
            "softmax"
        ),
        "mean",
    )
    hardness: Weight = describe("of the softmax: 0 is the mean, a large one the max", 1.0)
    different_depths: bool = describe("every second discriminator has a layer less", False)
    views: list[Change] = describe(
        "what each discriminator's images go through, in turn: any of color, translation, cutout",
        [],
    )


@dataclass(frozen=True, config=STRICT)
class Vae:
    """Options of `model=vae`."""

    name: Literal["vae"] = "vae"
    latent_dim: LatentDim = describe("length of the latent vector", 40)
    architecture: Literal["conv", "dense"] = describe(
        "conv: convolutions; dense: fully connected layers", "conv"
    )
    width: Width = describe(
        "conv: channels at the image; towards the latents they double up to 8 times", 32
    )
    hidden: Annotated[int, Field(ge=1, le=8192)] = describe("dense: units of each layer", 400)
    likelihood: Literal["bernoulli", "gaussian", "logistic"] = describe(
        "of a pixel: bernoulli (black or white), gaussian, or logistic over the 256 levels",
        "bernoulli",
    )
    scale: Rate = describe("gaussian, logistic: scale of a pixel, in images from -1 to 1", 0.1)
    learn_scale: bool = describe(
        "gaussian, logistic: train the scale, one number per channel", True
    )
    binarize: bool = describe(
        "bernoulli: draw pixels black or white, as often as their grey says", False
    )
    beta: Weight = describe(
        "weight of the divergence of the latents from the normal distribution", 1.0
    )
    warmup_steps: Annotated[int, Field(ge=0)] = describe(
        "steps over which that weight rises linearly from 0", 0
    )
    features: Literal["vgg16"] | None = FEATURES
    features_weight: Weight = FEATURES_WEIGHT
    features_file: str | None = FEATURES_FILE


@dataclass(frozen=True, config=STRICT)
class ConvGan:
    """Options of `model=conv_gan`."""

    name: Literal["conv_gan"] = "conv_gan"
    noise_channels: Annotated[int | None, Field(ge=1, le=64)] = describe(
        "channels of the image of noise; null: as many as the images have", None
    )
    bottleneck: LatentDim = describe("units between the convolutions down and up", 128)
    width: Width = describe(
        "channels of the generator at the image; towards the bottleneck they double up to 8 times",
        32,
    )
    discriminator_width: Width | None = describe(
        "channels of the discriminator's first layer; null: width", None
    )
    discriminator_depth: Annotated[int | None, Field(ge=1, le=8)] = describe(
        "stride-2 convolutions of the discriminator; null: as many as the generator has", None
    )
    discriminator_norm: Literal["none", "batch", "layer"] = describe(
        "normalization in the discriminator: none, batch or layer", "none"
    )
    kernel_size: Annotated[int | None, Field(ge=2, le=15)] = describe(
        "kernel of every convolution; null: 5 up to 31 pixels, 4 from 32", None
    )
    dropout: Share = describe("dropout rate after each layer of the discriminator", 0.3)


@dataclass(frozen=True, config=STRICT)
class RandomPixels:
    """Options of `model=random_pixels`."""

    name: Literal["random_pixels"] = "random_pixels"
    source: Literal["uniform", "histogram"] = describe(
        (
            "uniform: any level as likely; histogram: as often as the data has it at that pixel "
            "and "
            "channel"
        ),
        "histogram",
    )


@dataclass(frozen=True, config=STRICT)
class Template:
    """Options of `model=template`."""

    name: Literal["template"] = "template"
    bank: Annotated[int, Field(ge=1, le=10**6)] = describe(
        "real images that are kept to paste from; fewer where they would take more than 128 MiB",
        1024,
    )
    background: Literal["image", "mean"] = describe(
        "what shapes lie on: image: one of the bank; mean: their mean", "image"
    )
    shapes: Annotated[int, Field(ge=1, le=64)] = describe("shapes of an image", 3)
    min_size: Proportion = describe(
        "smallest height and width of a shape, as a share of the image's", 0.2
    )
    max_size: Proportion = describe(
        "largest height and width of a shape, as a share of the image's", 0.6
    )
    kinds: Annotated[list[Kind], Field(min_length=1)] = describe(
        "shapes to choose from: rectangle, ellipse, triangle, diamond, ring, cross",
        ["rectangle", "ellipse", "triangle", "diamond", "ring", "cross"],
    )


@dataclass(frozen=True, config=STRICT)
class VaeGan(Dcgan):
    """Options of `model=vae_gan`."""

    name: Literal["vae_gan"] = "vae_gan"  # type: ignore[assignment]
    latent_dim: LatentDim = describe("length of the latent vector", 128)
    discriminator_norm: Literal["none", "batch", "layer"] = describe(
        "normalization in the discriminator: none, batch or layer", "batch"
    )
    dropout: Share = describe("dropout rate after each layer of the discriminator", 0.0)
    feature_layer: Annotated[int | None, Field(ge=1, le=8)] = describe(
        "convolution of the discriminator in whose output images are compared; null: the second",
        None,
    )
    gamma: Weight = describe(
        "weight of the reconstruction beside the game, for the generator", 20.0
    )
    beta: Weight = describe(
        "weight of the divergence of the latents from the normal distribution", 1.0
    )
    features: Literal["vgg16"] | None = FEATURES
    features_weight: Weight = FEATURES_WEIGHT
    features_file: str | None = FEATURES_FILE


@dataclass(frozen=True, config=STRICT)
class SequenceGan:
    """Options of `model=sequence_gan`."""

    name: Literal["sequence_gan"] = "sequence_gan"
    latent_dim: LatentDim = describe(
        "length of the latent vector, from which a whole sequence follows", 64
    )
    width: Width = describe(
        "channels before the frame; towards the state they double up to 8 times", 16
    )
    state_channels: Width = describe(
        "channels of the recurrent state, a picture of 8 to 15 pixels", 32
    )
    hidden: Annotated[int, Field(ge=1, le=8192)] = describe(
        "units of the recurrent part of the discriminator", 128
    )
    discriminator_width: Width | None = describe(
        "channels of the discriminator's first layer; null: width", None
    )
    discriminator_norm: Literal["none", "batch", "layer"] = describe(
        "normalization in the discriminator: none, batch or layer", "batch"
    )
    dropout: Share = describe("dropout rate after each convolution of the discriminator", 0.0)


@dataclass(frozen=True, config=STRICT)
class SequenceVae:
    """Options of `model=sequence_vae`."""

    name: Literal["sequence_vae"] = "sequence_vae"
    latent_dim: LatentDim = describe(
        "length of the latent vector, from which a whole sequence follows", 64
    )
    width: Width = describe(
        (
            "channels of the encoder's first layer and before the frame; inwards they double up "
            "to 8 "
            "times"
        ),
        16,
    )
    state_channels: Width = describe(
        "channels of the recurrent state, a picture of 8 to 15 pixels", 32
    )
    hidden: Annotated[int, Field(ge=1, le=8192)] = describe(
        "units of the recurrent part of the encoder", 128
    )
    likelihood: Literal["bernoulli", "gaussian", "logistic"] = describe(
        "of a pixel: bernoulli (black or white), gaussian, or logistic over the 256 levels",
        "bernoulli",
    )
    scale: Rate = describe("gaussian, logistic: scale of a pixel, in images from -1 to 1", 0.1)
    learn_scale: bool = describe(
        "gaussian, logistic: train the scale, one number per channel", True
    )
    beta: Weight = describe(
        "weight of the divergence of the latents from the normal distribution", 1.0
    )
    warmup_steps: Annotated[int, Field(ge=0)] = describe(
        "steps over which that weight rises linearly from 0", 0
    )
