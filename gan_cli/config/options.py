"""How options are written and checked: a typed, described, bounded field each; plain values in,
dataclasses out.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, is_dataclass
from typing import Annotated, Any, Literal, TypeVar, dataclass_transform, get_args

import pydantic.dataclasses
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from gan_cli.base.errors import ConfigError, UnknownKeyError, unknown

Options = TypeVar("Options")

UNKNOWN = ("unexpected_keyword_argument", "extra_forbidden")
"""Pydantic's words for a key that a schema does not have."""
STRICT = ConfigDict(extra="forbid", strict=True, defer_build=True)

Count = Annotated[int, Field(ge=1, le=2**62)]
OptionalCount = Annotated[int | None, Field(ge=1, le=2**62)]
Threads = Literal["auto"] | Annotated[int, Field(ge=1, le=4096)] | None
Side = Annotated[int, Field(ge=8, le=2048)]
Size = Annotated[Side | Annotated[list[Side], Field(min_length=2, max_length=2)] | None, Field()]
AutoSize = Literal["auto"] | Size
Rate = Annotated[float, Field(gt=0.0, allow_inf_nan=False)]
Bound = Annotated[float | None, Field(gt=0.0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0.0, lt=1.0)]
Seed = Annotated[int, Field(ge=0, lt=2**63)]
Weight = Annotated[float, Field(ge=0.0, allow_inf_nan=False)]
LatentDim = Annotated[int, Field(ge=1, le=4096)]
Code = Annotated[float, Field(ge=-100.0, le=1000.0)] | None
RunName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+-]{0,59}$")]
Width = Annotated[int, Field(ge=1, le=1024)]
Change = Literal["color", "translation", "cutout"]
AdaptiveChange = Literal[
    "flip",
    "quarter_turns",
    "translation",
    "scale",
    "rotation",
    "anisotropic_scale",
    "fractional_translation",
    "brightness",
    "contrast",
    "luma_flip",
    "hue",
    "saturation",
]


def option(text: str, default: Any) -> Any:
    """A key with the line that help and docs show, and its only default."""
    return Field(default=default, description=text)


@dataclass_transform(frozen_default=True)
def options(schema: type[Options]) -> type[Options]:
    """A class as the immutable dataclass of some options; it refuses unknown keys, wrong types."""
    return pydantic.dataclasses.dataclass(frozen=True, config=STRICT)(schema)  # type: ignore[return-value]


def defaults(schema: type[Any]) -> dict[str, Any]:
    """key -> default, as plain values, of the keys that have one; `name` is the first."""
    fields = schema.__pydantic_fields__
    found = {
        key: field.get_default(call_default_factory=True)
        for key, field in sorted(fields.items(), key=lambda item: item[0] != "name")
        if not field.is_required()
    }
    return {
        key: asdict(value) if is_dataclass(value) and not isinstance(value, type) else value
        for key, value in found.items()
    }


def parse(schema: type[Options], values: Any, section: str = "") -> Options:
    """Plain `values` as the dataclass `schema`, or a ConfigError of one line with the key and what
    is accepted.
    """
    try:
        return TypeAdapter(schema).validate_json(
            json.dumps(values)
        )  # strict types, yet a mapping for a dataclass
    except ValidationError as error:
        line, kind = _explain(schema, error, section), error.errors(include_url=False)[0]["type"]
        raise (UnknownKeyError if kind in UNKNOWN else ConfigError)(line) from None


def _explain(schema: type, error: ValidationError, section: str) -> str:
    problem = error.errors(include_url=False)[0]
    path = [str(part) for part in problem["loc"] if _is_key(part)]
    key = ".".join([section, *path] if section else path)
    if problem["type"] in UNKNOWN:
        return unknown("key", key, accepted_keys(schema, path, section))
    if problem["type"] in ("missing", "missing_argument"):
        return f"{key} is missing"
    return f"{key}={problem['input']}: {_sentence(error)}"


def _is_key(part: int | str) -> bool:
    """Pydantic adds the tried alternative of a union ('int', 'literal[...]') to the path of a
    key.
    """
    return isinstance(part, str) and not re.fullmatch(
        r"(constrained-)?(int|float|str|bool|none|list)|.*[\[(].*", part
    )


def _sentence(error: ValidationError) -> str:
    reasons = [str(problem["msg"]) for problem in error.errors(include_url=False)]
    return "; or ".join(dict.fromkeys(reason[0].lower() + reason[1:] for reason in reasons[:3]))


def accepted_keys(schema: type, path: list[str], section: str) -> list[str]:
    """The full names of the keys beside the unknown one."""
    for part in path[:-1]:
        field = getattr(schema, "__pydantic_fields__", {}).get(part)
        if field is not None:  # a dataclass, or a mapping to one
            schema = (get_args(field.annotation) or [field.annotation])[-1]
    parents = [section, *path[:-1]] if section else path[:-1]
    return [".".join([*parents, name]) for name in getattr(schema, "__pydantic_fields__", {})]
