"""`gan-train data=webdataset` from the outside: decoded on the fly, resumed to the bit."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gan_cli.runs import checkpoint
from tests.conftest import TINY, Command, one_line

from ..data.made_pictures import encoded, noise
from ..data.made_tars import packed

SHARDS = [
    *TINY,
    "data=webdataset",
    "data.path=shards/*.tar",
    "data.test_share=0",
    "training.feed=stream",
    "training.checkpoint_every=2",
]
FIRST = "dcgan on 40 images 8x8x3 (webdataset), CPU, float32; data streamed, 0.0 MB"


@pytest.fixture(autouse=True)
def shards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Forty pictures of noise in four tars."""
    monkeypatch.setenv("GAN_CACHE_DIR", str(tmp_path / "cache"))
    for shard in range(4):
        files = {
            f"{number}.jpg": encoded(noise(10, 12, seed=number), "JPEG")
            for number in range(10 * shard, 10 * shard + 10)
        }
        packed(tmp_path / "shards" / f"{shard}.tar", files)
    return tmp_path / "shards"


def state(run: Path, step: int) -> bytes:
    return (run / "checkpoints" / f"step-{step:08d}" / checkpoint.STATE).read_bytes()


@pytest.mark.slow
def test_parts_of_a_run_are_the_whole_to_the_bit(
    train: Command, tmp_path: Path, shards: Path
) -> None:
    """Across an epoch (5 steps), in another process's place, and decoded ahead or on the fly."""
    result = train(*SHARDS, "data.decode=ahead", "training.steps=8", "run_dir=whole")
    assert (result.code, result.out.splitlines()[0]) == (0, FIRST)
    result = train(*SHARDS, "data.decode=on_the_fly", "training.steps=4", "run_dir=parts")
    assert (result.code, result.out.splitlines()[0]) == (0, f"{FIRST}, decoded on the fly")
    assert train("resume=parts", "training.steps=6").code == 0
    result = train("resume=parts", "training.steps=8", "data.decode=ahead")
    assert result.code == 0
    assert "resumed at step 6" in result.out
    assert state(tmp_path / "parts", 8) == state(tmp_path / "whole", 8)
    assert state(tmp_path / "parts", 6) != state(tmp_path / "whole", 8)

    packed(shards / "2.tar", {"0.jpg": encoded(noise(10, 12, seed=99), "JPEG")})
    result = train("resume=parts", "training.steps=10")
    assert result.code == 5
    assert one_line(result) == (
        "gan-train: data.path=shards/*.tar: not the images that parts was trained on (SHA-256 "
        "differs)"
    )


def test_a_shard_that_is_damaged_where_its_size_and_time_do_not_tell(
    train: Command, shards: Path
) -> None:
    assert train(*SHARDS, "data.decode=on_the_fly", "training.steps=2", "run_dir=run").code == 0
    path = shards / "1.tar"
    status, whole = path.stat(), bytearray(path.read_bytes())
    for place in range(600, len(whole), 1024):
        whole[place] ^= 255
    path.write_bytes(whole)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    result = train("resume=run", "training.steps=8")
    line = one_line(result)
    assert result.code == 3
    assert "shards: 1.tar:" in line
    assert "is not what was first read there" in line
