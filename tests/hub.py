"""A model hub on this machine that does what it is told to, and models to put on it."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAME = "someone/whisper-of-tests"
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def nowhere(_package: str) -> Path | None:
    """No package is installed."""
    return None


def make_model(folder: Path, size: int = 300_000) -> dict[str, bytes]:
    """A model's files, the same noise every time."""
    files = {
        "config.json": b'{"alignment_heads": []}',
        "model.bin": hashlib.shake_128(b"seed").digest(size),
        "tokenizer.json": b"{}" + b" " * 5000,
        "vocabulary.txt": b"a\nb\n",
    }
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return files


class Hub:
    """Enough of a model hub to serve one repository over HTTP, and to misbehave.

    `requests` holds (method, path, headers) as they came. `slow` is a pause in seconds after each 16 kB,
    `cut` the number of times that a large file's connection is dropped half-way, `status` an answer to all,
    `announced` a hash that it lies about.
    """

    def __init__(self, files: dict[str, bytes], name: str = NAME) -> None:
        self.files = files
        self.name = name
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        self.slow = 0.0
        self.cut = 0
        self.status = 200
        self.announced: str | None = None
        hub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_args: object) -> None:
                pass

            def do_HEAD(self) -> None:
                hub.answer(self)

            def do_GET(self) -> None:
                hub.answer(self)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    @contextmanager
    def serving(self) -> Iterator[Hub]:
        thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield self
        finally:
            self.server.shutdown()
            self.server.server_close()
            thread.join()

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        self.requests.append((handler.command, handler.path, dict(handler.headers)))
        path = handler.path.partition("?")[0]
        if self.status != 200:
            self.send(handler, b"{}", status=self.status)
        elif path in {f"/api/models/{self.name}", f"/api/models/{self.name}/revision/main"}:
            self.send(handler, json.dumps(self.description()).encode())
        elif path == f"/api/models/{self.name}/tree/{COMMIT}":
            self.send(handler, json.dumps(self.tree()).encode())
        elif path.startswith(f"/{self.name}/resolve/{COMMIT}/"):
            self.send(handler, self.files[path.rpartition("/")[2]], large=path.endswith("model.bin"))
        else:
            self.send(handler, b"{}", status=404, headers={"X-Error-Code": "RepoNotFound"})

    def description(self) -> dict[str, object]:
        return {
            "id": self.name,
            "sha": COMMIT,
            "siblings": [
                {"rfilename": name, "size": len(content), **self.pointer(name, "sha256")}
                for name, content in self.files.items()
            ],
        }

    def tree(self) -> list[dict[str, object]]:
        return [
            {"type": "file", "path": name, "size": len(content), "oid": "0" * 40, **self.pointer(name, "oid")}
            for name, content in self.files.items()
        ]

    def pointer(self, name: str, key: str) -> dict[str, object]:
        """What the hub says of a large file only."""
        if name != "model.bin":
            return {}
        content = self.files[name]
        return {"lfs": {key: self.announced or sha(content), "size": len(content), "pointerSize": 134}}

    def send(
        self,
        handler: BaseHTTPRequestHandler,
        content: bytes,
        *,
        status: int = 200,
        large: bool = False,
        headers: dict[str, str] | None = None,
    ) -> None:
        start = 0
        if wanted := handler.headers.get("Range"):
            start, status = int(wanted.removeprefix("bytes=").partition("-")[0]), 206
        handler.send_response(status)
        handler.send_header("ETag", f'"{sha(content) if large else hashlib.md5(content).hexdigest()}"')  # noqa: S324
        handler.send_header("X-Repo-Commit", COMMIT)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(content) - start))
        if status == 206:
            handler.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        for key, value in (headers or {}).items():
            handler.send_header(key, value)
        handler.end_headers()
        if handler.command == "HEAD":
            return
        stop = len(content)
        if large and self.cut > 0:
            self.cut -= 1
            stop = start + (stop - start) // 2
            handler.close_connection = True
        for at in range(start, stop, 16_384):
            try:
                handler.wfile.write(content[at : min(stop, at + 16_384)])
            except OSError:  # the client has gone
                return
            time.sleep(self.slow if large else 0)


def sha(content: bytes | bytearray) -> str:
    return hashlib.sha256(content).hexdigest()
