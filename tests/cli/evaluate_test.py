"""`gan-evaluate` from the outside: the table, what is stored, runs compared, and every mistake in
one line.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gan_cli import data
from gan_cli.base.files import sha256
from gan_cli.config.commands import EvaluateConfig
from gan_cli.data.digits import Digits
from gan_cli.data.moving_mnist import MovingMnist
from gan_cli.evaluation import report
from gan_cli.evaluation.choice import DEFAULT_METRICS
from gan_cli.evaluation.report import Provenance, Report, Score
from gan_cli.metrics import METRICS, better
from gan_cli.runs.checkpoint import SAMPLER, Manifest
from gan_cli.runs.rundir import RunDirectory
from tests.conftest import Command, Result, one_line

SMALL = ("checkpoint=run", "extractor=pixels", "count=64")
COMPARE = ("compare=[run,other]", "extractor=pixels", "count=64")
STORED = "run/scores/step-00000008-pixels-64.json"


def changed(path: str, change: Callable[[dict[str, Any]], None]) -> None:
    """Edit a JSON file on purpose: without the checksum that it may have of itself."""
    values = json.loads(Path(path).read_text())
    values.pop("sha256", None)
    change(values)
    Path(path).write_text(json.dumps(values))


def rows(result: Result) -> dict[str, list[str]]:
    """Name of each score -> the words of its line."""
    words = [line.split() for line in result.out.splitlines() if line.startswith("  ")]
    return {line[0]: line[1:] for line in words if len(line) > 4}


def stored(path: str = STORED) -> Report:
    return report.read(Path(path))


def real_digits(count: int | None = None) -> np.ndarray:
    images: np.ndarray = data.load(Digits(size=8)).images[:count]  # type: ignore[index]
    return images


@pytest.fixture
def faked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Scoring takes no time and gives `other` 1.0 and `run` 2.0 for everything, real images 2.5;
    what was scored.
    """
    from gan_cli.evaluation import scoring

    scored: list[str] = []

    def score(
        run: RunDirectory, manifest: Manifest, options: Any, config: EvaluateConfig, say: object
    ) -> Report:
        scored.append(str(run.path))
        value = {"other": 1.0, "run": 2.0}[str(run.path)]
        names = config.metrics or [name for name in DEFAULT_METRICS if name != "classes"]
        extractor = "classifier" if config.extractor == "auto" else config.extractor
        split = "train" if config.split == "auto" else config.split
        counts = (64, 0, config.count, config.repeats, config.seed)
        made = Provenance(
            options.name,
            data.load(options).fingerprint,
            split,
            extractor,
            "ab" * 32,
            "none",
            *counts,
        )
        subject = {
            "path": str(run.path),
            "step": manifest.step,
            "sha256": manifest.files[SAMPLER].sha256,
        }
        found = {name: Score(value, 0.1, 2.5, way) for name, way in better(names).items()}
        return Report(2, subject, made, found, report.versions(), 1.0)

    monkeypatch.setattr(scoring, "score_checkpoint", score)
    return scored


def test_the_table_shows_what_is_stored(evaluate: Command):
    result = evaluate(*SMALL, "seed=3", "repeats=6")
    assert (result.code, result.err) == (0, "")
    lines = result.out.splitlines()
    assert lines[0] == "run, step 8 (the newest, none is scored): 64 samples, 6 times"
    assert lines[1].startswith("against 64 images of digits (train split), by pixels ")
    assert lines[-1] == f"scores  {STORED}"
    assert max(map(len, lines)) <= 79
    shown = rows(result)
    assert list(shown) == ["score", *stored().scores]
    for name, score in stored().scores.items():
        cells = [float(cell.replace(",", "")) for cell in shown[name][:3]]
        assert cells == pytest.approx(
            [score.mean, score.deviation, score.baseline], abs=0.006, rel=1e-3
        )
        assert " ".join(shown[name][3:]) == score.better
    expected = [name for name in DEFAULT_METRICS if name != "classes"]
    assert list(stored().scores) == list(better(expected))


