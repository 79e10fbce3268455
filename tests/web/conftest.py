"""The browser tests use the SDK tests' server, with one allowed origin, and a site of other origins."""

import http.server
import pathlib
import sys
import threading
import urllib.parse

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "sdk"))
import orderly_server  # noqa: E402
from chromium import Browser  # noqa: E402
from orderly_fixtures import *  # noqa: E402,F403


class Site(http.server.BaseHTTPRequestHandler):
    """An empty page at every path; /to?URL redirects there, /sdk.html has the SDK for JavaScript."""

    sdk = b""

    def do_GET(self):
        path, _, query = self.path.partition("?")
        self.send_response(302 if path == "/to" else 200)
        if path == "/to":
            self.send_header("Location", urllib.parse.unquote(query))
        self.send_header("Content-Type", "text/javascript" if path == "/sdk.js" else "text/html; charset=utf-8")
        self.end_headers()
        script = b"<script src=/sdk.js></script>" if path == "/sdk.html" else b""
        self.wfile.write(self.sdk if path == "/sdk.js" else b"<!doctype html><title>page</title><p>page" + script)

    def log_message(self, *arguments):
        pass


@pytest.fixture(scope="session")
def site_port():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()


@pytest.fixture(scope="session")
def endpoint(site_port):
    """A server with its default settings and one allowed origin."""
    server = orderly_server.Server("--allowed-origin", f"http://app.example:{site_port}").start()
    yield server.endpoint
    server.end()


@pytest.fixture(scope="session")
def browser():
    browser = Browser()
    yield browser
    browser.close()


@pytest.fixture
def open_page(browser, site_port):
    """open_page(host) opens a page of that host."""
    pages = []

    def open_page(host="127.0.0.1", path="/"):
        pages.append(browser.open(f"http://{host}:{site_port}{path}"))
        return pages[-1]

    yield open_page
    for page in pages:
        page.close()


@pytest.fixture
def foreign(open_page):
    return open_page("evil.example")
