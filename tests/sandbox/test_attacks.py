"""Functions that attack: what they can reach of other functions, the server and the machine."""

import contextlib
import os
import pathlib
import socket
import subprocess

import changes
import orderly_server
import pytest

# # --- Files of others ---------------------------------------------------------------------------


def test_a_function_finds_neither_the_data_folder_nor_other_functions_code(house):
    victim = house.function("SECRET = 'of the victim'\ndef handler(event, context): return 'honest'\n")
    assert house.invoke(victim) == "honest"
    found = house.run("""
def handler(folder, context):
    lines = open("/proc/self/mountinfo").read().splitlines()
    walked = [os.path.join(at, name) for top in ("/", "/proc/1/root") for at, _, names in os.walk(top)
              if not at.startswith(("/proc", "/usr", "/sys")) for name in names]
    return {"data": attempt(os.listdir, folder), "parent": attempt(os.listdir, os.path.dirname(folder)),
            "databases": [path for path in walked if "orderly" in path or path.endswith(".db")],
            "code": [path for path in walked if path.endswith("/index.py") and "site-packages" not in path],
            "home": attempt(os.listdir, "/root"), "host": [name for name in os.listdir("/") if name in ("work", ".host")],
            "task": sorted(os.listdir("/var/task"))}
""", house.server.data)
    assert found["data"] == "ENOENT" and found["databases"] == [] and found["host"] == []
    assert found["code"] == ["/var/task/index.py"] and found["task"] == ["index.py"]
    assert [name for name in found["parent"] if "orderly" in name] == []
    assert set(found["home"]) <= {".pyenv"}  # if the interpreter is installed there


@pytest.mark.parametrize("path", ["/var/task/index.py", "/var/runtime/bootstrap.py", "/etc/passwd", "/usr/bin/env", "/dev/null"])
def test_a_function_changes_no_program_that_runs(house, path):
    """Every attempt changes nothing where it is allowed: a mode is set to the same mode, a file is opened without a
    write."""
    answer = house.run("""
def plant(path):
    os.mkdir(path)
    os.rmdir(path)
def handler(path, context):
    return [attempt(os.chmod, path, os.stat(path).st_mode & 0o7777), attempt(plant, path + ".planted"),
            attempt(lambda: open(path, "r+").close()) if path != "/dev/null" else "EROFS"]
""", path)
    assert set(answer) <= {"EROFS", "EPERM", "EACCES", "EXDEV", "EBUSY"}, answer


def test_only_tmp_and_shared_memory_can_be_written_to(house):
    assert house.run("""
def handler(event, context):
    writable = []
    for at, folders, _ in os.walk("/"):
        if at.startswith("/proc"):
            folders.clear()
            continue
        name = os.path.join(at, "written")
        if attempt(lambda: open(name, "w").close()) is None:
            writable.append(at)
            os.unlink(name)
    return writable
""", Timeout=60) in (["/tmp", "/dev/shm"], ["/dev/shm", "/tmp"])


def test_tmp_is_a_sandboxs_own(house):
    writer = "def handler(event, context):\n    open('/tmp/mine', 'w').write('x')\n    return os.listdir('/tmp')\n"
    assert house.run(writer) == ["mine"] and house.run(writer) == ["mine"]
    assert not os.path.exists("/tmp/mine")


# # --- Processes of others -----------------------------------------------------------------------


def test_a_function_sees_and_ends_only_its_own_processes(house):
    answer = house.run("""
def handler(server, context):
    pids = sorted(int(name) for name in os.listdir("/proc") if name.isdigit())
    return {"pids": pids, "own": os.getpid(), "parent": os.getppid(), "kill": attempt(os.kill, server, 0),
            "kill 1": attempt(os.kill, 1, signal.SIGKILL), "kill all": attempt(os.kill, -1, 0),
            "environ": attempt(lambda: open("/proc/1/environ").read()), "memory": attempt(lambda: open("/proc/1/mem", "rb").read(1)),
            "command": open("/proc/1/cmdline").read().strip("\\0"), "root": attempt(os.listdir, "/proc/1/root"),
            "descriptors": attempt(os.listdir, "/proc/1/fd")}
""", house.server.process.pid)
    assert answer["pids"] == [1, answer["own"]] and answer["parent"] == 1
    assert answer["kill"] == "ESRCH" and answer["kill 1"] is None  # the kernel ignores a signal to process 1
    assert {answer[what] for what in ("environ", "memory", "root", "descriptors")} <= {"EACCES", "EPERM"}
    assert answer["command"] == ""
    assert house.server.running()


