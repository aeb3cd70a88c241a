"""A Hugging Face hub of one data set, on this machine: what huggingface_hub asks for to list and fetch files."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@contextmanager
def hub_of(folder: Path, repo: str, revision: str) -> Iterator[tuple[str, list[str]]]:
    """The address of a hub that has the files of a folder as a data set, and the paths that are asked of it."""
    asked: list[str] = []
    tree, files = f"/api/datasets/{repo}/tree/{revision}", f"/datasets/{repo}/resolve/{revision}/"

    class Hub(BaseHTTPRequestHandler):
        def do_GET(self):
            path = unquote(urlsplit(self.path).path)
            asked.append(f"{self.command} {path}")
            file = folder / path.removeprefix(files)
            if path == "/":
                self._answer(b"{}")
            elif path == tree:
                found = sorted(file for file in folder.rglob("*") if file.is_file())
                listed = [_described(file, file.relative_to(folder).as_posix()) for file in found]
                self._answer(json.dumps(listed).encode())
            elif path.startswith(files) and file.is_file():
                self._answer(file.read_bytes())
            else:
                self._answer(b'{"error": "not found"}', 404)

        do_HEAD = do_GET

        def _answer(self, content: bytes, status: int = 200):
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("ETag", f'"{hashlib.sha1(content).hexdigest()}"')
            self.send_header("X-Repo-Commit", COMMIT)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(content)

        def log_message(self, *_arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _described(file: Path, name: str) -> dict:
    content = file.read_bytes()
    return {"type": "file", "path": name, "size": len(content), "oid": hashlib.sha1(content).hexdigest()}
