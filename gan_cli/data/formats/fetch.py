"""The last place where a named data set is looked for, after those of `gan_cli.base.download`: the
network.
"""

from __future__ import annotations

from pathlib import Path

from gan_cli.base import download
from gan_cli.base.download import Download


def fetch(name: str, published: Download, file: str) -> Path:
    """Download a file of `data=name` into Keras's cache.

    Raises:
        DataError: it did not arrive, or another file did.
    """
    way_out = (
        f"put {file} there, or give data.path=FILE or GAN_DATA_DIR=FOLDER; "
        "data=mnist_small needs no file"
    )
    return download.fetch(published, file, "datasets", f"data={name}", way_out)