def test_it_has_a_user_id_that_no_other_sandbox_and_no_program_of_the_machine_has(house):
    ids = """
def handler(event, context):
    import pwd
    status = open("/proc/self/status").read()
    return {"name": pwd.getpwuid(os.getuid()).pw_name, "groups": os.getgroups(), "ids": [os.getuid(), os.geteuid(), os.getgid()],
            "capabilities": [line.split()[1].strip("0") for line in status.splitlines() if line.startswith("Cap")],
            "no_new": "NoNewPrivs:\\t1" in status, "seccomp": "Seccomp:\\t2" in status}
"""
    one, other = house.run(ids), house.run(ids)
    for answer in (one, other):
        assert answer["name"] == "sbx_user1051" and len(set(answer["ids"])) == 1 and 0 not in answer["ids"]
        assert answer["capabilities"] == [""] * 5 and answer["no_new"] and answer["seccomp"]
    if house.user is None:
        assert one["ids"] != other["ids"] and min(one["ids"][0], other["ids"][0]) > 1_000_000
    else:
        assert one["ids"] == other["ids"] == [993] * 3  # the same user outside: only namespaces separate the functions


def test_what_it_started_ends_with_it(house):
    seconds = f"1000.{os.getpid()}{0 if house.user is None else 1}"

    def daemons():
        return int(subprocess.run(["pgrep", "-fc", f"sleep {seconds}"], stdout=subprocess.PIPE).stdout)

    name = house.function("""
def handler(seconds, context):
    started = 0
    for _ in range(1500):
        try:
            subprocess.Popen(["/usr/bin/sleep", seconds], env={}, start_new_session=True)
            started += 1
        except OSError:
            break
    return started
""", Timeout=120, MemorySize=3008)
    started = house.invoke(name, seconds)
    assert 900 < started < 1024  # AWS's limit of processes
    assert daemons() == started
    starts_one = "def handler(event, context): return subprocess.run(['/bin/true']).returncode\n"
    assert house.run(starts_one) == 0  # each sandbox has its own limit
    house.client("lambda").delete_function(FunctionName=name)
    orderly_server.wait_until(lambda: daemons() == 0, what="the end of the daemons")


def test_a_sandbox_that_is_stopped_while_it_starts_ends(house):
    """Thirty, because one meets its first moment only sometimes."""
    functions, names = house.client("lambda"), [house.function("time.sleep(1000)") for _ in range(30)]
    for name in names:
        functions.invoke(FunctionName=name, InvocationType="Event")
    for name in names:
        functions.delete_function(FunctionName=name)
    left = "select count(*) from lambda_sandbox where function_id not in (select id from lambda_function)"
    orderly_server.wait_until(lambda: changes.rows(house.server, left) == [(0,)], what="the end of all sandboxes")


# --- The kernel --------------------------------------------------------------------------------

SYSTEM_CALLS = {  # # numbers of x86-64 and arm64
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41),
    "chroot": (161, 51), "bpf": (321, 280), "keyctl": (250, 219), "add_key": (248, 217), "request_key": (249, 218),
    "unshare": (272, 97), "setns": (308, 268), "init_module": (175, 105), "kexec_load": (246, 104),
    "perf_event_open": (298, 241), "userfaultfd": (323, 282), "io_uring_setup": (425, 425), "swapon": (167, 224),
    "reboot": (169, 142), "settimeofday": (164, 170), "clock_settime": (227, 112), "quotactl": (179, 60),
    "open_by_handle_at": (304, 265), "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430),
    "pidfd_getfd": (438, 438), "mount_setattr": (442, 442), "personality": (135, 92), "syslog": (103, 116),
    "sethostname": (170, 161), "acct": (163, 89),
}


