"""`data=huggingface`: pictures of a data set of Hugging Face, on the Hub or on this machine."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Literal

from gan_cli.base.errors import ConfigError, DataError
from gan_cli.base.lazy import np
from gan_cli.base.terminal import printable
from gan_cli.config.options import Size, option, options
from gan_cli.data import data_source
from gan_cli.data.formats import arrow
from gan_cli.data.formats.hub import Opened, open_from_hub, open_local
from gan_cli.data.reading.arrays import first_line
from gan_cli.data.reading.cache import stored
from gan_cli.data.reading.captions import KEYS, Captions, complete
from gan_cli.data.reading.labels import MOST_CLASSES, in_range, numbers_up_to
from gan_cli.data.reading.listing import required
from gan_cli.data.reading.loading import recipe, source
from gan_cli.data.reading.options import SIDE, Pictures
from gan_cli.data.reading.pictures import look
from gan_cli.data.reading.source import Source, Split

TESTS = ("test", "validation", "valid", "val")
BYTES = ("binary", "large_binary")


@options
class HuggingFace(Pictures):
    """Options of `data=huggingface` (extra: hf)."""

    name: str = "huggingface"
    dataset: str | None = option(
        "name on the Hub, e.g. nelorth/oxford-flowers (this or data.path)", None
    )
    path: str | None = option(
        (
            "a copy on this machine: parquet (file or folder), an arrow folder of save_to_disk, "
            "or a folder of pictures with metadata.jsonl or a folder per class"
        ),
        None,
    )
    size: Size = option(f"{SIDE}; null: the files' own, where all share one", 64)
    subset: str | None = option("which of its subsets (configurations), if it has several", None)
    revision: str | None = option("branch, tag or commit on the Hub; null: the newest", None)
    train_split: str = option("split to train on", "train")
    test_split: str | None = option(
        "split to evaluate on; null: test or validation, where there is one", None
    )
    image: str | None = option("column of pictures; null: the first that has images", None)
    label: str | Literal[False] | None = option(
        "column of classes; null: the first that is a ClassLabel; false: without labels", None
    )
    caption_column: str | Literal[False] | None = option(
        "column of captions, of texts or lists of them; null: text, caption or captions, where "
        "there is one; false: without",
        None,
    )


@data_source("huggingface", HuggingFace)
def load(options: HuggingFace, split: Split) -> Source:
    """Pictures of a data set on the Hugging Face Hub, or of a copy of one."""
    wanted, asked = look(options), _asked(options)
    found = _opened(options, asked)
    chosen, own_split = _split(found, options, split, asked)
    held = found.splits[chosen]
    image, label = _image(held.features, options, asked), _label(held.features, options, asked)
    files = tuple(str(Path(each["filename"]).absolute()) for each in held.cache_files)
    if not len(held) or not files:
        raise DataError(f"{asked}: split {chosen!r} is empty; take another one")
    try:
        listing = arrow.listed(files, image, chosen)
    except Exception as error:  # of Arrow's C++ code
        raise DataError(f"{asked}: {first_line(error)}; fetch or save it again") from None
    loader = arrow.RowLoader(files, image, found.roots, wanted)
    how = recipe(loader, wanted, options.decode)._replace(
        key=f"{wanted} {chosen} {image}", chosen=True
    )
    pictures = stored(Path(files[0]), listing, how)
    labels, names = _classes(found, options, chosen, label, asked) if label else (None, [])
    if labels is not None:
        labels = labels[[_row(name) for name in pictures.names]]
    captions = None
    if not (own_split and split == "test"):  # the words are those of training
        captions = _captions(held, options, label, pictures.names, asked)
    return source(
        pictures, options, split, asked, labels, names, own_split=own_split, captions=captions
    )


def _asked(options: HuggingFace) -> str:
    if options.dataset and options.path:
        raise ConfigError(
            "data.dataset= is read from the Hub, data.path= from this machine; give one of them"
        )
    if not options.dataset and not options.path:
        raise ConfigError(
            "data=huggingface needs data.dataset=, a name on the Hub, or data.path=, a copy"
        )
    return f"data.dataset={options.dataset}" if options.dataset else f"data.path={options.path}"


def _opened(options: HuggingFace, asked: str) -> Opened:
    path = required(options.path, "huggingface", "a copy") if options.path else None
    try:
        import datasets  # noqa: F401
    except ImportError:
        raise DataError(
            "data=huggingface needs the package datasets; pip install 'gan_cli[hf]'"
        ) from None
    if path:
        return open_local(path, asked)
    return open_from_hub(str(options.dataset), options.subset, options.revision)


def _split(found: Opened, options: HuggingFace, split: Split, asked: str) -> tuple[str, bool]:
    """The name of a split, and whether the data set itself has a test split."""
    default = next((name for name in TESTS if name in found.splits), None)
    test = options.test_split or (default if default != options.train_split else None)
    for key, name in (("train_split", options.train_split), ("test_split", test)):
        if name and name not in found.splits:
            raise DataError(
                f"{asked}: no split {name!r} (it has {', '.join(found.splits)}); "
                f"data.{key}=NAME takes another"
            )
    return (test if test and split == "test" else options.train_split), test is not None


def _image(features: Any, options: HuggingFace, asked: str) -> str:
    columns = [str(name) for name, feature in features.items() if _has_images(feature)]
    chosen = options.image or next(iter(columns), None)
    if chosen not in columns or chosen is None:
        what = f"column {chosen!r} holds no pictures" if chosen else "no column holds pictures"
        raise DataError(
            f"{asked}: {what} (pictures: {', '.join(columns) or 'none'}; columns: "
            f"{', '.join(features)}); data.image=NAME takes another"
        )
    return chosen


def _has_images(feature: Any) -> bool:
    from datasets import Image

    plain = getattr(feature, "dtype", None) in BYTES
    return isinstance(feature, Image) or plain or (isinstance(feature, dict) and "bytes" in feature)


def _label(features: Any, options: HuggingFace, asked: str) -> str | None:
    from datasets import ClassLabel

    if options.label is False:
        return None
    if options.label is None:
        kinds = (name for name, each in features.items() if isinstance(each, ClassLabel))
        return next(kinds, None)
    if options.label not in features:
        raise DataError(
            f"{asked}: no column {options.label!r} (it has {', '.join(features)}); "
            "data.label=NAME takes another, data.label=false none"
        )
    return options.label


def _captions(
    held: Any, options: HuggingFace, label: str | None, pictures: list[str], asked: str
) -> Captions | None:
    """The captions of pictures 'ANYTHING:ROW'."""
    columns = {each: held.data.column(each) for each in held.features}
    name = options.caption_column
    if name is None:
        known = (each for each in KEYS if each in columns and each != label)
        name = next((each for each in known if arrow.texts(columns[each][:0]) is not None), None)
    if not name:
        return None
    texts = arrow.texts(columns[name]) if name in columns else None
    if texts is None:
        raise DataError(
            f"{asked}: no column of texts is called {name!r} (columns: {', '.join(columns)}); "
            "data.caption_column=NAME takes another, false none"
        )
    of_pictures = {each: texts[_row(each)] for each in pictures}
    where = f"{asked}: column {name!r} (data.caption_column=false does without)"
    return complete(pictures, of_pictures, where)


def _row(picture: str) -> int:
    return int(picture.rpartition(":")[2])


def _classes(
    found: Opened, options: HuggingFace, chosen: str, label: str, asked: str
) -> tuple[np.ndarray, list[str]]:
    """Labels [N] of a split, and the names of the classes, those of the training split."""
    trained, held = (found.splits[name] for name in (options.train_split, chosen))
    feature, where = held.features[label], f"{asked}: column {label!r} of {chosen}"
    names = getattr(feature, "names", None)
    values = _values(held, label, where)
    if names is None and getattr(feature, "dtype", None) in ("string", "large_string"):
        names = sorted(set(_values(trained, label, where).tolist()))
        if strange := sorted(set(values.tolist()) - set(names)):
            raise DataError(
                f"{where} has {printable(strange[0])}, which the training split has not"
            )
        values = np.searchsorted(names, values)
    if values.dtype.kind not in "iu":
        kind = re.sub(r"\s+", " ", repr(feature))
        raise DataError(f"{where} is {kind}, no class; data.label=NAME takes another, false none")
    if names is None:
        whole = in_range(np.concatenate([values, _values(trained, label, where)]), where)
        names = numbers_up_to(int(whole.max()))
    if not 0 <= values.min() <= values.max() < len(names) <= MOST_CLASSES:
        raise DataError(
            f"{where} goes from {values.min()} to {values.max()}, not 0 to {len(names) - 1}; "
            "data.label=false is without labels"
        )
    return values.astype(np.int64), [printable(str(name)) for name in names]


def _values(held: Any, label: str, where: str) -> np.ndarray:
    column = held.data.column(label)
    if column.null_count:
        raise DataError(f"{where}: {column.null_count:,} rows have no label; data.label=false")
    values: np.ndarray = column.to_numpy()
    return values
