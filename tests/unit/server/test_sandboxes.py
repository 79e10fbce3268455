"""How a sandbox is started, and which of its events reach the engine.  Isolation: tests/sandbox."""
import os
import re
import signal
import subprocess
import sys
import time

import pytest
from conftest import Server, eventually

MIB = 1024 * 1024
PYTHON = os.path.realpath(sys.executable)
FOLDERS = [sys.prefix, sys.base_prefix]

# A runtime in a few lines: ask() calls the Runtime API.
RUNTIME = """
import http.client, os, sys, time
api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
def ask(method, path):
    api.request(method, path)
    return api.getresponse().read()
"""


def start_python(server, identity, program, **payload):
    server.start(identity, PYTHON, "-u", "-S", "-c", RUNTIME + program, folders=FOLDERS, **payload)


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):  # it may end between the two
        return False


def children_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as children:
        return [int(child) for child in children.read().split()]


def descendants_of(pid):
    return [one for child in children_of(pid) for one in [child, *descendants_of(child)]]


def children_of_launcher(server):
    [launcher] = children_of(server.process.pid)
    return [pid for pid in children_of(launcher) if is_alive(pid)]


# Daemons in a session of their own, without the variables that they were started with.
SECONDS = f"1000.{os.getpid():08}"  # another run beside this one has others
LEAVES_DAEMONS = f"env -i setsid sleep {SECONDS} & sleep {SECONDS} & echo up"


def daemons():
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline") as command:
                found += [pid] if command.read().startswith(f"sleep\0{SECONDS}") else []
        except (FileNotFoundError, ProcessLookupError):
            pass
    return found


def test_output_and_exit_code_are_reported(server):
    server.start("E", "/bin/sh", "-c", "echo one; echo two >&2; printf three; exit 7")
    exit = server.exit_of("E")
    assert exit["Reason"] == "Exited" and exit["ExitCode"] == 7 and "Signal" not in exit
    assert server.lines_of("E") == ["one", "two", "three"]
    assert server.events_of("E")[-1][0] == "SandboxExited"


def frame(record):
    """As AWS's runtime interface clients write it."""
    return b"\xa5\x5a\x00\x03" + len(record).to_bytes(4, "big") + bytes(8) + record


def lines_of_output(server, identity, output, pieces, **payload):
    """The lines of a child that prints the output in pieces of that size."""
    start_python(server, identity, f"""
for at in range(0, {len(output)}, {pieces}):
    os.write(1, {output!r}[at:at + {pieces}])
    time.sleep({0.0 if pieces > 100 else 0.001})
""", **payload)
    server.exit_of(identity)
    return server.lines_of(identity)


@pytest.mark.parametrize("pieces", [1, 3, 7, 100_000])
def test_a_framed_record_is_one_line_whatever_is_in_it(server, pieces):
    output = (b"plain\nbegun" + frame(b"two\nlines\n") + frame(b"") + frame(b"no end") + frame(b"\n\n")
              + b"\xa5not \xc2\xa5Z a frame\n" + frame(b"last \xa5\x5a\x00\x03 inside"))
    replaced = "\N{REPLACEMENT CHARACTER}"
    assert lines_of_output(server, "E", output, pieces, framedOutput=True) == [
        "plain", "begun", "two\nlines", "no end", f"{replaced}not \N{YEN SIGN}Z a frame",
        f"last {replaced}Z\x00\x03 inside"]


def test_a_framed_record_is_cut_where_a_line_is(server):
    head = frame(b"x" * (256 * 1024) + b"y\n")[:16]
    start_python(server, "E", f"""
sys.stdout.buffer.write({head!r} + b"x" * (256 * 1024) + b"y\\n" + b"z\\n")
""", framedOutput=True)
    server.exit_of("E")
    assert server.lines_of("E") == ["x" * (256 * 1024), "y", "z"]


def test_a_record_that_its_writer_did_not_end_is_kept(server):
    assert lines_of_output(server, "E", frame(b"torn\napart")[:-4], 100_000, framedOutput=True) == ["torn\na"]


def test_others_write_no_frames(server):
    assert lines_of_output(server, "E", frame(b"a\nb") + b"\n", 100_000) == [
        "\N{REPLACEMENT CHARACTER}Z\x00\x03\x00\x00\x00\x03" + "\x00" * 8 + "a", "b"]


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
    server.start("E", "/bin/sh", "-c", "echo early; exec sleep 1000")
    eventually(lambda: server.lines_of("E") == ["early"])


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


