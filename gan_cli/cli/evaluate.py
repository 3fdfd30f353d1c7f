"""`gan-evaluate`: scores of a run or of any images, a ranking of runs, and pages for human
judges.
"""

from __future__ import annotations

import textwrap
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from gan_cli.base.errors import ConfigError, RunDirectoryError, refused, unknown
from gan_cli.base.quiet import quiet
from gan_cli.cli import app, bare
from gan_cli.cli.options import evaluate_keys
from gan_cli.cli.sample import choose, warn
from gan_cli.cli.training.stored import without_environment
from gan_cli.config.catalogue import require_plugins
from gan_cli.config.commands import EvaluateConfig
from gan_cli.config.options import parse
from gan_cli.data import DATA
from gan_cli.evaluation import judges, report
from gan_cli.evaluation.choice import DEFAULT_METRICS, check_metrics, check_weights, metrics_for
from gan_cli.evaluation.evaluate import OF_MODELS, better, sure
from gan_cli.evaluation.report import Report
from gan_cli.metrics import METRICS, extractors
from gan_cli.metrics.extractors import AUTO, EXTRACTORS
from gan_cli.runs.checkpoint import SAMPLER, Manifest
from gan_cli.runs.reading import StoredRun, named, read_run


def main() -> int:
    """The console script; returns the exit code."""
    OmegaConf.register_new_resolver("names", _names, replace=True)
    return app.run("evaluate", job, evaluate_keys, bare_key=_runs)


def _runs(found: list[str]) -> str:
    """One run is scored, several are compared."""
    return (bare.several("compare") if len(found) > 1 else bare.one("checkpoint"))(found)


def _names(kind: str) -> str:
    """All metrics or extractors, as the help lists them."""
    names = [*METRICS, *OF_MODELS] if kind == "metrics" else [AUTO, *EXTRACTORS]
    return textwrap.fill(f"{kind}: {', '.join(names)}", 79, subsequent_indent="  ")


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
        run = read_run(str(config.checkpoint), warn)
        manifest, scored = run.of_checkpoint(
            config.step, lambda each: (each, _scored(config, run, each, data))
        )
        _show(scored, f", {named(manifest, config.step)}")
        path = _report_path(run, manifest, scored.provenance.extractor, config)
        _write(Path(config.output or path), scored)


