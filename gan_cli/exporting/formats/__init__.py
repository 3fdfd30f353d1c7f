"""Formats, one file each: a function that writes a network, and how what it has written is run.

Importing a format's file costs neither TensorFlow nor the library that it needs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from gan_cli.base.lazy import np
from gan_cli.config.catalogue import Catalogue, Entry, current_plugin
from gan_cli.config.commands import ExportConfig

if TYPE_CHECKING:
    from gan_cli.exporting.graph import Graph

Arrays = dict[str, "np.ndarray"]
"""Name of an input or output -> values, the batch first."""
NEAR = 1e-3
"""An eighth of a grey level, of [-1, 1]: the largest difference that arithmetic may make."""


class Ran(NamedTuple):
    """What a file gave in its own runtime.

    Attributes:
        seconds_to_load: until the first answer.
        seconds: for all inputs at once, after that; of some rounds the quickest.
    """

    outputs: Arrays
    seconds_to_load: float
    seconds: float


class Written(NamedTuple):
    """A file or folder that was written.

    Attributes:
        run: loads it in its own runtime, which the second is the name of.
        note: what its user must know, in a few words.
        send: brings what was kept to where it is published, and says where that is.
    """

    run: Callable[[Arrays], Ran]
    runtime: str
    note: str
    send: Callable[[Path], str] | None = None


Write = Callable[["Graph", Path, ExportConfig], Written]
Check = Callable[[ExportConfig], None]


@dataclass(frozen=True, kw_only=True)
class FormatEntry(Entry):
    """A registered format.

    Attributes:
        suffix: of the file; empty: it is a folder.
        requires: modules that an extra installs.
        extra: its name.
        takes: keys of `ExportConfig` that not every format takes.
        converts: whether another program's converter is at work, which may fail.
        captions: whether models that are told captions can be written so.
        check: refuses by a ConfigError, before TensorFlow is imported, what cannot be done.
    """

    suffix: str
    requires: tuple[str, ...] = ()
    extra: str = "export"
    takes: tuple[str, ...] = ()
    converts: bool = False
    captions: bool = True
    check: Check = lambda config: None


FORMATS: Catalogue[FormatEntry] = Catalogue("format", __name__)
"""Every format by its name."""


def exporter(
    name: str,
    *,
    suffix: str,
    requires: tuple[str, ...] = (),
    extra: str = "export",
    takes: tuple[str, ...] = (),
    converts: bool = False,
    captions: bool = True,
    check: Check = lambda config: None,
) -> Callable[[Write], Write]:
    """Register `write(graph, path, config) -> Written` as `format=name`; see `FormatEntry`."""

    def register(write: Write) -> Write:
        FORMATS.add(
            FormatEntry(
                name=name,
                build=write,
                plugin=current_plugin(),
                suffix=suffix,
                requires=requires,
                extra=extra,
                takes=takes,
                converts=converts,
                captions=captions,
                check=check,
            )
        )
        return write

    return register
