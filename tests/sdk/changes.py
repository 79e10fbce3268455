"""The changes that the server makes in its database, in order: for tests of how much one run of an operation may do.

Triggers write one row for each change; they are added and read while the server is stopped.
"""

import concurrent.futures
import contextlib
import pathlib
import re
import sqlite3

import boto3
import orderly_server
from botocore.config import Config


def database(server) -> sqlite3.Connection:
    [path] = pathlib.Path(server.data).glob("*.db")
    return sqlite3.connect(path, isolation_level=None)


def rows(server, query: str, *arguments) -> list:
    """The rows of a query; the server may be running."""
    with contextlib.closing(database(server)) as connection:
        return connection.execute(query, arguments).fetchall()


def migration(service: str, number: int) -> str:
    """The SQL of a migration of `service`."""
    source = pathlib.Path(__file__).parents[2] / f"src/services/{service}/{service}.sql"
    return re.split(r"^-- (?:migration|statement): .*\n", source.read_text(), flags=re.M)[number]


def record(server, **watched: str) -> None:
    """record(server, removed="delete on sqs_message"): records each such change as that word."""
    with contextlib.closing(database(server)) as connection:
        connection.execute("create table test_change (id integer primary key, word text not null)")
        tables = {name for (name,) in connection.execute("select name from sqlite_schema where type = 'table'")}
        for word, event in watched.items():
            if event.split(" on ")[1].split()[0] in tables:
                connection.execute(
                    f"create trigger test_{word} after {event} begin insert into test_change (word) values ('{word}'); end"
                )


def recorded(server) -> "list[str]":
    """The words, in the order of the changes."""
    return [word for (word,) in rows(server, "select word from test_change order by id")]


def largest_run(words: "list[str]", of: str, until: str) -> int:
    """The largest number of `of` between two `until`."""
    most = count = 0
    for word in words:
        count = 0 if word == until else count + (word == of)
        most = max(most, count)
    return most


# How long work in slices may continue before it yields: until its other bounds end the slice, or not at all.
NO_HURRY = {"ORDERLY_SLICE_US": str(10**12)}
ALWAYS_OVER = {"ORDERLY_SLICE_US": "-1"}


@contextlib.contextmanager
def under_way(own, wanted: str, *calls):
    """Makes the calls in turn until the rows of the query are there during one of them; yields the future of its result.

    Who looks too late makes the next call: the rows are there only while a call is carried out."""
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        for attempt in range(20):
            sent = pool.submit(calls[attempt % len(calls)])
            orderly_server.wait_until(lambda: own.rows(wanted) or sent.done(), what=wanted)
            if not sent.done():
                break
            sent.result()
        else:
            raise AssertionError(f"never seen: {wanted}")
        yield sent


class OwnServer:
    """A server that is stopped for reading and changing its database."""

    def __init__(self, *flags, environment=None):
        self.server = orderly_server.Server(*flags, environment=environment).start()
        self.clients = {}

    def client(self, service):
        if service not in self.clients:
            self.clients[service] = boto3.client(
                service,
                endpoint_url=self.server.endpoint,
                region_name="us-east-1",
                aws_access_key_id="test",
                aws_secret_access_key="test",
                config=Config(retries={"max_attempts": 0}, read_timeout=120),
            )
        return self.clients[service]

    def restart_recording(self, environment=None, **watched):
        self.server.stop()
        record(self.server, **watched)
        self.server.environment = environment or {}
        self.server.start()

    def change(self, *statements):
        """Run SQL on the server's database, while the server is stopped."""
        self.server.stop()
        with contextlib.closing(database(self.server)) as connection:
            for statement in statements:
                connection.execute(statement)
        self.server.start()

    def stop_and_read(self):
        """The recorded words; the server is started again."""
        self.server.stop()
        words = recorded(self.server)
        self.server.start()
        return words

    def advance(self, seconds):
        self.server.advance_clock(seconds)

    def rows(self, query, *arguments):
        return rows(self.server, query, *arguments)

    def wait_for_no_rows(self, query, *arguments):
        orderly_server.wait_until(lambda: not self.rows(query, *arguments), 60, query)

    def end(self):
        self.server.end()
