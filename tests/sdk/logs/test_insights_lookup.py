"""CloudWatch Logs: lookup tables, and the command `lookup` of Insights."""

import json

import pytest
from insights_world import rows_of
from orderly_fixtures import ACCOUNT
from refusals import refusal

INVALID, MALFORMED, MISSING = "InvalidParameterException", "MalformedQueryException", "ResourceNotFoundException"
NO_TABLE = (MISSING, "The specified lookup table does not exist.")
USERS = 'id,name,"team, or ""none"""\r\n1,Ada,Engines\r\n2,"Bob ""B"", esq.","two\r\nlines"\r\n1,Eve,never seen\r\n\r\n4,,\r\n'
EVENTS = [{"id": 1, "user": "x", "name": "own"}, {"id": "2", "user": "y"}, {"id": 3, "name": "own"}, {"id": "4"}, {"user": "nobody"}]


def arn_of(name, region="us-east-1"):
    return f"arn:aws:logs:{region}:{ACCOUNT}:lookup-table:{name}"


@pytest.fixture
def make_table(logs):
    """make_table(name, CSV, …): the ARN."""
    made = []

    def make(name, body=USERS, **more):
        made.append(logs.create_lookup_table(lookupTableName=name, tableBody=body, **more)["lookupTableArn"])
        return made[-1]

    yield make
    left = {table["lookupTableArn"] for table in logs.describe_lookup_tables(maxResults=100)["lookupTables"]}
    for arn in left & set(made):
        logs.delete_lookup_table(lookupTableArn=arn)


@pytest.fixture
def events(make_group, put, now_ms):
    group, at = make_group("looked-up"), now_ms() - 60000
    put(group, "s", *((at + 1000 * number, json.dumps(event)) for number, event in enumerate(EVENTS)))
    return group


@pytest.fixture
def rows(events, ask):
    def query(text):
        reply = ask(events, text)
        assert reply["status"] == "Complete"
        return rows_of(reply)

    return query


# --- tables


def test_a_table_is_created_described_and_read(logs, now_ms):
    before = now_ms()
    reply = logs.create_lookup_table(lookupTableName="users", description="who", tableBody=USERS, kmsKeyId="arn:aws:kms:us-east-1:0:key/k")
    assert reply["lookupTableArn"] == arn_of("users") and before - 1000 <= reply["createdAt"] <= now_ms() + 1000
    about = {"lookupTableArn": arn_of("users"), "lookupTableName": "users", "description": "who", "sizeBytes": len(USERS),
             "lastUpdatedTime": reply["createdAt"], "kmsKeyId": "arn:aws:kms:us-east-1:0:key/k"}
    assert logs.describe_lookup_tables()["lookupTables"] == [
        {**about, "tableFields": ["id", "name", 'team, or "none"'], "recordsCount": 4}]
    got = logs.get_lookup_table(lookupTableArn=arn_of("users"))
    got.pop("ResponseMetadata")
    assert got == {**about, "tableBody": USERS}
    logs.delete_lookup_table(lookupTableArn=arn_of("users"))
    assert logs.describe_lookup_tables()["lookupTables"] == []
    assert refusal(logs.get_lookup_table, lookupTableArn=arn_of("users")) == NO_TABLE


def test_an_update_replaces_the_content_and_what_it_names(logs, make_table):
    arn = make_table("users", description="who", kmsKeyId="key")
    for body in ("a,b\n1,2\n", "a,b\n1,2\n", "c"):
        reply = logs.update_lookup_table(lookupTableArn=arn, tableBody=body)
        assert reply["lookupTableArn"] == arn
    [table] = logs.describe_lookup_tables()["lookupTables"]
    assert (table["tableFields"], table["recordsCount"], table["sizeBytes"], table["description"], table["kmsKeyId"]) == (["c"], 0, 1, "who", "key")
    assert table["lastUpdatedTime"] == reply["lastUpdatedTime"]
    logs.update_lookup_table(lookupTableArn=arn, tableBody="c\n1", description="", kmsKeyId="")
    got = logs.get_lookup_table(lookupTableArn=arn)
    assert (got["tableBody"], got["description"], got.get("kmsKeyId")) == ("c\n1", "", None)


def test_tables_with_one_content_do_not_share_their_fate(logs, make_table):
    one, two = make_table("one"), make_table("two")
    logs.delete_lookup_table(lookupTableArn=one)
    assert logs.get_lookup_table(lookupTableArn=two)["tableBody"] == USERS
    logs.update_lookup_table(lookupTableArn=two, tableBody="a")
    three = make_table("three")
    assert logs.get_lookup_table(lookupTableArn=three)["tableBody"] == USERS


