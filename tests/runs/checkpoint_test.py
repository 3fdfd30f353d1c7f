"""The commit protocol: whole or not at all, checked before anything is taken, never silently step
0.
"""

from __future__ import annotations

import errno
import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors import SafetensorError

from gan_cli.base import files
from gan_cli.base.errors import CheckpointError
from gan_cli.runs import checkpoint, ranking, tensors
from gan_cli.runs.checkpoint import SAMPLER, STATE, Scored

ARRAYS = {"a/kernel": np.arange(6, dtype=np.float32).reshape(2, 3), "step": np.asarray(7, np.int64)}
SHAPES = {"a/kernel": ((2, 3), "float32"), "step": ((), "int64")}


def save(folder: Path, step: int) -> Path:
    return checkpoint.save(
        folder, step, {STATE: ARRAYS, SAMPLER: {"a/kernel": ARRAYS["a/kernel"]}}, "model", "data"
    )


def there(folder: Path) -> list[str]:
    """What lies in a folder of checkpoints beside its index."""
    return sorted(entry.name for entry in folder.iterdir() if entry.name != "index.json")


def silent(line: str) -> None:
    raise AssertionError(line)


def test_what_is_saved_is_read_back_with_scalars_and_dtypes(tmp_path: Path) -> None:
    assert save(tmp_path, 7) == tmp_path / "step-00000007"
    manifest = checkpoint.verify(tmp_path, 7)
    assert (manifest.step, manifest.model, manifest.data, manifest.score) == (
        7,
        "model",
        "data",
        None,
    )
    assert set(manifest.versions) == {"gan_cli", "tensorflow", "keras", "numpy", "python"}
    arrays = tensors.read(tmp_path, 7, STATE, SHAPES)
    for key, value in ARRAYS.items():
        np.testing.assert_array_equal(arrays[key], value)
        assert (arrays[key].dtype, arrays[key].shape) == (value.dtype, value.shape)


