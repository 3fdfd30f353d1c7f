"""Hydra's way of running a command, with what goes wrong in it raised instead of printed.

The environment variable HYDRA_FULL_ERROR would do the same, but every process that is started from
here would inherit it.
"""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr
from typing import Any

import hydra
from hydra._internal.hydra import Hydra
from hydra.core.config_store import ConfigStore

from gan_cli.cli.hydra import targets

_held: list[tuple[Any, io.StringIO]] = []
"""Standard error and what Hydra would have written there, while Hydra is at work."""


def call(function: Callable[..., Any], config_name: str, config_path: str) -> None:
    """Compose the configuration that this process's arguments ask for, and call `function` with it.

    Raises:
        SystemExit: by `function`, or of arguments that Hydra does not parse.
        Exception: what has gone wrong, in Hydra or in `function`.
    """
    error = None
    with _hold() as (stderr, words), _one_store(), _composed_once(), targets.checked():
        try:
            hydra.main(version_base="1.3", config_path=config_path, config_name=config_name)(
                function
            )()
        except SystemExit as ended:
            error = _behind(ended)
            if error is None:
                _say(stderr, words)
                raise
        else:
            _say(stderr, words)
    if error is not None:
        raise error


@contextmanager
def heard() -> Iterator[None]:
    """Around our own work that Hydra calls: what it writes to standard error is not held back."""
    if not _held:
        yield
        return
    _say(*_held[-1])
    with redirect_stderr(_held[-1][0]):
        yield


@contextmanager
def _hold() -> Iterator[tuple[Any, io.StringIO]]:
    _held.append((sys.stderr, io.StringIO()))
    try:
        with redirect_stderr(_held[-1][1]):
            yield _held[-1]
    finally:
        _held.pop()


@contextmanager
def _one_store() -> Iterator[None]:
    """Hydra copies its store of schemas, which nothing changes, for each look at a group: help
    looks nearly a hundred times.
    """
    store = ConfigStore.instance()
    store.__deepcopy__ = lambda memo: store
    try:
        yield
    finally:
        del store.__deepcopy__


@contextmanager
def _composed_once() -> Iterator[None]:
    """Hydra composes everything a first time to learn hydra.mode alone, which no YAML of ours sets:
    that is left to arguments by which it could be set.
    """
    asked = Hydra.get_mode
    if not any(re.match(r"[+~]*hydra|--?c", each) for each in sys.argv[1:]):
        Hydra.get_mode = lambda self, config_name, overrides: None
    try:
        yield
    finally:
        Hydra.get_mode = asked


def _say(stderr: Any, words: io.StringIO) -> None:
    if stderr is not None and words.getvalue():
        stderr.write(words.getvalue())
    words.seek(0)
    words.truncate()


def _behind(ended: SystemExit) -> Exception | None:
    """The exception that Hydra has printed before it left with 1; None of any other way to leave,
    such as ours (`from None`).
    """
    error = ended.__context__
    hydras = ended.code == 1 and isinstance(error, Exception) and not ended.__suppress_context__
    return error if hydras else None  # type: ignore[return-value]
