"""A web server on this machine that misbehaves as told."""

import http.server
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Site:
    """One file, the faults still to come, and the requests that were answered.

    ``cuts`` and ``stalls`` hold byte counts: each is used up by one answer, which ends (or hangs)
    after that many bytes of its body. ``failures`` holds statuses answered instead of the file.
    ``redirect`` is where another site has the file; ``token`` is what a request must bring.
    """

    body: bytes
    etag: str | None = '"v1"'
    last_modified: str | None = None
    honours_if_range: bool = True
    cuts: list[int] = field(default_factory=list)
    stalls: list[int] = field(default_factory=list)
    failures: list[int] = field(default_factory=list)
    redirect: str = ""
    token: str = ""
    requests: list[tuple[str | None, int]] = field(default_factory=list)  # (Range, status)
    authorizations: list[str | None] = field(default_factory=list)
    url: str = ""
    closing: threading.Event = field(default_factory=threading.Event)

    def answer(self, request: http.server.BaseHTTPRequestHandler) -> None:
        """Answer one GET."""
        first, status = self.range_of(request)
        if request.path.partition("?")[0] != "/file":
            status = 404
        elif self.failures:
            status = self.failures.pop(0)
        self.authorizations.append(request.headers.get("Authorization"))
        if self.token and self.authorizations[-1] != f"Bearer {self.token}":
            status = 403 if self.authorizations[-1] else 401
        elif self.redirect:
            status = 302
        self.requests.append((request.headers.get("Range"), status))
        body = self.body[first:] if status in (200, 206) else b""
        request.send_response(status)
        request.send_header("Content-Length", str(len(body)))
        if status == 302:
            request.send_header("Location", self.redirect)
        if status == 206:
            last = len(self.body) - 1
            request.send_header("Content-Range", f"bytes {first}-{last}/{len(self.body)}")
        for name, value in (("ETag", self.etag), ("Last-Modified", self.last_modified)):
            if value:
                request.send_header(name, value)
        request.end_headers()
        self.send(request, body)

    def range_of(self, request: http.server.BaseHTTPRequestHandler) -> tuple[int, int]:
        """The first byte to send, and the status."""
        match = re.fullmatch(r"bytes=(\d+)-", request.headers.get("Range", ""))
        condition = request.headers.get("If-Range")
        current = condition is None or condition in (self.etag, self.last_modified)
        if match is None or not (current or not self.honours_if_range):
            return 0, 200
        first = int(match[1])
        return first, 206 if first < len(self.body) else 416

    def send(self, request: http.server.BaseHTTPRequestHandler, body: bytes) -> None:
        """Send the body, or the part of it that the next fault allows."""
        request.close_connection = True
        if body and self.cuts:
            body = body[: self.cuts.pop(0)]
        elif body and self.stalls:
            request.wfile.write(body[: self.stalls.pop(0)])
            request.wfile.flush()
            self.closing.wait(20)
            return
        request.wfile.write(body)


@contextmanager
def serve(site: Site) -> Iterator[Site]:
    """Serve ``site`` at ``site.url`` while the block runs."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            site.answer(self)

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    site.url = f"http://127.0.0.1:{server.server_port}/file"
    try:
        yield site
    finally:
        site.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()