def test_tables_are_listed_by_name_in_pages(logs, make_table):
    for name in ("b_2", "a", "b_1", "B", "b"):
        make_table(name, "x")

    def names(**arguments):
        reply = logs.describe_lookup_tables(**arguments)
        return [table["lookupTableName"] for table in reply["lookupTables"]], reply.get("nextToken")

    assert names() == (["B", "a", "b", "b_1", "b_2"], None)
    assert names(lookupTableNamePrefix="b") == (["b", "b_1", "b_2"], None)
    assert names(lookupTableNamePrefix="c") == ([], None)
    first, token = names(lookupTableNamePrefix="b", maxResults=2)
    assert (first, names(lookupTableNamePrefix="b", maxResults=1, nextToken=token)) == (["b", "b_1"], (["b_2"], None))
    assert refusal(logs.describe_lookup_tables, nextToken="made-up") == (INVALID, "The specified nextToken is invalid.")
    assert refusal(logs.describe_lookup_tables, maxResults=0)[0] == INVALID
    assert refusal(logs.describe_lookup_tables, maxResults=101)[0] == INVALID


def test_a_hundred_tables_are_enough(logs, make_table):
    for number in range(100):
        make_table(f"t{number}", "x")
    assert refusal(logs.create_lookup_table, lookupTableName="one_more", tableBody="x") == ("LimitExceededException", "Resource limit exceeded.")
    assert len(logs.describe_lookup_tables(maxResults=100)["lookupTables"]) == 100
    assert len(logs.describe_lookup_tables()["lookupTables"]) == 50


def test_tables_have_tags(logs, make_table):
    arn = make_table("tagged", "x", tags={"a": "1"})
    logs.tag_resource(resourceArn=arn, tags={"b": "2"})
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {"a": "1", "b": "2"}
    logs.untag_resource(resourceArn=arn, tagKeys=["a"])
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {"b": "2"}
    logs.delete_lookup_table(lookupTableArn=arn)
    assert refusal(logs.list_tags_for_resource, resourceArn=arn) == NO_TABLE
    assert logs.list_tags_for_resource(resourceArn=make_table("tagged", "x"))["tags"] == {}


@pytest.mark.parametrize("body, sentence", [
    ("\n\r\n", "The CSV has no header row."), ("a,,b", "Column 2 of the CSV has no name."),
    ("a,b,a", "The CSV has two columns with the name a."), ("a,b\n1,2\n1", "Row 3 of the CSV has 1 columns, its header has 2."),
    ("a,b\n1,2,3", "Row 2 of the CSV has 3 columns, its header has 2."),
    ('a\n"b', "Row 2 of the CSV has a quoted value that does not end."), ('a\n"b"c', "Row 2 of the CSV has text behind a quoted value."),
    ('"a', "The CSV's header has a quoted value that does not end."),
    (",".join(f"c{n}" for n in range(1001)), "The CSV's header has more than 1000 columns, or more than 64 KB.")])
def test_a_text_that_is_no_table_is_refused(logs, body, sentence):
    assert refusal(logs.create_lookup_table, lookupTableName="bad", tableBody=body) == (INVALID, sentence)
    assert logs.describe_lookup_tables()["lookupTables"] == []


@pytest.mark.parametrize("body, fields, records", [
    ("a", ["a"], 0), ("\ufeffa,b\n1,", ["a", "b"], 1), ('"a ""b""", c \n"",""', ['a "b"', " c "], 1), ("a\n\n\n1\n", ["a"], 1),
    ('a\n1"2"', ["a"], 1), (",".join(f"c{n}" for n in range(1000)), [f"c{n}" for n in range(1000)], 0)])
def test_what_is_a_table(logs, make_table, body, fields, records):
    make_table("good", body)
    [table] = logs.describe_lookup_tables()["lookupTables"]
    assert (table["tableFields"], table["recordsCount"], table["sizeBytes"]) == (fields, records, len(body.encode()))


def test_a_table_has_at_most_ten_megabytes(logs, make_table, ask, events):
    body = "id,text\n" + "".join(f"{n},{'x' * 90}\n" for n in range(100_000))
    body += "z," + "y" * (10 * 1024 * 1024 - len(body) - 3) + "\n"
    assert len(body) == 10 * 1024 * 1024
    arn = make_table("large", body)
    assert logs.get_lookup_table(lookupTableArn=arn)["tableBody"] == body
    reply = ask(events, "lookup large id OUTPUT text | filter strlen(text) = 90 | stats count(*) as n")
    assert (reply["status"], rows_of(reply)) == ("Complete", [{"n": "4"}])
    assert refusal(logs.update_lookup_table, lookupTableArn=arn, tableBody=body + "\n")[0] == INVALID
    logs.update_lookup_table(lookupTableArn=arn, tableBody=body[:-1] + "Y")
    assert logs.get_lookup_table(lookupTableArn=arn)["tableBody"].endswith("yY")


