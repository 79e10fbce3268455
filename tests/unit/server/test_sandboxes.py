"""What a function's child process gets, and what the engine hears of it."""
import os
import signal
import sys
import tempfile
import time

import pytest
from conftest import Server, eventually

MIB = 1024 * 1024
PYTHON = os.path.realpath(sys.executable)

# A runtime in a few lines: ask() speaks to the Runtime API.
RUNTIME = """
import http.client, os, sys, time
api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
def ask(method, path):
    api.request(method, path)
    return api.getresponse().read()
"""


def start_python(server, identity, program, **payload):
    server.start(identity, PYTHON, "-u", "-S", "-c", RUNTIME + program, **payload)


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_output_and_exit_code_are_reported(server):
    server.start("E", "/bin/sh", "-c", "echo one; echo two >&2; printf three; exit 7")
    exit = server.exit_of("E")
    assert exit["Reason"] == "Exited" and exit["ExitCode"] == 7 and "Signal" not in exit
    assert server.lines_of("E") == ["one", "two", "three"]
    assert server.events_of("E")[-1][0] == "SandboxExited"


def test_lines_carry_the_time_in_milliseconds(server):
    server.start("E", "/bin/echo", "hello")
    server.exit_of("E")
    [line] = [line for name, event in server.events_of("E") if name == "SandboxOutput" for line in event["Lines"]]
    assert abs(line["Timestamp"] / 1000 - time.time()) < 10


def test_a_signal_that_ends_the_child_is_reported(server):
    server.start("E", "/bin/sh", "-c", "kill -SEGV $$")
    exit = server.exit_of("E")
    assert exit["Signal"] == signal.SIGSEGV and "ExitCode" not in exit


def test_output_is_told_before_the_request_that_follows_it(server):
    start_python(server, "E", """
for i in range(50):
    print("line", i)
    ask("POST", f"/{i}/response")
""")
    server.exit_of("E")
    told = []
    for name, event in server.events_of("E"):
        told += [line["Text"] for line in event["Lines"]] if name == "SandboxOutput" else [event.get("Path")]
    expected = [text for i in range(50) for text in (f"line {i}", f"/{i}/response")]
    assert told[:100] == expected


def test_output_of_a_busy_child_is_told_while_it_runs(server):
    server.start("E", "/bin/sh", "-c", "echo early; sleep 5")
    eventually(lambda: server.lines_of("E") == ["early"], seconds=2)


def test_output_that_is_not_utf8_is_made_so(server):
    server.start("E", "/usr/bin/printf", r"a\xff\xc3\xa4\xe2\x82\n")
    server.exit_of("E")
    assert server.lines_of("E") == ["a\ufffdä\ufffd\ufffd"]


def test_a_line_longer_than_an_event_is_cut_between_characters(server):
    start_python(server, "E", "sys.stdout.write('x' + 'ä' * 300000 + '\\nend\\n')")
    server.exit_of("E")
    lines = server.lines_of("E")
    assert "".join(lines[:-1]) == "x" + "ä" * 300000 and lines[-1] == "end"
    assert all(len(line.encode()) <= 256 * 1024 for line in lines) and len(lines) == 4


def test_a_flood_of_output_is_whole(server):
    start_python(server, "E", "sys.stdout.write(''.join(f'{i}\\n' for i in range(500000)))")
    server.exit_of("E")
    assert server.lines_of("E") == [str(i) for i in range(500000)]


def test_the_sandbox_is_what_the_payload_gives(server):
    server.start("E", "/usr/bin/env", environment={"A": "1", "B": "x y"})
    server.exit_of("E")
    lines = sorted(server.lines_of("E"))
    assert lines[:2] == ["A=1", lines[1]] and lines[1].startswith("AWS_LAMBDA_RUNTIME_API=127.0.0.1:")
    assert lines[2] == "B=x y"
    assert lines[3:] == [f"ORDERLY_SERVER={os.stat('/proc/self/ns/pid').st_ino}:{server.process.pid}"]


def test_it_works_in_its_folder(server, tmp_path):
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "file").write_text("found")
    server.start("E", "/bin/sh", "-c", "pwd; cat file", workingDirectory=str(tmp_path / "code"))
    server.exit_of("E")
    assert server.lines_of("E") == [str(tmp_path / "code"), "found"]


