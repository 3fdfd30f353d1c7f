"""Exit codes are an interface: scripts depend on them."""

import inspect
import signal

import pytest

from gan_cli.base import errors

EXIT_CODES = {
    errors.GanError: 1,
    errors.ConfigError: 2,
    errors.DataError: 3,
    errors.RunDirectoryError: 4,
    errors.CheckpointError: 5,
    errors.NonFiniteError: 6,
    errors.SweepError: 7,
    errors.DiskFullError: 8,
    errors.OutOfMemoryError: 9,
    errors.ExportError: 10,
    errors.WorkerError: 11,
}


def test_documented_exit_codes():
    assert {error: error.exit_code for error in EXIT_CODES} == EXIT_CODES


def test_every_class_has_a_code_of_its_own():
    classes = [
        each
        for _, each in inspect.getmembers(errors, inspect.isclass)
        if issubclass(each, errors.GanError) and each is not errors.UnknownKeyError
    ]
    assert set(classes) == {*EXIT_CODES, errors.Interrupted}
    assert len(set(EXIT_CODES.values())) == len(EXIT_CODES)
    assert 0 not in EXIT_CODES.values()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_exits_as_shells_expect(number: int, code: int):
    error = errors.Interrupted("stopped at step 3", number)
    assert (str(error), error.exit_code) == ("stopped at step 3", code)


def test_unknown_names_the_nearest_and_all():
    line = errors.unknown("model.name", "dcgn", ["dcgan", "vae"])
    assert line == "unknown model.name 'dcgn'; did you mean 'dcgan'? (accepted: dcgan, vae)"


def test_unknown_suggests_nothing_far_away():
    assert (
        errors.unknown("key", "zzz", ["dcgan", "vae"]) == "unknown key 'zzz' (accepted: dcgan, vae)"
    )


def test_unknown_takes_what_is_no_string():
    assert errors.unknown("step", 3, ["best"]) == "unknown step 3 (accepted: best)"