def test_its_variables_are_what_the_payload_gives_and_no_more(server):
    server.start("E", "/usr/bin/env", environment={"A": "1", "B": "x y"})
    server.exit_of("E")
    assert sorted(server.lines_of("E")) == ["A=1", "AWS_LAMBDA_RUNTIME_API=127.0.0.1:9001", "B=x y"]


def test_it_works_in_the_folder_of_its_code(server, tmp_path):
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "file").write_text("found")
    server.start("E", "/bin/sh", "-c", "pwd; cat file", code=str(tmp_path / "code"))
    server.exit_of("E")
    assert server.lines_of("E") == ["/var/task", "found"]


TMP_PROGRAM = "cd /tmp; ls; echo x > mine && echo written; ls"


def check_that_each_has_a_tmp_of_its_own(server):
    for identity in "AB":
        server.start(identity, "/bin/sh", "-c", TMP_PROGRAM)
        assert server.exit_of(identity)["ExitCode"] == 0
        assert server.lines_of(identity) == ["written", "mine"]
    assert not os.path.exists("/tmp/mine")


def test_each_has_a_tmp_of_its_own(server):
    check_that_each_has_a_tmp_of_its_own(server)


@pytest.mark.skipif(os.geteuid() != 0, reason="changes its user")
def test_each_has_a_tmp_of_its_own_without_root(tmp_path):
    server = Server(tmp_path, user=65534, group=65534, extra_groups=[])
    check_that_each_has_a_tmp_of_its_own(server)
    assert server.stop() == 0


FORBID_NAMESPACES = ["unshare", "--user", "--map-root-user", "sh", "-c",
                     'echo 0 >/proc/sys/user/max_mnt_namespaces && exec "$@"', "sh"]


def test_where_the_kernel_makes_no_namespaces_no_function_runs(tmp_path):
    server = Server(tmp_path, prefix=FORBID_NAMESPACES)
    server.start("E", "/bin/true")
    exit = server.exit_of("E")
    assert exit["Reason"] == "StartFailed"
    assert "not complete on this machine (cannot make namespaces: No space left on device)" in exit["Message"]
    assert "no function will run: sandboxes are not complete on this machine" in server.log()
    assert server.stop() == 0


def test_where_the_kernel_makes_no_namespaces_functions_run_without_when_that_is_preferred(tmp_path):
    server = Server(tmp_path, prefix=FORBID_NAMESPACES, sandbox="preferred")
    (tmp_path / "file").write_text("found")
    server.start("E", "/bin/sh", "-c", "pwd; cat file $FILE; grep -E 'NoNewPrivs|Seccomp:' /proc/self/status",
                 code=str(tmp_path), environment={"FILE": "/var/task/file"})
    assert server.exit_of("E")["ExitCode"] == 0
    assert server.lines_of("E") == [str(tmp_path), "foundfound" + "NoNewPrivs:\t1", "Seccomp:\t2"]
    assert "functions are not separated" in server.log()
    assert server.stop() == 0


def test_without_sandboxes_all_that_a_function_started_ends_with_it(tmp_path):
    server = Server(tmp_path, sandbox="off")
    for identity, program in (("A", "setsid sleep 1000 & echo $!"), ("B", "setsid sleep 1000 & echo $!; wait")):
        server.start(identity, "/bin/sh", "-c", program, environment={})
    [sleeper] = eventually(lambda: server.lines_of("A"))
    server.exit_of("A")
    assert not is_alive(sleeper)
    [sleeper] = eventually(lambda: server.lines_of("B"))
    server.stop_sandbox("B")
    assert server.exit_of("B")["Reason"] == "Stopped"
    assert not is_alive(sleeper)
    server.start("C", "/bin/sh", "-c", "setsid sleep 1000 & echo $!; wait", environment={})
    [sleeper] = eventually(lambda: server.lines_of("C"))
    server.process.kill()
    server.process.wait()
    eventually(lambda: not is_alive(sleeper))


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


def script(text):
    return {"bootstrap": (text, 0o755)}


@pytest.mark.parametrize("files, trouble", [
    ({}, "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]"),
    ({"bootstrap": ("#!/bin/sh\n", 0o644)}, "fork/exec /var/task/bootstrap: permission denied"),
    (script("no program"), "fork/exec /var/task/bootstrap: exec format error"),
    (script("#!/bin/sh\r\n"),
     "fork/exec /var/task/bootstrap: no such file or directory (its first line ends with a carriage return)"),
    (script("#!/bin/nothing\n"),
     "fork/exec /var/task/bootstrap: no such file or directory (the interpreter that its first line names is not there)"),
])
def test_a_bootstrap_that_cannot_be_executed_is_reported_in_awss_words(server, tmp_path, files, trouble):
    code = tmp_path / "code"
    code.mkdir()
    for name, (text, mode) in files.items():
        (code / name).write_text(text)
        (code / name).chmod(mode)
    server.start("E", "/var/task/bootstrap", code=str(code))
    exit = server.exit_of("E")
    assert (exit["Reason"], exit["Message"]) == ("StartFailed", trouble)
    assert f'warn sandbox did not start id=E function=made reason="{trouble}"' in server.log()