def test_the_provenance_is_complete(evaluate: Command):
    from gan_cli.metrics.extractors.pixels import Pixels

    assert (
        evaluate(*SMALL, "seed=3", "repeats=1", "step=4", "output=x.json", "metrics=[edges]").code
        == 0
    )
    found = stored("x.json")
    sampler = Path("run/checkpoints/step-00000004/sampler.safetensors")
    assert found.subject == {"path": "run", "step": 4, "sha256": sha256(sampler)}
    made = found.provenance
    assert (made.extractor, made.extractor_weights, made.resize) == (
        "pixels",
        Pixels().weights,
        Pixels.resize,
    )
    assert (made.data, made.data_name, made.split) == (
        data.load(Digits(size=8)).fingerprint,
        "digits",
        "train",
    )
    assert (made.real_count, made.real_seed, made.count, made.repeats, made.seed) == (
        64,
        0,
        64,
        1,
        3,
    )
    assert found.versions == report.versions()
    assert found.seconds > 0


@pytest.mark.slow
def test_repeats_are_runs_with_the_next_seeds(evaluate: Command):
    singles = []
    for seed in (5, 6):
        assert evaluate(*SMALL, "repeats=1", f"seed={seed}", f"output={seed}.json").code == 0
        singles.append(stored(f"{seed}.json").scores)
    assert evaluate(*SMALL, "repeats=2", "seed=5").code == 0
    both = stored().scores
    assert singles[0]["frechet"].mean != singles[1]["frechet"].mean
    for name in (
        "frechet",
        "precision",
        "coverage",
        "edges",
        "copied_share",
    ):  # no draws of their own
        values = [single[name].mean for single in singles]
        assert all(single[name].deviation is None for single in singles)
        assert both[name].mean == pytest.approx(statistics.mean(values), rel=1e-9)
        assert both[name].deviation == pytest.approx(statistics.stdev(values), rel=1e-9, abs=1e-12)
        assert both[name].baseline == singles[0][name].baseline


@pytest.mark.slow
@pytest.mark.parametrize(
    ("extractor", "metrics"),
    [("random", "frechet,texture"), ("classifier", "frechet,classes,content")],
)
def test_the_same_command_gives_the_same_numbers(
    extractor: str, metrics: str, evaluate: Command, monkeypatch: pytest.MonkeyPatch
):
    from gan_cli.metrics.extractors import classifier

    monkeypatch.setattr(classifier, "STEPS", 10)
    path = f"run/scores/step-00000008-{extractor}-64.json"
    arguments = (*SMALL, f"extractor={extractor}", f"metrics=[{metrics}]", "repeats=1")
    first = evaluate(*arguments)
    before = stored(path)
    second = evaluate(*arguments)
    assert (first.code, second.code) == (0, 0), first.err + second.err
    assert stored(path).scores == before.scores
    assert rows(second) == rows(first)
    assert ("training the classifier" in first.out) == (extractor == "classifier")
    assert max(map(len, second.out.splitlines())) <= 79


def test_the_longest_names_stay_within_79_columns(
    evaluate: Command, faked: list[str], capfd: pytest.CaptureFixture[str]
):
    from gan_cli.cli.evaluate import _show

    assert evaluate(*SMALL).code == 0
    made = replace(
        stored().provenance, extractor="classifier", data_name="fashion_mnist", real_count=10_000
    )
    wide = Score(-1234567.0, 1234567.0, 1234567.0, "as real")
    _show(replace(stored(), provenance=made, scores=dict.fromkeys(better(list(METRICS)), wide)))
    assert max(map(len, capfd.readouterr().out.splitlines())) <= 79


def test_what_was_measured_alike_stays_beside_new_scores(evaluate: Command, faked: list[str]):
    assert evaluate(*SMALL, "metrics=[frechet]").code == 0
    changed(STORED, lambda values: values.update(people={"hype": 50.0}))
    assert list(rows(evaluate(*SMALL, "metrics=[edges]"))) == ["score", "edges"]
    assert (set(stored().scores), stored().people) == ({"frechet", "edges"}, {"hype": 50.0})
    assert evaluate(*SMALL, "metrics=[edges]", "seed=1").code == 0
    assert (set(stored().scores), stored().people) == ({"edges"}, {"hype": 50.0})


