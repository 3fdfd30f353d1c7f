"""The server: three addresses that read, for this machine alone, and a page that loads nothing from
elsewhere.
"""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gan_cli.base.errors import ConfigError, GanError
from gan_cli.watching import pictures
from gan_cli.watching.facts import Watched

HOST, PORT = "127.0.0.1", 6061
FOLDER = Path(__file__).parent
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def app(folder: Path) -> Starlette:
    """The page of the runs of a folder, or of one run."""
    watched = Watched(folder)

    def runs(request: Request) -> Response:
        return JSONResponse(watched.runs())

    def run(request: Request) -> Response:
        return _answer(lambda: JSONResponse(watched.run(request.query_params.get("id", ""))))

    def picture(request: Request) -> Response:
        asked = request.query_params

        def read() -> Response:
            found = pictures.read(watched.path(asked.get("run", "")), asked.get("name", ""))
            return Response(found.content, media_type="image/png")

        return _answer(read)

    pages = {"/": "watch.html", "/watch.css": "watch.css", "/watch.js": "watch.js"}
    routes = [Route(path, _file(name)) for path, name in pages.items()]
    routes += [Route("/runs", runs), Route("/run", run), Route("/picture", picture)]
    # a name that leads here from outside, as in DNS rebinding, is none of ours
    hosts = Middleware(TrustedHostMiddleware, allowed_hosts=[HOST, "localhost"])
    return Starlette(routes=routes, middleware=[Middleware(Headers), hosts])


class Headers:
    """Adds HEADERS to every answer."""

    def __init__(self, inner: ASGIApp) -> None:
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                added = [(key.lower().encode(), each.encode()) for key, each in HEADERS.items()]
                message = {**message, "headers": [*message["headers"], *added]}
            await send(message)

        await self._inner(scope, receive, with_headers)


def listening(port: int | None) -> socket.socket:
    """A socket of this machine: of a port, or of 6061 or, where that is taken, a free one.

    Raises:
        ConfigError: the port that is asked for is taken.
    """
    for chosen in [port] if port else [PORT, 0]:
        made = socket.socket()
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            made.bind((HOST, chosen))
        except OSError as error:
            made.close()
            if port:
                reason = error.strerror or str(error)
                raise ConfigError(f"port={port}: {reason}; leave it out for a free one") from None
        else:
            return made
    raise ConfigError(f"no port of {HOST} is free")


def serve(folder: Path, made: socket.socket) -> None:
    """Answer until Ctrl-C or a signal."""
    import uvicorn

    # log_config: uvicorn's own would close what other packages of this process log to
    settings = {"log_config": None, "log_level": "warning", "access_log": False}
    config = uvicorn.Config(app(folder), lifespan="off", **settings)  # type: ignore[arg-type]
    uvicorn.Server(config).run(sockets=[made])


def _answer(read: Any) -> Response:
    try:
        found: Response = read()
        return found
    except KeyError:
        return JSONResponse({"error": "there is no such run"}, 404)
    except (GanError, OSError) as error:
        return JSONResponse({"error": str(error)}, 404)


def _file(name: str) -> Any:
    def page(request: Request) -> Response:
        return FileResponse(FOLDER / name)

    return page