def test_files_and_folder_are_synced_before_and_after_the_rename(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[str] = []
    real_sync, real_rename = os.fsync, os.rename

    def fsync(descriptor: int) -> None:
        events.append(f"sync {Path(f'/proc/self/fd/{descriptor}').readlink().name}")
        real_sync(descriptor)

    def rename(source: Path, target: Path) -> None:
        events.append(f"rename {Path(target).name}")
        real_rename(source, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "rename", rename)
    save(tmp_path, 7)
    assert events == [
        f"sync {STATE}",
        f"sync {SAMPLER}",
        "sync .manifest.json.tmp",
        "sync step-00000007.tmp",
        "rename step-00000007",
        f"sync {tmp_path.name}",
        "sync .index.json.tmp",
        f"sync {tmp_path.name}",
    ]


@pytest.mark.parametrize("failing", ["fsync", "rename"])
def test_a_save_that_fails_leaves_the_earlier_checkpoints_and_nothing_else(
    failing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(tmp_path, 7)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, failing, full)
        with pytest.raises(OSError, match="No space left"):
            save(tmp_path, 8)
    assert there(tmp_path) == ["step-00000007"]
    newest = checkpoint.newest(tmp_path, silent)
    assert newest is not None
    assert newest.step == 7


def test_a_full_disk_inside_the_library_keeps_its_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise SafetensorError(
            "Error while serializing: I/O error: No space left on device (os error 28)"
        )

    monkeypatch.setattr("safetensors.numpy.save_file", full)
    with pytest.raises(OSError, match="No space left") as error:
        save(tmp_path, 8)
    assert error.value.errno == errno.ENOSPC
    assert list(tmp_path.iterdir()) == []


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(bytes(data))


def _edit(path: Path, **values: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


DAMAGE = {
    "a flipped bit": lambda folder: _flip(folder / STATE),
    "a cut file": lambda folder: (folder / STATE).write_bytes((folder / STATE).read_bytes()[:-1]),
    "no file": lambda folder: (folder / SAMPLER).unlink(),
    "no manifest": lambda folder: (folder / "manifest.json").unlink(),
    "half a manifest": lambda folder: (folder / "manifest.json").write_text('{"format": 1,'),
    "not an object": lambda folder: (folder / "manifest.json").write_text("[1]"),
    "deep nesting": lambda folder: (folder / "manifest.json").write_text("[" * 100_000),
    "another format": lambda folder: _edit(folder / "manifest.json", format=1),
    "another step": lambda folder: _edit(folder / "manifest.json", step=3),
    "an unknown key": lambda folder: _edit(folder / "manifest.json", extra=1),
    "no files listed": lambda folder: _edit(folder / "manifest.json", files={}),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_newest_checkpoint_is_reported_and_the_one_before_it_used(
    damage: str, tmp_path: Path
) -> None:
    save(tmp_path, 7)
    DAMAGE[damage](save(tmp_path, 8))
    said: list[str] = []
    newest = checkpoint.newest(tmp_path, said.append)
    assert newest is not None
    assert newest.step == 7
    assert len(said) == 1
    assert said[0].startswith("DAMAGED CHECKPOINT")
    assert "step-00000008" in said[0]


def test_checkpoints_of_which_none_is_valid_are_an_error_and_none_at_all_is_a_start(
    tmp_path: Path,
) -> None:
    assert checkpoint.newest(tmp_path / "nothing", silent) is None
    _flip(save(tmp_path, 7) / STATE)
    with pytest.raises(CheckpointError, match="none of its 1 checkpoints is valid"):
        checkpoint.newest(tmp_path, lambda line: None)


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        ({**SHAPES, "b": ((1,), "float32")}, "'b' is missing"),
        ({"step": ((), "int64")}, "'a/kernel' belongs to nothing"),
        (
            {**SHAPES, "a/kernel": ((3, 2), "float32")},
            r"float32 \[2, 3\], this model has float32 \[3, 2\]",
        ),
        ({**SHAPES, "step": ((), "int32")}, "int64"),
        ({**SHAPES, "step": ((1,), "int64")}, "int64"),
    ],
)
def test_names_shapes_and_dtypes_are_compared_before_anything_is_read(
    shapes: tensors.Shapes, message: str, tmp_path: Path
) -> None:
    save(tmp_path, 7)
    with pytest.raises(CheckpointError, match=message):
        tensors.read(tmp_path, 7, STATE, shapes)


def test_a_file_that_is_no_safetensors_is_an_error_with_its_name(tmp_path: Path) -> None:
    path = save(tmp_path, 7) / STATE
    path.write_bytes(b"\xff" * 64)
    with pytest.raises(CheckpointError, match=STATE):
        tensors.read(tmp_path, 7, STATE, SHAPES)


def test_prune_keeps_the_newest_the_one_before_and_the_best(tmp_path: Path) -> None:
    scored(tmp_path, a=None, b=1.0, c=2.0, d=None, e=None)
    ranking.prune(tmp_path)
    assert checkpoint.steps(tmp_path) == [5, 4, 2]
    assert len(there(tmp_path)) == 3
    best = ranking.best(tmp_path, silent)
    assert best is not None
    assert best.step == 2


def test_best_is_the_newest_where_none_has_a_score(tmp_path: Path) -> None:
    for step in (1, 2):
        save(tmp_path, step)
    best = ranking.best(tmp_path, silent)
    assert best is not None
    assert best.step == 2


def scored(folder: Path, **scores: object) -> None:
    """Checkpoints of steps 1, 2, ... from `a=score, b=(score, full score), c=(score, full score,
    evaluator)`; None: not scored.
    """
    for step, given in enumerate(scores.values(), 1):
        score, full, evaluator = (*(given if isinstance(given, tuple) else (given,)), None, None)[
            :3
        ]
        measured = None if score is None else Scored(score, evaluator or "evaluator")
        tensors_of = {STATE: ARRAYS, SAMPLER: {"a/kernel": ARRAYS["a/kernel"]}}
        checkpoint.save(folder, step, tensors_of, "model", "data", measured)
        if full is not None:
            checkpoint.add_full_score(folder, checkpoint.verify(folder, step), full, 64)


def order(ranked: list[ranking.Ranked]) -> list[int]:
    return [each.step for each in ranked]


def test_a_score_is_saved_with_what_it_was_measured_with(tmp_path: Path) -> None:
    checkpoint.save(
        tmp_path, 3, {STATE: ARRAYS, SAMPLER: ARRAYS}, "model", "data", Scored(12.5, "evaluator")
    )
    manifest = checkpoint.verify(tmp_path, 3)
    assert (manifest.score, manifest.evaluator, manifest.full_score, manifest.full_count) == (
        12.5,
        "evaluator",
        None,
        None,
    )
    checkpoint.add_full_score(tmp_path, manifest, 11.5, 64)
    full = checkpoint.verify(tmp_path, 3)
    assert full == replace(manifest, full_score=11.5, full_count=64)


@pytest.mark.parametrize(
    ("scores", "ranked", "contenders"),
    [
        ({"a": 3.0, "b": 1.0, "c": 2.0}, [2, 3, 1], [2, 3, 1]),
        ({"a": 2.0, "b": 1.0, "c": 1.0}, [2, 3, 1], [2, 3, 1]),
        ({"a": (2.0, 9.0), "b": 1.0, "c": (3.0, 8.0)}, [3, 1, 2], [2, 1, 3]),
        ({"a": (1.0, 5.0), "b": (2.0, 5.0)}, [1, 2], [1, 2]),
        ({"a": 0.0, "b": (5.0, 0.0), "c": None}, [2, 1], [1, 2]),
        (
            {"a": (1.0, None, "old"), "b": (9.0, None, "new"), "c": (8.0, None, "new"), "d": None},
            [3, 2],
            [3, 2],
        ),
        ({"a": (1.0, 0.5, "old"), "b": (9.0, None, "new")}, [2], [2]),
        ({"a": None}, [], []),
    ],
    ids=[
        "by score",
        "a tie by step",
        "full ones first",
        "a full tie",
        "zero",
        "one evaluator",
        "one evaluator, full",
        "none",
    ],
)
def test_checkpoints_are_ranked_by_the_scores_that_can_be_compared(
    scores: dict[str, object], ranked: list[int], contenders: list[int], tmp_path: Path
) -> None:
    scored(tmp_path, **scores)
    assert order(ranking.ranked(tmp_path)) == ranked
    assert order(ranking.contenders(tmp_path)) == contenders
    best = ranking.best(tmp_path, silent)
    assert best is not None
    assert best.step == (ranked or [1])[0]


@pytest.mark.parametrize("score", ["NaN", "Infinity", '"1"', "true"])
def test_a_manifest_whose_score_is_no_number_is_damaged(score: str, tmp_path: Path) -> None:
    scored(tmp_path, a=2.0, b=1.0)
    path = tmp_path / "step-00000002" / "manifest.json"
    path.write_text(path.read_text().replace('"score": 1.0', f'"score": {score}'))
    assert order(ranking.ranked(tmp_path)) == [2, 1]  # the index knows better
    with pytest.raises(CheckpointError, match="score"):
        checkpoint.verify(tmp_path, 2)


def test_a_manifest_of_another_step_is_damaged(tmp_path: Path) -> None:
    scored(tmp_path, a=2.0, b=1.0)
    _edit(tmp_path / "step-00000002" / "manifest.json", step=1, score=7.0)
    assert [(each.step, each.score) for each in ranking.ranked(tmp_path)] == [(2, 1.0), (1, 2.0)]
    with pytest.raises(CheckpointError, match="says step 1"):
        checkpoint.verify(tmp_path, 2)


def test_a_damaged_best_is_reported_and_the_next_best_used_then_the_newest(tmp_path: Path) -> None:
    scored(tmp_path, a=1.0, b=2.0, c=3.0, d=None)
    said: list[str] = []
    for damaged, expected in ((1, 2), (2, 3), (3, 4)):
        _flip(tmp_path / f"step-{damaged:08d}" / SAMPLER)
        said.clear()
        best = ranking.best(tmp_path, said.append)
        assert best is not None
        assert (best.step, len(said)) == (expected, damaged)
    assert all(line.startswith("DAMAGED CHECKPOINT") for line in said)


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ({"a": 2.0, "b": 1.0, "c": 3.0}, 2),
        (
            {"a": (5.0, 6.0), "b": 1.0, "c": 2.0},
            2,
        ),  # a run that had ended goes on: its full score is not the last word
        ({"a": 1.0, "b": (2.0, 6.0), "c": 3.0}, 2),  # and is not given away either
        ({"a": None, "b": None}, 2),
    ],
)
def test_the_one_to_go_back_to_loses_neither_the_best_full_score_nor_the_best_score(
    scores: dict[str, object], expected: int, tmp_path: Path
) -> None:
    scored(tmp_path, **scores)
    good = ranking.good(tmp_path, silent)
    assert good is not None
    assert good.step == expected


