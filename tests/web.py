"""A web server on this machine for what is downloaded in life."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NOWHERE = "http://127.0.0.1:9"
"""No server answers here."""


class Server:
    """What the server gives: the files of `folder` under the last part of their address.

    Attributes:
        answered: the addresses that were asked for.
        headers, headers_of_404: more than the length of the file.
        length: whether that is sent.
        cut: bytes of a file after which the connection breaks; None: none.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.address = folder, NOWHERE
        self.answered: list[str] = []
        self.headers: dict[str, str] = {}
        self.headers_of_404: dict[str, str] = {}
        self.cut: int | None = None
        self.length = True

    def content(self, name: str) -> bytes | None:
        path = self.folder / name
        return path.read_bytes() if path.is_file() else None


@contextmanager
def serve(folder: Path) -> Iterator[Server]:
    """A server at `address`, on this machine only."""
    server = Server(folder)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server.answered.append(self.path)
            content = server.content(self.path.rpartition("/")[2])
            if content is None:
                self.send_response(404)
                for name, value in server.headers_of_404.items():
                    self.send_header(name, value)
                self.end_headers()
                return
            self.send_response(200)
            if server.length:
                self.send_header("Content-Length", str(len(content)))
            for name, value in server.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content[: server.cut])

        def log_message(self, *arguments: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as found:
        server.address = f"http://127.0.0.1:{found.server_port}"
        thread = threading.Thread(target=found.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server
        found.shutdown()
