"""
No statement reads a whole table that grows with use, or sorts what it has found, except the statements named here with
a reason; and what is kept for reading is read: each statement has a caller, and each index a statement.
"""

import re
import sqlite3
from pathlib import Path

import pytest
from sql_text import parts

ROOT = Path(__file__).resolve().parents[2]
# A source comes after those that it uses.
SOURCES = sorted(ROOT.glob("src/**/*.sql"), key=lambda path: ("-- uses:" in path.read_text(), path))
WHOLE_TABLES = {
    "cloudwatch: next_upload": "the first row",
    "logs: find_pending": "the first row",
    "cloudwatch: oldest_history": "the first row",
    "dynamodb: find_gone": "the first row",
    "dynamodb: find_last_version": "the last row",
    "dynamodb: find_gone_index": "the first row",
    "dynamodb: find_unused_image": "the first entry of an index of those that are to be removed",
    "engine: find_ended_delivery_target": "an index of the few that have ended",
    "engine: find_last_delivery": "the last row",
    "engine: find_last_trace_run": "the last row",
    "engine: find_next_timer": "the first entry of an index",
    "engine: find_trace_page": "the first row",
    "engine: size_of_trace_pages": "at a start and after a failed commit",
    "engine: find_oldest_trace": "the first entry of an index",
    "dynamodb: find_oldest_token": "the first entry of an index",
    "lambda: count_sandboxes": "some thousands at most, counted when one is started",
    "lambda: list_idle": "some thousands at most, when memory is short",
    "lambda: count_all_in_flight": "an index of those in flight, up to a bound",
    "lambda: list_provisioned_functions": "once, at the start",
    "lambda: list_all_sandboxes": "at a start and a reset",
    "lambda: remove_orphans": "once, at the start",
    "lambda: remove_orphaned_payloads": "once, at the start",
    "lambda: remove_unended_batches": "once, at the start",
    "lambda: remove_orphaned_parts": "once, at the start",
    "lambda: list_unowned_packages": "once, at the start and at a reset; an index of what are few",
    "lambda: requeue_all": "once, at the start",
    "lambda: remove_all_messages": "once, at the start",
    "lambda: reset_lanes": "once, at the start",
    "lambda: list_waiting_versions": "once, at the start",
    "lambda: list_enabled_mappings": "once, at the start",
    "logs: find_last_event": "the last row",
    "sns: find_signing_key_name": "one row",
}
SORTED = {
    "cloudwatch: list_alarms_for_metric": "the alarms of one metric, found by an index that is not in their order",
    "cloudwatch: list_children": "those of one alarm",
    "cloudwatch: list_parents": "those of one alarm",
    "iam: access_keys": "two at most",
    "iam: attached_identities": "all of a policy's, which are needed",
    "iam: groups_of_user": "ten at most",
    "iam: page_members": "those of one group",
    "iam: bounded_identities": "all of a policy's, which are needed",
    "lambda: get_start_kind": "those that wait for one execution",
    "lambda: list_extensions": "ten at most",
    "lambda: list_idle": "some thousands at most, when memory is short",
    "lambda: list_mappings": "the mappings of an account",
    "logs: prune_index_policies": "those that have ended lately, up to a bound",
    "sns: list_outbox": "an outbox, up to a bound",
    "sqs: list_waiting": "two lists, each in order and up to a bound",
}


@pytest.fixture(scope="module")
def database():
    connection = sqlite3.connect(":memory:")
    connection.create_function("spread_key", 1, lambda key: key)  # store/functions.c
    for source in SOURCES:
        for kind, _, sql in parts(source):
            if kind == "migration":
                connection.executescript(sql)
    return connection


def statements():
    for source in SOURCES:
        for kind, name, sql in parts(source):
            if kind == "statement":
                yield pytest.param(f"{source.stem}: {name}", sql, id=f"{source.stem}-{name}")


def plan_of(database, sql):
    given = {parameter: None for parameter in re.findall(r":(\w+)", sql)}
    return [row[3] for row in database.execute(f"explain query plan {sql}", given)]


@pytest.mark.parametrize(("name", "sql"), list(statements()))
def test_a_statement_reads_by_an_index(database, name, sql):
    plan = plan_of(database, sql)
    scans = [step for step in plan if step.startswith("SCAN") and not re.search(r"SCAN (CONSTANT|\(|json_each|\d+ CONST)", step)]
    if name in WHOLE_TABLES:
        assert scans, f"{name} reads no whole table any more: take it off the list"
    else:
        assert not scans, plan


@pytest.mark.parametrize(("name", "sql"), list(statements()))
def test_a_statement_finds_its_rows_in_order(database, name, sql):
    plan = plan_of(database, sql)
    sorts = "USE TEMP B-TREE FOR ORDER BY" in plan
    assert sorts == (name in SORTED), plan


@pytest.mark.parametrize(("name", "sql"), list(statements()))
def test_rows_in_a_list_are_found_by_their_whole_key(database, name, sql):
    """A list that is read to search and again to compare does not find rows by all columns: (integer, text) in (select …)."""
    plan = plan_of(database, sql)
    assert plan.count("LIST SUBQUERY 1") < 2, plan


def test_what_waits_is_not_read_to_count_what_is_in_flight(database):
    """A function may have a million events that wait."""
    counts = {one.values[0]: plan_of(database, one.values[1]) for one in statements() if "count_in_flight" in one.id}
    assert sorted(counts) == ["lambda: count_in_flight", "lambda: count_in_flight_of_version"]
    for plan in counts.values():
        assert any("INDEX lambda_invocation_in_flight" in step for step in plan), plan


def test_what_a_group_has_taken_is_not_read_from_its_beginning(database):
    """A group may have 120,000 messages in flight, of which a receive counts some."""
    [plan] = [plan_of(database, one.values[1]) for one in statements() if one.values[0] == "sqs: list_taken"]
    assert any("sqs_message_tenant_taken (generation_id=? AND group_id=? AND rowid>?)" in step for step in plan), plan


def test_each_index_serves_a_statement(database):
    plans = "\n".join(step for statement in statements() for step in plan_of(database, statement.values[1]))
    indexes = [name for name, in database.execute("select name from sqlite_master where type = 'index' and sql <> ''")]
    assert len(indexes) > 50
    assert [name for name in indexes if not re.search(rf"\b{name}\b", plans)] == []


def test_each_statement_has_a_caller():
    code = "\n".join(path.read_text() for path in ROOT.glob("src/**/*.c"))
    called = set(re.findall(r"\b(\w+?)(?:_open|_begin)?\(", code))
    names = [statement.values[0].replace(": ", "_") for statement in statements()]
    assert [name for name in names if name not in called] == []