def test_compared_runs_are_ranked_and_not_scored_twice(evaluate: Command, faked: list[str]):
    result = evaluate(*COMPARE)
    assert result.code == 0, result.err
    lines = result.out.splitlines()
    ranked = lines.index("ranked by frechet")
    assert lines[ranked - 1].startswith("against 64 images of digits (train split), by pixels ")
    assert [line.split()[:3] for line in lines[ranked + 2 :]] == [
        ["other", "8", "1.0000"],
        ["run", "8", "2.0000"],
        ["real", "images", "2.5000"],
    ]
    assert faked == ["run", "other"]
    again = evaluate(*COMPARE)
    assert again.out.splitlines() == lines[ranked - 3 :]
    assert lines[ranked - 3 : ranked - 1] == [
        "run: step 8 (the newest, none is scored)",
        "other: step 8 (the newest, none is scored)",
    ]
    assert faked == ["run", "other"]


def test_what_was_measured_otherwise_is_scored_again(evaluate: Command, faked: list[str]):
    assert evaluate(*COMPARE).code == 0
    kept = {
        name: Path(f"{name}/scores/step-00000008-pixels-64.json").read_bytes()
        for name in ("run", "other")
    }
    others = [
        "metrics=[colours]",
        "repeats=3",
        "seed=1",
        "split=test",
        "extractor=random",
        "count=65",
        "step=4",
        "data.size=8",
    ]
    for other in others:
        for name, content in kept.items():
            Path(f"{name}/scores/step-00000008-pixels-64.json").write_bytes(content)
        faked.clear()
        assert evaluate(*COMPARE, other).code == 0
        assert faked == ["run", "other"], other


def test_other_weights_are_scored_again(evaluate: Command, faked: list[str]):
    assert evaluate(*COMPARE).code == 0
    changed(STORED, lambda values: values["subject"].update(sha256="0" * 64))
    faked.clear()
    assert evaluate(*COMPARE).code == 0
    assert faked == ["run"]


@pytest.mark.parametrize(
    ("metric", "first"), [("edges", "other"), ("precision_recall", "run"), ("diversity", "run")]
)
def test_the_first_metric_asked_for_ranks(
    metric: str, first: str, evaluate: Command, faked: list[str]
):
    """The lowest, the highest, or the nearest to real images."""
    result = evaluate(*COMPARE, f"metrics=[{metric},frechet]")
    lines = result.out.splitlines()
    names = list(better([metric, "frechet"]))
    ranked = lines.index(f"ranked by {names[0]}")
    assert lines[ranked + 1].split() == ["step", *(name[:12] for name in names)]
    assert lines[ranked + 2].split()[0] == first


def test_a_run_that_moved_is_called_by_its_place_now(evaluate: Command, faked: list[str]):
    assert evaluate(*COMPARE).code == 0
    Path("run").rename("moved")
    lines = evaluate("compare=[moved,other]", *COMPARE[1:]).out.splitlines()
    assert [line.split()[0] for line in lines[-3:]] == ["other", "moved", "real"]
    assert faked == ["run", "other"]


def test_auto_takes_the_stored_scores_that_auto_would_make(evaluate: Command, faked: list[str]):
    assert evaluate(*COMPARE, "extractor=random").code == 0
    assert evaluate(*SMALL, "extractor=auto").code == 0
    faked.clear()
    for _ in range(2):
        assert "by classifier" in evaluate(*COMPARE, "extractor=auto").out
    assert faked == ["other"]


def test_runs_of_other_data_are_not_compared(evaluate: Command, faked: list[str]):
    changed("other/config.json", lambda values: values["data"].update(test_share=0.5))
    result = evaluate(*COMPARE)
    assert result.code == 2
    assert "run and other cannot be compared: data is " in one_line(result)


def test_stored_scores_of_another_provenance_are_not_compared(evaluate: Command, faked: list[str]):
    assert evaluate(*COMPARE, "metrics=[frechet]").code == 0
    before = Path(STORED).read_bytes()
    for key, value, words in [
        ("resize", "bicubic", "bicubic and none"),
        ("extractor_weights", "cd" * 32, "cdcdcdcdcdcd... and abababababab..."),
        ("real_count", 63, "63 and 64"),
        ("count", 63, "63 and 64"),
        ("split", "test", "test and train"),
    ]:
        Path(STORED).write_bytes(before)
        changed(
            STORED, lambda values, key=key, value=value: values["provenance"].update({key: value})
        )
        result = evaluate(*COMPARE, "metrics=[frechet]")
        assert result.code == 2
        assert f"run and other cannot be compared: {key} is {words}" in one_line(result)
    assert faked == ["run", "other"]


