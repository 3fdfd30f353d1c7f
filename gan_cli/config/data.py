"""Typed schema of the group `data`: what every data set accepts."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from gan_cli.config.schema import STRICT, Count, Seed, Share, Size, describe

SIDE = "side, or [height, width], in pixels"


@dataclass(frozen=True, config=STRICT)
class Digits:
    """Options of `data=digits`."""

    name: Literal["digits"] = "digits"
    size: Size = describe(SIDE, 16)
    test_share: Share = describe("share of the images that is held out for evaluation", 0.1)


@dataclass(frozen=True, config=STRICT)
class Mnist:
    """Options of `data=mnist`."""

    name: Literal["mnist"] = "mnist"
    path: str | None = describe(
        "mnist.npz, or a folder that holds it or the four IDX files; null: look around", None
    )
    size: Size = describe(f"{SIDE}; null: 28", None)


@dataclass(frozen=True, config=STRICT)
class FashionMnist:
    """Options of `data=fashion_mnist`."""

    name: Literal["fashion_mnist"] = "fashion_mnist"
    path: str | None = describe(
        "folder with the four IDX files, gzipped or not; null: look around", None
    )
    size: Size = describe(f"{SIDE}; null: 28", None)


@dataclass(frozen=True, config=STRICT)
class Kmnist:
    """Options of `data=kmnist`."""

    name: Literal["kmnist"] = "kmnist"
    path: str | None = describe(
        "folder with the four IDX files, gzipped or not; null: look around", None
    )
    size: Size = describe(f"{SIDE}; null: 28", None)


@dataclass(frozen=True, config=STRICT)
class Cifar10:
    """Options of `data=cifar10`."""

    name: Literal["cifar10"] = "cifar10"
    path: str | None = describe(
        "npz with x_train, y_train, or the binary version (.tar.gz or folder); null: look around",
        None,
    )
    size: Size = describe(f"{SIDE}; null: 32", None)


@dataclass(frozen=True, config=STRICT)
class Cifar100:
    """Options of `data=cifar100`."""

    name: Literal["cifar100"] = "cifar100"
    path: str | None = describe(
        "npz with x_train, y_train, or the binary version (.tar.gz or folder); null: look around",
        None,
    )
    size: Size = describe(f"{SIDE}; null: 32", None)
    labels: Literal["fine", "coarse"] = describe("the 100 classes or the 20 groups of them", "fine")


@dataclass(frozen=True, config=STRICT)
class StackedMnist:
    """Options of `data=stacked_mnist`."""

    name: Literal["stacked_mnist"] = "stacked_mnist"
    path: str | None = describe("as data=mnist", None)
    size: Size = describe(f"{SIDE}; null: 28", None)
    count: Annotated[int, Field(ge=1, le=1_000_000)] = describe(
        "images to make of MNIST's training digits", 60_000
    )
    seed: Seed = describe("which digits are stacked", 0)


@dataclass(frozen=True, config=STRICT)
class MovingMnist:
    """Options of `data=moving_mnist`."""

    name: Literal["moving_mnist"] = "moving_mnist"
    path: str | None = describe("as data=mnist", None)
    size: Annotated[int, Field(ge=32, le=512)] = describe("side of a frame in pixels", 64)
    frames: Annotated[int, Field(ge=2, le=256)] = describe("frames of a sequence", 20)
    digits: Annotated[int, Field(ge=1, le=8)] = describe("digits that move in a frame", 2)
    count: Annotated[int, Field(ge=1, le=1_000_000)] = describe(
        "sequences to make of MNIST's training digits", 10_000
    )
    seed: Seed = describe("which digits move, and how", 0)


@dataclass(frozen=True, config=STRICT)
class Pictures:
    """What all sources of picture files share."""

    path: str | None = describe("what to read (required)", None)
    size: Size = describe(f"{SIDE}; null: the files' own, where all share one", 64)
    fit: Literal["crop", "pad", "stretch"] = describe(
        (
            "where the shape differs: crop the longer side, pad the shorter one with the "
            "background, "
            "or stretch"
        ),
        "crop",
    )
    channels: Literal["auto", 1, 3] = describe(
        "1 (grey), 3 (RGB), or auto: 1 where every picture is grey", "auto"
    )
    background: str = describe(
        "colour behind transparent pixels and of the padding: a name or #rrggbb", "white"
    )
    test_share: Share = describe(
        "share that is held out for evaluation where there is no test split", 0.1
    )
    max_bad_fraction: Annotated[float, Field(ge=0.0, le=1.0)] = describe(
        "largest share of broken files to leave out; with more, nothing is trained", 0.01
    )


@dataclass(frozen=True, config=STRICT)
class Folder(Pictures):
    """Options of `data=folder`."""

    name: Literal["folder"] = "folder"
    path: str | None = describe(
        "folder of pictures, flat or with a folder per class (required)", None
    )
    labels: bool = describe("take the folders in it as classes", True)


@dataclass(frozen=True, config=STRICT)
class Zip(Pictures):
    """Options of `data=zip`."""

    name: Literal["zip"] = "zip"
    path: str | None = describe(
        "zip of pictures, with labels from dataset.json, a CSV or its folders (required)", None
    )
    labels: bool = describe("read the labels", True)


@dataclass(frozen=True, config=STRICT)
class Csv(Pictures):
    """Options of `data=csv`."""

    name: Literal["csv"] = "csv"
    path: str | None = describe(
        "CSV file whose rows name pictures, relative to its folder (required)", None
    )
    path_column: str = describe("column with the path of the picture", "path")
    label_column: str | None = describe("column with its label; null: without labels", "label")


@dataclass(frozen=True, config=STRICT)
class Frames(Pictures):
    """Options of `data=frames`."""

    name: Literal["frames"] = "frames"
    path: str | None = describe(
        "folder of videos: a folder of frames or an animated GIF each (required)", None
    )
    frames: Annotated[int, Field(ge=2, le=256)] = describe(
        "frames of a sequence; a longer video gives several", 16
    )
    stride: Count = describe("take every stride-th frame", 1)


@dataclass(frozen=True, config=STRICT)
class Npz:
    """Options of `data=npz`."""

    name: Literal["npz"] = "npz"
    path: str | None = describe(
        "npz with images [N, H, W] or [N, H, W, 1 or 3] and, if there are any, labels (required)",
        None,
    )
    images: str | None = describe(
        "name of the array of images; null: images, x_train, x or arr_0", None
    )
    labels: str | Literal[False] | None = describe(
        (
            "name of the array of labels; null: labels, y_train or y, where there is one; false: "
            "without labels"
        ),
        None,
    )
    size: Size = describe(f"{SIDE}; null: the array's own", None)
    test_share: Share = describe(
        "share that is held out for evaluation where there is no x_test", 0.1
    )


@dataclass(frozen=True, config=STRICT)
class Tfds(Pictures):
    """Options of `data=tfds` (extra: tfds)."""

    name: Literal["tfds"] = "tfds"
    dataset: str | None = describe(
        "name in the catalog of TensorFlow Datasets, e.g. oxford_flowers102 (required)", None
    )
    path: str | None = describe("its data_dir; null: TensorFlow Datasets' own folder", None)
    image: str = describe("feature that holds the image", "image")
    label: str | None = describe("feature that holds the label; null: without labels", "label")
    download: bool = describe("fetch and prepare the data set where it is not there yet", True)
