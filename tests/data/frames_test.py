"""data=frames: how videos become sequences, what a broken frame costs, and on which side a video
is.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gan_cli.base.errors import ConfigError, DataError
from gan_cli.data import load
from gan_cli.data.formats import player
from gan_cli.data.formats.player import Player, count_frames
from gan_cli.data.formats.sequences import Cut, SequenceLoader, forget, natural
from gan_cli.data.frames import Frames
from gan_cli.data.reading.pictures import BadPicture, Look
from gan_cli.data.reading.source import Source

from .made_pictures import encoded, noise, numbered, plain, write

LOOK = Look((8, 8), "crop", 1, (255, 255, 255))
LEVELS = [0, 60, 120, 180, 240, 30]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAN_CACHE_DIR", str(tmp_path / "cache"))


def video(*numbers: int, name: str = "v", begin: int = 0) -> dict[str, bytes]:
    """A folder of frames, grey levels by number."""
    return {
        f"{name}/frame{index + begin}.png": encoded(plain(number))
        for index, number in enumerate(numbers)
    }


def animated(levels: list[int], kind: str = "GIF", side: int = 8) -> bytes:
    first, *rest = [Image.fromarray(plain((level, 0, 0), side, side)) for level in levels]
    return encoded(
        first,
        kind,
        save_all=True,
        append_images=rest,
        **({"lossless": True} if kind == "WEBP" else {}),
    )


def read(folder: Path, split: str = "train", **options: object) -> Source:
    return load(
        Frames(path=str(folder), **{"size": 8, "frames": 2, "test_share": 0.0, **options}), split
    )


def levels(source: Source) -> list[list[int]]:
    """The red (or grey) level of each frame of each sequence."""
    return source.images[:][:, :, 0, 0, 0].tolist()


def refusal(folder: Path, **options: object) -> str:
    """The message, one line that begins with the folder."""
    with pytest.raises(DataError) as caught:
        read(folder, **options)
    message = str(caught.value)
    assert message.isprintable()
    assert message.startswith(f"{folder}: ")
    return message.removeprefix(f"{folder}: ")


def test_a_folder_of_frames_gives_sequences_that_do_not_overlap(tmp_path: Path):
    source = read(write(tmp_path / "videos", video(1, 2, 3, 4, 5)))
    assert source.images.shape == (2, 2, 8, 8, 1)
    assert levels(source) == [[1, 2], [3, 4]]
    assert (source.labels, source.class_names, source.spec.sequence_length) == (None, [], 2)
    assert source.origin == str(tmp_path / "videos")


def test_frames_are_in_natural_order(tmp_path: Path):
    assert levels(read(write(tmp_path / "videos", video(*range(12))), frames=12)) == [
        list(range(12))
    ]
    assert sorted(["b1", "a10", "a2", "a02", "10", "9"], key=natural) == [
        "9",
        "10",
        "a02",
        "a2",
        "a10",
        "b1",
    ]


def test_stride(tmp_path: Path):
    source = read(write(tmp_path / "videos", video(*range(13))), stride=3)
    assert levels(source) == [[0, 3], [6, 9]]
    assert levels(
        read(write(tmp_path / "gif", {"a.gif": animated(LEVELS)}), stride=2, channels=3)
    ) == [[0, 120]]


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "TIFF"])
def test_animated_files(tmp_path: Path, kind: str):
    folder = write(
        tmp_path / "videos",
        {f"sub/a.{kind.lower()}": animated(LEVELS, kind), f"b.{kind}": animated([9, 99], kind)},
    )
    source = read(folder)
    assert source.images.shape == (4, 2, 8, 8, 3)
    assert levels(source) == [[9, 99], [0, 60], [120, 180], [240, 30]]


def test_grey_sequences_have_one_channel_where_all_are_grey(tmp_path: Path):
    folder = write(tmp_path / "videos", video(1, 2))
    assert read(folder).images.shape == (1, 2, 8, 8, 1)
    write(folder, {"w/0.png": encoded(plain(3)), "w/1.png": numbered(5)})
    source = read(folder)
    assert source.images.shape == (2, 2, 8, 8, 3)
    assert source.images[:][0, :, 0, 0].tolist() == [[1, 1, 1], [2, 2, 2]]
    assert read(folder, channels=1).images.shape == (2, 2, 8, 8, 1)


def test_their_own_size(tmp_path: Path):
    folder = write(
        tmp_path / "videos",
        {f"v/{number}.png": encoded(plain(number, 10, 12)) for number in range(4)},
    )
    assert read(folder, size=None).images.shape == (2, 2, 10, 12, 1)
    assert read(folder, size=[8, 16]).images.shape == (2, 2, 8, 16, 1)


def test_frames_of_other_sizes(tmp_path: Path):
    folder = write(
        tmp_path / "videos", {**video(1, 2, 3, 4), "v/frame3.png": encoded(plain(4, 9, 9))}
    )
    assert len(read(folder, size=8)) == 2
    found = read(folder, size=None, max_bad_fraction=0.5)
    assert levels(found) == [[1, 2]]
    assert found.skipped == [
        ("v:2", "frames of several sizes; give data.size=64 or data.size=[48,64]")
    ]
    write(folder, {"w/0.png": encoded(plain(0, 9, 9)), "w/1.png": encoded(plain(0, 9, 9))})
    assert "pictures of 2 sizes (1 of 8x8, 1 of 9x9)" in refusal(
        folder, size=None, max_bad_fraction=0.5
    )


def test_short_videos_are_noted_and_are_no_broken_files(tmp_path: Path):
    parts = [
        video(1, 2, 3, 4, name="long"),
        video(1, name="one"),
        video(2, 3, 4, name="three"),
        {"still.gif": encoded(plain(1), "GIF")},
    ]
    source = read(
        write(
            tmp_path / "videos", {name: content for part in parts for name, content in part.items()}
        ),
        frames=4,
    )
    assert levels(source) == [[1, 2, 3, 4]]
    assert source.skipped == []
    assert source.notes[-1] == "3 videos shorter than 4 frames left out"
    assert "left out" not in " ".join(read(write(tmp_path / "other", video(1, 2))).notes)
    assert (
        read(write(tmp_path / "third", {**video(1, 2), **video(1, name="w")})).notes[-1]
        == "1 video shorter than 2 frames left out"
    )


def test_a_broken_frame_costs_its_sequence_alone(tmp_path: Path):
    folder = write(tmp_path / "videos", {**video(1, 2, 3, 4, 5, 6), "v/frame3.png": b"?"})
    source = read(folder, max_bad_fraction=0.4)
    assert levels(source) == [[1, 2], [5, 6]]
    assert source.skipped == [("v:2", "frame3.png: not a jpg, png, bmp, gif, webp or tiff")]
    assert refusal(folder).startswith(
        "1 of 3 files cannot be read, the first: v:2: frame3.png: not a jpg"
    )


def test_a_gif_that_is_cut_off_gives_what_it_still_holds(tmp_path: Path):
    first, *rest = [Image.fromarray(noise(16, 16, seed=seed)) for seed in range(6)]
    whole = encoded(first, "GIF", save_all=True, append_images=rest, duration=100)
    starts = [at for at in range(len(whole)) if whole.startswith(b"\x21\xf9\x04", at)]
    write(
        tmp_path / "videos",
        {"a.gif": whole, "cut.gif": whole[: starts[4] - 60], "empty.gif": b"", "text.gif": b"?"},
    )
    source = read(tmp_path / "videos", max_bad_fraction=0.9, size=16)
    assert len(source) == 4
    np.testing.assert_array_equal(source.images[:][3], source.images[:][0])
    reasons = dict(source.skipped)
    assert reasons.pop("cut.gif:2").startswith("frame 3: damaged (")
    assert reasons == {
        "empty.gif": "empty file",
        "text.gif": "not a jpg, png, bmp, gif, webp or tiff",
    }


class Film:
    """Stands for Pillow's image: a frame of it cannot be read."""

    def __init__(self, broken: int, width: int = 8) -> None:
        self.broken, self.width, self.height, self.seen = broken, width, 8, []

    def seek(self, number: int) -> None:
        self.seen.append(number)
        if number == self.broken:
            raise BadPicture("damaged")

    def copy(self) -> Image.Image:
        return Image.fromarray(plain(self.seen[-1]))