def test_a_mistake_in_the_last_run_shows_before_the_first_is_scored(
    evaluate: Command, faked: list[str]
):
    result = evaluate("compare=[run,nowhere]", *COMPARE[1:])
    assert result.code == 4
    assert "nowhere: no such directory" in one_line(result)
    assert faked == []


def test_damaged_and_foreign_scores_are_named_and_replaced(evaluate: Command, faked: list[str]):
    assert evaluate(*SMALL).code == 0
    not_a_number = Path(STORED).read_text().replace("2.0", "NaN", 1)
    for content in ["", "{", "[]", "{}", "null", "NaN", '{"format": 2}', not_a_number]:
        Path(STORED).write_text(content)
        result = evaluate(*COMPARE)
        assert (result.code, stored().scores["frechet"].mean) == (0, 2.0)
        line = one_line(result)
        assert line.startswith(f"{STORED}: ")
        assert line.endswith("; written anew")
    Path(STORED).unlink()
    Path(STORED).symlink_to("../config.json")
    before = Path("run/config.json").read_bytes()
    assert f"{STORED}: is a link" in one_line(evaluate(*COMPARE))
    assert (Path(STORED).is_symlink(), stored().scores["frechet"].mean) == (False, 2.0)
    assert Path("run/config.json").read_bytes() == before


def test_scores_that_cannot_be_written_are_shown_all_the_same(evaluate: Command, faked: list[str]):
    Path("run/scores").write_text("in the way")
    Path("folder").mkdir()
    (Path("folder") / "x").touch()
    for arguments, place in ((SMALL, "run/scores"), ((*SMALL, "output=folder"), "folder")):
        result = evaluate(*arguments)
        assert result.code == 4
        line = one_line(result)
        assert place in line
        assert line.endswith("; output=FILE takes another place")
        assert "frechet" in rows(result)
    assert [path.name for path in Path("folder").iterdir()] == ["x"]


NEITHER = "give one of checkpoint=RUN, samples=DIR_OR_NPZ and compare=[RUN1,RUN2]"


@pytest.mark.parametrize(
    ("arguments", "code", "part"),
    [
        ([], 2, f"{NEITHER}, not none"),
        (["checkpoint=run", "samples=x.npz"], 2, f"{NEITHER}, not checkpoint and samples"),
        (
            ["checkpoint=run", "compare=[run,other]", "samples=x"],
            2,
            f"{NEITHER}, not checkpoint and samples and compare",
        ),
        (["compare=[run]"], 2, "compare= needs two run directories or more"),
        (["compare=run"], 2, "compare=run"),
        (
            ["compare=[run,other]", "output=x.json"],
            2,
            "output= takes the scores of checkpoint= or samples=",
        ),
        (
            ["checkpoint=run", "metrics=[frechet,frechett]"],
            2,
            "unknown metrics 'frechett'; did you mean 'frechet'?",
        ),
        (["checkpoint=run", "metrics=[]"], 2, "metrics=[] measures nothing"),
        (["checkpoint=run", "metrics=frechet"], 2, "metrics=frechet"),
        (
            ["checkpoint=run", "extractor=inceptoin"],
            2,
            "unknown extractor 'inceptoin'; did you mean 'inception'?",
        ),
        (["checkpoint=run", "count=15"], 2, "count=15"),
        (["checkpoint=run", "repeats=0"], 2, "repeats=0"),
        (["checkpoint=run", "metrix=[frechet]"], 2, "did you mean 'metrics'?"),
        (["checkpoint=run", "data.sice=8"], 2, "did you mean 'data.size'?"),
        (["checkpoint=run", "data=digit"], 2, "did you mean 'digits'?"),
        (
            ["checkpoint=run", "output=no/such/x.json"],
            2,
            "output=no/such/x.json: no directory no/such",
        ),
        (["samples=x.npz"], 2, "samples= needs the real images to compare with: data=mnist"),
        (
            ["samples=x.npz", "data.size=8"],
            2,
            "samples= needs the real images to compare with: data=mnist",
        ),
        (
            ["samples=x.npz", "data=digits", "people=true"],
            2,
            "people= and answers= go with checkpoint=RUN, not with samples=",
        ),
        (
            ["compare=[run,other]", "answers=[x]"],
            2,
            "people= and answers= go with checkpoint=RUN, not with compare=",
        ),
        (["checkpoint=nowhere"], 4, "nowhere: no such directory"),
        (["checkpoint=cache"], 4, "cache: not a run directory"),
        (["checkpoint=run", "step=5"], 5, "run has no checkpoint of step 5 (it has: 4, 8)"),
        (
            ["checkpoint=run", "answers=[x.json]"],
            4,
            "run: no page for step 8; people=true writes one",
        ),
        (["--experimental-rerun=x"], 2, "refused"),
    ],
)
def test_mistakes_are_one_line(arguments: list[str], code: int, part: str, evaluate: Command):
    Path("cache").mkdir()
    result = evaluate(*arguments)
    assert result.code == code
    assert part in one_line(result)


