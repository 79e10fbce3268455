"""Servers on the outside, for what SNS sends there: an HTTP endpoint and an SMTP relay."""

import http.server
import queue
import socketserver
import ssl
import threading


class Endpoint:
    """An HTTP server that keeps the requests that it gets, and answers with the statuses it is told, then with 200.

    A request with the status None gets no answer before the end, one with "endless" an answer without an end, and one
    with "endless header" one without an end of its first header.
    Neither gets one whose path begins as hang() is told."""

    def __init__(self, certificate=None):
        """certificate: the path of a PEM file with a certificate for 127.0.0.1 and its key, for HTTPS."""
        self.requests, self.statuses, self.ended = queue.Queue(), queue.Queue(), threading.Event()
        self.hanging = None
        endpoint = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                endpoint.requests.put((self.path, self.headers, body))
                status = 200 if endpoint.statuses.empty() else endpoint.statuses.get()
                if status is None or endpoint.hanging and self.path.startswith(endpoint.hanging):
                    endpoint.ended.wait()
                    return
                if str(status).startswith("endless"):
                    self.answer_without_end(in_body=status == "endless")
                    return
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_GET = do_POST

            def answer_without_end(self, in_body):
                self.send_response(200)
                if in_body:
                    self.end_headers()
                else:
                    self.flush_headers()
                    self.wfile.write(b"X-Long: ")
                try:
                    while True:
                        self.wfile.write(b"x" * 65536)
                except OSError:
                    self.close_connection = True

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http{'s' if certificate else ''}://127.0.0.1:{self.server.server_port}"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, *statuses):
        for status in statuses:
            self.statuses.put(status)

    def hang(self, path):
        self.hanging = path

    def take(self):
        """(path, headers, body) of the next request."""
        return self.requests.get(timeout=60)

    def end(self):
        self.ended.set()
        self.server.shutdown()
        self.server.server_close()


class Relay:
    """An SMTP server that takes every mail; or answers RCPT with the replies that it is told."""

    def __init__(self):
        self.mails, self.replies = queue.Queue(), queue.Queue()
        relay = self

        class Handler(socketserver.StreamRequestHandler):
            def say(self, line):
                self.wfile.write(line.encode() + b"\r\n")

            def handle(self):
                self.say("220 relay")
                mail = {}
                while line := self.rfile.readline():
                    word = line.split()[0].upper() if line.split() else b""
                    if word == b"DATA":
                        self.say("354 go on")
                        mail["data"] = b"".join(iter(self.rfile.readline, b".\r\n"))
                        relay.mails.put(mail)
                        self.say("250 taken")
                    elif word == b"RCPT":
                        mail["to"] = line.split(b"<")[1].split(b">")[0].decode()
                        self.say("250 fine" if relay.replies.empty() else relay.replies.get())
                    elif word == b"QUIT":
                        self.say("221 bye")
                        return
                    else:
                        self.say("250 fine")

        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"smtp://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def end(self):
        self.server.shutdown()
        self.server.server_close()
