"""Data sets of Hugging Face, from the Hub or from this machine, opened by `datasets`.

No code of a data set is run, and nothing pickled is loaded: only its formats of plain data are
taken.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gan_cli.base.errors import DataError
from gan_cli.data.reading.arrays import first_line

PLAIN = ("parquet", "arrow", "imagefolder")
"""The readers of `datasets` that are used."""
SECONDS = 15
"""Until the Hub counts as out of reach."""


@dataclass(frozen=True)
class Opened:
    """The splits of a data set, and the folders in which its pictures may be files."""

    splits: dict[str, Any]
    roots: tuple[str, ...]


def open_local(path: Path, asked: str) -> Opened:
    """A parquet file, or a folder of parquet, arrow (as `save_to_disk` makes it) or pictures.

    Raises:
        DataError: it is none of these, or damaged.
    """
    with _one_line(asked, "expected parquet, an arrow folder or a folder of pictures"):
        import datasets

        if any((path / name).is_file() for name in ("dataset_dict.json", "state.json")):
            found = datasets.load_from_disk(str(path))
            splits = found if isinstance(found, dict) else {"train": found}
            return Opened(dict(splits), ())
        if path.is_file():
            kind = path.suffix.removeprefix(".")
            if kind not in ("parquet", "arrow"):
                raise ValueError(f"is a {path.suffix or 'nameless'} file")
            return Opened(_prepared(kind, data_files=str(path)), ())
        kind = next((kind for kind in PLAIN[:2] if any(path.rglob(f"*.{kind}"))), "imagefolder")
        return Opened(_prepared(kind, data_dir=str(path)), (str(path.absolute()),))


def open_from_hub(name: str, subset: str | None, revision: str | None) -> Opened:
    """A data set of the Hub, fetched where it is not in Hugging Face's cache.

    Raises:
        DataError: it is not there, cannot be reached, or is stored as something else.
    """
    import datasets
    from huggingface_hub import constants

    _refuse_unreachable(name, revision)
    with _one_line(f"data.dataset={name}", _way_out(subset)):
        splits = _prepared(name, name=subset, revision=revision)
    roots = (constants.HF_HUB_CACHE, datasets.config.HF_DATASETS_CACHE)
    return Opened(splits, tuple(str(Path(root).absolute()) for root in roots))


def _prepared(path: str, **given: Any) -> dict[str, Any]:
    import datasets

    builder = datasets.load_dataset_builder(path, **given)
    if builder.name not in (*PLAIN, "cache"):  # cache: what one of them has made before
        raise ValueError(f"is stored as {builder.name}, of which {', '.join(PLAIN)} are read")
    builder.download_and_prepare()
    return dict(builder.as_dataset())


def _way_out(subset: str | None) -> str:
    from huggingface_hub import is_offline_mode

    if is_offline_mode():
        return "HF_HUB_OFFLINE is set, and it was not fetched before"
    return "data.subset=NAME takes a part of it" if subset is None else "see its page on the Hub"


def _refuse_unreachable(name: str, revision: str | None) -> None:
    """Ask the Hub once: `datasets` asks for half a minute before it says that there is none."""
    from huggingface_hub import HfApi, errors, is_offline_mode

    if is_offline_mode():
        return
    asked = f"data.dataset={name}"
    try:
        HfApi().dataset_info(name, revision=revision, timeout=SECONDS)
    except errors.RevisionNotFoundError:
        raise DataError(f"{asked}: the Hub has no data.revision={revision} of it") from None
    except (errors.RepositoryNotFoundError, errors.HFValidationError):
        raise DataError(
            f"{asked}: no such data set on the Hub, or one that needs `hf auth login`"
        ) from None
    except Exception as error:  # of httpx, and whatever is below it
        raise DataError(
            f"{asked}: the Hub cannot be reached ({first_line(error)}); HF_HUB_OFFLINE=1 takes "
            "what was fetched before, data.path= a copy on this machine"
        ) from None


@contextmanager
def _one_line(asked: str, way_out: str) -> Iterator[None]:
    """What `datasets` raises as one line of ours, without lines and, in a pipe, bars of its own."""
    import datasets

    level, shown = datasets.logging.get_verbosity(), not datasets.are_progress_bars_disabled()
    datasets.logging.set_verbosity(datasets.logging.CRITICAL)
    if not sys.stderr.isatty():
        datasets.disable_progress_bars()
    try:
        yield
    except DataError:
        raise
    except Exception as error:  # of many kinds; a failed preparation holds its reason
        reason = first_line(error.__cause__ if isinstance(error.__cause__, Exception) else error)
        raise DataError(f"{asked}: {reason.rstrip('.')}; {way_out}") from None
    finally:
        datasets.logging.set_verbosity(level)
        if shown:
            datasets.enable_progress_bars()
