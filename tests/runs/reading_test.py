"""A run directory is read in one place; what is damaged has a line that says what is done
instead.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from gan_cli.base.errors import CheckpointError, ConfigError, RunDirectoryError
from gan_cli.base.spec import DataSpec
from gan_cli.models.dcgan import Dcgan
from gan_cli.objectives.options import Loss
from gan_cli.runs import checkpoint, journal, tensors
from gan_cli.runs.checkpoint import SAMPLER, STATE, Scored
from gan_cli.runs.reading import StoredRun, read_run
from gan_cli.runs.rundir import ModelCard, RunDirectory

SCORES = {4: 42.31, 8: 36.64, 12: None, 16: None}
"""step -> score of the run of these tests."""
CONFIG = {"optimizer": {"learning_rate": 0.0002, "beta_2": 0.99}, "seed": 0}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A whole run with checkpoints of which that of step 8 is the best."""
    directory = RunDirectory.create(str(tmp_path / "run"), "run")
    directory.write_config(CONFIG)
    card = ModelCard(3, Dcgan(), Loss("hinge"), DataSpec(8, 8, 1))
    directory.write_card(card)
    directory.log.write_text("2026-11-20 10:31:00 gan-train\n2026-11-20 10:32:00 done\n")
    chain = journal.Chain()
    lines = [{"step": s, "seconds": s / 2, "loss_generator": 1 / s} for s in SCORES]
    directory.metrics.write_bytes(b"".join(map(chain.sealed, lines)))
    tensors = {name: {"weight": np.arange(4, dtype=np.float32)} for name in (STATE, SAMPLER)}
    for step, score in SCORES.items():
        scored = None if score is None else Scored(score, "evaluator")
        checkpoint.save(directory.checkpoints, step, tensors, card.fingerprint, "data", scored)
    directory.release()
    return directory.path


def place(run: Path, step: int) -> Path:
    return run / "checkpoints" / f"step-{step:08d}"


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def best(run: Path) -> tuple[int, list[str]]:
    """The best step, and what is said on the way to it."""
    stored = read_run(run)
    manifest = stored.checkpoint("best")
    assert manifest is not None
    return manifest.step, stored.damage


def test_a_whole_run_has_no_damage_and_is_not_changed(run: Path) -> None:
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    assert read_run(run).check() == []
    assert best(run) == (8, [])
    stored = read_run(run)
    assert (stored.config, stored.card.model) == (CONFIG, Dcgan())
    assert stored.metrics is not None
    assert stored.metrics.series["loss_generator"].values.tolist() == [1 / s for s in SCORES]
    assert {path: path.read_bytes() for path in run.rglob("*") if path.is_file()} == before


MANIFESTS: dict[str, Callable[[Path], object]] = {
    "no manifest": lambda path: (path / "manifest.json").unlink(),
    "an empty manifest": lambda path: (path / "manifest.json").write_text(""),
    "half a manifest": lambda path: (path / "manifest.json").write_text('{"format": 3,'),
    "another score": lambda path: change(path / "manifest.json", "36.64", "96.64"),
    "no score": lambda path: change(path / "manifest.json", "36.64", "null"),
    "another evaluator": lambda path: change(path / "manifest.json", ': "evaluator"', ': "other"'),
    "tensors": lambda path: flip(path / SAMPLER),
    "no tensors": lambda path: (path / STATE).unlink(),
    "no folder": shutil.rmtree,
}


@pytest.mark.parametrize("damage", MANIFESTS)
def test_a_damaged_best_checkpoint_is_announced_with_its_score(damage: str, run: Path) -> None:
    MANIFESTS[damage](place(run, 8))
    step, lines = best(run)
    assert (step, len(lines)) == (4, 1)
    assert lines[0].startswith(f"DAMAGED CHECKPOINT {place(run, 8)}")
    assert lines[0].endswith(" (score 36.64); step 4 is used instead")
    with pytest.raises(CheckpointError, match=r"step-00000008|no checkpoint of step 8"):
        read_run(run).checkpoint(8)
    (line,) = [line for line in read_run(run).check() if "step-00000008" in line]
    assert "step-00000008" in line


def test_the_newest_is_announced_too(run: Path) -> None:
    shutil.rmtree(place(run, 16))
    stored = read_run(run)
    manifest = stored.checkpoint("newest")
    assert manifest is not None
    assert (manifest.step, len(stored.damage)) == (12, 1)
    assert stored.damage[0].endswith("; step 12 is used instead")


def test_without_the_index_a_checkpoint_of_unknown_score_is_announced(run: Path) -> None:
    (run / "checkpoints" / "index.json").unlink()
    assert best(run) == (8, [])
    (place(run, 8) / "manifest.json").unlink()
    step, lines = best(run)
    assert (step, len(lines)) == (4, 1)
    assert lines[0].endswith(" (its score is not known); step 4 is used instead")