@pytest.mark.parametrize(
    ("arguments", "code", "part"),
    [
        (
            ["metrics=[classes]"],
            2,
            "metrics=classes needs class probabilities: extractor=classifier or inception",
        ),
        (["metrics=[frechet,modes]"], 2, "metrics=modes needs class probabilities"),
        (["metrics=[texture]"], 2, "metrics=texture needs feature maps"),
        (["metrics=[content]"], 2, "metrics=content needs feature maps"),
        (
            ["weights=x"],
            2,
            "weights= is the file of extractor=inception or vgg16; extractor=pixels reads none",
        ),
        (["extractor=inception", "weights=gone.pb"], 3, "gone.pb"),
        (
            ["data=npz", "data.path=more.npz", "extractor=classifier"],
            2,
            "extractor=classifier needs labels; the data has none",
        ),
        (
            ["data.size=9"],
            2,
            "run makes images 8x8x1, the real ones are images 9x9x1; give data.size= to match",
        ),
        (["data=digits"], 2, "run makes images 8x8x1, the real ones are images 16x16x1"),
        (
            ["data.size=9", "people=true"],
            2,
            "run makes images 8x8x1, the real ones are images 9x9x1",
        ),
        (["data=npz", "data.path=gone.npz"], 3, "gone.npz"),
        (
            ["data=npz", "data.path=few.npz"],
            3,
            "few.npz: 31 training and 0 test images are too few for scores",
        ),
        (
            ["data=npz", "data.path=few.npz", "people=true"],
            3,
            "few.npz: 31 images, fewer than people_count=50",
        ),
    ],
)
def test_mistakes_that_the_data_show(arguments: list[str], code: int, part: str, evaluate: Command):
    np.savez("few.npz", images=real_digits(31))
    np.savez("more.npz", images=real_digits(64))
    result = evaluate(
        *SMALL, *arguments, *(["data.test_share=0"] if "data=npz" in arguments else [])
    )
    assert result.code == code, result.err
    assert part in one_line(result)
    assert not Path("cache/features").exists()


@pytest.mark.slow
def test_sequences_are_scored_by_their_frames(evaluate: Command):
    random = np.random.default_rng(0)
    digits = np.where(random.random((20, 28, 28)) < 0.5, 255, 0).astype(np.uint8)
    labels = np.arange(20, dtype=np.uint8) % 10
    np.savez("mnist.npz", x_train=digits, y_train=labels, x_test=digits, y_test=labels)
    moving = (
        "data=moving_mnist",
        "data.path=mnist.npz",
        "data.count=200",
        "data.frames=2",
        "data.size=32",
    )
    frames = data.load(MovingMnist(path="mnist.npz", count=200, frames=2, size=32), "test").images[
        :
    ]
    np.savez("real.npz", images=frames.reshape(400, 32, 32, 1))
    np.savez("black.npz", images=np.zeros((40, 32, 32, 1), np.uint8))
    found = []
    for name in ("real", "black"):
        result = evaluate(
            f"samples={name}.npz",
            *moving,
            "extractor=pixels",
            "count=100",
            "metrics=[frechet,edges]",
        )
        assert result.code == 0, result.err
        found.append(stored(f"{name}-scores.json"))
    real, black = found
    assert real.provenance.real_count == black.provenance.real_count == 100
    assert real.scores["frechet"].mean == pytest.approx(real.scores["frechet"].baseline, rel=0.5)
    assert black.scores["frechet"].mean > 2 * real.scores["frechet"].mean
    for arguments, part in {
        (
            "checkpoint=run",
        ): "run makes images 8x8x1, the real ones are sequences of 2 frames 32x32x1",
        (
            "checkpoint=run",
            "people=true",
        ): "people judge single images; the data holds sequences of 2 frames 32x32x1",
    }.items():
        result = evaluate(*arguments, *moving)
        assert result.code == 2
        assert part in one_line(result)