def test_system_calls_that_no_function_needs_are_refused(house):
    """The arguments make every call harmless where it is allowed."""
    answer = house.run("""
def handler(calls, context):
    at = 0 if platform.machine() == "x86_64" else 1
    return {name: syscall(numbers[at], 0x40000, -1, -1, -1, -1, -1) for name, numbers in calls.items()}
""", SYSTEM_CALLS)
    assert answer == dict.fromkeys(SYSTEM_CALLS, "EPERM")


def test_no_namespace_can_be_made_by_clone_either(house):
    answer = house.run("""
def handler(event, context):
    at = {"x86_64": (56, 435)}.get(platform.machine(), (220, 435))
    flags = {"mount": 0x20000, "cgroup": 0x2000000, "uts": 0x4000000, "ipc": 0x8000000, "user": 0x10000000,
             "pid": 0x20000000, "net": 0x40000000}
    def clone(flag):
        result = syscall(at[0], flag | 17, 0, 0, 0, 0)  # SIGCHLD and no stack: as fork() does
        return os._exit(0) if result == 0 else result
    made = {name: clone(flag) for name, flag in flags.items()}
    made["clone3"] = syscall(at[1], 0, 0)
    return made
""")
    assert answer.pop("clone3") == "ENOSYS" and set(answer.values()) == {"EPERM"}


def test_sockets_that_speak_to_the_kernel_or_to_hardware_are_refused(house):
    answer = house.run("""
def handler(event, context):
    families = {"packet": (17, 3), "key": (15, 3), "alg": (38, 5), "vsock": (40, 1), "diagnosis": (16, 3, 4), "raw": (2, 3, 1)}
    return {name: attempt(lambda: socket.socket(*which).close()) for name, which in families.items()}
""")
    assert set(answer.values()) <= {"EAFNOSUPPORT", "EPERM"}, answer


def test_only_sockets_of_the_network_and_of_local_programs_can_be_made(house):
    """By system call: the kernel ignores the upper half of a register when the argument is an int."""
    answer = house.run("""
def handler(event, context):
    number, pair = (41, 53) if platform.machine() == "x86_64" else (198, 199)
    def make(family, kind, protocol):
        made = syscall(number, family, kind, protocol)
        return os.close(made) if isinstance(made, int) else made
    wrong = {"EAFNOSUPPORT", "EPROTONOSUPPORT", "ESOCKTNOSUPPORT"}
    made = {(family, kind, half) for family in range(64) for kind in (1, 2, 3, 5) for half in (0, 1 << 32, -1 << 32)
            if make(family + half, kind, 0) not in wrong}
    return {"families": sorted({family for family, kind, half in made if kind < 3}), "raw": sorted({family for family, kind, _ in made if kind == 3}),
            "netlink": [protocol for protocol in range(32) for half in (0, 1 << 32) if make(16 + half, 3, protocol) not in wrong],
            "pair": [syscall(pair, family + half, 1, 0, 0) for family in (30, 40) for half in (0, 1 << 32)]}
""")
    assert answer == {"families": [1, 2, 10, 16], "raw": [1, 16], "netlink": [0, 0], "pair": ["EAFNOSUPPORT"] * 4}, answer


def test_no_program_gains_privileges(house):
    answer = house.run("""
def handler(event, context):
    found = []
    for at, _, names in os.walk("/usr/bin"):
        found += [os.path.join(at, name) for name in names
                  if os.path.exists(os.path.join(at, name)) and os.stat(os.path.join(at, name)).st_mode & 0o6000]
    runs = [subprocess.run([path, "-c", "id -u"], stdin=subprocess.DEVNULL, capture_output=True, text=True).stdout.strip()
            for path in found if path.endswith("/su")]
    return {"flagged": len(found), "runs": runs, "nosuid": "nosuid" in open("/proc/self/mounts").read().split(" /usr ")[1]}
""")
    assert answer["nosuid"] and "0" not in answer["runs"]


# --- The Runtime API and the network -----------------------------------------------------------