def test_code_that_does_not_exist_is_reported(server):
    server.start("E", "/bin/true", code="/nowhere")
    assert "cannot mount its files: No such file or directory" in server.exit_of("E")["Message"]


def test_an_effect_started_twice_starts_one_child(server):
    for _ in range(2):
        server.start("E", "/bin/sh", "-c", "echo up; exec sleep 1000")
    eventually(lambda: server.lines_of("E"))
    assert len(children_of_launcher(server)) == 1
    server.stop_sandbox("E")
    server.exit_of("E")
    assert server.lines_of("E") == ["up"]


def test_stop_kills_the_child_and_what_it_started(server):
    server.start("E", "/bin/sh", "-c", LEAVES_DAEMONS + "; wait")
    eventually(lambda: server.lines_of("E") and len(daemons()) == 2)
    server.stop_sandbox("E")
    exit = server.exit_of("E")
    assert exit["Reason"] == "Stopped" and exit["Signal"] == signal.SIGKILL
    assert daemons() == []


def test_what_a_child_leaves_behind_is_killed(server):
    server.start("E", "/bin/sh", "-c", LEAVES_DAEMONS)
    server.exit_of("E")
    assert server.lines_of("E") == ["up"] and daemons() == []


def test_stopping_an_unknown_sandbox_is_answered(server):
    server.stop_sandbox("nobody")
    assert server.exit_of("nobody")["Reason"] == "NotRunning"


def test_a_child_that_outgrows_its_memory_is_killed(server):
    start_python(server, "E", "hold = [bytearray(b'x' * 1048576) for i in range(1000)]; time.sleep(1000)",
                 memoryBytes=100 * MIB)
    exit = server.exit_of("E")
    assert exit["Reason"] == "OutOfMemory" and exit["Signal"] == signal.SIGKILL
    assert 100 * MIB < exit["MaxMemoryBytes"] < 400 * MIB


def test_memory_that_is_taken_at_once_is_not_given(server):
    start_python(server, "E", "hold = bytearray(b'x' * 2000000000); time.sleep(1000)", memoryBytes=100 * MIB)
    exit = server.exit_of("E")
    assert exit["Reason"] == "OutOfMemory" and exit["Signal"] == signal.SIGKILL