def test_wrong_requests(logs, make_table):
    arn = make_table("users")
    assert refusal(logs.create_lookup_table, lookupTableName="users", tableBody="x") == (
        "ResourceAlreadyExistsException", "The specified lookup table already exists.")
    both = (INVALID, "Exactly one of tableBody and queryId must be specified.")
    assert refusal(logs.create_lookup_table, lookupTableName="other") == both
    assert refusal(logs.update_lookup_table, lookupTableArn=arn, tableBody="x", queryId="q") == both
    for call, more in ((logs.get_lookup_table, {}), (logs.delete_lookup_table, {}), (logs.update_lookup_table, {"tableBody": "x"})):
        assert refusal(call, lookupTableArn=arn_of("none"), **more) == NO_TABLE
        assert refusal(call, lookupTableArn=arn_of("users", "eu-west-1"), **more) == NO_TABLE
        assert refusal(call, lookupTableArn="users", **more) == (INVALID, "The specified lookup table ARN is invalid.")
    assert refusal(logs.create_lookup_table, lookupTableName="a-b", tableBody="x")[0] == INVALID
    assert refusal(logs.create_lookup_table, lookupTableName="a" * 257, tableBody="x")[0] == INVALID
    make_table("a" * 256, "x")


# --- tables from queries


def test_the_results_of_a_query_become_a_table(logs, events, ask, finished, now_ms):
    end = now_ms() // 1000 + 60
    started = {"logGroupName": events, "startTime": end - 86400, "endTime": end}
    query = logs.start_query(**started, queryString="filter ispresent(id) | fields id, concat('\"', name, ',') as told | sort id")["queryId"]
    finished(query)
    logs.create_lookup_table(lookupTableName="told", queryId=query)
    try:
        assert logs.get_lookup_table(lookupTableArn=arn_of("told"))["tableBody"] == (
            'id,told\n1,"""own,"\n2,""","\n3,"""own,"\n4,""","\n')
        assert rows_of(ask(events, "filter id = 1 | lookup told id OUTPUT told | display told")) == [{"told": '"own,'}]
        nothing = logs.start_query(**started, queryString="filter id = 77")["queryId"]
        finished(nothing)
        assert refusal(logs.update_lookup_table, lookupTableArn=arn_of("told"), queryId=nothing) == (INVALID, "The query has no results.")
    finally:
        logs.delete_lookup_table(lookupTableArn=arn_of("told"))
    assert refusal(logs.create_lookup_table, lookupTableName="t", queryId="none") == (MISSING, "The specified query does not exist.")


def test_a_query_with_as_many_columns_as_a_table_may_have_becomes_a_table(logs, events, finished, now_ms):
    def queried(*more):
        names = [f"c{number}" for number in range(1000)]
        end = now_ms() // 1000 + 60
        query = logs.start_query(logGroupName=events, startTime=end - 86400, endTime=end,
                                 queryString="fields " + ",".join([*(f"1 as {name}" for name in names), *more]))["queryId"]
        assert finished(query)["status"] == "Complete"
        return ",".join(names) + "\n" + len(EVENTS) * (",".join("1" * len(names)) + "\n"), query

    body, query = queried()
    logs.create_lookup_table(lookupTableName="wide", queryId=query)
    try:
        assert logs.get_lookup_table(lookupTableArn=arn_of("wide"))["tableBody"] == body
        _, query = queried("@message")
        assert refusal(logs.update_lookup_table, lookupTableArn=arn_of("wide"), queryId=query) == (
            INVALID, "The CSV's header has more than 1000 columns, or more than 64 KB.")
    finally:
        logs.delete_lookup_table(lookupTableArn=arn_of("wide"))


# --- lookup


def test_a_lookup_adds_columns_to_the_rows_that_match(rows, make_table):
    make_table("users")
    assert rows("lookup users id OUTPUT name | sort @timestamp | display id, name") == [
        {"id": "1", "name": "Ada"}, {"id": "2", "name": 'Bob "B", esq.'}, {"id": "3", "name": "own"}, {"id": "4", "name": ""}, {}]
    assert rows("filter id = 2 | lookup users id output `team, or \"none\"`") == [
        {"@timestamp": row["@timestamp"], "@message": json.dumps(EVENTS[1]), 'team, or "none"': "two\r\nlines"}
        for row in rows("filter id = 2")]


