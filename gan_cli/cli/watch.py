"""`gan-watch`: runs on a local page while they train; they may be strangers' and are only read."""

from __future__ import annotations

import getpass
import platform
from contextlib import suppress
from importlib.util import find_spec

from omegaconf import DictConfig, OmegaConf

from gan_cli.base.errors import ConfigError, RunDirectoryError
from gan_cli.cli import app, bare
from gan_cli.cli.options import keys
from gan_cli.config.commands import WatchConfig
from gan_cli.config.options import parse
from gan_cli.runs.listing import locate

NEEDED = ("starlette", "uvicorn")


def main() -> int:
    """The console script; returns the exit code."""
    return app.run("watch", job, lambda key: keys(WatchConfig), bare_key=bare.one("folder"))


def job(composed: DictConfig) -> None:
    """Say where the page is, and serve it until Ctrl-C."""
    config = parse(WatchConfig, OmegaConf.to_container(composed, resolve=True))
    if missing := next((name for name in NEEDED if find_spec(name) is None), None):
        raise ConfigError(f"gan-watch needs the package {missing}: pip install 'gan_cli[watch]'")
    folder = locate.run(config.folder)
    if not folder.is_dir():
        raise RunDirectoryError(f"{config.folder}: no such directory")
    from gan_cli.watching import server

    made = server.listening(config.port)
    port = made.getsockname()[1]
    print(f"http://{server.HOST}:{port}  runs in {folder}; Ctrl-C ends this")
    forward = f"ssh -L {port}:{server.HOST}:{port} {_here()}"
    print(f"from another machine: {forward}, then http://localhost:{port} there", flush=True)
    with suppress(KeyboardInterrupt):
        server.serve(folder, made)


def _here() -> str:
    """This machine, as ssh takes it."""
    try:
        return f"{getpass.getuser()}@{platform.node()}"
    except (OSError, KeyError):  # a container whose user has no name
        return platform.node()
