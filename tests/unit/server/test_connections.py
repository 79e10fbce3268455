"""What the server guarantees on one connection: order, limits, time-outs, an orderly end."""
import os
import select
import signal
import socket
import subprocess
import threading
import time

import pytest
from conftest import Server, eventually


def test_ready_is_printed_on_a_line_of_its_own(server):
    assert server.ready_line == "Ready.\n"


def test_a_port_that_is_taken_is_an_error(server):
    second = subprocess.run([os.environ["SERVER_UNDER_TEST"], "1", "off", "info", str(server.port)],
                            capture_output=True, text=True, timeout=60)
    assert second.returncode == 1 and second.stdout == ""
    assert second.stderr == f"cannot listen on 127.0.0.1:{server.port}: Address already in use (choose another port with --port)\n"


def test_connections_are_refused_until_the_server_can_serve():
    held = subprocess.Popen([os.environ["SERVER_UNDER_TEST"], "1"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True, env={**os.environ, "HOLD_START": "1"})
    port = int(held.stderr.readline().split()[1])
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=60)
    held.stdin.write("x")
    held.stdin.flush()
    assert held.stdout.readline() == "Ready.\n"
    with socket.create_connection(("127.0.0.1", port), timeout=60) as client:
        client.sendall(b"GET /null HTTP/1.1\r\nHost: h\r\n\r\n")
        assert client.recv(65536).startswith(b"HTTP/1.1 200 ")
    held.send_signal(signal.SIGTERM)
    held.communicate(timeout=60)
    assert held.returncode == 0


def test_one_connection_serves_many_requests(server):
    client = server.client()
    for _ in range(100):
        assert client.get("/null").read_body() == "{}"
        assert client.get("/slow?a").read_body() == "slow a"


def test_a_request_knows_the_address_that_its_client_called(server):
    assert server.client().get("/called").read_body() == "127.0.0.1"


def test_pipelined_requests_are_answered_in_order(server):
    client = server.client()
    for i in range(200):
        client.get(f"/slow?{i}")
        client.get("/null")
    for i in range(200):
        assert client.read_body() == f"slow {i}"
        assert client.read_body() == "{}"


def test_more_pipelined_requests_than_are_read_ahead(server):
    client = server.client()
    request = b"GET /slow?x HTTP/1.1\r\nHost: h\r\nX: " + b"y" * 1000 + b"\r\n\r\n"
    sender = threading.Thread(target=client.send, args=(request * 1000,))
    sender.start()
    for _ in range(1000):
        assert client.read_body() == "slow x"
    sender.join()


def test_a_request_may_arrive_byte_by_byte(server):
    client = server.client()
    for byte in b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello":
        client.send(bytes([byte]))
        time.sleep(0.001)
    assert client.read_body() == "hello"


