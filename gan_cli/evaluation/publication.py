"""Scores as they are published with a model."""

from __future__ import annotations

from collections.abc import Iterator

from gan_cli.base.errors import ConfigError
from gan_cli.config.options import parse
from gan_cli.evaluation.report import Report
from gan_cli.exporting.about import Score
from gan_cli.runs.checkpoint import SAMPLER, Manifest
from gan_cli.runs.reading import StoredRun


def scores(run: StoredRun, manifest: Manifest) -> list[Score]:
    """What was measured of a checkpoint's weights, and how; a file that is no report is passed
    over, one that is damaged said.
    """
    found = list[Score]()
    for values in run.scores.values():
        try:
            measured = parse(Report, values)
        except ConfigError:
            continue
        if measured.subject.get("sha256") == manifest.files[SAMPLER].sha256:
            found += _of(measured)
    return found


def _of(measured: Report) -> Iterator[Score]:
    how = measured.provenance
    words = (
        f"{how.count:,} samples, {how.repeats} times, beside {how.real_count:,} real images "
        f"({how.data_name}, {how.split}); features of {how.extractor}"
    )
    for name, score in measured.scores.items():
        if score.mean is not None:
            yield Score(name, score.mean, score.deviation, score.baseline, score.better, words)
