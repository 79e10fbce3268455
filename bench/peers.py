"""The measured servers: how each is started, and which operations it has.

To add a peer, let bench/run install it, and yield it from peers_at_hand().
"""

import http.client
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "sdk"))
import orderly_server  # noqa: E402

DEPOT = ROOT / "build-bench"
QUEUE_OPERATIONS = ["send", "receive-delete"]
TABLE_OPERATIONS = ["put", "get", "batch-write"]
DYNAMODB_LOCAL = "com.amazonaws:DynamoDBLocal:2.5.2"
ELASTICMQ = "org.elasticmq:elasticmq-server_2.13:1.6.9"
POM = """<project><modelVersion>4.0.0</modelVersion><groupId>bench</groupId><artifactId>{name}</artifactId>
<version>1</version><dependencies><dependency><groupId>{group}</groupId><artifactId>{artifact}</artifactId>
<version>{version}</version>{exclusions}</dependency></dependencies></project>"""
# ElasticMQ's own description names an artifact that was never published.
WITHOUT_TESTS = """<exclusions><exclusion><groupId>org.elasticmq</groupId>
<artifactId>elasticmq-common-test_2.13</artifactId></exclusion></exclusions>"""


class Peer:
    """A process that listens on a port; `pid` is the process whose CPU time is read."""

    def __init__(self, name, operations, command):
        self.name, self.operations, self.command = name, operations, command
        self.process = None

    def start(self):
        self.port = orderly_server.free_port()
        command = [part.replace("PORT", str(self.port)) for part in self.command]
        self.folder = tempfile.mkdtemp(prefix="orderly-bench-")
        self.process = subprocess.Popen(
            command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        orderly_server.wait_until(self.listens, timeout_seconds=60, what=f"{self.name} to listen")
        return self

    def listens(self):
        if self.process.poll() is not None:
            raise AssertionError(f"{self.name} ended with {self.process.returncode}")
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
            connection.request("GET", "/")
            connection.getresponse().read()
            return True
        except (OSError, http.client.HTTPException):
            return False

    @property
    def pid(self):
        return self.process.pid

    def stop(self):
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


class Orderly:
    """Our own binary, or another build of it, with full durability and every signature verified."""

    operations = ["null", *QUEUE_OPERATIONS, *TABLE_OPERATIONS]

    def __init__(self, program=None):
        self.name = "Orderly" if program is None else "the other build"
        self.program = program

    def start(self):
        self.server = orderly_server.Server("--durability", "full", program=self.program).start()
        self.port = self.server.port
        return self

    @property
    def pid(self):
        return self.server.process.pid

    def stop(self):
        self.server.end()


def java_library(coordinates, exclusions=""):
    """The folder with that artifact and its dependencies, fetched by Maven; None on failure."""
    group, artifact, version = coordinates.split(":")
    folder = DEPOT / artifact
    if (folder / "lib").exists():
        return folder / "lib"
    if not shutil.which("java") or not shutil.which("mvn"):
        print(f"{artifact} is left out: it needs java and mvn", file=sys.stderr)
        return None
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pom.xml").write_text(
        POM.format(name=artifact.lower(), group=group, artifact=artifact, version=version, exclusions=exclusions)
    )
    fetched = subprocess.run(
        ["mvn", "-q", "-B", "dependency:copy-dependencies", "-DoutputDirectory=fetched"],
        cwd=folder,
        capture_output=True,
        text=True,
    )
    if fetched.returncode != 0:
        print(f"{artifact} is left out: Maven could not fetch it", file=sys.stderr)
        return None
    (folder / "fetched").rename(folder / "lib")
    return folder / "lib"


def java_peers():
    library = java_library(DYNAMODB_LOCAL)
    if library:
        main = "com.amazonaws.services.dynamodbv2.local.main.ServerRunner"
        command = ["java", f"-Djava.library.path={library}", "-cp", f"{library}/*", main, "-inMemory", "-port", "PORT"]
        yield Peer("DynamoDB Local", TABLE_OPERATIONS, command)
    library = java_library(ELASTICMQ, WITHOUT_TESTS)
    if library:
        options = ["-Drest-sqs.bind-port=PORT", "-Dnode-address.port=PORT", "-Drest-stats.enabled=false"]
        command = ["java", *options, "-cp", f"{library}/*", "org.elasticmq.server.Main"]
        yield Peer("ElasticMQ", QUEUE_OPERATIONS, command)


def dynoxide():
    """The peer, or None: its tables are in a file of its folder."""
    program = DEPOT / "dynoxide" / "bin" / "dynoxide"
    if not program.exists():
        return None
    return Peer("Dynoxide", TABLE_OPERATIONS, [str(program), "serve", "--port", "PORT", "--db-path", "tables.db"])


def peers_at_hand():
    """The peers that this machine can run; prints the others."""
    moto = DEPOT / "venv" / "bin" / "moto_server"
    if moto.exists():
        yield Peer("moto", [*QUEUE_OPERATIONS, *TABLE_OPERATIONS], [str(moto), "-p", "PORT"])
    dynalite = DEPOT / "node_modules" / "dynalite" / "cli.js"
    if dynalite.exists():
        command = ["node", str(dynalite), "--port", "PORT", "--createTableMs", "0"]
        yield Peer("dynalite", TABLE_OPERATIONS, command)
    if dynoxide():
        yield dynoxide()
    yield from java_peers()


def default_binary():
    os.environ.setdefault("ORDERLY_BINARY", str(ROOT / "build" / "orderly"))