def check_that_each_child_has_a_tmp_of_its_own(server):
    program = "cd ${TMPDIR:-/tmp}; pwd; ls; echo x > mine && echo written; ls"
    with tempfile.NamedTemporaryFile(dir="/tmp") as mark:
        for identity in "AB":
            server.start(identity, "/bin/sh", "-c", program)
            assert server.exit_of(identity)["ExitCode"] == 0
            folder, *lines = server.lines_of(identity)
            before, after = lines[:lines.index("written")], lines[lines.index("written"):]
            assert "mine" not in before and os.path.basename(mark.name) not in before and "mine" in after
            assert folder == "/tmp" or not os.path.exists(folder)
    assert not os.path.exists("/tmp/mine")


def test_each_child_has_a_tmp_of_its_own(server):
    check_that_each_child_has_a_tmp_of_its_own(server)


@pytest.mark.skipif(os.geteuid() != 0, reason="changes its user")
def test_each_child_has_a_tmp_of_its_own_without_root(tmp_path):
    server = Server(tmp_path, user=65534, group=65534, extra_groups=[])
    check_that_each_child_has_a_tmp_of_its_own(server)
    server.start("E", "/usr/bin/id", "-u")
    server.exit_of("E")
    assert server.lines_of("E") == ["65534"]
    assert server.stop() == 0


def test_without_namespaces_each_child_has_a_folder_of_its_own(tmp_path):
    forbid = 'echo 0 >/proc/sys/user/max_mnt_namespaces && exec "$@"'
    server = Server(tmp_path, prefix=["unshare", "--user", "--map-root-user", "sh", "-c", forbid, "sh"])
    check_that_each_child_has_a_tmp_of_its_own(server)
    assert "no private /tmp" in server.log()
    assert server.stop() == 0


def test_it_leads_a_session_and_may_gain_no_privileges(server):
    server.start("E", "/bin/sh", "-c",
                 "grep NoNewPrivs /proc/self/status; ulimit -c; ulimit -n; ps -o pid=,pgid=,sid= -p $$ | tr -s ' '")
    server.exit_of("E")
    privileges, core, files, ids = server.lines_of("E")
    assert (privileges, core, files) == ("NoNewPrivs:\t1", "0", "1024")
    assert len(set(ids.split())) == 1


def test_it_inherits_no_descriptor_and_no_ignored_signal(server):
    server.start("E", "/bin/sh", "-c", "ls /proc/$$/fd; exec grep -E 'SigIgn|SigBlk' /proc/self/status")
    server.exit_of("E")
    lines = server.lines_of("E")
    assert lines[:3] == ["0", "1", "2"] and lines[-2:] == ["SigBlk:\t0000000000000000", "SigIgn:\t0000000000000000"]


@pytest.mark.parametrize("command, trouble", [
    ("/nowhere/bootstrap", "No such file or directory"),
    ("/etc/passwd", "Permission denied"),
])
def test_a_program_that_cannot_be_executed_is_reported(server, command, trouble):
    server.start("E", command)
    exit = server.exit_of("E")
    assert exit["Reason"] == "StartFailed" and trouble in exit["Message"] and command in exit["Message"]


def test_a_folder_that_does_not_exist_is_reported(server):
    server.start("E", "/bin/true", workingDirectory="/nowhere")
    assert "cannot enter its folder" in server.exit_of("E")["Message"]


def test_an_effect_started_twice_starts_one_child(server):
    for _ in range(2):
        server.start("E", "/bin/sh", "-c", "echo up; sleep 1")
    server.exit_of("E")
    assert server.lines_of("E") == ["up"]


def test_stop_kills_the_child_and_what_it_started(server):
    server.start("E", "/bin/sh", "-c", "sleep 100 & echo $!; wait")
    [sleeper] = eventually(lambda: server.lines_of("E"))
    server.stop_sandbox("E")
    exit = server.exit_of("E")
    assert exit["Reason"] == "Stopped" and exit["Signal"] == signal.SIGKILL
    eventually(lambda: not is_alive(sleeper))


def test_what_a_child_leaves_behind_is_killed(server):
    server.start("E", "/bin/sh", "-c", "sleep 100 & echo $!")
    server.exit_of("E")
    [sleeper] = server.lines_of("E")
    eventually(lambda: not is_alive(sleeper))


def test_stopping_an_unknown_sandbox_is_answered(server):
    server.stop_sandbox("nobody")
    assert server.exit_of("nobody")["Reason"] == "NotRunning"


