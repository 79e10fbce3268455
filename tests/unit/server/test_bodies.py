"""Large bodies go to a file as they arrive, and their client waits while a piece is written."""
import hashlib
import os
import select
import socket

import pytest
from conftest import eventually

MIB = 1024 * 1024
PIECE = MIB  # LIMIT_SPOOLED_BODY_BYTES
LARGEST = 70 * MIB


def head(path, *lines):
    return "\r\n".join([f"POST {path} HTTP/1.1", "Host: h", *lines, "", ""]).encode()


def sized(path, body, claimed=None):
    return head(path, f"Content-Length: {len(body) if claimed is None else claimed}") + body


def chunked(path, body, size):
    chunks = [body[at : at + size] for at in range(0, len(body), size)] + [b""]
    return head(path, "Transfer-Encoding: chunked") + b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)


def seen(body):
    return f"{len(body)} {hashlib.sha256(body).hexdigest()}"


def written(server):
    return int(server.ask("GET", "/written"))


def open_files(server):
    folder = f"/proc/{server.process.pid}/fd"
    try:
        return [name for name in os.listdir(folder) if "/body-" in os.readlink(f"{folder}/{name}")]
    except FileNotFoundError:  # one was closed meanwhile
        return open_files(server)


def send_what_is_taken(client, data, at_least=PIECE + 65536):
    """The number of bytes sent until the socket took no more for half a second, and at least that many: the sockets'
    buffers alone may be full before a busy server reads the first byte."""
    client.socket.settimeout(0.5)
    taken, is_full = 0, False
    while taken < len(data) and not (is_full and taken >= at_least):
        try:
            taken += client.socket.send(data[taken : taken + 65536])
            is_full = False
        except socket.timeout:
            is_full = True
    client.socket.settimeout(60)
    return taken


def send_until_answered(client, data):
    """The number of bytes sent when there is something to read, or nothing more to send."""
    taken = 0
    while taken < len(data):
        readable, writable, _ = select.select([client.socket], [client.socket], [], 60)
        if readable or not writable:
            break
        taken += client.socket.send(data[taken : taken + 65536])
    return taken


def chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


def test_a_handler_takes_a_body_piece_by_piece(server):
    client = server.client().send(head("/eaten", "Transfer-Encoding: chunked"))
    for number in range(1, 4):  # the first run is the one with the head
        eventually(lambda number=number: written(server) == number)
        client.send(chunk(b"x" * number))
    eventually(lambda: written(server) == 4)
    client.send(chunk(b"")[:-2] + b"X-Late: yes\r\n\r\n")
    assert client.read_body() == "6 pieces yes"
    assert client.send(head("/eaten", "Transfer-Encoding: chunked") + chunk(b"a")).send(chunk(b"b") + chunk(b"")).read_body().split()[0] == "2"


def test_a_body_that_its_handler_wants_whole_comes_whole(server):
    client = server.client().send(head("/eaten?whole", "Transfer-Encoding: chunked"))
    eventually(lambda: written(server) == 1)
    for _ in range(3):
        client.send(chunk(b"x" * 100_000))
    client.send(chunk(b""))
    assert client.read_body() == "300000 whole "
    assert written(server) == 2


def test_a_body_that_came_with_its_head_is_whole(server):
    client = server.client().send(head("/eaten", "Transfer-Encoding: chunked") + chunk(b"abc") + chunk(b""))
    assert client.read_body() == seen(b"abc")
    assert client.send(sized("/eaten", b"abcd")).read_body() == seen(b"abcd")


def test_the_answer_before_the_body_ends_the_connection(server):
    client = server.client().send(head("/eaten?refuses", "Transfer-Encoding: chunked"))
    status, headers, body = client.read_reply()
    assert (status, headers["Connection"], body) == (403, "close", b"refused")


def test_a_client_waits_while_its_piece_is_with_the_handler(server):
    client = server.client().send(head("/eaten?held", "Transfer-Encoding: chunked"))
    body = b"".join(chunk(b"x" * 65536) for _ in range(512))
    taken = send_what_is_taken(client, body, at_least=0)
    assert taken < len(body) / 2
    server.ask("GET", "/release")
    client.send(body[taken:] + chunk(b""))
    assert client.read_body() == f"{512 * 65536} pieces "


def test_a_client_that_leaves_in_the_middle_of_a_piece_is_forgotten(server):
    client = server.client().send(head("/eaten?held", "Transfer-Encoding: chunked"))
    client.socket.close()
    eventually(lambda: int(server.ask("GET", "/cancelled")) == 1)
    server.ask("GET", "/release")
    client = server.client().send(head("/eaten", "Transfer-Encoding: chunked") + chunk(b"abc"))
    client.socket.close()
    assert server.ask("GET", "/slow?still") == "slow still"


