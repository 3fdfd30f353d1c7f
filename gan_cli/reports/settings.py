"""What was asked of jobs: their overrides as settings that can be compared and put into columns."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gan_cli.base.nested import flatten

Settings = dict[str, str]
"""Key -> value as text, in which equal values are equal texts: 1e-4 and 0.0001 are one."""
SEED = "seed"
_OVERRIDE = re.compile(r"\+{0,2}([A-Za-z_][\w./@-]{0,200})=(.*)", re.DOTALL)
_APART = re.compile(
    r"(resume|run_dir|name|notes|hydra([./].*)?|sweep([./].*)?"
    r"|evaluation\.every|training\.(log|preview|checkpoint)_every)"
)
"""Where a run goes, how it is started, what it is called and when it is looked at say nothing about
what it is.
"""


def typed(arguments: Iterable[str]) -> Settings:
    """The overrides among arguments of gan-train; the last one of a key counts."""
    found = (_OVERRIDE.fullmatch(argument) for argument in arguments)
    return {each[1]: of_text(each[2]) for each in found if each and not _APART.fullmatch(each[1])}


def of_text(text: str) -> str:
    """A value as it was typed, in the one way in which it is shown."""
    value = number(text)
    if value is not None:
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return text.lower() if text.lower() in ("true", "false", "null") else text


def number(text: str) -> float | None:
    """The finite number that a text is, if it is one."""
    if not re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?", text):
        return None
    value = float(text)
    return value if math.isfinite(value) else None


def of_value(value: Any) -> str:
    """A value of config.json, likewise."""
    return of_text(value if isinstance(value, str) else json.dumps(value))


def completed(
    jobs: Sequence[Settings | None], configs: Sequence[Mapping[str, Any]]
) -> list[Settings]:
    """The settings of jobs with all keys that any of them was given; a value that was not typed
    comes from config.json.

    A job that has no configuration yet takes what all those share that have one.

    Args:
        jobs: what was typed; None where that is not known: all that is not the same in all
            `configs` counts instead.
        configs: of the same jobs, empty where there is none.
    """
    known = [
        _differing(config, configs) if job is None else job
        for job, config in zip(jobs, configs, strict=True)
    ]
    keys = list(dict.fromkeys(key for job in known for key in job))
    made = [
        {key: job.get(key, _stored(config, key)) for key in keys}
        for job, config in zip(known, configs, strict=True)
    ]
    begun = [own for own, config in zip(made, configs, strict=True) if config]
    shared = {
        key: begun[0][key]
        for key in keys
        if begun and all(own[key] == begun[0][key] for own in begun)
    }
    return [
        own
        if config or not job
        else {key: own[key] or shared.get(key, "") for key in keys}  # it has yet to begin
        for own, job, config in zip(made, known, configs, strict=True)
    ]


def varying(jobs: Sequence[Settings]) -> list[str]:
    """The keys, but for the seed, that have more than one value; jobs of which nothing is known
    count for nothing.
    """
    known = [job for job in jobs if any(job.values())]
    return [
        key
        for key in (known[0] if known else ())
        if key != SEED and len({job[key] for job in known}) > 1
    ]


def constant(jobs: Sequence[Settings]) -> Settings:
    """The keys, but for the seed, that have one value only, with it."""
    changing = {SEED, *varying(jobs)}
    known = next((job for job in jobs if any(job.values())), {})
    return {key: value for key, value in known.items() if key not in changing}


def short(keys: Sequence[str]) -> dict[str, str]:
    """For each key the shortest end after a dot that no other of them has."""
    return {key: _end(key, [other for other in keys if other != key]) for key in keys}


def _end(key: str, others: Sequence[str]) -> str:
    parts = key.split(".")
    ends = (".".join(parts[start:]) for start in range(len(parts) - 1, 0, -1))
    return next(
        (end for end in ends if not any(f".{other}".endswith(f".{end}") for other in others)), key
    )


def _stored(config: Mapping[str, Any], key: str) -> str:
    """A key's value in config.json, of a group its name; empty where it has none."""
    value: Any = config
    for part in key.split("."):
        if not isinstance(value, dict) or part not in value:
            return ""
        value = value[part]
    return of_value(value.get("name", "") if isinstance(value, dict) else value)


def _differing(config: Mapping[str, Any], configs: Sequence[Mapping[str, Any]]) -> Settings:
    flat = [
        {key: of_value(value) for key, value in flatten(each).items()} for each in configs if each
    ]
    own = {key: of_value(value) for key, value in flatten(config).items()}
    return {
        key: value
        for key, value in own.items()
        if not _APART.fullmatch(key) and any(each.get(key) != value for each in flat)
    }
