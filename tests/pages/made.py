"""The files and runs that pages name: small ones of the same names and formats."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

from tests.data.made_tars import packed

SHIPPED = Path(__file__).parents[2] / "gan_cli" / "data" / "mnist_small.npz"
SIDE, COUNT = 16, 120
"""Of pictures: pixels of a side, and how many a folder has."""
RUNS = {
    "2026-11-20/10-31-02-dcgan-mnist": "model=dcgan data=mnist",
    "2026-11-20/11-02-45-dcgan-mnist": "model=dcgan data=mnist seed=1",
    "2026-11-20/11-02-45-cgan-mnist": "model=cgan data=mnist",
    "2026-11-20/11-40-12-acgan-cifar10": "model=acgan data=folder data.path=pets",
    "2026-11-20/12-15-30-sequence_gan-moving_mnist": "model=sequence_gan data=moving_mnist",
    "2026-11-20/12-40-18-text_gan-shapes": "experiment=shapes_text",
    "2026-11-20/12-50-00-info_gan-mnist": "model=info_gan data=mnist",
    "2026-11-20/12-55-00-vae-mnist": "model=vae data=mnist",
    "2026-11-20/13-00-00-style_gan-cifar10": (
        "model=style_gan data=cifar10 model.conditional=true model.path_length=0"
    ),
    "2026-11-22/01-30-11-cgan-mnist": "model=cgan data=mnist",
    "2026-11-22/01-52-40-dcgan-mnist": "model=dcgan data=mnist",
}
"""What pages call runs that are there already, with their settings; the first is on every page."""
STANDS_FOR = {
    "part=encoder": "12-55-00",
    "truncation=": "13-00-00",
    "labels=": "11-40-12",
    "codes=": "12-50-00",
    " steps=40": "12-15-30",
}
"""The run that a command's `RUN` is where it has these words; else the last one, which is that of
the page.
"""
TABLE = ("rows.parquet", "birds.parquet")


def run(time: str) -> str:
    """The name of the first run of a time of day."""
    return next(name for name in RUNS if f"/{time}" in name)


def runs(commands: list[str]) -> list[str]:
    """The names of the runs that commands ask for."""
    named = {next(iter(RUNS))}
    for command in commands:
        named |= {name for name in RUNS if name in command}
        named |= {name for name in RUNS if re.search(rf"[ /]{name.split('/')[1][:5]}\b", command)}
        if re.search(r"\bRUN\b", command):
            named |= {run(time) for words, time in STANDS_FOR.items() if words in command}
    return sorted(named)


def printed_files(text: str, folder: Path) -> None:
    """Write the files whose name and text a page prints."""
    for name, content in re.findall(r"`(mine/[\w/.]+)`[^`]*```yaml\n(.*?)```", text, re.DOTALL):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)


def files(folder: Path) -> None:
    """Data and pictures in a folder, under the names that pages use."""
    for name in ("pets", "pictures", "photos", "shared/pictures"):
        for number in range(COUNT):
            kind = ("cat", "dog")[number % 2] if name == "pets" else "."
            _picture(folder / name / kind / f"{number:03}.png", number)
    rows = [
        {"file_name": f"{each:03}.png", "text": f"picture {each % 3} of 3"} for each in range(COUNT)
    ]
    (folder / "pictures" / "metadata.jsonl").write_text("\n".join(map(json.dumps, rows)))
    for number in range(10):
        _picture(folder / "digits" / f"{number}.png", number, 28, "L")
    for name in ("picture.png", "a.png", "b.png", "bold.png"):
        _picture(folder / name, len(name), 28, "L")
    (folder / "prompts.txt").write_text("a large red circle\na small blue square\n")
    paths = sorted((folder / "pets").rglob("*.png"))
    _packed(folder, paths)
    _arrays(folder)
    _tables(folder, [path.read_bytes() for path in paths])


def _picture(path: Path, seed: int, side: int = SIDE, mode: str = "RGB") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    shape = (side, side) if mode == "L" else (side, side, 3)
    pixels = np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)
    Image.fromarray(pixels).save(path)


def _packed(folder: Path, paths: list[Path]) -> None:
    """Pictures of two kinds in zips and tars, and lists of them."""
    for name in ("pictures.zip", "clothing128.zip"):
        with zipfile.ZipFile(folder / name, "w") as packing:
            for path in paths:
                packing.write(path, path.relative_to(folder / "pets"))
    rows = [f"{path.relative_to(folder)},{path.parent.name},a {path.parent.name}" for path in paths]
    for name in ("labels.csv", "pictures.csv"):
        (folder / name).write_text("\n".join(["path,kind,text", *rows]))
    for name in ("shards/000.tar", "shards/001.tar", "train/000.tar", "val/000.tar"):
        contents: dict[str, bytes | str] = {}
        for path in paths:
            key = f"{name[:-4].replace('/', '-')}-{path.stem}"
            kind = path.parent.name
            contents |= {f"{key}.png": path.read_bytes(), f"{key}.cls": str(int(kind == "dog"))}
            contents[f"{key}.json"] = json.dumps({"kind": kind})
        packed(folder / name, contents)


def _arrays(folder: Path) -> None:
    """What named data sets are in, and arrays of one's own."""
    with np.load(SHIPPED) as shipped:
        images, labels = shipped["images"][:480], shipped["labels"][:480]
    arrays = {"x_train": images[:240], "y_train": labels[:240]}
    np.savez(folder / "mnist.npz", **arrays, x_test=images[240:], y_test=labels[240:])
    np.savez(folder / "images.npz", images=images[:64, ..., None])
    random = np.random.default_rng(0)
    colours = random.integers(0, 256, (100, 32, 32, 3), np.uint8)
    classes = np.arange(100, dtype=np.uint8) % 10
    arrays = {"x_train": colours[:60], "y_train": classes[:60]}
    np.savez(folder / "cifar10.npz", **arrays, x_test=colours[60:], y_test=classes[60:])
    np.savez(folder / "arrays.npz", images=colours[:, :SIDE, :SIDE], labels=classes)
    np.save(folder / "mine.npy", random.standard_normal((8, 6), np.float32))


def _tables(folder: Path, pictures: list[bytes]) -> None:
    try:
        from datasets import Dataset, Features, Value
        from datasets import Image as Encoded
        from datasets.utils.logging import disable_progress_bar
    except ImportError:
        return  # an extra, without which nothing reads them
    disable_progress_bar()
    texts = [f"a bird of kind {number % 3}" for number in range(len(pictures))]
    columns = {"image": [{"bytes": each, "path": None} for each in pictures], "description": texts}
    features = Features({"image": Encoded(), "description": Value("string")})
    for name in TABLE:
        Dataset.from_dict(columns, features=features).to_parquet(str(folder / name))
