"""Weights from another run: whatever agrees in name, shape and dtype. Optimizers, step and random
seeds start anew.

The other run may come from a stranger: JSON and safetensors are read, nothing else, and shapes are
compared before any memory is taken.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from gan_cli.base.errors import CheckpointError, RunDirectoryError
from gan_cli.base.lazy import np
from gan_cli.base.terminal import printable
from gan_cli.runs import checkpoint, tensors
from gan_cli.runs.checkpoint import STATE, Manifest
from gan_cli.runs.reading import StoredRun, named, read_run
from gan_cli.runs.tensors import Shapes

if TYPE_CHECKING:
    from gan_cli.training.state import State

Say = Callable[[str], None]
NO_NETWORKS = ("step", "average", "optimizer", "objective")
"""What else a state holds, by the first part of its keys."""
SHOWN = 3
"""Tensors, or networks, that a line names; of the others it gives the number."""


class Place(NamedTuple):
    """A folder of checkpoints with a step of it, or a whole run, of which the best is taken."""

    folder: Path
    found: int | StoredRun


def locate(origin: str) -> Place:
    """Where the weights are that `init_from` asks for: a run, by any of its names, or one of its
    checkpoints (a folder step-N).

    Raises:
        RunDirectoryError: it is neither.
        CheckpointError: a run without a checkpoint.
    """
    path = Path(origin)
    if (
        path.is_dir()
        and re.fullmatch(r"step-\d{8,18}", path.name)
        and not (path / "model.json").exists()
    ):
        return Place(path.absolute().parent, int(path.name[5:]))
    try:
        run = read_run(origin)
    except RunDirectoryError as error:
        raise RunDirectoryError(f"init_from: {error}") from None
    folder = run.directory.checkpoints
    if not checkpoint.steps(folder):
        raise CheckpointError(f"init_from: {origin} has no checkpoint yet")
    return Place(folder, run)


def load(state: State, origin: str, say: Say) -> None:
    """Start the networks of a new state, and their moving averages, with the weights of another
    run; say which.

    Of a run directory the checkpoint is the one that gan-sample draws from: the best, or the newest
    where none has a score.

    Raises:
        RunDirectoryError, CheckpointError: nothing there can be read, or nothing agrees.
    """
    place = locate(origin)
    try:
        manifest = _verified(place, say)
        with tensors.opened(place.folder, manifest.step, STATE) as (file, found):
            wanted = _networks(state)
            lines = _report(wanted, found)
            arrays = {
                key: file.get_tensor(key)
                for key, shape in wanted.items()
                if found.get(key) == shape
            }
    except CheckpointError as error:
        raise CheckpointError(f"init_from: {error}") from None
    asked = "best" if isinstance(place.found, StoredRun) else manifest.step
    where = f"{origin}, {named(manifest, asked)}"
    _refuse_useless(arrays, where, state)
    _assign(state, arrays)
    say(f"init_from {where}")
    for line in lines:
        say(f"  {line}")


def _verified(place: Place, say: Say) -> Manifest:
    if isinstance(place.found, int):
        return checkpoint.verify(place.folder, place.found, (STATE,))
    manifest = StoredRun(place.found.directory, say).checkpoint("best", (STATE,))
    assert manifest is not None  # there are checkpoints, so none that is valid is an error
    return manifest


def _networks(state: State) -> Shapes:
    """key -> (shape, dtype) of every weight of the networks; the seeds of Dropout, which are
    integers, are none.
    """
    return {
        key: (tuple(variable.shape), variable.dtype)
        for key, variable in state.tensors().items()
        if key.partition("/")[0] in state.model.networks and "float" in variable.dtype
    }


def _report(wanted: Shapes, found: Shapes) -> list[str]:
    """A line for each network, and one for what has no place here."""
    floats = [key for key, (_, dtype) in found.items() if "float" in dtype]
    lines = []
    for name in _first_parts(wanted):
        ours = {key: shape for key, shape in wanted.items() if key.startswith(f"{name}/")}
        surplus = sum(key.startswith(f"{name}/") and key not in wanted for key in floats)
        more = f"; {surplus} more there have no place here" if surplus else ""
        lines.append(f"{name}: {_taken(ours, found)}{more}")
    others = Counter(key.partition("/")[0] for key in floats)
    for known in (*NO_NETWORKS, *_first_parts(wanted)):
        del others[known]
    if others:
        names = (f"{printable(name)[:40]} ({count} tensors)" for name, count in others.items())
        lines.append(f"not here: {_some(names)}")
    return lines


def _taken(ours: Shapes, found: Shapes) -> str:
    """How much of a network is loaded, and why the rest is not."""
    left = {key: shape for key, shape in ours.items() if found.get(key) != shape}
    if not left:
        return f"all {len(ours)} tensors"
    if not ours.keys() & found.keys():
        return f"0 of {len(ours)} tensors, there is none of them there"
    reasons = (
        f"{key.partition('/')[2]} {_difference(shape, found.get(key))}"
        for key, shape in left.items()
    )
    return f"{len(ours) - len(left)} of {len(ours)} tensors; left: {_some(reasons)}"


def _difference(
    ours: tuple[tuple[int, ...], str], theirs: tuple[tuple[int, ...], str] | None
) -> str:
    if theirs is None:
        return "is not there"
    if theirs[0] != ours[0]:
        return f"{list(theirs[0])} here {list(ours[0])}"
    return f"{theirs[1]} here {ours[1]}"


def _first_parts(keys: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(key.partition("/")[0] for key in keys))


def _some(texts: Iterable[str]) -> str:
    every = list(texts)
    rest = f" and {len(every) - SHOWN} more" if len(every) > SHOWN else ""
    return ", ".join(every[:SHOWN]) + rest


def _refuse_useless(arrays: Mapping[str, np.ndarray], where: str, state: State) -> None:
    if not arrays:
        names = ", ".join(state.model.networks)
        raise CheckpointError(
            f"init_from: {where}: no weight of it has the name and shape of one here ({names})"
        )
    for key, array in arrays.items():
        if not np.isfinite(array).all():
            raise CheckpointError(f"init_from: {where}: {key} is not finite")


def _assign(state: State, arrays: Mapping[str, np.ndarray]) -> None:
    variables = state.tensors()
    for key, array in arrays.items():
        variables[key].assign(array)
        if (average := variables.get(f"average/{key}")) is not None:
            average.assign(array)