def test_a_function_reaches_nobody_elses_runtime_api_or_ports(house):
    victim = house.function("""
import threading
held = socket.create_server(("0.0.0.0", 7777))
def handler(event, context):
    return {"api": os.environ["AWS_LAMBDA_RUNTIME_API"],
            "address": [line.split()[3] for line in subprocess.run(["/usr/sbin/ip", "-4", "-o", "addr"], capture_output=True,
                        text=True).stdout.splitlines()] if os.path.exists("/usr/sbin/ip") else []}
""")
    told = house.invoke(victim)
    answer = house.run("""
def handler(told, context):
    def reach(address, port):
        return attempt(lambda: socket.create_connection((address, port), 0.5).close())
    listening = [line.split()[1] for line in open("/proc/net/tcp").read().splitlines()[1:] if line.split()[3] == "0A"]
    addresses = ["127.0.0.1", "10.213.0.2"] + [one.split("/")[0] for one in told["address"] if not one.startswith("127.")]
    return {"listening": len(listening), "reached": [one for one in addresses if reach(one, 7777) is None],
            "tcp6": len(open("/proc/net/tcp6").read().splitlines()), "unix": open("/proc/net/unix").read().count("@")}
""", told)
    assert answer["listening"] == 2  # its own Runtime API, and the server's endpoint
    assert answer["reached"] == [] and answer["tcp6"] == 1 and answer["unix"] == 0


def inodes_of(pid):
    """The inodes of the process's descriptors; it opens and closes files meanwhile."""
    found = set()
    for descriptor in os.listdir(f"/proc/{pid}/fd"):
        with contextlib.suppress(FileNotFoundError):
            found.add(os.stat(f"/proc/{pid}/fd/{descriptor}").st_ino)
    return found


def test_a_function_on_the_machines_network_finds_no_runtime_api(house):
    """A client outside finds no port that answers as a Runtime API."""
    name = house.function("def handler(event, context):\n    time.sleep(event)\n    return 'own'\n")
    assert house.invoke(name, 0) == "own"
    listening = [line.split() for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]]
    pids = subprocess.run(["pgrep", "-P", str(house.server.process.pid)], stdout=subprocess.PIPE, text=True).stdout.split()
    inodes = set().union(*map(inodes_of, [house.server.process.pid, *pids]))
    ours = [int(line[1].split(":")[1], 16) for line in listening if line[3] == "0A" and int(line[9]) in inodes]
    assert ours == [house.server.port]


def test_the_servers_endpoint_is_reached_with_the_roles_credentials(house):
    answer = house.run("""
import boto3
def handler(event, context):
    endpoint = os.environ["AWS_ENDPOINT_URL"]  # which the machine's boto3 may be too old to read
    return {"arn": boto3.client("sts", endpoint_url=endpoint).get_caller_identity()["Arn"], "endpoint": endpoint}
""")
    assert answer["arn"].startswith("arn:aws:sts::000000000000:assumed-role/guest/"), answer
    assert answer["endpoint"] == house.server.endpoint


def test_a_function_takes_no_more_connections_of_its_runtime_api_than_runtimes_need(house):
    name = house.function("""
def handler(event, context):
    host, port = os.environ["AWS_LAMBDA_RUNTIME_API"].split(":")
    held = [socket.create_connection((host, int(port)), 20) for _ in range(200)]
    def answers(one):
        one.sendall(b"GET /2018-06-01/nothing HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n")
        return bool(one.recv(1))
    return [attempt(answers, one) for one in held].count(True)
""")
    assert house.invoke(name) == 63  # and the runtime's own
    assert house.invoke(name) == 63


def limited(houses, tmp_path, descriptors, user=None):
    """A server that may open that many descriptors."""
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    program = tmp_path / "orderly"
    program.write_text(f'#!/bin/sh\nexec prlimit --nofile={descriptors}:{descriptors} {orderly_server.binary()} "$@"\n')
    program.chmod(0o755)
    return houses(user, program=str(program))


