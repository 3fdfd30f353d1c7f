"""`gan-plot` from the outside; the run directory is a stranger's and stays as it is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hydra import compose, initialize_config_module
from omegaconf import OmegaConf
from PIL import Image

from gan_cli.base.errors import ConfigError
from gan_cli.cli import bare
from gan_cli.cli import plot as command
from gan_cli.config.commands import PlotConfig
from gan_cli.config.options import defaults
from gan_cli.reports import plotting
from gan_cli.runs import curves
from tests.conftest import Command, one_line

LINES = [
    {
        "step": 2,
        "seconds": 0.1,
        "images_per_second": 80.0,
        "loss_generator": 0.7,
        "loss_discriminator": 1.4,
    },
    {
        "step": 4,
        "seconds": 0.2,
        "images_per_second": 90.0,
        "loss_generator": 0.8,
        "loss_discriminator": 1.2,
        "frechet": 9,
    },
]


def write(folder: str, *lines: object) -> Path:
    """A run directory as far as gan-plot looks into it; a string is a line as it stands."""
    path = Path(folder)
    path.mkdir(parents=True)
    (path / "model.json").write_text("{}")
    text = "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines)
    (path / "metrics.jsonl").write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The runs a/run and b/run."""
    monkeypatch.chdir(tmp_path)
    write("a/run", *LINES)
    write("b/run", LINES[0])


@pytest.fixture
def drawn(
    monkeypatch: pytest.MonkeyPatch,
) -> list[tuple[dict[str, dict[str, plotting.Curve]], list[plotting.Panel]]]:
    """What `plotting.figure` was asked for."""
    calls = []
    real = plotting.figure

    def figure(runs: dict[str, dict[str, plotting.Curve]], shown: list[plotting.Panel]) -> object:
        calls.append((runs, shown))
        return real(runs, shown)

    monkeypatch.setattr(plotting, "figure", figure)
    return calls


def pairs(series: plotting.Series) -> list[tuple[float, float]]:
    return list(zip(series.steps.tolist(), series.values.tolist(), strict=True))


def test_one_run_is_drawn_with_all_it_logged_and_nothing_in_it_changes(
    plot: Command, two: None, drawn: list
) -> None:
    before = {str(path): path.read_bytes() for path in Path("a").rglob("*") if path.is_file()}
    result = plot("a/run")
    assert (result.code, result.out, result.err) == (0, "figure  run-plot.png\n", "")
    ((runs, shown),) = drawn
    assert [panel.title for panel in shown] == ["losses", "frechet", "images_per_second"]
    assert list(runs) == ["run"]
    assert pairs(runs["run"]["loss_generator"].raw) == [(2, 0.7), (4, 0.8)]
    assert pairs(runs["run"]["frechet"].raw) == [(4, 9)]
    with Image.open("run-plot.png") as picture:
        assert (picture.format, picture.size[0]) == ("PNG", 1500)
        assert picture.text.items() >= {"Run": "run", "Step": "4", "Score": "9"}.items()
    assert {
        str(path): path.read_bytes() for path in Path("a").rglob("*") if path.is_file()
    } == before


def test_several_runs_share_a_figure(plot: Command, two: None, drawn: list) -> None:
    assert plot("a/run", "b/run", "smooth=0.5").out == "figure  plot.png\n"
    assert plot("runs=[a/run,b/run]", "smooth=0.5", "output=again.png").code == 0
    assert Path("plot.png").read_bytes() == Path("again.png").read_bytes()
    runs, shown = drawn[0]
    assert list(runs) == ["a/run", "b/run"]
    assert [panel.title for panel in shown] == [
        "loss_generator",
        "loss_discriminator",
        "frechet",
        "images_per_second",
    ]
    assert runs["a/run"]["loss_generator"].smooth.values == pytest.approx([0.7, (0.35 + 0.8) / 1.5])


def test_keys_choose_even_the_clock(plot: Command, two: None, drawn: list) -> None:
    assert plot("a/run", "keys=[seconds,loss_discriminator,seconds]").code == 0
    assert [panel.keys for panel in drawn[0][1]] == [("loss_discriminator",), ("seconds",)]


def test_a_real_run_can_be_drawn(plot: Command, tiny_run: Path, drawn: list) -> None:
    assert plot("run").code == 0
    assert [panel.title for panel in drawn[0][1]] == [
        "losses",
        "logits",
        "ordered",
        "images_per_second",
    ]
    assert drawn[0][0]["run"]["loss_generator"].raw.steps.tolist() == [2, 4, 6, 8]


@pytest.mark.parametrize(
    ("arguments", "code", "part"),
    [
        ([], 2, "runs is missing: gan-plot RUN1 RUN2"),
        (["runs=[]"], 2, "at least 1 item"),
        (["nowhere"], 4, "nowhere: no such directory"),
        (["a"], 4, "a: not a run directory"),
        (["a/run", "a/../a/run"], 2, "runs: a/run is there twice"),
        (
            ["a/run", "runs=[b/run]"],
            2,
            "a/run: give runs either as bare argument or as runs=",
        ),
        (
            ["a/run", "keys=[loss_generater]"],
            2,
            "unknown key 'loss_generater'; did you mean 'loss_generator'? (accepted: seconds,",
        ),
        (["a/run", "keys=[]"], 2, "at least 1 item"),
        (
            ["a/run", "b/run", "keys=[frechet]"],
            4,
            "b/run: has none of frechet (it has: seconds, images_per_second, loss_g",
        ),
        (["a/run", "smooth=1"], 2, "smooth=1"),
        (["a/run", "smooth=-0.1"], 2, "smooth=-0.1"),
        (["a/run", "smoth=0.5"], 2, "did you mean 'smooth'?"),
        (["a/run", "output=here.png"], 2, "output=here.png exists already; give another output="),
        (["a/run", "output=x.pdf"], 2, "must end in .png"),
        (["a/run", "output=no/such/x.png"], 2, "no directory no/such"),
        ([f"runs=[{','.join('abcdefghijklmnopqrstuvwxy')}]"], 2, "at most 24 items"),
        (["a/run", "--experimental-rerun=x"], 2, "refused"),
    ],
)
def test_mistakes_are_one_line(
    arguments: list[str], code: int, part: str, plot: Command, two: None
) -> None:
    Path("here.png").write_text("mine")
    result = plot(*arguments)
    assert result.code == code
    assert part in one_line(result)
    assert Path("here.png").read_text() == "mine"
    assert [path.name for path in Path().glob("*.png")] == ["here.png"]