def _check(config: EvaluateConfig) -> None:
    """Refuse what does not go together before anything is read."""
    asked = [
        key for key in ("checkpoint", "samples", "compare") if getattr(config, key) is not None
    ]
    if len(asked) != 1:
        raise ConfigError(
            "give one of checkpoint=RUN, samples=DIR_OR_NPZ and compare=[RUN1,RUN2], not "
            f"{' and '.join(asked) or 'none'}"
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
    extractors.check("extractor", config.extractor)
    if config.extractor != AUTO:
        check_weights(config.extractor, config.weights)
        names = [name for name in config.metrics or [] if name in METRICS]
        check_metrics(names, EXTRACTORS[config.extractor].gives)


def _scored(
    config: EvaluateConfig, run: StoredRun, manifest: Manifest, data: dict[str, Any]
) -> Report:
    options = _data_of_run(run, data)
    with quiet():
        from gan_cli.evaluation import scoring
    return scoring.score_checkpoint(run.directory, manifest, options, config, _say)


def _score_files(config: EvaluateConfig, path: str, data: dict[str, Any]) -> None:
    if not data.get("name"):
        raise ConfigError(
            "samples= needs the real images to compare with: data=mnist, data=folder "
            "data.path=DIR, ..."
        )
    options = DATA.parse(data)
    with quiet():
        from gan_cli.evaluation import scoring
    scored = scoring.score_files(path, options, config, _say)
    _show(scored)
    _write(Path(config.output or f"{Path(path).resolve().stem}-scores.json"), scored)


def _data_of_run(run: StoredRun, given: dict[str, Any]) -> Any:
    """The data set of a run: its own, with the keys that are given; or the one that is given."""
    if given.get("name"):
        return DATA.parse(given)
    config = run.config
    require_plugins(config.get("plugins"))
    stored = config.get("data")
    if not isinstance(stored, dict):
        raise RunDirectoryError(f"{run.path}/config.json: names no data set; give data=NAME")
    options = {**stored, **given}
    without_environment(options.get("path"))
    return DATA.parse(options)


def _report_path(
    run: StoredRun, manifest: Manifest, extractor: str, config: EvaluateConfig
) -> Path:
    return run.path / "scores" / f"step-{manifest.step:08d}-{extractor}-{config.count}.json"


def _write(path: Path, scored: Report) -> None:
    try:
        report.write(path, report.joined(path, scored, warn))
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
    runs = [read_run(path, warn) for path in paths]
    for run in runs:  # a mistake in the last one shows before the first is scored
        choose(run, config.step)
    made = [run.of_checkpoint(config.step, partial(_of_run, config, run, data)) for run in runs]
    reports = [each for each, _ in made]
    asked = config.metrics or dict.fromkeys([*DEFAULT_METRICS, *METRICS, *OF_MODELS])
    names = [name for name in better(asked) if all(name in each.scores for each in reports)]
    ordered = report.ranked(reports, names[0])
    width = max(len(str(each.subject["path"])) for each in ordered)
    for run, (_, where) in zip(runs, made, strict=True):
        _say(f"{run.path}: {where}")
    _say(_evaluated_with(ordered[0]))
    _say(f"ranked by {names[0]}")
    shown = names[:6]
    _say(f"  {'':<{width}}  {'step':>8}" + "".join(f"{name[:12]:>13}" for name in shown))
    for each in ordered:
        cells = "".join(f"{_number(each.scores[name].mean):>13}" for name in shown)
        _say(f"  {each.subject['path']!s:<{width}}  {each.subject['step']:>8}{cells}")
    baseline = "".join(f"{_number(ordered[0].scores[name].baseline):>13}" for name in shown)
    _say(f"  {'real images':<{width}}  {'':>8}{baseline}")


def _of_run(
    config: EvaluateConfig, run: StoredRun, data: dict[str, Any], manifest: Manifest
) -> tuple[Report, str]:
    """The stored report of a run, or a new one, and the step with why it is that one; data that is
    given may be other data than the stored one is of.
    """
    found = None if data else _stored(config, run, manifest)
    if found is None:
        found = _scored(config, run, manifest, data)
        _write(_report_path(run, manifest, found.provenance.extractor, config), found)
    return found, named(manifest, config.step)


def _stored(config: EvaluateConfig, run: StoredRun, manifest: Manifest) -> Report | None:
    """The report of these very weights, measured as it is asked for, with the metrics that are
    asked for.
    """
    extractor = config.extractor
    if extractor == AUTO:
        extractor = extractors.automatic(len(run.card.data.class_names))
    path = _report_path(run, manifest, extractor, config)
    if not path.exists():
        return None
    try:
        found = report.read(path)
    except RunDirectoryError:
        return None  # which is said where it is written anew
    made, sampler = found.provenance, manifest.files[SAMPLER].sha256
    wanted = sure(metrics_for(config.metrics, ()))
    same = (found.subject.get("sha256"), made.repeats, made.seed) == (
        sampler,
        config.repeats,
        config.seed,
    )
    if not same or config.split not in ("auto", made.split) or not wanted <= found.scores.keys():
        return None
    return replace(found, subject={"path": str(run.path), "step": manifest.step, "sha256": sampler})


def _people(config: EvaluateConfig, path: str, data: dict[str, Any]) -> None:
    """Write the page, or read the answers that came back."""
    run = read_run(path, warn)
    if config.people:
        options = _data_of_run(run, data)

        def written(manifest: Manifest) -> tuple[Path, Manifest]:
            with quiet():
                return judges.write_page(run.directory, manifest, options, config), manifest

        page, manifest = run.of_checkpoint(config.step, written)
        _say(f"page  {page}: open it in a browser; answers=[FILE] adds the file that it saves")
        _say(f"      {named(manifest, config.step)} of {run.path}")
    if config.answers:
        manifest = choose(run, config.step)
        files = [Path(file) for file in config.answers]
        rates = judges.add_answers(run.directory, manifest, files)
        where = named(manifest, config.step)
        _say(f"{run.path}, {where}: judged by {rates['judges']:.0f}")
        for name in ("hype", "generated_judged_real", "real_judged_generated"):
            low, high = rates[f"{name}_low"], rates[f"{name}_high"]
            _say(f"  {name:<24}{rates[name]:6.1f} %   95 % interval {low:.1f} to {high:.1f}")


def _show(scored: Report, where: str = "") -> None:
    """The table of one report, at most 79 columns."""
    times = f", {scored.provenance.repeats} times" if scored.provenance.repeats > 1 else ""
    _say(f"{scored.subject['path']}{where}: {scored.provenance.count:,} samples{times}")
    _say(_evaluated_with(scored))
    width = max(20, *map(len, scored.scores))
    _say(f"  {'':<{width}}{'score':>12}{'deviation':>12}{'real images':>14}  better")
    for name, score in scored.scores.items():
        cells = (
            f"{_number(score.mean):>12}{_number(score.deviation):>12}{_number(score.baseline):>14}"
        )
        _say(f"  {name:<{width}}{cells}  {score.better}")


def _evaluated_with(scored: Report) -> str:
    made = scored.provenance
    real = f"{made.real_count:,} images of {made.data_name} ({made.split} split)"
    return f"against {real}, by {made.extractor} {made.extractor_weights[:8]}"


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.4f}" if abs(value) < 10 else f"{value:,.2f}"


def _say(line: str) -> None:
    print(line, flush=True)