def test_a_chunked_body_is_put_together(server):
    client = server.client()
    client.send(b"POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
    time.sleep(0.05)
    client.send(b"6\r\n world\r\n0\r\n\r\n")
    assert client.read_body() == "hello world"


def test_a_client_that_waits_for_continue_gets_it_before_it_sends_its_body(server):
    client = server.client()
    client.send(b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
    assert client.read_head() == "HTTP/1.1 100 Continue"
    client.send(b"hello")
    assert client.read_body() == "hello"


def test_a_large_body_goes_in_and_out(server):
    client = server.client()
    body = b"x" * (20 * 1024 * 1024)
    client.send(b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n" % len(body))
    sender = threading.Thread(target=client.send, args=(body,))
    sender.start()
    assert client.read_reply()[2] == body
    sender.join()


def test_a_slow_reader_gets_all_of_a_large_reply(server):
    client = server.client().get("/large").get("/null")
    time.sleep(0.3)
    assert len(client.read_reply()[2]) == 8 * 1024 * 1024
    assert client.read_body() == "{}"


def test_connection_close_is_obeyed(server):
    client = server.client().get("/null", "Connection: close")
    status, headers, _ = client.read_reply()
    assert (status, headers["Connection"]) == (200, "close")
    assert client.is_closed_by_server()


@pytest.mark.parametrize("request_bytes, status", [
    (b"GET / HTTP/1.1\r\nX: " + b"y" * 70000, 431),
    (b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999\r\n\r\n", 413),
    (b"nonsense\r\n\r\n", 400),
])
def test_what_cannot_be_served_is_refused_and_the_connection_closed(server, request_bytes, status):
    client = server.client().send(request_bytes)
    assert client.read_reply()[0] == status
    client.socket.shutdown(socket.SHUT_WR)
    assert client.is_closed_by_server()


def test_a_client_that_is_still_sending_reads_why_it_was_refused(server):
    client = server.client()
    client.send(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999\r\n\r\n" + b"x" * 1000000)
    assert client.read_reply()[0] == 413


def test_a_slow_head_gets_408(server):
    began = time.monotonic()
    client = server.client().send(b"GET /null HTTP/1.1\r\n")
    assert client.read_reply()[0] == 408
    assert time.monotonic() - began > 9


def test_a_client_that_leaves_cancels_its_parked_call(server):
    client = served(server)
    assert server.ask("GET", "/cancelled") == "0"
    client.close()
    eventually(lambda: server.ask("GET", "/cancelled") != "0")


def test_a_client_that_resets_cancels_its_parked_call(server):
    client = served(server)
    assert server.ask("GET", "/cancelled") == "0"
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    client.close()
    eventually(lambda: server.ask("GET", "/cancelled") != "0")


def test_a_client_that_has_said_its_last_word_still_gets_its_replies(server):
    client = server.client().get("/slow?1").get("/null").get("/slow?2")
    client.socket.shutdown(socket.SHUT_WR)
    assert [client.read_body() for _ in range(3)] == ["slow 1", "{}", "slow 2"]
    assert client.is_closed_by_server()


def test_many_connections_are_served_at_once(server):
    clients = [server.client() for _ in range(500)]
    for client in clients:
        client.get("/slow?1")
    assert all(client.read_body() == "slow 1" for client in clients)


# 76 of the 128 descriptors are reserved for the server, and one address gets seven eighths of the other 52.
DESCRIPTORS, OF_ONE_ADDRESS = 128, 45


@pytest.fixture
def small_server(tmp_path):
    server = Server(tmp_path, prefix=("prlimit", f"--nofile={DESCRIPTORS}:{DESCRIPTORS}"))
    yield server
    server.stop()


def closed(clients):
    """The clients whose connections the server has closed."""
    readable, _, _ = select.select([client.socket for client in clients], [], [], 0)
    return [index for index, client in enumerate(clients) if client.socket in readable]


def test_at_the_limit_the_longest_idle_connection_makes_room(small_server):
    clients = [small_server.client() for _ in range(OF_ONE_ADDRESS)]
    for client in clients[1:] + clients[:1]:  # the first is the last one to send
        assert client.get("/null").read_body() == "{}"
    clients.append(small_server.client().get("/null"))
    assert clients[-1].read_body() == "{}"
    gone = eventually(lambda: closed(clients))
    assert len(gone) == 1 and gone[0] in (1, 2, 3)  # two loops may have read from neighbours in either order
    assert clients[0].get("/null").read_body() == "{}"


def test_a_request_that_has_stalled_makes_room_when_nobody_is_idle(small_server):
    clients = [small_server.client().send(b"GET /null HTTP/1.1\r\n") for _ in range(OF_ONE_ADDRESS)]
    late = small_server.client().get("/null")
    assert late.read_body() == "{}"
    eventually(lambda: len(closed(clients)) == 1)


def served(server):
    """A client whose request is with the engine: requests that arrived together with it are answered."""
    request = "GET {} HTTP/1.1\r\nHost: h\r\n\r\n"
    client = server.client().send((request.format("/null") + request.format("/park")).encode())
    assert client.read_body() == "{}"
    return client


def test_who_is_being_served_does_not_make_room(small_server):
    clients = [served(small_server) for _ in range(OF_ONE_ADDRESS)]
    too_many = small_server.client()
    assert too_many.read_reply()[0] == 503
    assert too_many.is_closed_by_server()
    assert closed(clients) == []


def test_refused_connections_are_counted_in_one_line_a_second(small_server):
    clients = [served(small_server) for _ in range(OF_ONE_ADDRESS)]
    began = time.monotonic()
    for _ in range(200):
        assert small_server.client().read_reply()[0] == 503
    seconds = time.monotonic() - began
    lines = [line for line in small_server.log().splitlines() if "a connection was refused" in line]
    assert 1 <= len(lines) <= min(seconds + 2, 199)
    assert closed(clients) == []


def test_without_descriptors_the_longest_idle_connection_makes_room(small_server):
    clients = [small_server.client() for _ in range(30)]
    assert clients[-1].get("/null").read_body() == "{}"
    few = len(os.listdir(f"/proc/{small_server.process.pid}/fd"))
    subprocess.run(["prlimit", f"--pid={small_server.process.pid}", f"--nofile={few}:{DESCRIPTORS}"], check=True)
    late = small_server.client().get("/null")
    assert late.read_body() == "{}"
    assert closed(clients)


def test_who_is_not_let_in_is_answered_before_the_body(server):
    head = "POST /stranger HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n"
    waiting = server.client().send((head + "Expect: 100-continue\r\n\r\n").encode())
    status, headers, body = waiting.read_reply()
    assert (status, headers["Connection"], body) == (403, "close", b"stranger")
    eager = server.client().send((head + "\r\n").encode()).send(b"x" * 1000000)
    assert eager.read_reply()[0] == 403


def test_who_is_let_in_is_told_to_go_on(server):
    client = server.client().send(b"POST /null HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
    assert client.read_head().startswith("HTTP/1.1 100 ")
    assert client.send(b"{}").read_body() == "{}"


def test_a_stop_answers_what_is_in_flight_and_closes_idle_connections(server):
    idle, half, parked = server.client().get("/null"), server.client().send(b"GET /nu"), served(server)
    idle.read_reply()
    server.process.send_signal(signal.SIGTERM)
    status, headers, body = parked.read_reply()
    assert (status, headers["Connection"], body) == (200, "close", b"empty")
    assert idle.is_closed_by_server()
    with pytest.raises((ConnectionResetError, EOFError)):
        half.read_reply()
    parked.close()
    assert server.process.wait(60) == 0


def test_a_stop_does_not_wait_for_clients_that_keep_their_connection(server):
    parked = served(server)
    server.process.send_signal(signal.SIGINT)
    assert parked.read_body() == "empty"
    assert server.process.wait(60) == 0


def test_nobody_can_connect_once_the_server_stops(server):
    assert server.stop() == 0
    with pytest.raises(ConnectionRefusedError):
        server.client()


def test_a_second_signal_ends_the_process_at_once(tmp_path):
    """Both come while the process is held: else its stop might be over before the second one."""
    server = Server(tmp_path)
    server.start("E", "/bin/sh", "-c", "trap '' TERM; echo up; while :; do sleep 0.01; done")
    eventually(lambda: server.lines_of("E"))
    for number in (signal.SIGSTOP, signal.SIGINT, signal.SIGTERM, signal.SIGCONT):
        server.process.send_signal(number)
    assert server.process.wait(60) in (128 + signal.SIGINT, 128 + signal.SIGTERM)


@pytest.fixture
def without_nohup():
    """What is started hears when its terminal closes, even if these tests were started by nohup."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


def test_a_terminal_that_closes_stops_the_server_however_often_it_says_so(tmp_path, without_nohup):
    server = Server(tmp_path)
    server.start("E", "/bin/sh", "-c", "trap '' TERM; echo up; while :; do sleep 0.01; done")
    eventually(lambda: server.lines_of("E"))
    server.process.send_signal(signal.SIGHUP)
    eventually(lambda: "stopping" in server.log())
    server.process.send_signal(signal.SIGHUP)
    assert server.process.wait(60) == 0
    assert server.log().count("stopping") == server.log().count(" stopped") == 1


def test_nohup_keeps_the_server_when_its_terminal_closes(tmp_path):
    server = Server(tmp_path, prefix=["nohup"])
    server.process.send_signal(signal.SIGHUP)
    assert server.ask("GET", "/null") == "{}"
    assert server.stop() == 0