def test_a_bound_is_of_models_that_have_one(evaluate: Command):
    result = evaluate(*SMALL, "metrics=[frechet,elbo]")
    assert result.code == 2
    assert one_line(result).startswith(
        "gan-evaluate: metrics=elbo needs a model with an evidence lower bound"
    )
    np.savez("samples.npz", images=real_digits(40))
    result = evaluate("samples=samples.npz", "data=digits", "data.size=8", "metrics=[elbo]")
    assert result.code == 2
    assert one_line(result).startswith(
        "gan-evaluate: metrics=elbo is of a model: it goes with checkpoint="
    )
    assert not Path("cache/features").exists()
    result = evaluate(*SMALL, "metrics=[elbow]")
    assert result.code == 2
    assert "did you mean 'elbo'?" in one_line(result)


def run_of_npz(path: str) -> None:
    """Make `run` one of data=npz."""
    changed("run/config.json", lambda values: values.update(data={"name": "npz", "path": path}))


def test_data_from_elsewhere_is_given_by_its_path(evaluate: Command):
    np.savez("digits.npz", images=real_digits(200))
    run_of_npz("gone/digits.npz")
    result = evaluate(*SMALL)
    assert result.code == 3
    assert "gone/digits.npz" in one_line(result)
    result = evaluate(*SMALL, "data.path=digits.npz", "metrics=[frechet]")
    assert result.code == 0, result.err
    assert stored().provenance.data_name == "npz"


def test_a_path_from_the_environment_is_asked_for(
    evaluate: Command, faked: list[str], monkeypatch: pytest.MonkeyPatch
):
    np.savez("digits.npz", images=real_digits(200))
    run_of_npz("${oc.env:DIGITS}")
    monkeypatch.setenv("DIGITS", "digits.npz")
    for arguments in (SMALL, ("checkpoint=run", "people=true"), COMPARE):
        result = evaluate(*arguments)
        assert result.code == 2
        assert (
            "data.path was ${oc.env:DIGITS}, from the environment, which is not stored"
            in one_line(result)
        )
    assert faked == []
    assert evaluate(*SMALL, "data.path=${oc.env:DIGITS}").code == 0


NO_TENSORFLOW = [
    ["--help"],
    ["--cfg", "job"],
    [],
    ["checkpoint=run", "metrics=[frechett]"],
    ["checkpoint=run", "metrix=1"],
    ["checkpoint=nowhere"],
    ["checkpoint=run", "answers=[garbage.json]"],
    ["checkpoint=run", "data.sice=8"],
    ["compare=[run]"],
    ["compare=[run,nowhere]"],
    ["samples=x.npz"],
]


@pytest.mark.slow
def test_no_answer_without_a_score_imports_tensorflow(evaluate: Command):
    """One process for all: the first import would show in it."""
    Path("run/people").mkdir()
    Path("run/people/step-00000008.json").write_text('{"fingerprint": "x"}')
    Path("garbage.json").write_text("garbage")
    code = (
        "import sys; from gan_cli.cli.evaluate import main\n"
        f"for command in {NO_TENSORFLOW!r}:\n"
        "    sys.argv[1:] = command\n"
        "    code = main()\n"
        "    assert not {'tensorflow', 'keras'} & set(sys.modules), command\n"
        "    assert bool(code) != (command[:1] in (['--help'], ['--cfg'])), command\n"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr
    assert len(answer.stderr.splitlines()) == len(NO_TENSORFLOW) - 2
    assert "gan-evaluate RUN" in answer.stdout
