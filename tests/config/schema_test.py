"""The schema: what it accepts, what it says of a mistake, and that every YAML is in step with
it.
"""

import dataclasses
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
from hydra import compose, initialize_config_module
from omegaconf import OmegaConf

from gan_cli.base.errors import ConfigError
from gan_cli.cli.hydra.source import PRIMARY
from gan_cli.cli.training.stored import plain
from gan_cli.config import commands
from gan_cli.config import schema as config
from gan_cli.config.commands import SampleConfig
from gan_cli.config.options import defaults, parse
from gan_cli.data import DATA
from gan_cli.data.digits import Digits
from gan_cli.data.mnist import Mnist
from gan_cli.models import MODELS
from gan_cli.models.dcgan import Dcgan
from gan_cli.objectives.losses import LOSSES
from gan_cli.objectives.options import Loss
from gan_cli.training.configuration import train_config

CONFIGS = Path(__file__).parents[2] / "configs"
YAMLS = sorted(CONFIGS.rglob("*.yaml"))
GLOBAL = "# @package _global_"
SCHEMAS = [
    each
    for module in (config, commands)
    for each in vars(module).values()
    if dataclasses.is_dataclass(each)
]


def composed(*overrides: str, command: str = "train") -> Any:
    with initialize_config_module("gan_cli.configs", version_base="1.3"):
        return compose(command, list(overrides))


def refusal(schema: type, values: object, section: str) -> str:
    with pytest.raises(ConfigError) as caught:
        parse(schema, values, section)
    message = str(caught.value)
    assert "\n" not in message
    return message


def dcgan(**changes: object) -> str:
    return refusal(Dcgan, {"name": "dcgan", **changes}, "model")


def players(**changes: object) -> str:
    return refusal(config.Optimizer, {"name": "adam", "players": changes}, "optimizer")


def test_plain_values_become_the_dataclass():
    parsed = parse(Dcgan, {"name": "dcgan", "width": 8, "dropout": 0, "latent_dim": None}, "model")
    assert parsed == Dcgan(width=8, dropout=0.0)
    assert isinstance(parsed.dropout, float)


def test_settings_of_one_player():
    values = {"name": "adam", "players": {"generator": {"learning_rate": 1e-3}}}
    parsed = parse(config.Optimizer, values, "optimizer")
    assert parsed.players == {"generator": config.PlayerOptimizer(learning_rate=1e-3)}
    assert parsed.players["generator"].beta_1 is None


def test_an_unknown_key_names_the_nearest_and_all():
    names = [f"model.{field.name}" for field in dataclasses.fields(Dcgan)]
    expected = (
        f"unknown key 'model.widht'; did you mean 'model.width'? (accepted: {', '.join(names)})"
    )
    assert dcgan(widht=3) == expected


def test_an_unknown_nested_key_names_its_neighbours():
    message = players(generator={"learning_rat": 1.0})
    assert message.startswith("unknown key 'optimizer.players.generator.learning_rat'; ")
    assert (
        "did you mean 'optimizer.players.generator.learning_rate'? (accepted: "
        "optimizer.players.generator."
    ) in message
    assert "optimizer.players.generator.name" not in message


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"width": "64"}, "model.width=64: input should be a valid integer"),
        ({"width": 64.0}, "model.width=64.0: input should be a valid integer"),
        ({"width": True}, "model.width=True: input should be a valid integer"),
        ({"width": None}, "model.width=None: input should be a valid integer"),
        ({"dropout": "0.3"}, "model.dropout=0.3: input should be a valid number"),
        ({"width": 0}, "model.width=0: input should be greater than or equal to 1"),
        ({"width": 1025}, "model.width=1025: input should be less than or equal to 1024"),
        ({"kernel_size": 1}, "model.kernel_size=1: input should be greater than or equal to 2"),
        ({"dropout": 1}, "model.dropout=1: input should be less than 1"),
        ({"dropout": -0.1}, "model.dropout=-0.1: input should be greater than or equal to 0"),
        ({"dropout": float("nan")}, "model.dropout=nan: input should be less than 1"),
        (
            {"discriminator_norm": "group"},
            "model.discriminator_norm=group: input should be 'auto', 'none', 'batch' or 'layer'",
        ),
    ],
)
def test_wrong_types_and_ranges(changes: dict, message: str):
    assert dcgan(**changes) == message


