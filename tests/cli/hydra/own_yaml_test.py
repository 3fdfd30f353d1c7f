"""Mistakes in a YAML of one's own: a line with its name and place."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import TINY, Command, one_line

FILE = "mine/optimizer/own.yaml"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (
            b"name: adam\n\tbeta_1: 1\n",
            ", line 2: found character '\\t' that cannot start any token",
        ),
        (b"name: adam\nname: sgd\n", ", line 1: the key name stands there twice"),
        (b"name: \xff\xfe\n", ": 'utf-8' codec can't decode byte 0xff in position 6"),
        (b"name: adam\0\n", ": unacceptable character #x0000"),
        (b"name: !!python/name:os.system\n", ", line 1: !!python/name:os.system is not read"),
        (b"name: adam\n---\nname: sgd\n", ", line 2: found another document"),
        (b"name: !!binary aGVsbG8=\n", ", line 1: !!binary is not read"),
        (b"name: " + b"[" * 5000 + b"]" * 5000, ": more than 50 levels"),
        (b"name: &a [*a]\n", ", line 1: an alias to what it stands in"),
        (b"defaults: [own]\nname: adam\n", ", line 1: own is a default of itself"),
    ],
)
def test_what_is_no_configuration_is_named_with_its_line(
    content: bytes, reason: str, train: Command, tmp_path: Path
) -> None:
    (tmp_path / FILE).parent.mkdir(parents=True)
    (tmp_path / FILE).write_bytes(content)
    options = [option for option in TINY if not option.startswith("optimizer")]
    result = train("--config-dir", "mine", *options, "optimizer=own", "run_dir=run")
    assert result.code == 2
    assert one_line(result).startswith(f"gan-train: {FILE}{reason}")
    assert not (tmp_path / "run").exists()


def test_a_mistake_elsewhere_is_not_blamed_on_them(train: Command, tmp_path: Path) -> None:
    (tmp_path / FILE).parent.mkdir(parents=True)
    (tmp_path / FILE).write_text("name: adam\nbeta_1: 0.1\n")
    assert "optimizer.bta" in one_line(train("--config-dir", "mine", "optimizer.bta=1"))


def test_of_several_the_one_that_is_asked_for_is_named(train: Command, tmp_path: Path) -> None:
    for name in ("a", "own", "z"):
        path = (tmp_path / FILE).with_name(f"{name}.yaml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("name: adam\nname: sgd\n")
    for name in ("z", "own"):
        line = one_line(train("--config-dir", "mine", f"optimizer={name}"))
        assert line.startswith(f"gan-train: mine/optimizer/{name}.yaml, line 1: ")