def test_a_damaged_one_is_not_gone_back_to(tmp_path: Path) -> None:
    scored(tmp_path, a=2.0, b=1.0, c=None)
    _flip(tmp_path / "step-00000002" / STATE)
    said: list[str] = []
    good = ranking.good(tmp_path, said.append)
    assert good is not None
    assert (good.step, len(said)) == (1, 1)


@pytest.mark.parametrize(
    ("contending", "kept"), [(1, [9, 8, 4, 2]), (3, [9, 8, 5, 4, 2, 1]), (9, [9, 8, 6, 5, 4, 2, 1])]
)
def test_prune_keeps_as_many_contenders_as_it_is_told(
    contending: int, kept: list[int], tmp_path: Path
) -> None:
    scored(tmp_path, a=3.0, b=1.0, c=None, d=(4.0, 0.5), e=2.0, f=8.0, g=None, h=None, i=None)
    ranking.prune(tmp_path, contending)
    assert checkpoint.steps(tmp_path) == kept
    assert len(there(tmp_path)) == len(kept)


def test_discarded_checkpoints_are_gone_and_what_only_looks_like_one_is_no_step(
    tmp_path: Path,
) -> None:
    scored(tmp_path, a=None, b=None, c=None)
    (tmp_path / "step-000000002").mkdir()
    (tmp_path / "step-00000004").write_text("a file")
    assert checkpoint.steps(tmp_path) == [4, 3, 2, 1]
    checkpoint.discard(tmp_path, [4, 2])
    assert there(tmp_path) == [
        "step-000000002",
        "step-00000001",
        "step-00000003",
    ]


