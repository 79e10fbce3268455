"""The limits of what a client may use: a server with little memory, few descriptors or a small disk, and hostile
clients.

These tests run the release build: the sanitizers need more address space than these servers get.
"""

import os
import pathlib
import socket
import subprocess
import sys

import pytest

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "sdk"), str(TESTS / "crash")]

import orderly_server  # noqa: E402
from wire_client import WireClient  # noqa: E402

RELEASE = os.environ.get("ORDERLY_RELEASE_BINARY", str(TESTS.parent / "build" / "orderly"))


@pytest.fixture
def start(tmp_path):
    """start(*arguments, limits=…, data=…): starts a server under `prlimit` with these limits."""
    servers = []

    def make(*arguments, limits=(), data=None):
        program = tmp_path / f"limited-{len(servers)}"
        program.write_text(f'#!/bin/sh\nexec prlimit {" ".join(limits)} {RELEASE} "$@"\n')
        program.chmod(0o755)
        servers.append(orderly_server.Server(*arguments, program=str(program), data=data).start())
        return servers[-1]

    yield make
    for server in servers:
        server.end()


@pytest.fixture
def disk_of(tmp_path):
    """disk_of(mebibytes): a folder on a separate disk of that size."""
    folders = []

    def make(mebibytes):
        if os.geteuid() != 0:
            pytest.skip("mounting a small disk needs root")
        folder = tmp_path / f"disk-{mebibytes}"
        folder.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m", "tmpfs", folder], capture_output=True, text=True)
        if mounted.returncode != 0:
            pytest.skip(f"mounting is not allowed here: {mounted.stderr.strip()}")
        folders.append(folder)
        return folder

    yield make
    for folder in folders:
        subprocess.run(["umount", "-l", folder], check=True)


@pytest.fixture
def small_disk(disk_of):
    """A folder on a separate disk of 288 MiB; a third of the disk is used by another file."""
    folder = disk_of(288)
    (folder / "ballast").write_bytes(bytes(96 << 20))
    return folder


class Raw:
    """A socket on which whole replies are read."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.buffer = b""

    def send(self, data):
        self.socket.sendall(data)
        return self

    def send_what_fits(self, data):
        """Sends bytes to a server that may have closed the connection."""
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass
        return self

    def reply(self):
        """(status, body); status 0 when the server closed without a reply."""
        try:
            while b"\r\n\r\n" not in self.buffer:
                data = self.socket.recv(65536)
                if not data:
                    return 0, b""
                self.buffer += data
            head, _, body = self.buffer.partition(b"\r\n\r\n")
            length = next((int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")), 0)
            while len(body) < length:
                body += self.socket.recv(65536)
        except ConnectionResetError:
            return 0, b""
        self.buffer = body[length:]
        return int(head.split(b" ")[1]), body[:length]

    def close(self):
        self.socket.close()


@pytest.fixture
def raw():
    made = []

    def make(server):
        made.append(Raw(server.port))
        return made[-1]

    yield make
    for connection in made:
        connection.close()


@pytest.fixture
def wire():
    made = []

    def make(server):
        made.append(WireClient(server.port))
        return made[-1]

    yield make
    for client in made:
        client.close()


def resident_bytes(server):
    """The server's peak of memory since its start."""
    status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024