def test_the_documentation_s_examples(rows, make_table):
    make_table("user_data", "id,name,email,department,username\n1,Ada,ada@x,Engineering,al\n2,Bob,bob@x,Sales,bo\n3,Cy,ada@x,Engineering,cy\n")
    assert rows("fields user, name, email, department | lookup user_data id OUTPUT name, email, department | filter ispresent(email) | sort id") == [
        {"user": "x", "name": "Ada", "email": "ada@x", "department": "Engineering"}, {"user": "y", "name": "Bob", "email": "bob@x", "department": "Sales"},
        {"name": "Cy", "email": "ada@x", "department": "Engineering"}]
    assert rows("lookup user_data id OUTPUT username, email, department | filter ispresent(email) | stats count(*) as n by email | sort email") == [
        {"email": "ada@x", "n": "2"}, {"email": "bob@x", "n": "1"}]
    assert rows('fields id | lookup user_data id OUTPUT username, department | filter department = "Engineering" | sort id') == [
        {"id": "1", "username": "al", "department": "Engineering"}, {"id": "3", "username": "cy", "department": "Engineering"}]


@pytest.mark.parametrize("query, found", [
    ("lookup t n as id, who as user OUTPUT made | sort id | display made", [{}, {"made": "first"}, {"made": "second"}, {}, {}]),
    ("lookup t n as id OUTPUT made, who | filter who = 'X' | display made", [{"made": "third"}]),
    ("fields concat(id, '') as k | lookup t n as k OUTPUT n | stats count(n) as n", [{"n": "3"}]),
    ("stats count(*) as total by id | lookup t n as id OUTPUT who | sort id | display who, total", [
        {"total": "1"}, {"who": "x", "total": "1"}, {"who": "y", "total": "1"}, {"who": "X", "total": "1"}, {"total": "1"}]),
    ("lookup t n as id OUTPUT who | lookup t who, n as id OUTPUT made | filter ispresent(made) | sort id | display made",
     [{"made": "first"}, {"made": "second"}, {"made": "third"}]),
    ("filter id in (lookup t n as id OUTPUT made | filter made = 'second' | fields id) | display id", [{"id": "2"}])])
def test_lookups_among_other_commands(rows, make_table, query, found):
    make_table("t", "n,who,made\n1,x,first\n2,y,second\n3,X,third\n")
    assert sorted(rows(query), key=str) == sorted(([row for row in found] if "ispresent" not in query else found), key=str)


def test_diff_and_pattern_see_what_a_lookup_adds(rows, make_table):
    make_table("t", "id,text\n1,user 17 came\n2,user 18 came\n")
    [pattern] = rows("lookup t id OUTPUT text | pattern text")
    assert (pattern["@sampleCount"], pattern["@pattern"].startswith("user ")) == ("2", True)
    assert [row["@sampleCount"] for row in rows("lookup t id OUTPUT text | pattern text | diff")] == ["2"]


def test_the_latest_content_counts_and_a_table_that_is_gone_does_not(logs, rows, make_table, events, now_ms):
    arn = make_table("t", "id,a\n1,old\n")
    logs.update_lookup_table(lookupTableArn=arn, tableBody="id,a\n1,new\n")
    assert rows("lookup t id OUTPUT a | filter id = 1 | display a") == [{"a": "new"}]
    logs.delete_lookup_table(lookupTableArn=arn)
    ask = {"logGroupName": events, "startTime": 1, "endTime": now_ms()}
    assert refusal(logs.start_query, **ask, queryString="lookup t id OUTPUT a") == (MISSING, "The specified lookup table does not exist: t")


@pytest.mark.parametrize("query, sentence", [
    ("lookup", "unexpected end of the query at line 1 and position 7"), ("lookup t", "unexpected end of the query at line 1 and position 9"),
    ("lookup t id", "unexpected end of the query at line 1 and position 12"), ("lookup t id OUTPUT", "unexpected end of the query at line 1 and position 19"),
    ("lookup t id as OUTPUT id", "unexpected symbol found id at line 1 and position 23"),
    ("lookup t id as 5 OUTPUT a", "unexpected symbol found 5 at line 1 and position 16"),
    ("lookup 't' id OUTPUT a", "unexpected symbol found 't' at line 1 and position 8"),
    ("lookup t id OUTPUT a as b", "unexpected symbol found as at line 1 and position 22"),
    ("lookup t none as id OUTPUT a", "the lookup table t has no column none"), ("lookup t id OUTPUT a, B", "the lookup table t has no column B"),
    (" | ".join(["lookup t id OUTPUT a"] * 6), "a query has at most five lookups"),
    ("lookup t " + ", ".join(["id"] * 21) + " OUTPUT a", "a lookup has at most 20 fields to match")])
def test_malformed_lookups(logs, make_table, events, now_ms, query, sentence):
    make_table("t", "id,a\n")
    assert refusal(logs.start_query, logGroupName=events, startTime=1, endTime=now_ms(), queryString=query) == (MALFORMED, sentence)


def test_five_lookups_and_twenty_keys_are_enough(rows, make_table):
    make_table("t", "id,a\n1,x\n")
    assert rows(" | ".join(["lookup t id OUTPUT a"] * 4 + ["lookup t " + ", ".join(["id"] * 20) + " OUTPUT a"]) + " | filter id = 1 | display a") == [{"a": "x"}]