def test_a_function_that_takes_all_connections_takes_none_of_the_machines_clients(houses, tmp_path):
    if os.geteuid() != 0:
        pytest.skip("starts servers of other users")
    house = limited(houses, tmp_path, 1100)
    name = house.function("""
def handler(event, context):
    at = os.environ["AWS_ENDPOINT_URL"].split("//")[1].split(":")
    held = [attempt(socket.create_connection, (at[0], int(at[1])), 20) for _ in range(1000)]
    held = [one for one in held if isinstance(one, socket.socket)]
    for one in held:
        one.setblocking(False)
    while all(attempt(one.recv, 1) == "EAGAIN" for one in held):
        time.sleep(0.01)  # until the server has closed one: its limit is reached
    return len(held)
""")
    request = b"GET /_orderly/health HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with socket.create_connection(("127.0.0.1", house.server.port), 60) as idle:
        idle.sendall(request)
        assert idle.recv(1000).startswith(b"HTTP/1.1 200")
        kept = house.invoke(name)
        assert isinstance(kept, int) and kept > 738, kept  # seven eighths of 1100 minus the 256 reserved ones
        idle.sendall(request)
        assert idle.recv(1000).startswith(b"HTTP/1.1 200")


def test_the_machines_loopback_is_out_of_reach(house):
    with socket.create_server(("127.0.0.1", 0)) as held:
        answer = house.run("""
def handler(port, context):
    return [attempt(lambda: socket.create_connection((address, port), 1).close()) for address in ("127.0.0.1", "10.213.0.2")]
""", held.getsockname()[1])
    assert None not in answer, answer


def own_address():
    """An address of the machine other than loopback; None if it has only loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        try:
            asked.connect(("192.0.2.1", 9))  # sends nothing
            return asked.getsockname()[0]
        except OSError:
            return None


def reach(house, port):
    return house.run("""
def handler(at, context):
    return attempt(lambda: socket.create_connection(tuple(at), 5).close())
""", [own_address(), port])


@pytest.mark.skipif(not own_address(), reason="the machine has no address but loopback")
def test_the_network_beyond_the_server_is_open_unless_it_is_closed(houses):
    if os.geteuid() != 0:
        pytest.skip("starts servers of other users")
    with socket.create_server(("", 0)) as held:
        port = held.getsockname()[1]
        assert reach(houses(None), port) is None
        assert reach(houses(None, "--function-network", "none"), port) == "ENETUNREACH"


@pytest.mark.skipif(not own_address(), reason="the machine has no address but loopback")
def test_the_addresses_where_clouds_give_out_the_machines_credentials_are_unreachable(houses):
    """With a route of its own: without a route the connection would be made, or would wait for an answer."""
    if os.geteuid() != 0:
        pytest.skip("starts servers of other users")
    answer = houses(None).run("""
def handler(event, context):
    with socket.socket() as asked:
        asked.settimeout(5)
        return attempt(asked.connect, ("169.254.169.254", 80))
""")
    assert answer in ("EHOSTUNREACH", "ENETUNREACH"), answer


# # --- Resources ---------------------------------------------------------------------------------


def test_a_function_that_prints_and_asks_on_many_connections_does_not_fill_the_servers_memory(house):
    name = house.function("""
import fcntl, threading
def handler(event, context):
    attempt(fcntl.fcntl, 1, 1031, 1 << 20)  # F_SETPIPE_SZ
    host, port = os.environ["AWS_LAMBDA_RUNTIME_API"].split(":")
    def print_on():
        while True:
            os.write(1, b"x\\n" * 300000)
    def ask():
        with socket.create_connection((host, int(port))) as api:
            for _ in range(5):
                api.sendall(b"POST /2018-06-01/runtime/invocation/x/response HTTP/1.1\\r\\nHost: a\\r\\nContent-Length: 2\\r\\n\\r\\n{}")
                api.recv(4096)
    threading.Thread(target=print_on, daemon=True).start()
    asking = [threading.Thread(target=ask) for _ in range(50)]
    for one in asking:
        one.start()
    for one in asking:
        one.join()
    os.kill(0, signal.SIGKILL)
""", MemorySize=1024)
    before = peak_kib(house)
    house.invoke(name)
    assert peak_kib(house) - before < 1024 * 1024  # the sanitizers need much of it
    assert house.run("def handler(event, context): return 'served'\n") == "served"


def peak_kib(house):
    status = pathlib.Path(f"/proc/{house.server.process.pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0])


def test_memory_of_child_processes_counts(house):
    answer = house.run("""
def handler(event, context):
    held = "x = bytearray(b'x' * 1900 * 1024 * 1024); import time; time.sleep(20)"
    return subprocess.run([sys.executable, "-c", held]).returncode