@pytest.mark.parametrize("size,pieces", [(0, 0), (PIECE, 0), (PIECE + 1, 1)])
def test_a_body_goes_to_a_file_when_it_is_larger_than_the_bound(server, size, pieces):
    body = os.urandom(size)
    client = server.client().send(sized("/spooled", body))
    assert client.read_body() == seen(body)
    assert written(server) == pieces


@pytest.mark.parametrize("frame", [sized, lambda path, body: chunked(path, body, 100_000)], ids=["sized", "chunked"])
def test_all_of_a_large_body_arrives_and_the_connection_goes_on(server, frame):
    body = os.urandom(9 * MIB + 17)
    client = server.client().send(frame("/spooled", body) + sized("/spooled", b"next"))
    assert client.read_body() == seen(body)
    assert client.read_body() == seen(b"next")
    assert written(server) >= 8
    eventually(lambda: not open_files(server))


def test_a_body_of_what_does_not_spool_stays_in_memory(server):
    body = os.urandom(3 * MIB)
    client = server.client().send(sized("/echo", body))
    assert client.read_reply()[2] == body
    assert written(server) == 0


def test_100_continue_is_said_once_before_a_spooled_body(server):
    body = os.urandom(3 * MIB)
    client = server.client().send(head("/spooled", f"Content-Length: {len(body)}", "Expect: 100-continue"))
    assert client.read_head() == "HTTP/1.1 100 Continue"
    assert client.send(body).read_body() == seen(body)


def test_a_client_waits_while_a_piece_of_its_body_is_written(server):
    body = os.urandom(48 * MIB)
    client = server.client()
    data = sized("/spooled?held", body)
    taken = send_what_is_taken(client, data)
    assert PIECE < taken < 24 * MIB  # a piece, and the capacity of two sockets' buffers
    assert written(server) == 0
    server.ask("GET", "/release")
    assert client.send(data[taken:]).read_body() == seen(body)


def test_a_client_that_has_half_closed_still_gets_its_reply(server):
    body = os.urandom(PIECE + 1)
    client = server.client().send(sized("/spooled?held", body))
    client.socket.shutdown(socket.SHUT_WR)
    server.ask("GET", "/release")
    assert client.read_body() == seen(body)


def test_a_client_that_leaves_in_the_middle_leaves_nothing_behind(server):
    clients = [server.client().send(sized("/spooled", bytes(3 * MIB), 60 * MIB)) for _ in range(3)]
    eventually(lambda: len(open_files(server)) == 3)
    for client in clients:
        client.close()
    eventually(lambda: not open_files(server))


def test_a_client_that_leaves_while_a_piece_is_written_leaves_nothing_behind(server):
    client = server.client()
    send_what_is_taken(client, sized("/spooled?held", bytes(30 * MIB)))
    client.close()
    server.ask("GET", "/release")
    eventually(lambda: written(server) >= 1)
    eventually(lambda: not open_files(server))


def test_a_body_that_cannot_be_written_is_answered_at_once(server):
    client = server.client()
    send_until_answered(client, sized("/spooled?fails", bytes(12 * MIB), 60 * MIB))
    assert client.read_reply()[::2] == (503, b"full")
    client.close()
    eventually(lambda: not open_files(server))


@pytest.mark.parametrize("over", [0, 1])
def test_a_chunked_body_may_be_as_large_as_any_other(server, over):
    body = bytes(LARGEST + over)
    client = server.client()
    data = chunked("/spooled", body, 65536)
    taken = send_until_answered(client, data)
    if over == 0:
        assert client.send(data[taken:]).read_body() == seen(body)
    else:
        assert client.read_reply()[0] == 413
    client.close()
    eventually(lambda: not open_files(server))


def test_bytes_behind_the_length_that_was_told_are_no_body(server):
    body = os.urandom(2 * MIB)
    client = server.client().send(sized("/spooled", body) + b"this is no request\r\n\r\n")
    assert client.read_body() == seen(body)
    assert client.read_reply()[0] == 400


def test_a_server_that_stops_ends_bodies_that_are_half_there(server):
    clients = [server.client().send(sized("/spooled", bytes(3 * MIB), 60 * MIB)) for _ in range(2)]
    eventually(lambda: len(open_files(server)) == 2)
    assert server.stop() == 0
    for client in clients:
        client.close()
