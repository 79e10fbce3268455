"""A server of HTTP that plays what the command line talks to."""

import contextlib
import http.server
import threading


class Handler(http.server.BaseHTTPRequestHandler):
    """To be derived from: do_GET() and do_POST() answer by reply()."""

    protocol_version = "HTTP/1.1"

    def read(self):
        return self.rfile.read(int(self.headers["Content-Length"]))

    def reply(self, status, text, **headers):
        body = text.encode()
        self.send_response_only(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def listening(handler):
    """Yields the endpoint at which the handler answers."""
    listener = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=listener.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.server_port}"
    finally:
        listener.shutdown()
        listener.server_close()