@pytest.mark.parametrize(
    ("player", "message"),
    [
        (
            {"learning_rate": -1.0},
            "optimizer.players.generator.learning_rate=-1.0: input should be greater than 0",
        ),
        ({"beta_1": 1.0}, "optimizer.players.generator.beta_1=1.0: input should be less than 1"),
        (3, "optimizer.players.generator=3: input should be an object"),
    ],
)
def test_nested_values(player: object, message: str):
    assert players(generator=player) == message


@pytest.mark.parametrize(
    ("schema", "key", "accepted", "refused"),
    [
        (Loss, "weight_clip", [None, 1e-9, 5.0], [0, -0.01]),
        (Loss, "discriminator_steps", [1, 100], [0, 101, 1.5]),
        (Loss, "label_smoothing", [0, 0.1, 0.49], [0.5, -0.1]),
        (Loss, "instance_noise", [0, 2.0], [-0.1, float("inf"), None]),
        (Loss, "instance_noise_steps", [None, 1], [0]),
        (Loss, "pack", [1, 16], [0, 17]),
        (Loss, "gradient_penalty", [0, 10], [-1, float("inf")]),
        (Loss, "gradient_penalty_sides", ["two", "one"], ["both", 1]),
        (Loss, "r1_interval", [1, 16], [0, None]),
        (config.Augment, "differentiable", [[], ["cutout", "color"]], ["color", None]),
        (config.Augment, "crop", [0.2, 1], [0.1, 1.1]),
        (config.Optimizer, "learning_rate", [1e-12, 1], [0, float("inf"), None]),
        (config.Optimizer, "beta_2", [0, 0.9999], [1, -0.1]),
        (config.Optimizer, "weight_decay", [0, 0.1], [-0.1]),
        (config.Optimizer, "clip_norm", [None, 0.1], [0]),
        (config.Schedule, "warmup_steps", [0, 10], [-1, 0.5]),
        (config.Schedule, "end_factor", [0, 1], [-0.1, 1.1]),
        (config.Schedule, "steps", [None, 1], [0]),
        (config.Training, "steps", [1, 2**62], [0, 2**62 + 1, None]),
        (config.Training, "epochs", [None, 1], [0]),
        (config.Training, "batch_size", [1], [0, 1.0]),
        (config.Training, "ema_decay", [0, 0.999], [1, -0.1]),
        (config.Training, "preview_count", [1, 1024], [0, 1025]),
        (config.Training, "precision", ["float32", "bfloat16", "float16"], ["float64"]),
        (config.Training, "xla", [True, False], [1, "true"]),
        (SampleConfig, "count", [1, 10**9], [0, 10**9 + 1]),
        (SampleConfig, "batch_size", [1, 65536], [0, 65537]),
        (SampleConfig, "format", ["grid", "png", "npz", "gif"], ["jpg"]),
        (Mnist, "path", [None, "mnist.npz"], [3]),
    ],
)
def test_ranges(schema: type, key: str, accepted: list, refused: list):
    required = {
        Loss: {"name": "hinge"},
        config.Optimizer: {"name": "adam"},
        config.Schedule: {"name": "linear"},
    }
    required |= {SampleConfig: {"checkpoint": "run"}}
    values = required.get(schema, {})
    for value in accepted:
        assert getattr(parse(schema, values | {key: value}), key) == value
    for value in refused:
        assert refusal(schema, values | {key: value}, "section").startswith(
            f"section.{key}={value}: "
        )


@pytest.mark.parametrize("values", [None, 3, "dcgan", [1]])
def test_a_section_is_a_mapping(values: object):
    assert refusal(Dcgan, values, "model") == f"model={values}: input should be an object"


