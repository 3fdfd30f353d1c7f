"""`data=folder`: a folder of pictures, flat or with one folder per class."""

from __future__ import annotations

from pathlib import Path

from gan_cli.base.errors import DataError
from gan_cli.config.options import option, options
from gan_cli.data import data_source
from gan_cli.data.reading.cache import Stored, stored
from gan_cli.data.reading.captions import beside
from gan_cli.data.reading.listing import Listing, classes, read_file, required, walk
from gan_cli.data.reading.loading import FileLoader, recipe, source
from gan_cli.data.reading.options import Pictures
from gan_cli.data.reading.pictures import look
from gan_cli.data.reading.sizes import with_size
from gan_cli.data.reading.source import Source, Split


@options
class Folder(Pictures):
    """Options of `data=folder`."""

    name: str = "folder"
    path: str | None = option(
        "folder of pictures, flat or with a folder per class (required)", None
    )
    labels: bool = option("take the folders inside as classes", True)


TRAIN, TEST = ("train", "training"), ("test", "val", "valid", "validation")


@data_source("folder", Folder)
def load(options: Folder, split: Split) -> Source:
    """The pictures in a folder; folders train and test (or val) in it are the splits."""
    root = required(options.path, "folder", "a folder of pictures")
    if not root.is_dir():
        raise DataError(
            f"data.path={options.path}: is a file; data=zip, data=npz and data=csv read files"
        )
    own = _own_split(root, split)
    place = own or root
    listing = walk(place)
    options = _sized(options, root, place, listing)
    found = pictures(place, listing, options)
    trained = (
        load(options, "train").class_names if own and options.labels and split == "test" else None
    )
    labels, names = classes(found.names, trained) if options.labels else (None, [])
    captions = None
    if not (own and split == "test"):  # the words are those of training
        captions = beside(
            found.names, listing.names, lambda name, most: read_file(place / name, most), str(root)
        )
    return source(
        found,
        options,
        split,
        str(root),
        labels,
        names,
        own_split=own is not None,
        captions=captions,
    )


def _sized(options: Folder, root: Path, place: Path, listing: Listing) -> Folder:
    """With the size that the pictures for training ask for, in both splits."""
    trained = _own_split(root, "train") or root
    names = listing.names if place == trained or options.size != "auto" else walk(trained).names
    return with_size(options, names, lambda name: (trained / name).open("rb"))


def pictures(root: Path, listing: Listing, options: Pictures) -> Stored:
    """The listed files below a folder, decoded."""
    wanted = look(options)
    return stored(root, listing, recipe(FileLoader(root, wanted), wanted, options.decode))


def _own_split(root: Path, split: Split) -> Path | None:
    """The folder of a split, where the data has been divided by hand."""
    folders = [
        next((root / name for name in names if (root / name).is_dir()), None)
        for names in (TRAIN, TEST)
    ]
    return (folders[0] if split == "train" else folders[1]) if all(folders) else None
