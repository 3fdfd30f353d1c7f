"""TensorFlow's import without the lines it writes to standard error before its log level is
heard.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager

NOISE = re.compile(
    rb"WARNING: All log messages before absl|[IWE]0000 00:00:|[IWE]\d{4} \d\d:\d\d:\d\d"
    rb"|fully_quantize: "
)


@contextmanager
def quiet() -> Iterator[None]:
    """Hold back standard error, C++'s too, and let through at the end what is not start-up noise.

    TF_CPP_MIN_LOG_LEVEL, where the user has set it, wins: nothing is held back then.
    """
    if "TF_CPP_MIN_LOG_LEVEL" in os.environ and os.environ["TF_CPP_MIN_LOG_LEVEL"] < "3":
        yield
        return
    import tempfile

    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    sys.stderr.flush()
    before = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(before, 2)
            os.close(before)
            held.seek(0)
            os.write(2, b"".join(line for line in held if not NOISE.match(line)))