def test_a_damaged_index_is_announced_and_made_anew_by_the_next_save(run: Path) -> None:
    path = run / "checkpoints" / "index.json"
    whole = path.read_bytes()
    change(path, "36.64", "96.64")
    step, lines = best(run)
    assert (step, len(lines)) == (8, 1)
    assert lines[0].startswith(f"{path}: changed since it was written")
    assert lines[0].endswith("; the manifests alone say which checkpoint is the best")
    manifest = checkpoint.verify(run / "checkpoints", 8)
    checkpoint.add_full_score(run / "checkpoints", manifest, 36.0, 64)
    checkpoint.discard(run / "checkpoints", [16])
    assert best(run) == (8, [])
    assert json.loads(path.read_text())["checkpoints"].keys() == {"4", "8", "12"}
    assert len(whole) > path.stat().st_size


def test_a_kill_between_a_save_and_its_entry_harms_nothing(run: Path) -> None:
    path = run / "checkpoints" / "index.json"
    before = path.read_bytes()
    model = checkpoint.verify(run / "checkpoints", 8).model
    none: dict[str, dict[str, np.ndarray]] = {STATE: {}, SAMPLER: {}}
    checkpoint.save(run / "checkpoints", 20, none, model, "data", Scored(9.0, "evaluator"))
    path.write_bytes(before)
    assert best(run) == (20, [])
    assert read_run(run).check() == []


@pytest.mark.parametrize("written", ["index", "manifest"])
def test_a_kill_between_a_full_score_and_its_entry_harms_nothing(written: str, run: Path) -> None:
    """The index is written first, and knows the manifest before and after."""
    folder = run / "checkpoints"
    path, manifest = place(run, 8) / "manifest.json", checkpoint.verify(folder, 8)
    before = path.read_bytes()
    checkpoint.add_full_score(folder, manifest, 30.0, 64)
    if written == "index":
        path.write_bytes(before)
    assert best(run) == (8, [])