def test_missing_keys():
    assert refusal(config.Optimizer, {}, "optimizer") == "optimizer.name is missing"
    assert refusal(SampleConfig, {}, "") == "checkpoint is missing"


@pytest.mark.parametrize("size", [8, 2048, [8, 2048], [28, 20], None])
def test_sizes(size: object):
    assert parse(Digits, {"name": "digits", "size": size}, "data").size == size


@pytest.mark.parametrize(
    ("size", "reason"),
    [
        (7, "greater than or equal to 8"),
        (2049, "less than or equal to 2048"),
        ([7, 8], "greater than or equal to 8"),
        ([8], "at least 2 items"),
        ([], "at least 2 items"),
        ([8, 9, 10], "at most 2 items"),
        ("28", "valid integer"),
        (8.5, "valid integer"),
        ([8, "9"], "valid integer"),
    ],
)
def test_sizes_that_are_refused(size: object, reason: str):
    message = refusal(Digits, {"name": "digits", "size": size}, "data")
    assert message.startswith(f"data.size={size}: ")
    assert reason in message


@pytest.mark.parametrize(
    ("step", "accepted"),
    [("best", True), ("newest", True), (0, True), (-1, False), ("last", False)],
)
def test_step_of_a_sample(step: object, accepted: bool):
    values = {"checkpoint": "run", "step": step}
    if accepted:
        assert parse(SampleConfig, values).step == step
    else:
        assert refusal(SampleConfig, values, "").startswith(
            f"step={step}: input should be 'best' or 'newest'; or "
        )


@pytest.mark.parametrize("seed", [0, 2**63 - 1])
def test_seeds(seed: int):
    assert parse(SampleConfig, {"checkpoint": "run", "seed": seed}).seed == seed


@pytest.mark.parametrize("seed", [-1, 2**63, 1.5])
def test_seeds_that_are_refused(seed: object):
    assert refusal(SampleConfig, {"checkpoint": "run", "seed": seed}, "").startswith(
        f"seed={seed}: "
    )


@pytest.mark.parametrize("schema", SCHEMAS)
def test_every_option_is_described(schema: type):
    chosen_elsewhere = {
        "name",
        "model",
        "data",
        "loss",
        "optimizer",
        "schedule",
        "training",
        "augment",
        "distribution",
    }
    chosen_elsewhere |= {"evaluation", "sweep"}
    described = {
        name: field.description
        for name, field in schema.__pydantic_fields__.items()
        if name not in chosen_elsewhere
    }
    assert [name for name, text in described.items() if not text] == []


@pytest.mark.parametrize("schema", SCHEMAS)
def test_every_dataclass_is_frozen_and_closed(schema: type):
    assert schema.__dataclass_params__.frozen
    assert schema.__pydantic_config__["extra"] == "forbid"
    assert schema.__pydantic_config__["strict"] is True


@pytest.mark.parametrize("path", YAMLS, ids=lambda path: str(path.relative_to(CONFIGS)))
def test_header_of_a_yaml_says_what_it_is_and_how_to_run_it(path: Path):
    lines = path.read_text(encoding="utf-8").splitlines()
    if GLOBAL in lines:
        assert path.parent.name in ("experiment", "model", "cluster", "edit")
        lines.remove(GLOBAL)
    if path.parent.name == "logger":  # there may be several, each in a place of its own
        assert lines.pop(0) == f"# @package logger{f'.{path.stem}' * (path.stem != 'none')}"
    header = lines[
        : next(index for index, line in enumerate([*lines, ""]) if not line.startswith("#"))
    ]
    assert header[0].startswith("# ")
    assert not header[0].startswith("# gan-") or ": " in header[0]
    assert len(header[0].split()) >= 4
    assert any(line.startswith("# gan-") for line in header[1:])


GROUPS = {
    "loss": Loss,
    "optimizer": config.Optimizer,
    "schedule": config.Schedule,
    "augment": config.Augment,
    "distribution": config.Distribution,
}


def schema_of(path: Path, group: str, stated: dict) -> type:
    if group in GROUPS:
        return GROUPS[group]
    return {"model": MODELS, "data": DATA}[group][stated.get("name", path.stem)].options


