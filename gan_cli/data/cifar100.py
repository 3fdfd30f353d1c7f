"""`data=cifar100`: photographs of 100 classes in 20 groups (Krizhevsky, 2009)."""

from __future__ import annotations

from typing import Literal

from gan_cli.base.download import Download
from gan_cli.base.errors import DataError
from gan_cli.config.options import Size, option, options
from gan_cli.data import data_source
from gan_cli.data.formats.cifar import Known, find, source
from gan_cli.data.formats.cifar_binary import Layout
from gan_cli.data.reading.options import SIDE
from gan_cli.data.reading.source import Source, Split


@options
class Cifar100:
    """Options of `data=cifar100`."""

    name: str = "cifar100"
    path: str | None = option(
        "npz with x_train, y_train, or the binary version (.tar.gz or folder); null: look around",
        None,
    )
    size: Size = option(f"{SIDE}; null: 32", None)
    labels: Literal["fine", "coarse"] = option("the 100 classes or the 20 groups of them", "fine")


PUBLISHED = Known(
    npz="cifar100.npz",
    part="cifar100_subset.npz",
    layout=Layout(
        folder="cifar-100-binary",
        archive="cifar-100-binary.tar.gz",
        files={"train": ("train.bin",), "test": ("test.bin",)},
        records={"train": 50_000, "test": 10_000},
        classes=(20, 100),
    ),
    download=Download(
        "https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz",
        "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec",
    ),
)

COARSE = """
aquatic_mammals fish flowers food_containers
fruit_and_vegetables household_electrical_devices household_furniture insects
large_carnivores large_man-made_outdoor_things large_natural_outdoor_scenes
large_omnivores_and_herbivores
medium_mammals non-insect_invertebrates people reptiles
small_mammals trees vehicles_1 vehicles_2
"""

FINE = """
apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle
bowl boy bridge bus butterfly camel can castle caterpillar cattle
chair chimpanzee clock cloud cockroach couch crab crocodile cup dinosaur
dolphin elephant flatfish forest fox girl hamster house kangaroo keyboard
lamp lawn_mower leopard lion lizard lobster man maple_tree motorcycle mountain
mouse mushroom oak_tree orange orchid otter palm_tree pear pickup_truck pine_tree
plain plate poppy porcupine possum rabbit raccoon ray road rocket
rose sea seal shark shrew skunk skyscraper snail snake spider
squirrel streetcar sunflower sweet_pepper table tank telephone television tiger tractor
train trout tulip turtle wardrobe whale willow_tree wolf woman worm
"""


@data_source("cifar100", Cifar100)
def load(options: Cifar100, split: Split) -> Source:
    """50,000 and 10,000 images of 100 classes in 20 groups."""
    found = find(PUBLISHED, options, split)
    if options.labels == "fine":
        return source(PUBLISHED, options, split, found, found.labels[:, -1], FINE)
    if found.labels.shape[1] == 1:
        raise DataError(
            f"{found.origin}: an npz has the fine labels alone; for data.labels=coarse give "
            "data.path=FILE with "
            f"{PUBLISHED.layout.archive} from {PUBLISHED.download.url}"
        )
    return source(PUBLISHED, options, split, found, found.labels[:, 0], COARSE)