def test_an_idle_child_that_outgrows_its_memory_is_killed(server):
    start_python(server, "E", """
import threading
threading.Thread(target=ask, args=("GET", "/next")).start()
time.sleep(0.2)
hold = bytearray(b'x' * 200000000)
time.sleep(1000)
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


def test_a_child_that_waits_is_given_its_answer_and_ended_when_the_server_stops(server):
    start_python(server, "E", "print('up'); ask('GET', '/next'); time.sleep(100)")
    eventually(lambda: server.lines_of("E"))
    [pid] = children_of_launcher(server)
    assert server.stop() == 0
    assert not is_alive(pid)


def test_a_child_that_ignores_sigterm_is_killed_when_the_server_stops(server):
    server.start("E", "/bin/sh", "-c", "trap '' TERM; echo up; while :; do sleep 0.01; done")
    eventually(lambda: server.lines_of("E"))
    [pid] = children_of_launcher(server)
    assert server.stop() == 0
    assert not is_alive(pid)


def status_of_a_child_that_ends_on_sigterm(folder):
    server = Server(folder)
    server.start("E", "/bin/sh", "-c", "trap 'exit 0' TERM; echo up; sleep 1000 & wait")
    eventually(lambda: server.lines_of("E"))
    assert server.stop() == 0
    return re.search(r"sandbox ended id=E .*status=(\d+)$", server.log(), re.MULTILINE)[1]


def test_a_child_hears_sigterm_when_the_server_stops(tmp_path):
    """A child that gets no processor for the 300 ms between SIGTERM and SIGKILL is killed: then another one is asked."""
    assert any(status_of_a_child_that_ends_on_sigterm(tmp_path) == "0" for _ in range(10))


def test_all_sandboxes_die_with_a_server_that_is_killed(tmp_path):
    server = Server(tmp_path)
    for i in range(5):
        server.start(f"E{i}", "/bin/sh", "-c", "setsid sleep 1000 & echo up; exec sleep 1000")
    for i in range(5):
        eventually(lambda: server.lines_of(f"E{i}"))
    pids = descendants_of(server.process.pid)
    assert len(pids) >= 16
    server.process.kill()
    server.process.wait()
    eventually(lambda: not any(map(is_alive, pids)))


def test_children_come_and_go_under_load(server):
    for i in range(40):
        start_python(server, f"E{i}", "print('up'); [ask('POST', '/x') for _ in range(20)]; ask('GET', '/next')")
    for i in range(40):
        eventually(lambda: server.lines_of(f"E{i}") == ["up"])
        server.stop_sandbox(f"E{i}")
    for i in range(40):
        assert server.exit_of(f"E{i}")["Reason"] == "Stopped"


def kill_launcher(server):
    """Returns its process id."""
    [launcher] = eventually(lambda: [pid for pid in children_of(server.process.pid) if is_alive(pid)])
    os.kill(launcher, signal.SIGKILL)
    eventually(lambda: not is_alive(launcher))
    return launcher


@pytest.mark.parametrize("is_next", [False, True], ids=["first", "next"])
def test_a_burst_of_large_starts_waits_for_a_launcher_that_is_busy(server, is_next):
    if is_next:
        kill_launcher(server)
        eventually(lambda: launches(server))  # what is asked for before the server knows is told that the launcher ended
        server.start("first", "/bin/true")
        assert server.exit_of("first")["ExitCode"] == 0
    [launcher] = eventually(lambda: [pid for pid in children_of(server.process.pid) if is_alive(pid)])
    os.kill(launcher, signal.SIGSTOP)
    names = [f"E{number}" for number in range(24)]
    for name in names:
        server.start(name, "/bin/true", environment={"PATH": "/usr/bin:/bin", "LARGE": "x" * 8000})
    assert not [event for event in server.events() if event["input"]["SandboxId"] in names]
    os.kill(launcher, signal.SIGCONT)
    for name in names:
        exit = server.exit_of(name)
        assert (exit["Reason"], exit["ExitCode"]) == ("Exited", 0)


def launches(server):
    return re.findall(r"the launcher of sandboxes has ended.* signal=(\w+) delay_ms=(\d+)", server.log())


@pytest.mark.parametrize("sandbox", ["required", "off"])
def test_the_launchers_death_ends_its_sandboxes_and_another_one_starts_the_next(tmp_path, sandbox):
    server = Server(tmp_path, sandbox=sandbox)
    try:
        server.start("E", "/bin/sh", "-c", f"{LEAVES_DAEMONS}; sleep {SECONDS}")
        eventually(lambda: server.lines_of("E") == ["up"])
        first = kill_launcher(server)
        exit = server.exit_of("E")
        assert exit["Reason"] == "LauncherEnded" and exit["Signal"] == signal.SIGKILL
        assert eventually(lambda: not daemons())
        server.start("F", "/bin/sh", "-c", "echo runs; id -u")
        assert server.exit_of("F")["ExitCode"] == 0
        assert server.lines_of("F")[0] == "runs"
        [second] = children_of(server.process.pid)
        assert second != first and launches(server) == [("Killed", "250")]
        with open(f"/proc/{second}/cmdline") as arguments, open(f"/proc/{second}/comm") as name:
            assert name.read() == "orderly-launch\n" and arguments.read().strip("\0") == ""
    finally:
        assert server.stop() == 0


def test_each_launcher_that_dies_early_is_replaced_later_than_the_one_before(server):
    for count in range(1, 4):
        kill_launcher(server)
        eventually(lambda count=count: len(launches(server)) == count)
        server.start(f"E{count}", "/bin/sh", "-c", "echo ran")  # it waits for the next launcher
        assert server.exit_of(f"E{count}")["ExitCode"] == 0
    assert [delay for _, delay in launches(server)] == ["250", "500", "1000"]


def test_a_server_ends_while_a_sandbox_waits_for_the_next_launcher(server):
    for count in range(1, 4):
        kill_launcher(server)
        eventually(lambda count=count: server.log().count("was started again") == count)
    kill_launcher(server)  # the next one starts two seconds later
    server.start("E", "/bin/sh", "-c", "echo never")
    assert server.stop() == 0


def test_only_the_server_runs_the_launchers_command():
    binary = os.environ["SERVER_UNDER_TEST"]
    run = subprocess.run([binary, "sandbox-launcher", "1", "0", "0", "1", "http://127.0.0.1:1"], capture_output=True, text=True)
    assert run.returncode == 2 and "only the server runs sandbox-launcher" in run.stderr
