"""Mappings in mappings as one with full keys, and back."""

from __future__ import annotations

from typing import Any


def flatten(values: Any, prefix: str = "") -> dict[str, Any]:
    """{'a': {'b': 1}} -> {'a.b': 1}; an empty mapping stays a value."""
    flat: dict[str, Any] = {}
    for key, value in values.items():
        full = f"{prefix}{key}"
        flat |= flatten(value, f"{full}.") if isinstance(value, dict) and value else {full: value}
    return flat


def unflatten(flat: dict[str, Any]) -> dict[str, Any]:
    """The inverse of `flatten`, in new dictionaries."""
    values: dict[str, Any] = {}
    for key, value in flat.items():
        *parents, last = key.split(".")
        target = values
        for parent in parents:
            target = target.setdefault(parent, {})
        target[last] = value
    return values