@pytest.fixture
def film(monkeypatch: pytest.MonkeyPatch) -> Film:
    from contextlib import nullcontext

    made = Film(broken=5)
    monkeypatch.setattr(player, "opened", lambda content: nullcontext(made))
    return made


def test_frames_are_decoded_one_after_another(film: Film):
    playing = Player(b"", LOOK, 1)
    assert [int(playing.frame(number).pixels[0, 0, 0]) for number in (0, 1, 3, 4)] == [0, 1, 3, 4]
    assert film.seen == [0, 1, 2, 3, 4]
    assert int(playing.frame(1).pixels[0, 0, 0]) == 1
    assert film.seen == [0, 1, 2, 3, 4, 0, 1]


def test_a_damaged_frame_ends_the_file(film: Film):
    playing = Player(b"", LOOK, 2)
    assert [int(playing.frame(number).pixels[0, 0, 0]) for number in (2, 4)] == [2, 4]
    for number in (6, 8, 6):
        with pytest.raises(BadPicture, match=r"^frame 5: damaged$"):
            playing.frame(number)
    assert film.seen == [0, 1, 2, 3, 4, 5]
    assert int(playing.frame(4).pixels[0, 0, 0]) == 4


def test_a_frame_that_reaches_beyond_50_megapixels(film: Film):
    film.width = 50_000_001 // 8 + 1
    with pytest.raises(
        BadPicture, match=r"^frame 0: claims 6250001x8 pixels, more than 50 megapixels$"
    ):
        Player(b"", LOOK, 1).frame(0)