def test_what_a_training_run_prunes_meanwhile_is_no_damage(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    verify = checkpoint.verify

    def slow(folder: Path, step: int, names: tuple[str, ...]) -> object:
        if step == 8 and place(run, 8).exists():
            checkpoint.discard(folder, [8])
        return verify(folder, step, names)

    monkeypatch.setattr(checkpoint, "verify", slow)
    assert best(run) == (4, [])


@pytest.mark.parametrize(
    ("name", "harm", "line"),
    [
        (
            "model.json",
            lambda p: p.write_text("{"),
            "{}: not readable as JSON; nothing can be drawn from the run",
        ),
        (
            "config.json",
            lambda p: change(p, "0.0002", "0.0003"),
            "{}: changed since it was written (its SHA-256 differs); put it back, or, if the "
            'change is meant, remove the key "sha256" from it; the settings of the run are left '
            "out",
        ),
        ("config.json", lambda p: change(p, "0.99", "0.98"), "{}: changed since it was written"),
        (
            "config.json",
            lambda p: p.unlink(),
            "{}: No such file or directory; the settings of the run are left out",
        ),
        (
            "model.json",
            lambda p: change(p, '"height": 8', '"height": 9'),
            "{}: is not what step 8 was saved from; nothing can be drawn from the run",
        ),
        (
            "scores/training.json",
            lambda p: [p.parent.mkdir(), p.write_text("{")],
            "{}: not readable as JSON; what it says of the scores is left out",
        ),
        (
            "metrics.jsonl",
            lambda p: change(p, '"seconds": 4.0', '"seconds": 4.5'),
            "{}: 1 line is not as written; left out of the curves",
        ),
        (
            "metrics.jsonl",
            lambda p: p.write_bytes(b"\n".join(p.read_bytes().split(b"\n")[1:])),
            "{}: 1 line is not as written",
        ),
        (
            "metrics.jsonl",
            lambda p: p.unlink(),
            "{}: No such file or directory; the run is shown without curves",
        ),
        (
            "metrics.jsonl",
            lambda p: [p.unlink(), p.mkdir()],
            "{}: is not a plain file; the run is shown without curves",
        ),
        (
            "train.log",
            lambda p: p.write_bytes(bytes(80)),
            "{}: is not as written; when and how the run ended may be wrong",
        ),
        ("train.log", lambda p: p.write_bytes(p.read_bytes()[7:]), "{}: is not as written"),
    ],
)
def test_each_damaged_file_has_a_line(
    name: str, harm: Callable[[Path], object], line: str, run: Path
) -> None:
    harm(run / name)
    warned: list[str] = []
    (found,) = read_run(run, warned.append).check()
    assert found.startswith(line.format(run / name))
    assert warned == [found]


def test_a_changed_line_is_left_out_of_the_curves_alone(run: Path) -> None:
    change(run / "metrics.jsonl", '"seconds": 4.0', '"seconds": 4.5')
    metrics = read_run(run).metrics
    assert metrics is not None
    assert metrics.series["seconds"].steps.tolist() == [4, 12, 16]


def test_a_change_that_is_meant_is_accepted_without_the_checksum(run: Path) -> None:
    values = json.loads((run / "config.json").read_text())
    del values["sha256"]
    values["seed"] = 7
    (run / "config.json").write_text(json.dumps(values))
    stored = read_run(run)
    assert (stored.config["seed"], stored.damage) == (7, [])


def test_a_run_without_its_model_json_is_told_from_what_is_no_run(run: Path) -> None:
    (run / "model.json").unlink()
    with pytest.raises(RunDirectoryError, match=r"run/model\.json: is missing"):
        read_run(run)
    shutil.rmtree(run / "checkpoints")
    with pytest.raises(RunDirectoryError, match="not a run directory"):
        read_run(run)


@pytest.mark.parametrize(
    ("card", "manifest", "said"),
    [
        ({"format": 1}, {"versions": {"gan_cli": "0.0.9"}}, "an earlier gan_cli 0.0.9 (format 1;"),
        ({"format": 1}, {}, "an earlier gan_cli (format 1;"),
        ({"format": 1}, {"versions": {"gan_cli": "\x1b[2J"}}, "an earlier gan_cli (format 1;"),
        ({"format": 4, "gan_cli": "9.1"}, {}, "a later gan_cli 9.1 (format 4;"),
    ],
)
def test_one_line_says_which_version_made_a_run_of_another_format(
    card: dict[str, object], manifest: dict[str, object], said: str, run: Path
) -> None:
    (run / "model.json").write_text(json.dumps(card))
    for step in SCORES:
        (place(run, step) / "manifest.json").write_text(json.dumps({"format": 1, **manifest}))
    with pytest.raises(RunDirectoryError) as caught:
        read_run(run)
    assert str(caught.value).startswith(f"{run}: made by {said}")
    assert str(caught.value).endswith("reads format 3): use that version, or train again")


def test_plugins_are_names_and_nothing_of_them_is_imported(run: Path) -> None:
    values = json.loads((run / "model.json").read_text())
    assert values["plugins"] == []
    for names, good in ((["mine.models", "other"], True), (["os; rm"], False), (["../x"], False)):
        (run / "model.json").write_text(json.dumps(values | {"plugins": names}))
        if good:
            with pytest.raises(ConfigError, match=r"plugins=\[mine\.models,other\]"):
                _ = read_run(run).card
        else:
            with pytest.raises(RunDirectoryError, match="plugins"):
                _ = read_run(run).card
    assert "mine" not in sys.modules


def test_the_plugins_of_a_model_are_no_part_of_its_fingerprint() -> None:
    spec = DataSpec(8, 8, 1)
    cards = [ModelCard(3, Dcgan(), Loss("hinge"), spec, names) for names in ([], ["mine"])]
    assert cards[0].fingerprint == cards[1].fingerprint


def test_a_file_that_goes_while_the_directory_is_looked_through_is_no_mistake(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = Path.iterdir
    monkeypatch.setattr(Path, "iterdir", lambda path: iter([path / "gone", *entries(path)]))
    assert isinstance(read_run(run), StoredRun)


def test_reading_needs_no_tensorflow(run: Path) -> None:
    code = (
        "import sys; from gan_cli.runs.reading import read_run; "
        "assert read_run(sys.argv[1]).check() == []; assert 'tensorflow' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code, str(run)], check=True)


def test_a_checkpoint_that_is_pruned_before_it_is_read_makes_room_for_the_next(run: Path) -> None:
    """A run that trains prunes while this process still imports TensorFlow."""
    stored = read_run(run)
    shapes = {"weight": ((4,), "float32")}

    def read(manifest: checkpoint.Manifest) -> int:
        if manifest.step == 8 and place(run, 8).exists():
            checkpoint.discard(stored.directory.checkpoints, [8])
        tensors.read(stored.directory.checkpoints, manifest.step, SAMPLER, shapes)
        return manifest.step

    assert stored.of_checkpoint("best", read) == 4
    assert stored.damage == []
    with pytest.raises(CheckpointError, match="no checkpoint of step 8"):
        stored.of_checkpoint(8, read)


def test_a_checkpoint_that_does_not_fit_is_no_pruned_one(run: Path) -> None:
    stored = read_run(run)
    with pytest.raises(CheckpointError, match="is missing"):
        stored.of_checkpoint(
            "best",
            lambda manifest: tensors.read(
                stored.directory.checkpoints, manifest.step, SAMPLER, {"other": ((1,), "float32")}
            ),
        )


@pytest.mark.parametrize("name", ["checkpoints", "samples"])
def test_a_file_in_the_place_of_a_folder_is_named(name: str, run: Path) -> None:
    shutil.rmtree(run / name, ignore_errors=True)
    (run / name).write_text("")
    with pytest.raises(RunDirectoryError, match=rf"run/{name}: is a file; a run directory has a"):
        read_run(run)
