"""Pictures that play."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gan_cli.base import films, images


def frames(folder: Path, colours: list[tuple[int, ...]]) -> list[Path]:
    paths = [folder / f"{index}.png" for index in range(len(colours))]
    for path, colour in zip(paths, colours, strict=True):
        images.save_png(path, np.full((5, 6, len(colour)), colour, np.uint8))
    return paths


@pytest.mark.parametrize(
    "colours", [[(10,), (120,), (240,)], [(200, 10, 30), (20, 160, 40), (60, 70, 250)]]
)
def test_gif_plays_all_frames_and_loops(tmp_path: Path, colours: list[tuple[int, ...]]):
    films.save_gif(
        tmp_path / "film.gif", films.read_frames(frames(tmp_path, colours)), milliseconds=120
    )
    durations, shown = [], []
    with Image.open(tmp_path / "film.gif") as film:
        assert (film.format, film.size, film.n_frames, film.info["loop"]) == ("GIF", (6, 5), 3, 0)
        for index in range(3):
            film.seek(index)
            durations.append(film.info["duration"])
            shown.append(film.convert("RGB").getpixel((3, 2)))
    assert durations == [120, 120, 2000]
    assert shown == [colour if len(colour) == 3 else colour * 3 for colour in colours]
    assert not list(tmp_path.glob(".*"))


def test_gif_of_one_frame(tmp_path: Path):
    films.save_gif(tmp_path / "film.gif", films.read_frames(frames(tmp_path, [(77,)])))
    with Image.open(tmp_path / "film.gif") as film:
        assert film.n_frames == 1
        assert film.convert("L").getpixel((0, 0)) == 77


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("fps", "milliseconds"), [(1, 1000), (10, 100), (50, 20)])
def test_a_film_plays_all_sequences_beside_each_other(
    channels: int, fps: int, milliseconds: int, tmp_path: Path
):
    levels = np.array([[0, 120, 255], [200, 60, 5]], np.uint8)
    sequences = np.broadcast_to(levels[:, :, None, None, None], (2, 3, 4, 6, channels)).copy()
    films.save_film(tmp_path / "film.gif", sequences, fps, enlarge=False)
    with Image.open(tmp_path / "film.gif") as film:
        assert (film.format, film.size, film.n_frames, film.info["loop"]) == ("GIF", (18, 8), 3, 0)
        for index in range(3):
            film.seek(index)
            assert film.info["duration"] == milliseconds
            shown = film.convert("RGB")
            assert [shown.getpixel((x, 4)) for x in (5, 13)] == [
                (int(level),) * 3 for level in levels[:, index]
            ]
            assert shown.getpixel((0, 0)) == (255, 255, 255)
    assert not list(tmp_path.glob(".*"))


def test_a_film_is_enlarged_as_a_grid_is(tmp_path: Path):
    sequences = np.random.default_rng(0).integers(0, 256, (9, 2, 28, 28, 1), dtype=np.uint8)
    films.save_film(tmp_path / "film.gif", sequences, 10)
    with Image.open(tmp_path / "film.gif") as film:
        for index in range(2):
            film.seek(index)
            expected = images.grid(sequences[:, index])
            np.testing.assert_array_equal(np.asarray(film.convert("L"))[..., None], expected)
    assert film.size == (428, 428)


def test_a_film_of_one_frame(tmp_path: Path):
    films.save_film(tmp_path / "film.gif", np.full((1, 1, 4, 6, 1), 90, np.uint8), 10)
    with Image.open(tmp_path / "film.gif") as film:
        assert (film.n_frames, film.convert("L").getpixel((4, 4))) == (1, 90)


def test_files_say_where_they_come_from(tmp_path: Path):
    about = {"Run": "digits", "Step": 400}
    films.save_film(tmp_path / "film.gif", np.zeros((1, 2, 4, 6, 1), np.uint8), 10, about=about)
    with Image.open(tmp_path / "film.gif") as film:
        assert film.info["comment"] == b"Run: digits, Step: 400"


@pytest.mark.parametrize("colours", [[(10,), (120,), (240,)], [(200, 10, 30), (20, 160, 40)]])
def test_a_video_plays_all_frames(tmp_path: Path, colours: list[tuple[int, ...]]):
    ffmpeg = pytest.importorskip("imageio_ffmpeg", reason="extra: video")
    shown = [Image.new("L" if len(each) == 1 else "RGB", (63, 40), each) for each in colours]
    films.save_video(tmp_path / "film.mp4", shown, 5, {"Run": "digits"})
    reader = ffmpeg.read_frames(str(tmp_path / "film.mp4"))
    facts = next(reader)
    assert (facts["fps"], facts["codec"], facts["size"]) == (5.0, "h264", (64, 40))
    played = [np.frombuffer(each, np.uint8).reshape(40, 64, 3) for each in reader]
    assert len(played) == len(colours)
    for frame, colour in zip(played, colours, strict=True):
        whole = colour if len(colour) == 3 else colour * 3
        np.testing.assert_allclose(frame[20, 30], whole, atol=6)
        assert frame[:, 63].mean() > 225  # the side is made even with white
    assert b"Run: digits" in (tmp_path / "film.mp4").read_bytes()
    assert not list(tmp_path.glob(".*"))
