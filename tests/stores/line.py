"""The line to a store, on which answers are slow, break off, or say that the store is busy."""

import http.client
import http.server
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Line:
    """What goes wrong on a line, and what went over it.

    Attributes
    ----------
    store : str
        Host and port.
    delay_s : float
        Before each answer.
    cuts : int
        Objects, still to come, of which half is sent before the line is closed.
    busy : int
        Requests, still to come, that are answered with status 503.
    requests : Counter
        Methods of all requests.
    url : str
        Where the line begins, while it is open.
    """

    store: str
    delay_s: float = 0.0
    cuts: int = 0
    busy: int = 0
    requests: Counter[str] = field(default_factory=Counter)
    url: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def is_busy(self) -> bool:
        """Whether this request gets status 503."""
        with self._lock:
            self.busy -= 1
            return self.busy >= 0

    def is_cut(self) -> bool:
        """Whether this object breaks off."""
        with self._lock:
            self.cuts -= 1
            return self.cuts >= 0


@contextmanager
def opened(line: Line) -> Iterator[Line]:
    """A line that is open while the block runs."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            line.requests[self.command] += 1
            time.sleep(line.delay_s)
            body = self.body()
            if line.is_busy():
                self.reply(503, {"Content-Length": "0"}, b"")
                return
            store = http.client.HTTPConnection(line.store, timeout=60)
            headers = {name: value for name, value in self.headers.items()
                       if name.lower() not in ("expect", "transfer-encoding")}  # fmt: skip
            store.request(self.command, self.path, body, headers | {"Content-Length": len(body)})
            found = store.getresponse()
            sent = found.read()
            kept = ("etag", "last-modified", "content-type", "content-range", "accept-ranges",
                    "content-length", "location")  # fmt: skip
            told = {name: value for name, value in found.getheaders() if name.lower() in kept}
            if self.command != "HEAD":
                told = {n: v for n, v in told.items() if n.lower() != "content-length"}
                told["Content-Length"] = str(len(sent))
            is_object = self.command == "GET" and len(sent) > 1000 and "?" not in self.path
            if is_object and line.is_cut():
                self.close_connection = True
                sent = sent[: len(sent) // 2]
            self.reply(found.status, told, sent)
            store.close()

        do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = answer

        def body(self) -> bytes:
            """What was sent along, in chunks or at once."""
            if self.headers.get("Expect", "").lower() == "100-continue":
                self.send_response_only(100)
                self.end_headers()
            if "chunked" in self.headers.get("Transfer-Encoding", ""):
                parts = []
                while size := int(self.rfile.readline().split(b";")[0], 16):
                    parts.append(self.rfile.read(size))
                    self.rfile.readline()
                self.rfile.readline()
                return b"".join(parts)
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))

        def reply(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    line.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield line
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