def test_an_end_before_the_last_frame():
    with pytest.raises(BadPicture, match=r"^frame 6: damaged \("):
        Player(animated(LEVELS), LOOK, 1).frame(6)


def test_too_many_frames(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(player, "MOST_FRAMES", 5)
    assert count_frames(animated(LEVELS[:5])) == 5
    with pytest.raises(BadPicture, match=r"^6 frames, more than 5$"):
        count_frames(animated(LEVELS))


def film_of(seed: int, count: int = 8, *, black: bool = False) -> dict[str, bytes]:
    found = {
        f"{seed}/{number}.png": encoded(noise(8, 8, 1, seed=100 * seed + number)[..., 0])
        for number in range(count)
    }
    return {**found, f"{seed}/0.png": encoded(plain(0))} if black else found


def sides(folder: Path) -> dict[bytes, str]:
    """Pixels of a sequence -> its split."""
    return {
        image.tobytes(): split
        for split in ("train", "test")
        for image in read(folder, split, test_share=0.4, channels=1).images[:]
    }


def test_a_video_is_on_one_side_and_stays_there(tmp_path: Path):
    folder = tmp_path / "videos"
    for seed in range(12):
        write(folder, film_of(seed, black=True))
    before = sides(folder)
    assert len(before) == 48
    source = read(folder)
    videos = source.digests[:, :8].copy().view(np.uint64).ravel()
    assert sorted(np.unique(videos, return_counts=True)[1].tolist()) == [4] * 12
    assert len(np.unique(source.digests, axis=0)) == 48
    held_out = sum(side == "test" for side in before.values())
    assert held_out % 4 == 0
    assert 0 < held_out < 48
    write(folder, {**film_of(20), "a.gif": animated(LEVELS)})
    after = sides(folder)
    assert len(after) == 55
    assert {pixels: after[pixels] for pixels in before} == before


def test_an_animated_file_is_on_one_side(tmp_path: Path):
    folder = write(
        tmp_path / "videos",
        {f"{seed}.gif": animated([seed, *range(1, 60, 2)]) for seed in range(10)},
    )
    hashes = read(folder).digests
    assert len(hashes) == 150
    assert len(np.unique(hashes[:, :8], axis=0)) == 10
    assert len(np.unique(hashes, axis=0)) == 150


def test_a_frame_that_changed_is_seen(tmp_path: Path):
    folder = write(tmp_path / "videos", video(1, 2, 3, 4))
    assert levels(read(folder)) == [[1, 2], [3, 4]]
    write(folder, {"v/frame2.png": encoded(plain(200))})
    assert levels(read(folder)) == [[1, 2], [200, 4]]
    (folder / "v/frame0.png").unlink()
    assert levels(read(folder)) == [[2, 200]]


def test_the_second_time_no_frame_is_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folder = write(tmp_path / "videos", {**video(1, 2, 3, 4), "a.gif": animated(LEVELS)})
    first = read(folder)
    monkeypatch.delattr(SequenceLoader, "__call__")
    assert read(folder).fingerprint == first.fingerprint


def test_other_cuts_are_other_data(tmp_path: Path):
    folder = write(tmp_path / "videos", video(*range(8)))
    assert levels(read(folder)) == [[0, 1], [2, 3], [4, 5], [6, 7]]
    assert levels(read(folder, stride=2)) == [[0, 2], [4, 6]]
    assert levels(read(folder)) == [[0, 1], [2, 3], [4, 5], [6, 7]]
    assert (
        len(
            {
                read(folder, frames=count, stride=stride).fingerprint
                for count, stride in ((2, 1), (2, 2), (4, 1))
            }
        )
        == 3
    )


def test_folders_without_a_sequence(tmp_path: Path):
    (tmp_path / "empty").mkdir()
    expected = "holds no sequence: expected a folder of frames or a GIF for each video"
    assert refusal(tmp_path / "empty") == expected
    assert (
        refusal(
            write(tmp_path / "flat", {f"{number}.png": numbered(number) for number in range(9)})
        )
        == expected
    )
    assert (
        refusal(write(tmp_path / "text", {"a.gif": b"?"}))
        == f"{expected}; a.gif: not a jpg, png, bmp, gif, webp or tiff"
    )
    assert refusal(write(tmp_path / "short", {**video(1, 2), **video(1, name="w")}), frames=3) == (
        "holds no sequence: 2 videos shorter than 3 frames left out; lower data.frames or "
        "data.stride"
    )
    assert refusal(write(tmp_path / "broken", {"v/0.png": b"?", "v/1.png": b"?"})).startswith(
        "holds no picture that can be read"
    )


def test_paths(tmp_path: Path):
    with pytest.raises(
        ConfigError,
        match=r"^data=frames needs data.path=, a folder of videos: a folder of frames or an animated",  # noqa: E501
    ):
        load(Frames())
    (tmp_path / "a.gif").write_bytes(animated(LEVELS))
    with pytest.raises(DataError, match=r"a.gif: is a file; data=frames reads a folder of videos$"):
        load(Frames(path=str(tmp_path / "a.gif")))


def test_a_frame_that_cannot_be_opened(tmp_path: Path):
    folder = write(tmp_path / "videos", video(1, 2, 3, 4))
    os.mkfifo(folder / "v/frame9.png")
    (folder / "v/frame8.png").symlink_to("nowhere")
    assert levels(read(folder, max_bad_fraction=0.5)) == [[1, 2], [3, 4]]


def _sequence(loader: SequenceLoader, name: str) -> list[int]:
    return loader(name)[0].pixels[:, 0, 0, 0].tolist()


@pytest.mark.slow
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_the_loader_works_in_other_processes(tmp_path: Path, method: str):
    folder = write(
        tmp_path / "videos", {**video(*range(6)), "a.gif": animated([0, 60, 120, 180, 240, 30])}
    )
    loader = pickle.loads(
        pickle.dumps(SequenceLoader(folder, Look((8, 8), "crop", 3, (0, 0, 0)), Cut(2, 1), b""))
    )
    names = ["v:0", "a.gif:2", "v:4", "a.gif:0", "a.gif:4"]
    expected = [[0, 1], [120, 180], [4, 5], [0, 60], [240, 30]]
    assert _sequence(loader, "a.gif:2") == [120, 180]  # open here before the fork
    with ProcessPoolExecutor(2, multiprocessing.get_context(method)) as pool:
        assert list(pool.map(_sequence, [loader] * 15, names * 3)) == expected * 3
    forget()