@pytest.mark.parametrize("group", ["model", "data", *GROUPS])
def test_a_yaml_states_no_default_of_its_schema(group: str):
    """A variant may: its base is not the schema."""
    for path in sorted((CONFIGS / group).glob("*.yaml")):
        values: Any = OmegaConf.to_container(OmegaConf.load(path))
        stated = values[group] if GLOBAL in path.read_text("utf-8").splitlines() else values
        if "defaults" in stated:
            continue
        of_schema = defaults(schema_of(path, group, stated))
        same = {key for key, value in stated.items() if of_schema.get(key, "none") == value}
        assert same <= {"name"}, path


@pytest.mark.parametrize("command", [path.stem for path in CONFIGS.glob("*.yaml")])
def test_the_yaml_of_a_command_states_no_default_of_its_schema(command: str):
    stated = OmegaConf.load(CONFIGS / f"{command}.yaml")
    keys = {key for schema in PRIMARY[command] for key in defaults(schema)}
    assert not keys & set(stated)


@pytest.mark.parametrize(
    "choice",
    [
        *(f"{group}={path.stem}" for group in GROUPS for path in (CONFIGS / group).glob("*.yaml")),
        *(f"model={name}" for name in MODELS),
        *(f"data={path.stem}" for path in (CONFIGS / "data").glob("*.yaml")),
        *(f"loss={name}" for name in LOSSES),
    ],
)
def test_a_choice_composes_to_all_keys_of_its_schema(choice: str):
    """Every key can be looked up, overridden and completed, whatever the YAML states."""
    group, _, name = choice.partition("=")
    found = composed(choice)
    section = OmegaConf.to_container(found[group])
    options = getattr(train_config(plain(found)), group)
    whole = dataclasses.asdict(options)
    players = {"players": whole["players"]} if "players" in whole else {}  # any, with any keys
    assert whole == section | players
    if group in ("model", "data"):
        assert section == defaults(schema_of(Path(name), group, {"name": name}))


def test_what_a_variant_and_a_recipe_state():
    critic = Loss("wasserstein", discriminator_steps=5, gradient_penalty=10.0)
    assert parse(Loss, plain(composed("loss=wasserstein_gp"))["loss"]) == critic
    pairs = Loss("relativistic_paired", r1=0.1, r2=0.1)
    assert parse(Loss, plain(composed("loss=r3gan"))["loss"]) == pairs
    assert plain(composed("optimizer=adam_gp"))["optimizer"] == defaults(config.Optimizer) | {
        "name": "adam",
        "learning_rate": 1e-4,
        "beta_1": 0.0,
        "beta_2": 0.9,
    }
    vae = composed("model=vae")
    assert (vae.optimizer.learning_rate, vae.optimizer.beta_1) == (1e-3, 0.9)
    assert vae.model.latent_dim == 40


def test_the_schema_fills_a_command():
    found = OmegaConf.to_container(composed("model=vae"))
    assert found["training"] == dataclasses.asdict(config.Training())
    assert found["evaluation"] == dataclasses.asdict(config.Evaluation())
    assert found["sweep"] == {"resume": None, "halving": None}
    assert (found["seed"], found["watchdog"], found["run_dir"], found["plugins"]) == (
        0,
        "warn",
        None,
        [],
    )
    sample = composed("checkpoint=run", command="sample")
    assert OmegaConf.to_container(sample) == dataclasses.asdict(SampleConfig("run"))


@pytest.mark.parametrize("group", ["optimizer", "schedule"])
def test_every_choice_of_a_group_has_its_yaml(group: str):
    names = get_args(get_type_hints(GROUPS[group])["name"])
    assert set(names) <= {path.stem for path in (CONFIGS / group).glob("*.yaml")}


def test_a_change_that_nobody_knows():
    message = refusal(config.Augment, {"differentiable": ["color", "blur"]}, "augment")
    assert (
        message == "augment.differentiable=blur: input should be 'color', 'translation' or 'cutout'"
    )
