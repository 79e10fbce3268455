"""Replies that are sent piece by piece, as fast as the client reads them."""
import json
import signal

import pytest
from conftest import Client, Server, eventually

MIB = 1024 * 1024
OF_ONE_ADDRESS = 224


def letters(count, size):
    return b"".join(bytes([ord("a") + i % 26]) * size for i in range(1, count + 1))


def read_chunks(client):
    """The body of a chunked reply whose head has been read; EOFError when it ends early."""
    body = b""
    while True:
        while b"\r\n" not in client.received:
            client._fill()
        size_line, client.received = client.received.split(b"\r\n", 1)
        size = int(size_line, 16)
        while len(client.received) < size + 2:
            client._fill()
        body += client.received[:size]
        assert client.received[size:size + 2] == b"\r\n"
        client.received = client.received[size + 2:]
        if size == 0:
            return body


def made_and_left(server):
    made, left = server.ask("GET", "/streams").split()
    return int(made), int(left)


def test_a_reply_in_pieces_is_chunked_and_the_connection_goes_on(server):
    client = server.client().get("/pieces?pieces=3&bytes=5").get("/null")
    head = client.read_head().split("\r\n")
    assert head[0] == "HTTP/1.1 200 OK" and head[2:] == ["Content-Type: text/plain", "Transfer-Encoding: chunked"]
    assert read_chunks(client) == letters(3, 5)
    assert client.read_body() == "{}"
    assert made_and_left(server) == (3, 0)


def test_an_empty_piece_sends_the_head_alone(server):
    client = server.client().get("/pieces?pieces=2&bytes=0")
    client.read_head()
    assert read_chunks(client) == b""


def test_a_reply_of_a_known_size_has_its_length_and_ends_with_it(server):
    client = server.client().get("/pieces?pieces=9&bytes=5&size=10").get("/null")
    head = client.read_head().split("\r\n")
    assert "Content-Length: 10" in head and "Transfer-Encoding: chunked" not in head
    while len(client.received) < 10:
        client._fill()
    body, client.received = client.received[:10], client.received[10:]
    assert body == letters(2, 5)
    assert client.read_body() == "{}"


@pytest.mark.parametrize("size", [9, 11])
def test_a_reply_that_is_not_as_long_as_it_said_is_cut_off(server, size):
    client = server.client().get(f"/pieces?pieces=2&bytes=5&size={size}")
    client.read_head()
    with pytest.raises(EOFError):
        while len(client.received) < size:
            client._fill()


def test_a_client_of_http_1_0_reads_until_the_connection_is_closed(server):
    client = server.client().send(b"GET /pieces?pieces=2&bytes=5 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
    head = client.read_head().split("\r\n")
    assert head[-1] == "Connection: close" and "Transfer-Encoding: chunked" not in head
    with pytest.raises(EOFError):
        while True:
            client._fill()
    assert client.received == letters(2, 5)


def test_connection_close_ends_the_connection_behind_the_last_piece(server):
    client = server.client().get("/pieces?pieces=2&bytes=5", "Connection: close")
    assert "Connection: close" in client.read_head()
    assert read_chunks(client) == letters(2, 5)
    assert client.is_closed_by_server()


def test_head_gets_the_head_and_the_producer_hears_that_nobody_wants_more(server):
    client = server.client().send(b"HEAD /pieces?pieces=2&bytes=5 HTTP/1.1\r\nHost: h\r\n\r\n").get("/null")
    assert "Transfer-Encoding: chunked" in client.read_head()
    assert client.read_body() == "{}"
    assert made_and_left(server) == (1, 1)


def test_a_stream_that_fails_is_cut_off_without_its_end(server):
    client = server.client().get("/pieces?pieces=5&bytes=5&fails=2")
    client.read_head()
    with pytest.raises(EOFError):
        read_chunks(client)


def test_pieces_are_made_only_as_fast_as_the_client_reads(server):
    client = server.client().get(f"/pieces?pieces=1000&bytes={MIB}")
    client.read_head()
    made = -1
    while made != (made := made_and_left(server)[0]):
        pass
    assert made < 50  # the capacity of two sockets' buffers
    client.close()


def test_all_of_a_large_stream_arrives_at_a_slow_reader(server):
    client = server.client().get("/pieces?pieces=200&bytes=65536")
    client.read_head()
    eventually(lambda: made_and_left(server)[0] > 1)
    assert read_chunks(client) == letters(200, 65536)


def test_the_producer_hears_that_the_client_has_gone(server):
    client = server.client().get(f"/pieces?pieces=1000&bytes={MIB}")
    client.read_head()
    client.close()
    eventually(lambda: made_and_left(server)[1] == 1)


def test_requests_behind_a_stream_wait_for_its_end(server):
    client = server.client().get("/pieces?pieces=50&bytes=100000").get("/slow?x")
    client.read_head()
    assert read_chunks(client) == letters(50, 100000)
    assert client.read_body() == "slow x"


def test_one_address_has_a_bounded_number_of_streams(server):
    unread = f"/pieces?pieces=1000&bytes={MIB // 16}"
    # With small buffers: else the server makes a gigabyte before all of these streams wait for their clients.
    clients = [server.client(receive_buffer=4096).get(unread) for _ in range(OF_ONE_ADDRESS)]
    for client in clients:
        assert client.read_head().startswith("HTTP/1.1 200 ")
    refused = server.client().get("/pieces?pieces=1&bytes=1").get("/null")
    status, headers, said = refused.read_reply()
    assert (status, headers["Content-Type"]) == (503, "application/json")
    assert json.loads(said) == {"message": "The server sends as many replies piece by piece to this address as one may have. "
                                           "Close one, or try again later."}
    assert refused.read_body() == "{}"
    clients.pop().close()
    eventually(lambda: server.client().get("/pieces?pieces=1&bytes=1").read_head().startswith("HTTP/1.1 200 "))
    for client in clients:
        client.close()


def test_the_server_stops_although_a_client_does_not_read_its_stream(server):
    client = server.client().get(f"/pieces?pieces=1000&bytes={MIB}")
    client.read_head()
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(20) == 0


def test_a_stream_is_not_closed_for_the_sake_of_new_connections(tmp_path):
    server = Server(tmp_path, prefix=["prlimit", "--nofile=128:128"])
    try:
        stream = server.client().get(f"/pieces?pieces=30&bytes={MIB}")
        stream.read_head()
        others = [Client(server.port) for _ in range(100)]
        assert others[-1].get("/null").read_body() == "{}"
        assert read_chunks(stream) == letters(30, MIB)
    finally:
        assert server.stop() == 0
