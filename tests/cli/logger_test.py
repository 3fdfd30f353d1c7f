"""`logger=`: what TensorBoard, W&B and MLflow hold of a run, read back with their own packages."""

from __future__ import annotations

import json
import struct
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from psutil import Process

from gan_cli.base import files
from gan_cli.training.hooks.loggers import LOGGERS, Followed
from tests.conftest import TINY, Command, one_line
from tests.web import NOWHERE

SHORT = [
    *TINY,
    "training.log_every=2",
    "training.preview_every=4",
    "evaluation.every=4",
    "evaluation.count=64",
    "evaluation.final_count=null",
    "run_dir=run",
]
TAGS = {
    "loss/generator",
    "loss/discriminator",
    "score/frechet",
    "speed/images_per_second",
}
FAILS = """
from gan_cli.config.options import options
from gan_cli.training.hooks.loggers import logger

@options
class Options:
    name: str = "fails"

class Fails:
    id = "1"
    def scalars(self, step, values):
        if step == 4:
            raise OSError("the server is gone")

@logger("fails", Options, package="json")
def fails(options, followed):
    return Fails()
"""


@pytest.mark.slow
def test_tensorboard_takes_no_memory_for_each_number(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    followed = Followed(tmp_path, {}, "tensorboard")
    options = LOGGERS.parse({"name": "tensorboard"})
    logger, process, sizes = LOGGERS["tensorboard"].build(options, followed), Process(), []
    for line in range(1, 1001):
        logger.scalars(line, {f"loss/{name}": line + name / 10 for name in range(8)})
        if line % 250 == 0:
            sizes.append(process.memory_info().rss)
    logger.close()
    assert sizes[-1] - sizes[0] < 1.5e6  # numbers of Python would take 5 MB


@pytest.mark.slow
def test_tensorboard_has_numbers_grids_and_settings(train: Command, tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.util.tensor_util import make_ndarray

    assert train(*SHORT, "training.steps=8", "logger=tensorboard").code == 0
    found = EventAccumulator(str(tmp_path / "run" / "tensorboard")).Reload()
    lines = (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()
    logged = {entry["step"]: entry for entry in map(json.loads, lines)}
    assert set(found.Tags()["tensors"]) >= {*TAGS, "images/samples", "images/real"}
    for event in found.Tensors("loss/generator"):
        value = make_ndarray(event.tensor_proto)
        assert value.item() == pytest.approx(logged[event.step]["loss_generator"], rel=1e-6)
    assert [event.step for event in found.Tensors("loss/generator")] == [2, 4, 6, 8]
    assert [event.step for event in found.Tensors("score/frechet")] == [4, 8]
    assert [event.step for event in found.Tensors("images/samples")] == [4, 8]
    (real,) = found.Tensors("images/real")
    png = (tmp_path / "run" / "samples" / "real.png").read_bytes()
    stored = real.tensor_proto.string_val  # width, height, picture
    assert stored[:2] == [b"%d" % size for size in struct.unpack(">II", png[16:24])]
    settings, metrics = table(tmp_path)
    assert settings["optimizer.learning_rate"] == settings["training.steps"] == "number"
    assert settings["model.name"] == "word"
    assert not {"notes", "plugins"} & set(settings)  # there is nothing to see
    assert metrics >= {"score/frechet", "score/diversity", "loss/generator"}


def table(folder: Path) -> tuple[dict[str, str], set[str]]:
    """What TensorBoard itself makes columns of in its table of hyper-parameters."""
    from tensorboard.backend.event_processing.data_provider import MultiplexerDataProvider
    from tensorboard.backend.event_processing.plugin_event_multiplexer import EventMultiplexer
    from tensorboard.context import RequestContext
    from tensorboard.plugins.base_plugin import TBContext
    from tensorboard.plugins.hparams import api_pb2
    from tensorboard.plugins.hparams.backend_context import Context

    events = EventMultiplexer().AddRunsFromDirectory(str(folder)).Reload()
    provider = MultiplexerDataProvider(events, str(folder))
    context, request = Context(TBContext(data_provider=provider)), RequestContext()
    of_runs = context.hparams_metadata(request, "")
    shown = context.experiment_from_metadata(request, "", True, of_runs, None)
    kinds = {api_pb2.DATA_TYPE_FLOAT64: "number", api_pb2.DATA_TYPE_STRING: "word"}
    settings = {each.name: kinds.get(each.type, "other") for each in shown.hparam_infos}
    return settings, {each.name.tag for each in shown.metric_infos}


@pytest.mark.parametrize("name", ["tensorboard", "wandb", "mlflow"])
def test_a_missing_package_is_one_line_before_anything_is_written(
    name: str, train: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, name, None)
    result = train(*SHORT, f"logger={name}")
    assert result.code == 2
    assert one_line(result) == (
        f"gan-train: logger={name} needs the package {name}: pip install 'gan_cli[{name}]'"
    )
    assert not (tmp_path / "run").exists()


def test_of_several_loggers_one_that_fails_is_left_out_and_the_run_goes_on(
    train: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    (tmp_path / "failing_logger.py").write_text(FAILS)
    monkeypatch.syspath_prepend(str(tmp_path))
    both = ["plugins=[failing_logger]", "logger=[fails,tensorboard]"]
    result = train(*SHORT, "training.steps=8", *both)
    assert result.code == 0, result.err
    line = "logger=fails is left out from here on: OSError: the server is gone"
    assert result.out.splitlines().count(line) == 1
    assert "step 8/8" in result.out
    found = EventAccumulator(str(tmp_path / "run" / "tensorboard")).Reload()
    assert [each.step for each in found.Tensors("loss/generator")] == [2, 4, 6, 8]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["mlflow", "wandb"])
def test_a_server_that_is_not_there_holds_nothing_up(
    name: str, train: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip(name)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", NOWHERE)
    monkeypatch.setenv("WANDB_BASE_URL", NOWHERE)
    monkeypatch.setenv("WANDB_API_KEY", "0" * 40)
    began = time.monotonic()
    result = train(*SHORT, "training.steps=4", f"logger={name}")
    assert result.code == 0, result.err
    assert f"logger={name} is left out from here on: " in result.out
    assert "step 4/4" in result.out
    assert time.monotonic() - began < 240.0  # 246 s by MLflow's own numbers, of its client alone


@pytest.mark.slow
def test_a_run_directory_does_not_choose_loggers(train: Command, tmp_path: Path) -> None:
    assert train(*SHORT, "training.steps=4", "logger=tensorboard").code == 0
    assert "logger" not in json.loads((tmp_path / "run" / "config.json").read_text())
    before = set((tmp_path / "run" / "tensorboard").iterdir())
    assert train("resume=run", "training.steps=8").code == 0
    assert set((tmp_path / "run" / "tensorboard").iterdir()) == before
    assert train("resume=run", "training.steps=12", "logger=tensorboard").code == 0
    assert len(list((tmp_path / "run" / "tensorboard").iterdir())) == len(before) + 1


@pytest.mark.parametrize("known", ["[1]", "{", '{"tensorboard": ["../up"]}', "[" * 100_000])
def test_a_strangers_list_of_loggers_is_no_more_than_none(
    known: str, train: Command, tiny_run: Path
) -> None:
    (tiny_run / "loggers.json").write_text(known)
    assert train("resume=run", "training.steps=9", "logger=tensorboard").code == 0
    found = files.read_checked(tiny_run / "loggers.json")
    assert found == {"tensorboard": "tensorboard"}


@pytest.mark.slow
def test_mlflow_goes_on_with_the_same_run(train: Command, tmp_path: Path) -> None:
    mlflow = pytest.importorskip("mlflow")
    uri = f"sqlite:///{tmp_path}/mlflow.db"
    chosen = ["logger=mlflow", f"logger.mlflow.uri={uri}", "logger.mlflow.experiment=digits"]
    assert train(*SHORT, "training.steps=4", *chosen).code == 0
    assert train("resume=run", "training.steps=8", *chosen).code == 0
    client = mlflow.MlflowClient(uri)
    experiment = client.get_experiment_by_name("digits").experiment_id
    (run,) = client.search_runs([experiment])
    assert run.info.status == "FINISHED"
    assert run.data.params["model.width"] == "4"
    assert set(run.data.metrics) >= TAGS
    history = client.get_metric_history(run.info.run_id, "loss/generator")
    assert [each.step for each in history] == [2, 4, 6, 8]
    names = {each.path for each in client.list_artifacts(run.info.run_id, "checkpoint")}
    expected = {"model.json", "config.json", "sampler.safetensors"}
    assert names == {f"checkpoint/{name}" for name in expected}
    grids = {each.path for each in client.list_artifacts(run.info.run_id, "images/samples")}
    assert grids == {f"images/samples/step-{step:08d}.png" for step in (4, 8)}


def stored(log: bytes) -> Iterator[bytes]:
    """The records of W&B's file: blocks of 32 KiB as in LevelDB's log, after 7 bytes of its own."""
    part, place = b"", 7
    while place + 7 <= len(log):
        if 32768 - place % 32768 < 7:
            place += 32768 - place % 32768
            continue
        _, length, kind = struct.unpack_from("<IHB", log, place)
        part += log[place + 7 : place + 7 + length]
        place += 7 + length
        if kind in (1, 4):  # whole, or the last part
            yield part
            part = b""


@pytest.mark.slow
def test_wandb_goes_on_with_the_same_run(
    train: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wandb = pytest.importorskip("wandb")
    from wandb.proto.wandb_internal_pb2 import Record

    chosen = ["logger=wandb", "logger.wandb.mode=offline"]
    assert train(*SHORT, "training.steps=4", *chosen).code == 0
    assert train("resume=run", "training.steps=8", *chosen).code == 0
    wandb.teardown()  # its service, which writes the files, goes on after a run is finished
    known = json.loads((tmp_path / "run" / "loggers.json").read_text())["wandb"]
    files = sorted((tmp_path / "run" / "wandb").glob(f"offline-run-*-{known}/*.wandb"))
    assert len(files) == 2
    steps, kinds = [], set()
    for file in files:
        for data in stored(file.read_bytes()):
            record = Record.FromString(data)
            kinds.add(record.WhichOneof("record_type"))
            values = {
                "/".join(each.nested_key) or each.key: each.value_json
                for each in record.history.item
            }
            if "loss/generator" in values:
                steps.append(int(values["step"]))
    assert steps == [2, 4, 6, 8]
    assert {"run", "history", "artifact"} <= kinds