""", MemorySize=128)
    # The kernel may kill only the child.
    assert answer == -9 or answer["errorType"] == "Runtime.OutOfMemory", answer


def test_memory_of_a_child_that_begins_late_counts(house):
    """Below what the kernel's control group allows, so that only the server's own count ends it."""
    late = house.function("""
def handler(event, context):
    if event == "early":
        return event
    held = "x = bytearray(b'x') * (248 * 1024 * 1024); import time; time.sleep(20)"
    return subprocess.run([sys.executable, "-c", held]).returncode
""", MemorySize=256)
    assert house.invoke(late, "early") == "early"
    answer = house.invoke(late)
    assert answer["errorType"] == "Runtime.OutOfMemory", answer


def test_what_is_written_to_tmp_counts_as_memory(house):
    answer = house.run("""
def handler(event, context):
    with open("/tmp/full", "wb") as file:
        for _ in range(500):
            file.write(b"x" * 1024 * 1024)
            file.flush()
    time.sleep(20)
    return "survived"
""", MemorySize=128)
    assert answer["errorType"] == "Runtime.OutOfMemory", answer


@pytest.mark.parametrize("way", ["file_in_memory", "shared_segment", "queue"])
def test_memory_that_no_process_shows_counts_or_cannot_be_had(house, way):
    """It counts where the kernel has control groups."""
    answer = house.run("""
def need(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), "")
    return result

def file_in_memory():
    kept = [os.memfd_create("kept") for _ in range(4)]
    for file in kept:
        for _ in range(100):
            os.write(file, b"x" * 1024 * 1024)

def shared_segment():
    libc.shmat.restype = ctypes.c_void_p
    for _ in range(4):
        at = libc.shmat(need(libc.shmget(0, 100 << 20, 0o1600)), None, 0)
        ctypes.memset(at, 1, 100 << 20)
        libc.shmdt(ctypes.c_void_p(at))

def queue():
    message = ctypes.create_string_buffer(b"x" * 8200)
    for _ in range(20000):
        to = need(libc.msgget(0, 0o1600))
        while libc.msgsnd(to, message, 8192, 0o4000) == 0:
            pass

def handler(way, context):
    refused = attempt(globals()[way])
    time.sleep(0 if refused else 20)
    return refused
""", way, MemorySize=128, Timeout=60)
    # The kernel kills the largest process, which is the sandbox's first one where sanitizers make it large.
    assert answer == "ENOSYS" or answer["errorType"] == "Runtime.OutOfMemory", answer


@pytest.mark.parametrize("megabytes", [512, 600])
def test_tmp_is_as_large_as_configured(house, megabytes):
    answer = house.run("""
def handler(event, context):
    written = 0
    try:
        with open("/tmp/full", "wb", buffering=0) as file, open("/dev/shm/full", "wb", buffering=0) as other:
            while True:
                written += file.write(b"x" * 1024 * 1024)
    except OSError as error:
        return [written // 1048576, errno.errorcode[error.errno]]
""", MemorySize=3008, EphemeralStorage={"Size": megabytes})
    assert answer == [megabytes, "ENOSPC"]


def test_files_and_core_dumps_are_limited(house):
    assert house.run("""
import resource
def handler(event, context):
    return {name: resource.getrlimit(getattr(resource, "RLIMIT_" + name))[1] for name in ("NOFILE", "CORE", "NPROC", "FSIZE")}
""") == {"NOFILE": 1024, "CORE": 0, "NPROC": 1024, "FSIZE": 513 * 1024 * 1024}


@pytest.mark.parametrize("user", [None, 65534], ids=["root", "ordinary user"])
def test_a_server_with_fewer_descriptors_than_a_function_may_have_confines_it_all_the_same(houses, tmp_path, user):
    if os.geteuid() != 0:
        pytest.skip("starts servers of other users")
    assert limited(houses, tmp_path, 400, user).run("""
import resource
def handler(event, context):
    return [resource.getrlimit(resource.RLIMIT_NOFILE)[1], "Seccomp:\\t2" in open("/proc/self/status").read()]
""") == [400, True]
