"""configs/experiment and scripts/recipes.py: each recipe says what to expect of it, in a form that
is checked.
"""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest
from hydra import compose, initialize_config_module

from gan_cli.cli.training.stored import plain
from gan_cli.training.configuration import train_config

ROOT = Path(__file__).parents[1]
spec = importlib.util.spec_from_file_location("recipes", ROOT / "scripts" / "recipes.py")
assert spec is not None
assert spec.loader is not None
recipes = importlib.util.module_from_spec(spec)
spec.loader.exec_module(recipes)

PAGE = (ROOT / "docs" / "recipes.md").read_text()
PROMISE = recipes.Expected("frechet", 1.3, 0.3, 110)


@pytest.mark.parametrize(
    "name", sorted(path.stem for path in (ROOT / "configs" / "experiment").glob("*.yaml"))
)
def test_every_recipe_has_a_promise_and_composes(name: str) -> None:
    text = (ROOT / "configs" / "experiment" / f"{name}.yaml").read_text()
    promise = recipes.expected(text)
    with initialize_config_module("gan_cli.configs", version_base="1.3"):
        values = plain(compose("train", [f"experiment={name}", *promise.overrides]))
    config = train_config(values)
    assert config.evaluation.objective == promise.score
    assert config.evaluation.every is not None
    if config.training.minutes is None:
        assert config.training.steps % config.evaluation.every == 0
    assert f"# gan-train experiment={name}" in text
    (row,) = re.findall(rf"^\| `{name}` \| .*$", PAGE, flags=re.MULTILINE)
    assert f" {promise.score} {promise.value:g} ± {promise.tolerance:g} |" in row
    assert row.endswith(f" {promise.seconds} |")


def test_the_promise_of_a_header() -> None:
    assert recipes.expected(
        "# x\n# Expected: elbo_held_out -89.5 +- 2 in 400 s, of two cores\n"
    ) == (
        "elbo_held_out",
        -89.5,
        2.0,
        400,
        (),
    )
    assert recipes.expected(
        "# Expected: frechet 1 +- 0.1 in 60 s, on one core, with data=zip 'data.size=[32, 48]'"
    ).overrides == ("data=zip", "data.size=[32, 48]")


@pytest.mark.parametrize(
    "line",
    [
        "# Expected: frechet 1.3 in 110 s",
        "# Expected: beauty 1.3 +- 1 in 110 s",
        "# Expected: frechet 1 +- 1 in 10 s\n# Expected: frechet 2 +- 1 in 10 s",
        "# Fréchet 1.3",
    ],
)
def test_what_is_no_promise(line: str) -> None:
    with pytest.raises(ValueError, match="a recipe needs one line"):
        recipes.expected(line)


@pytest.mark.parametrize(
    ("score", "kept"), [(1.01, True), (1.59, True), (0.99, False), (1.61, False), (None, False)]
)
def test_a_score_is_within_its_tolerance_or_not(score: float | None, kept: bool) -> None:
    line, answer = recipes.row("mnist_fast", PROMISE, score, 55.0)
    assert answer is kept
    assert len(line) <= 80
    assert ("NO" in line) is not kept
    assert line.endswith("0.50")


def test_time_is_only_warned_of() -> None:
    line, kept = recipes.row("mnist_fast", PROMISE, 1.3, 220.0)
    assert kept
    assert line.endswith("2.00!")


def test_the_table_and_the_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    promised = recipes.expected(recipes.recipes()["mnist_fast"].read_text())
    monkeypatch.setattr(
        recipes,
        "run",
        lambda name, promise, folder: (
            {"mnist_fast": promised.value, "digits_fast": 99.0}[name],
            60.0,
        ),
    )
    monkeypatch.setattr("sys.argv", ["recipes.py", "mnist_fast", "digits_fast"])
    assert recipes.main() == 1
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert [line.split()[0] for line in lines] == ["recipe", "mnist_fast", "digits_fast", "1"]
    monkeypatch.setattr("sys.argv", ["recipes.py", "mnist_fast"])
    assert recipes.main() == 0
    monkeypatch.setattr("sys.argv", ["recipes.py", "nothing"])
    with pytest.raises(SystemExit) as caught:
        recipes.main()
    assert caught.value.code == 2