def test_a_damaged_checkpoint_is_replaced_when_its_step_is_reached_again(tmp_path: Path) -> None:
    _flip(save(tmp_path, 7) / STATE)
    save(tmp_path, 7)
    assert checkpoint.verify(tmp_path, 7).step == 7
    assert there(tmp_path) == ["step-00000007"]


def test_leftovers_go_and_links_are_not_followed(tmp_path: Path) -> None:
    folder, outside = tmp_path / "checkpoints", tmp_path / "precious"
    outside.mkdir()
    (outside / "file").write_text("x")
    save(folder, 7)
    (folder / "step-00000008.tmp").mkdir()
    (folder / "step-00000008.tmp" / STATE).write_bytes(b"half")
    (folder / "step-00000009.tmp").symlink_to(outside)
    checkpoint.remove_leftovers(folder)
    assert there(folder) == ["step-00000007"]
    assert (outside / "file").read_text() == "x"


@pytest.mark.parametrize("name", ["manifest.json", STATE])
def test_links_and_pipes_in_a_checkpoint_are_refused(name: str, tmp_path: Path) -> None:
    path = save(tmp_path, 7) / name
    content = path.read_bytes()
    path.unlink()
    (tmp_path / "elsewhere").write_bytes(content)
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(CheckpointError, match="is a link"):
        checkpoint.verify(tmp_path, 7)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(CheckpointError, match=r"not a plain file|not what was saved"):
        checkpoint.verify(tmp_path, 7)


def test_a_json_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    with path.open("wb") as file:
        file.truncate(10 * files.LARGEST_JSON)
    with pytest.raises(files.RunDirectoryError, match="larger than"):
        files.read_json(path)