def test_a_child_that_outgrows_its_memory_is_killed(server):
    start_python(server, "E", "hold = [bytearray(b'x' * 1048576) for i in range(1000)]; time.sleep(10)",
                 memoryBytes=100 * MIB)
    exit = server.exit_of("E")
    assert exit["Reason"] == "OutOfMemory" and exit["Signal"] == signal.SIGKILL
    assert 100 * MIB < exit["MaxMemoryBytes"] < 400 * MIB


def test_an_idle_child_that_outgrows_its_memory_is_killed(server):
    start_python(server, "E", """
import threading
threading.Thread(target=ask, args=("GET", "/next")).start()
time.sleep(0.2)
hold = bytearray(b'x' * 200000000)
time.sleep(10)
""", memoryBytes=100 * MIB)
    assert server.exit_of("E")["Reason"] == "OutOfMemory"


def test_the_peak_of_memory_is_told_before_the_reply(server):
    start_python(server, "E", """
ask("POST", "/1/response")
hold = bytearray(b'x' * 50000000)
del hold
ask("POST", "/2/response")
""")
    server.exit_of("E")
    events = server.events_of("E")
    second = [event.get("Path") for _, event in events].index("/2/response")
    assert events[second - 1][0] == "SandboxOutput" and events[second - 1][1]["MaxMemoryBytes"] > 50000000


def test_a_child_that_waits_is_given_its_answer_and_ended_when_the_server_stops(server, tmp_path):
    start_python(server, "E", "print(os.getpid()); ask('GET', '/next'); time.sleep(100)")
    [pid] = eventually(lambda: server.lines_of("E"))
    began = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - began < 2
    assert not is_alive(pid)


def test_a_child_that_ignores_sigterm_is_killed_when_the_server_stops(server):
    server.start("E", "/bin/sh", "-c", "trap '' TERM; echo $$; while :; do sleep 0.01; done")
    [pid] = eventually(lambda: server.lines_of("E"))
    began = time.monotonic()
    assert server.stop() == 0
    assert 0.25 < time.monotonic() - began < 2
    assert not is_alive(pid)


def test_all_children_die_with_a_server_that_is_killed(tmp_path):
    server = Server(tmp_path)
    for i in range(5):
        server.start(f"E{i}", "/bin/sh", "-c", "echo $$; exec sleep 100")
    pids = [eventually(lambda: server.lines_of(f"E{i}"))[0] for i in range(5)]
    server.process.kill()
    server.process.wait()
    eventually(lambda: not any(is_alive(pid) for pid in pids), seconds=2)


def start_sleeper(server):
    server.start("E", "/bin/sh", "-c", "sleep 1000 & echo $!; wait")
    return eventually(lambda: server.lines_of("E"))[0]


def check_that_the_next_server_ends_what_a_killed_one_left(tmp_path, **user):
    killed, other = Server(tmp_path, **user), Server(tmp_path, **user)
    left, others = start_sleeper(killed), start_sleeper(other)
    killed.process.kill()
    killed.process.wait()
    assert is_alive(left)
    following = Server(tmp_path, **user)
    eventually(lambda: not is_alive(left))
    assert following.stop() == 0
    assert is_alive(others)
    assert other.stop() == 0
    eventually(lambda: not is_alive(others))


def test_the_next_server_ends_what_a_killed_one_left(tmp_path):
    check_that_the_next_server_ends_what_a_killed_one_left(tmp_path)


@pytest.mark.skipif(os.geteuid() != 0, reason="changes its user")
def test_the_next_server_ends_what_a_killed_one_left_without_root(tmp_path):
    check_that_the_next_server_ends_what_a_killed_one_left(tmp_path, user=65534, group=65534, extra_groups=[])


def test_what_left_its_process_group_ends_with_the_server(server):
    server.start("E", "/bin/sh", "-c", "setsid sh -c 'echo $$; exec sleep 1000' & wait")
    [sleeper] = eventually(lambda: server.lines_of("E"))
    server.stop_sandbox("E")
    server.exit_of("E")
    assert is_alive(sleeper)
    assert server.stop() == 0
    eventually(lambda: not is_alive(sleeper))


def test_children_come_and_go_under_load(server):
    for i in range(40):
        start_python(server, f"E{i}", "print('up'); [ask('POST', '/x') for _ in range(20)]; ask('GET', '/next')")
    for i in range(40):
        eventually(lambda: server.lines_of(f"E{i}") == ["up"])
        server.stop_sandbox(f"E{i}")
    for i in range(40):
        assert server.exit_of(f"E{i}")["Reason"] == "Stopped"
