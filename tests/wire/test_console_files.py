"""The console's files, whatever the binary was built with, and what the server tells the console."""

import gzip
import http.client
import json
import re

import pytest
from door import create_queue, send

PAGE = "/_orderly/console/"
SESSION = PAGE + "session"
POLICY = ("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
          "worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
SAFE = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "vary": "Accept-Encoding",
}
TYPES = {"js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8", "svg": "image/svg+xml"}


class Raw:
    """A reply whose body may be packed."""

    def __init__(self, endpoint, method, path, headers=None):
        connection = http.client.HTTPConnection(endpoint.split("//")[1], timeout=30)
        connection.request(method, path, headers=headers or {})
        reply = connection.getresponse()
        self.status, self.body = reply.status, reply.read()
        self.headers = {name.lower(): value for name, value in reply.getheaders()}
        connection.close()


@pytest.fixture(scope="module")
def page(endpoint):
    return Raw(endpoint, "GET", PAGE)


@pytest.fixture(scope="module")
def assets(page):
    """The paths of the files that the page names."""
    found = re.findall(r'"(/_orderly/console/assets/[^"]+)"', page.body.decode())
    assert found
    return found


def test_the_page_is_html_that_a_browser_asks_for_each_time(page):
    assert page.status == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["cache-control"] == "no-cache"
    assert {name: page.headers.get(name) for name in SAFE} == SAFE


def test_the_page_contains_no_script_and_no_style_of_its_own(page):
    text = page.body.decode()
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\bon\w+=|\bstyle=|javascript:", text)
    assert not re.search(r'(src|href)="(?!/_orderly/)[^"]*//', text)


@pytest.mark.parametrize("path", ["sqs/queues", "dynamodb/tables/Orders?tab=items", "index.html", "session/x", "%2e%2e/x"])
def test_every_screen_has_the_same_page(endpoint, page, path):
    assert Raw(endpoint, "GET", PAGE + path).body == page.body


def test_files_are_kept_for_ever_because_their_names_change(endpoint, assets):
    for path in assets:
        reply = Raw(endpoint, "GET", path)
        assert (reply.status, reply.headers["content-type"]) == (200, TYPES[path.rsplit(".", 1)[1]])
        assert reply.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert {name: reply.headers.get(name) for name in SAFE} == SAFE


@pytest.mark.parametrize("path", ["assets/nope.js", "assets/", "assets/../index.html"])
def test_a_file_that_is_missing_is_not_the_page(endpoint, path):
    reply = Raw(endpoint, "GET", PAGE + path)
    assert (reply.status, json.loads(reply.body)) == (404, {"message": "The console has no such file."})


@pytest.mark.parametrize("accepted, packed", [("gzip", True), ("br, gzip;q=0.5", True), ("gzip;q=0", False), ("br", False), ("", False)])
def test_a_file_is_packed_for_those_that_accept_it(endpoint, page, accepted, packed):
    reply = Raw(endpoint, "GET", PAGE, {"Accept-Encoding": accepted})
    assert reply.headers.get("content-encoding") == ("gzip" if packed else None)
    assert (gzip.decompress(reply.body) if packed else reply.body) == page.body
    assert reply.headers["etag"] == page.headers["etag"]


def test_a_known_file_is_not_sent_again(endpoint, page):
    tag = page.headers["etag"]
    assert re.fullmatch(r'W/"[0-9a-f]{16}"', tag)
    for known in (tag, f'"other", {tag}', "*"):
        reply = Raw(endpoint, "GET", PAGE, {"If-None-Match": known})
        assert (reply.status, reply.body, reply.headers["etag"]) == (304, b"", tag)
    assert Raw(endpoint, "GET", PAGE, {"If-None-Match": 'W/"0123456789abcdef"'}).status == 200


def test_head_answers_as_get_without_the_body(endpoint, page):
    reply = Raw(endpoint, "HEAD", PAGE)
    same = lambda one: {name: value for name, value in one.headers.items() if name != "date"}
    assert (reply.status, reply.body, same(reply)) == (200, b"", same(page))


def test_the_console_takes_nothing(endpoint):
    assert Raw(endpoint, "POST", PAGE).status == 404


def test_a_program_at_the_root_still_gets_an_error_of_aws(endpoint):
    reply = Raw(endpoint, "GET", "/", {"Accept": "*/*"})
    assert (reply.status, reply.headers["content-type"]) == (400, "application/x-amz-json-1.0")


# --- The session -------------------------------------------------------------------------------


def session(server, **headers):
    reply = send(server.endpoint, "GET", SESSION, headers)
    assert (reply.status, reply.headers["cache-control"]) == (200, "no-store")
    return json.loads(reply.body)


def test_an_open_server_names_its_accounts_and_no_key(started):
    server = started("--region", "eu-central-1")
    version = json.loads(send(server.endpoint, "GET", "/_orderly/health").body)["version"]
    expected = {"auth": "open", "account": "000000000000", "accounts": ["000000000000"], "region": "eu-central-1",
                "endpoint": server.endpoint, "version": version, "policies": "on", "durability": "full"}
    assert session(server) == expected
    create_queue(server, "481665095854")
    create_queue(server, "000000000000")
    create_queue(server, "481665095854")
    assert session(server) == {**expected, "accounts": ["000000000000", "481665095854"]}
    port = server.endpoint.rsplit(":", 1)[1]
    assert session(server, Host=f"localhost:{port}")["endpoint"] == f"http://localhost:{port}"


def test_accounts_are_remembered_until_a_reset(started):
    server = started()
    create_queue(server, "481665095854")
    server.stop()
    server.start()
    assert session(server)["accounts"] == ["000000000000", "481665095854"]
    assert send(server.endpoint, "POST", "/_localstack/state/reset").status == 200
    assert session(server)["accounts"] == ["000000000000"]
    create_queue(server, "481665095854")
    assert session(server)["accounts"] == ["000000000000", "481665095854"]


def test_a_thousand_accounts_are_named_the_default_one_among_them(started):
    server = started("--durability", "relaxed", "--iam", "off")
    others = [f"{number:012}" for number in range(1, 1001)]
    for account in others[:999]:
        create_queue(server, account)
    assert session(server)["accounts"] == ["000000000000", *others[:999]]
    create_queue(server, others[999])
    assert session(server)["accounts"] == ["000000000000", *others[:999]]
    create_queue(server, "000000000000")
    assert session(server)["accounts"] == ["000000000000", *others[:999]]


def test_a_strict_server_names_no_account(started):
    server = started("--auth", "strict", "--root-access-key-id", "AKIAROOT", "--root-secret-access-key", "root-secret",
                     "--durability", "relaxed", "--iam", "soft")
    told = session(server)
    assert {"account", "accounts"} & set(told) == set()
    assert (told["auth"], told["policies"], told["durability"]) == ("strict", "soft", "relaxed")
    assert "AKIAROOT" not in json.dumps(told) and "root-secret" not in json.dumps(told)