def test_a_run_without_numbers_says_what_there_is(plot: Command, two: None) -> None:
    Path("b/run/metrics.jsonl").write_text("")
    assert "b/run/metrics.jsonl: is empty" in one_line(plot("a/run", "b/run"))
    Path("b/run/metrics.jsonl").unlink()
    result = plot("b/run")
    assert result.code == 4
    assert one_line(result) == "gan-plot: b/run/metrics.jsonl: No such file or directory"


def test_links_and_pipes_are_not_read(plot: Command, two: None) -> None:
    Path("a/run/metrics.jsonl").rename("elsewhere")
    Path("a/run/metrics.jsonl").symlink_to(Path("elsewhere").absolute())
    result = plot("a/run")
    assert (result.code, "is a link" in one_line(result)) == (4, True)
    Path("a/run/metrics.jsonl").unlink()
    os.mkfifo("a/run/metrics.jsonl")
    result = plot("a/run")
    assert (result.code, "is neither a file nor a folder" in one_line(result)) == (4, True)


def test_bad_lines_are_left_out_with_one_line(plot: Command, two: None, drawn: list) -> None:
    write(
        "c",
        "",
        "[1]",
        '"step"',
        "{",
        '{"loss_a": 1}',
        '{"step": true, "loss_a": 1}',
        '{"step": NaN}',
        "[" * 50_000,
        '{"step": 1, "loss_a": 7}',
        '{"step": 2, "loss_a"',
    )
    result = plot("c")
    assert result.code == 0
    assert one_line(result) == "c/metrics.jsonl: 9 lines are not as written; left out of the curves"
    assert pairs(drawn[0][0]["c"]["loss_a"].raw) == [(1, 7)]


def test_a_cut_is_said(plot: Command, two: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(curves, "MOST_LINES", 1)
    assert one_line(plot("a/run")) == "a/run/metrics.jsonl: drawn up to 1 lines, 64 MB and 64 keys"


@pytest.mark.parametrize(
    ("paths", "labels"),
    [
        (["runs/day/one"], ["one"]),
        (["runs/day/one", "runs/day/two"], ["one", "two"]),
        (["runs/x/one", "runs/y/one", "two"], ["x/one", "y/one", "two"]),
        (["p/x/one", "q/x/one", "q/y/one"], ["p/x/one", "q/x/one", "y/one"]),
        (["/one", "/x/one"], ["/one", "x/one"]),
    ],
)
def test_labels_are_the_shortest_ends_that_differ(paths: list[str], labels: list[str]) -> None:
    assert command.tails([Path(path) for path in paths]) == labels


def test_the_same_folder_twice_is_refused() -> None:
    with pytest.raises(ConfigError, match="runs: x is there twice"):
        command.tails([Path("x"), Path("y"), Path("./y/../x")])


def test_a_folder_with_an_equals_sign_is_a_run(plot: Command, two: None, drawn: list) -> None:
    write("lr=0.1,seed=0", LINES[0])
    write("lr=0.1,seed=1", LINES[1])
    assert plot("lr=0.1,seed=0", "lr=0.1,seed=1").code == 0
    assert list(drawn[0][0]) == ["lr=0.1,seed=0", "lr=0.1,seed=1"]


@pytest.mark.parametrize(
    "path",
    [
        "a,b",
        "[a]",
        "{a: b}",
        "it's",
        "''",
        'a"b',
        "back\\slash",
        "end\\",
        "\\'",
        "${x}",
        "\\${x}",
        "a\\\\${oc.env:HOME}'",
        " a ",
        "null",
        "1e3",
        "true",
        "???",
        "#a",
        "~a",
        "(a)",
        "é 日本",
        "a\nb",
    ],
)
def test_hydra_gets_every_path_as_it_is(path: str) -> None:
    with initialize_config_module("gan_cli.configs", version_base="1.3"):
        composed = compose("plot", [bare.several("runs")([path, "other"])])
    assert OmegaConf.to_container(composed, resolve=True)["runs"] == [path, "other"]


def test_every_option_is_a_key_of_the_yaml() -> None:
    with initialize_config_module("gan_cli.configs", version_base="1.3"):
        composed = compose("plot", ["runs=[a]"])
    assert OmegaConf.to_container(composed) == defaults(PlotConfig) | {"runs": ["a"]}


def test_a_disk_that_refuses_is_one_line_and_leaves_nothing(
    plot: Command, two: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(plotting, "save", refuse)
    result = plot("a/run")
    assert (result.code, one_line(result)) == (8, "gan-plot: run-plot.png: No space left on device")
    assert not list(Path().glob("*.png"))


@pytest.mark.slow
def test_tensorflow_is_never_imported(two: None) -> None:
    code = (
        "import sys; from gan_cli.cli.plot import main\n"
        "sys.argv[1:] = ['a/run', 'b/run']\n"
        "assert main() == 0\n"
        "assert not {'tensorflow', 'keras', 'matplotlib.pyplot'} & set(sys.modules), 'imported'"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
