"""`gan-evaluate`: scores of a run or of any images, a ranking of runs, and pages for human
judges.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from gan_cli.base.errors import ConfigError, RunDirectoryError, refused, unknown
from gan_cli.cli import app, bare
from gan_cli.cli.options import evaluate_keys
from gan_cli.cli.quiet import quiet
from gan_cli.cli.sample import choose, warn
from gan_cli.cli.stored import without_environment
from gan_cli.config.catalogue import require_plugins
from gan_cli.config.commands import EvaluateConfig
from gan_cli.config.options import parse
from gan_cli.data import DATA
from gan_cli.evaluation import judges, scores
from gan_cli.evaluation.evaluate import OF_MODELS, better
from gan_cli.evaluation.scores import Report
from gan_cli.metrics.table import DEFAULT, METRICS
from gan_cli.runs.checkpoint import SAMPLER, Manifest
from gan_cli.runs.reading import read_run
from gan_cli.runs.rundir import RunDirectory


def main() -> int:
    """The console script; returns the exit code."""
    return app.run("evaluate", job, evaluate_keys, bare_key=_runs)


def _runs(found: list[str]) -> str:
    """One run is scored, several are compared."""
    return (bare.several("compare") if len(found) > 1 else bare.one("checkpoint"))(found)


def job(composed: DictConfig) -> None:
    """Check the arguments, then do the one thing that they ask for."""
    values: dict[str, Any] = OmegaConf.to_container(composed, resolve=True)  # type: ignore[assignment]
    data = values.pop("data", None) or {}
    config = parse(EvaluateConfig, values)
    _check(config)
    if config.compare is not None:
        _compare(config, config.compare, data)
    elif config.samples is not None:
        _score_files(config, config.samples, data)
    elif config.people or config.answers:
        _people(config, str(config.checkpoint), data)
    else:
        run, manifest = _opened(str(config.checkpoint), config)
        report = _scored(config, run, manifest, data)
        _show(report)
        _write(
            Path(config.output or _report_path(run, manifest, report.provenance.extractor, config)),
            report,
        )


def _check(config: EvaluateConfig) -> None:
    """Refuse what does not go together before anything is read."""
    asked = [
        key for key in ("checkpoint", "samples", "compare") if getattr(config, key) is not None
    ]
    if len(asked) != 1:
        raise ConfigError(
            "give one of checkpoint=RUN, samples=DIR_OR_NPZ and compare=[RUN1,RUN2], not "
            f"{len(asked)} of them"
        )
    judged = config.people or config.answers is not None
    if judged and asked != ["checkpoint"]:
        raise ConfigError(f"people= and answers= go with checkpoint=RUN, not with {asked[0]}=")
    if config.output and (judged or config.compare is not None):
        raise ConfigError(
            "output= takes the scores of checkpoint= or samples=; all else goes into the run "
            "directories"
        )
    if config.output and not Path(config.output).absolute().parent.is_dir():
        raise ConfigError(f"output={config.output}: no directory {Path(config.output).parent}")
    if config.metrics is not None and not config.metrics:
        raise ConfigError("metrics=[] measures nothing; metrics=null measures all that fit")
    for name in config.metrics or []:
        if name not in METRICS and name not in OF_MODELS:
            raise ConfigError(unknown("metrics", name, [*METRICS, *OF_MODELS]))
        if name in OF_MODELS and config.samples is not None:
            raise ConfigError(
                f"metrics={name} is of a model: it goes with checkpoint= or compare=, not with "
                "samples="
            )


def _scored(
    config: EvaluateConfig, run: RunDirectory, manifest: Manifest, data: dict[str, Any]
) -> Report:
    options = _data_of_run(run, data)
    with quiet():
        from gan_cli.evaluation import scoring
    return scoring.score_checkpoint(run, manifest, options, config, _say)


def _score_files(config: EvaluateConfig, path: str, data: dict[str, Any]) -> None:
    if not data.get("name"):
        raise ConfigError(
            "samples= needs the real images to compare with: data=mnist, data=folder "
            "data.path=DIR, ..."
        )
    options = DATA.parse(data)
    with quiet():
        from gan_cli.evaluation import scoring
    report = scoring.score_files(path, options, config, _say)
    _show(report)
    _write(Path(config.output or f"{Path(path).resolve().stem}-scores.json"), report)


def _opened(path: str, config: EvaluateConfig) -> tuple[RunDirectory, Manifest]:
    stored = read_run(path, warn)
    return stored.directory, choose(stored, config.step)


def _data_of_run(run: RunDirectory, given: dict[str, Any]) -> Any:
    """The data set of a run: its own, with the keys that are given; or the one that is given."""
    if given.get("name"):
        return DATA.parse(given)
    config = run.read_config()
    require_plugins(config.get("plugins"))
    stored = config.get("data")
    if not isinstance(stored, dict):
        raise RunDirectoryError(f"{run.path}/config.json: names no data set; give data=NAME")
    options = {**stored, **given}
    without_environment(options.get("path"))
    return DATA.parse(options)


def _report_path(
    run: RunDirectory, manifest: Manifest, extractor: str, config: EvaluateConfig
) -> Path:
    return run.path / "scores" / f"step-{manifest.step:08d}-{extractor}-{config.count}.json"


def _write(path: Path, report: Report) -> None:
    try:
        scores.write(path, scores.joined(path, report))
    except OSError as error:
        raise refused(
            error, f"{path}: {error.strerror or error}; output=FILE takes another place"
        ) from None
    _say(f"scores  {path}")


def _compare(config: EvaluateConfig, paths: list[str], data: dict[str, Any]) -> None:
    """A table of several runs, the best first; what was scored in this way before is not scored
    again.
    """
    if len(paths) < 2:
        raise ConfigError("compare= needs two run directories or more: compare=[RUN1,RUN2]")
    opened = [
        _opened(path, config) for path in paths
    ]  # a mistake in the last one shows before the first is scored
    reports = [_of_run(config, run, manifest, data) for run, manifest in opened]
    measured = better(config.metrics or [*METRICS, *OF_MODELS])
    names = [name for name in measured if all(name in report.scores for report in reports)]
    ordered = scores.ranked(reports, names[0])
    width = max(len(str(report.subject["path"])) for report in ordered)
    _say(_ruler(ordered[0]))
    _say(f"ranked by {names[0]}")
    shown = names[:6]
    _say(f"  {'':<{width}}  {'step':>8}" + "".join(f"{name[:12]:>13}" for name in shown))
    for report in ordered:
        cells = "".join(f"{_number(report.scores[name].mean):>13}" for name in shown)
        _say(f"  {report.subject['path']!s:<{width}}  {report.subject['step']:>8}{cells}")
    floor = "".join(f"{_number(ordered[0].scores[name].floor):>13}" for name in shown)
    _say(f"  {'real images':<{width}}  {'':>8}{floor}")


def _of_run(
    config: EvaluateConfig, run: RunDirectory, manifest: Manifest, data: dict[str, Any]
) -> Report:
    """The stored report of a run, or a new one; data that is given may be other data than the
    stored one is of.
    """
    report = None if data else _stored(config, run, manifest)
    if report is None:
        report = _scored(config, run, manifest, data)
        _write(_report_path(run, manifest, report.provenance.extractor, config), report)
    return report


def _stored(config: EvaluateConfig, run: RunDirectory, manifest: Manifest) -> Report | None:
    """The report of these very weights, measured as it is asked for, with the metrics that are
    asked for.
    """
    extractor = config.extractor
    if extractor == "auto":
        extractor = "classifier" if len(run.read_card().data.class_names) > 1 else "random"
    path = _report_path(run, manifest, extractor, config)
    if not path.exists():
        return None
    report = scores.read(path)
    made, sampler = report.provenance, manifest.files[SAMPLER].sha256
    wanted = better(
        config.metrics or [name for name in DEFAULT if METRICS[name].needs != "classes"]
    )
    same = (report.subject.get("sha256"), made.repeats, made.seed) == (
        sampler,
        config.repeats,
        config.seed,
    )
    if (
        not same
        or config.split not in ("auto", made.split)
        or not wanted.keys() <= report.scores.keys()
    ):
        return None
    return replace(
        report, subject={"path": str(run.path), "step": manifest.step, "sha256": sampler}
    )


def _people(config: EvaluateConfig, path: str, data: dict[str, Any]) -> None:
    """Write the page, or read the answers that came back."""
    run, manifest = _opened(path, config)
    if config.people:
        options = _data_of_run(run, data)
        with quiet():
            page = judges.write_page(run, manifest, options, config)
        _say(f"page  {page}: open it in a browser; answers=[FILE] adds the file that it saves")
    if config.answers:
        rates = judges.add_answers(run, manifest, [Path(file) for file in config.answers])
        _say(f"{run.path}, step {manifest.step}: judged by {rates['judges']:.0f}")
        for name in ("hype", "generated_judged_real", "real_judged_generated"):
            low, high = rates[f"{name}_low"], rates[f"{name}_high"]
            _say(f"  {name:<24}{rates[name]:6.1f} %   95 % interval {low:.1f} to {high:.1f}")


def _show(report: Report) -> None:
    """The table of one report, at most 79 columns."""
    subject = report.subject
    step = f", step {subject['step']}" if "step" in subject else ""
    times = f", {report.provenance.repeats} times" if report.provenance.repeats > 1 else ""
    _say(f"{subject['path']}{step}: {report.provenance.count:,} samples{times}")
    _say(_ruler(report))
    _say(f"  {'':<20}{'score':>12}{'deviation':>12}{'real images':>14}  better")
    for name, score in report.scores.items():
        cells = f"{_number(score.mean):>12}{_number(score.deviation):>12}{_number(score.floor):>14}"
        _say(f"  {name:<20}{cells}  {score.better}")


def _ruler(report: Report) -> str:
    made = report.provenance
    real = f"{made.real_count:,} images of {made.data_name} ({made.split} split)"
    return f"against {real}, by {made.extractor} {made.extractor_weights[:8]}"


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.4f}" if abs(value) < 10 else f"{value:,.2f}"


def _say(line: str) -> None:
    print(line, flush=True)
