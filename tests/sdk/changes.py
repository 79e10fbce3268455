"""
What the server changes in its database, in order: for tests of how much one run of an operation may do.

Triggers write one row for each change; they are put in and read while the server is stopped.
"""

import contextlib
import pathlib
import sqlite3


def database(server) -> sqlite3.Connection:
    [path] = pathlib.Path(server.data).glob("*.db")
    return sqlite3.connect(path, isolation_level=None)


def rows(server, query: str, *arguments) -> list:
    """What a query finds now, also while the server runs."""
    with contextlib.closing(database(server)) as connection:
        return connection.execute(query, arguments).fetchall()


def record(server, **watched: str) -> None:
    """record(server, removed="delete on sqs_message"): each such change is recorded by that word."""
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
    """How often `of` stands at most between two times that `until` does."""
    most = count = 0
    for word in words:
        count = 0 if word == until else count + (word == of)
        most = max(most, count)
    return most
