"""CloudWatch Logs Insights: subqueries and join."""

import json

import pytest
from insights_world import Own, rows_of
from orderly_fixtures import ACCOUNT
from refusals import refusal

MALFORMED = "MalformedQueryException"


def arn_of(group):
    return f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{group}"


ORDERS = [{"id": "a", "user": "ada", "total": 5}, {"id": "b", "user": "bob", "total": 7}, {"id": "c", "user": "cy", "total": 9}, {"user": "none"}]
PAYMENTS = [{"order": "a", "state": "FAILED", "try": 1}, {"order": "a", "state": "PAID", "try": 2}, {"order": "b", "state": "FAILED", "try": 1},
            {"state": "LOST"}, {"order": "d", "state": "FAILED", "n": 7.0, "text": "7"}]


@pytest.fixture
def shop(make_group, put, now_ms):
    """(orders, payments): groups of events a second apart, payments after orders."""
    orders, payments = make_group("orders"), make_group("payments")
    at = now_ms() - 60000
    for first, group, events in ((at, orders, ORDERS), (at + 10000, payments, PAYMENTS)):
        put(group, "s", *((first + 1000 * number, json.dumps(event)) for number, event in enumerate(events)))
    return orders, payments


@pytest.fixture
def rows(shop, ask):
    """rows(query): of the orders; {p} is the payments' group."""

    def query(text, group=0):
        reply = ask(shop[group], text.replace("{p}", shop[1]).replace("{o}", shop[0]))
        assert reply["status"] == "Complete"
        return rows_of(reply)

    return query


def column(rows, name):
    return [row.get(name) for row in rows]


# --- subqueries


@pytest.mark.parametrize("subquery, users", [
    ("SOURCE '{p}' | filter state = 'FAILED' | fields order as id", ["ada", "bob"]),
    ("SOURCE '{p}' | stats count(*) as n by order as id | filter n > 1 | fields id", ["ada"]),
    ("SOURCE '{p}' | stats count(*) as n by order as id", ["ada", "bob"]),
    ("SOURCE logGroups(namePrefix: ['{p}']) | display order as id, state", ["ada", "bob"]),
    ("filter total > 5 | fields id", ["bob", "cy"]),
    ("sort total desc | limit 1 | fields id", ["cy"]), ("SOURCE '{p}' | fields order as id | dedup id | limit 1", []),
    ("fields id | filter id = 'zz'", [])])
def test_a_filter_keeps_the_rows_whose_field_a_subquery_returns(rows, subquery, users):
    query = f"filter id in ({subquery}) | fields user | sort user"
    assert column(rows(query), "user") == users
    assert column(rows(query.replace(" in (", " not in (")), "user") == [
        name for name in ("ada", "bob", "cy", "none") if name not in users]


def test_a_subquery_is_a_condition_among_others(rows):
    assert column(rows("filter total > 6 or id in (SOURCE '{p}' | fields order as id) | sort user | fields user"), "user") == ["ada", "bob", "cy"]
    assert column(rows("filter id in (SOURCE '{p}' | filter try = 2 | fields order as id) or id in (filter total = 9 | fields id) | fields user"
                       " | sort user"), "user") == ["ada", "cy"]
    assert column(rows("filter total in (SOURCE '{p}' | fields n as total) | fields user"), "user") == ["bob"], "7 is 7.0"
    assert column(rows("filter total in (SOURCE '{p}' | fields text as total) | fields user"), "user") == ["bob"]


def test_a_subquery_counts_in_the_statistics_and_may_name_its_group_by_arn(shop, ask):
    orders, payments = shop
    reply = ask(orders, f"filter id in (SOURCE '{arn_of(payments)}' | fields order as id) | fields user")
    assert len(reply["results"]) == 2
    assert (reply["statistics"]["recordsScanned"], reply["statistics"]["recordsMatched"]) == (len(ORDERS) + len(PAYMENTS), 2)
    assert reply["statistics"]["logGroupsScanned"] == 1


# --- join

JOIN = "join type=inner left=o right=p where o.id=p.order (SOURCE '{p}')"


def test_join_combines_the_rows_that_have_the_same_value(rows):
    assert rows(JOIN + " | fields o.user, p.state, p.try | sort o.user, p.try") == [
        {"o.user": "ada", "p.state": "FAILED", "p.try": "1"}, {"o.user": "ada", "p.state": "PAID", "p.try": "2"},
        {"o.user": "bob", "p.state": "FAILED", "p.try": "1"}]
    assert rows("filter total > 5 | " + JOIN.replace("type=inner ", "") + " | display user, p.state as state") == [{"user": "bob", "state": "FAILED"}]
    assert rows(JOIN + " | stats count(*) as n, sum(o.total) as total by p.state | sort p.state") == [
        {"p.state": "FAILED", "n": "2", "total": "12"}, {"p.state": "PAID", "n": "1", "total": "5"}]


def test_a_left_join_keeps_rows_without_a_partner(rows):
    assert rows(JOIN.replace("inner", "left") + " | filter ispresent(o.total) | display o.id, p.state | sort o.id, p.state") == [
        {"o.id": "a", "p.state": "FAILED"}, {"o.id": "a", "p.state": "PAID"}, {"o.id": "b", "p.state": "FAILED"}, {"o.id": "c"}]
    assert column(rows(JOIN.replace("inner", "left") + " | filter not ispresent(p.state) | fields user | sort user"), "user") == ["cy", "none"]


def test_the_right_side_of_a_join_may_be_the_result_of_a_query(rows):
    counted = JOIN.replace("'{p}')", "'{p}' | stats count(*) as tries, max(try) as last by order)")
    assert rows(counted + " | fields o.user, p.tries, p.last, p.state | sort o.user") == [
        {"o.user": "ada", "p.tries": "2", "p.last": "2"}, {"o.user": "bob", "p.tries": "1", "p.last": "1"}]
    assert column(rows(JOIN.replace("'{p}')", "'{p}' | filter state = 'PAID')") + " | fields o.user"), "o.user") == ["ada"]
    assert rows(JOIN.replace("'{p}')", "'{p}' | fields order, try * 10 as ten)") + " | fields p.ten, p.try | sort p.ten | limit 1") == [{"p.ten": "10"}]


def test_a_group_may_be_joined_with_itself_and_with_what_commands_have_made(rows):
    query = "fields concat('', order) as key | join left=l right=r where l.key=r.order (filter state = 'PAID') | display l.state, r.state | sort l.state"
    assert rows(query, group=1) == [{"l.state": "FAILED", "r.state": "PAID"}, {"l.state": "PAID", "r.state": "PAID"}]


def test_a_joined_row_keeps_its_event(rows, shop):
    [row] = rows(JOIN + " | filter p.state = 'PAID'")
    assert json.loads(row["@message"]) == ORDERS[0]
    [row] = rows(JOIN + " | filter p.@message like /PAID/ | fields p.@message, p.@log, @log")
    assert (json.loads(row["p.@message"]), row["p.@log"], row["@log"]) == (PAYMENTS[1], f"{ACCOUNT}:{shop[1]}", f"{ACCOUNT}:{shop[0]}")


INSIDE = "a subquery has no subqueries and no join"
PLACE = "a subquery stands in a filter, behind the name of a field"
ONE = "a query has one join, before the commands after which there are only their own columns"


@pytest.mark.parametrize("query, sentence", [
    ("filter a in (SOURCE '{g}' | filter b in (fields b) | fields a)", INSIDE),
    ("filter a in (SOURCE '{g}' | join left=l right=r where l.a=r.a (SOURCE '{g}') | fields a)", INSIDE),
    ("fields a in (SOURCE '{g}' | fields a) as b", PLACE), ("filter 'a' in (SOURCE '{g}' | fields a)", PLACE),
    ("filter a in (SOURCE '{g}')", "the subquery does not return the field a"),
    ("filter a in (SOURCE '{g}' | fields b)", "the subquery does not return the field a"),
    ("filter a in (SOURCE '{g}' | stats count(*) by b)", "the subquery does not return the field a"),
    ("filter a in (SOURCE '{g}' | diff | fields a)", "diff stands in queries without subqueries and join"),
    ("filter a in (fields a) | diff", "diff stands in queries without subqueries and join"),
    ("filter a in (fields a", "unexpected end of the query at line 1 and position 22"),
    ("filter a in (fields a)) | limit 1", "unexpected symbol found ) at line 1 and position 23"),
    ("filter " + " or ".join(["a in (fields a)"] * 6), "a query has at most five subqueries"),
    ("filter a in (limit 1 | SOURCE '{g}')", "SOURCE is the first command of a query"), ("SOURCE '{g}' | fields a", "unexpected symbol found '{g}' at line 1 and position 8"),
    ("filter a in (SOURCE '')", "unexpected symbol found '' at line 1 and position 21"),
    ("join left=l right=r where l.a=r.a (SOURCE '{g}') | join left=l right=s where l.a=s.a (SOURCE '{g}')", ONE),
    ("stats count(*) by a | join left=l right=r where l.a=r.a (SOURCE '{g}')", ONE),
    ("join left=l right=l where l.a=l.a (SOURCE '{g}')", "the sides of a join have different names"),
    ("join type=outer left=l right=r where l.a=r.a (SOURCE '{g}')", "unexpected symbol found outer at line 1 and position 11"),
    ("join left=l right=r where r.a=l.a (SOURCE '{g}')", "unexpected symbol found r.a at line 1 and position 27"),
    ("join left=l right=r where l.a=r.a", "unexpected end of the query at line 1 and position 34"),
    ("join left=l right=r where l.a=r.a (SOURCE '{g}' | fields b)", "the subquery does not return the field a"),
], ids=lambda text: text[:60])
def test_what_is_no_subquery_and_no_join_is_refused(make_group, logs, query, sentence):
    group = make_group()
    fill = lambda text: text.replace("{g}", group)  # noqa: E731
    assert refusal(logs.start_query, logGroupName=group, startTime=1, endTime=2, queryString=fill(query)) == (MALFORMED, fill(sentence))


def test_five_subqueries_are_accepted(rows):
    assert rows("filter " + " or ".join(["id in (filter total = 9 | fields id)"] * 5) + " | fields user") == [{"user": "cy"}]


# --- permissions


def test_a_subquery_needs_the_permission_for_its_group(shop, user_with, logs, now_ms):
    orders, payments = shop
    user = user_with("logs", {"Effect": "Allow", "Action": "logs:StartQuery", "Resource": f"{arn_of(orders)}:*"})
    time = {"startTime": now_ms() // 1000 - 100, "endTime": now_ms() // 1000}
    user.start_query(logGroupName=orders, queryString="filter id in (fields id)", **time)
    for group in (payments, "none"):
        for query in (f"filter id in (SOURCE '{group}' | fields id)", f"join left=o right=p where o.id=p.order (SOURCE '{group}')",
                      f"filter id in (SOURCE logGroups(namePrefix: ['{group}']) | fields id)"):
            code, sentence = refusal(user.start_query, logGroupName=orders, queryString=query, **time)
            assert code == "AccessDeniedException" and group in sentence
    assert refusal(logs.start_query, logGroupName=orders, queryString="filter id in (SOURCE 'none' | fields id)", **time) == (
        "ResourceNotFoundException", "The specified log group does not exist.")


def test_a_subquery_that_unmasks_needs_that_permission(shop, user_with, now_ms):
    orders, payments = shop
    user = user_with("logs", {"Effect": "Allow", "Action": "logs:StartQuery", "Resource": "*"})
    code, sentence = refusal(user.start_query, logGroupName=orders, startTime=1, endTime=now_ms() // 1000,
                             queryString=f"filter id in (SOURCE '{payments}' | unmask order as id)")
    assert code == "AccessDeniedException" and "logs:Unmask" in sentence


# --- bounds


SLOW = "filter @message like /((a|b)+ )+[yz]/ or 1 = 1 | fields @message as m"


def test_a_subquery_that_takes_more_than_thirty_seconds_fails_the_query(hasty_server):
    import orderly_server

    own = Own(hasty_server, 50, "ab " * 60)
    assert own.end_of(own.start(f"fields @message as m | filter m in ({SLOW})"))["status"] == "Complete"
    own.fill(750, "ab " * 60)  # seconds of work, on a busy machine many
    query = own.start(f"fields @message as m | filter m in ({SLOW})")
    orderly_server.advance_clock(hasty_server.endpoint, 31)
    assert own.end_of(query)["status"] == "Failed"


def test_a_join_that_multiplies_one_row_too_much_fails_and_others_run(hasty_server):
    own = Own(hasty_server, 2000, lambda number: json.dumps({"k": 1, "n": number}))
    product = "join left=l right=r where l.k=r.k (limit {}) | stats count(*) as n"
    assert rows_of(own.end_of(own.start(product.format(100)))) == [{"n": "200000"}]
    assert rows_of(own.end_of(own.start("limit 1 | " + product.format(2000)))) == [{"n": "2000"}]
    lists = "fields jsonparse('{}') as list | unnest list into one | stats count(*) as n"
    assert rows_of(own.end_of(own.start("limit 1 | " + lists.format([1] * 40)))) == [{"n": "40"}]
    multiplied = "limit 1 | join left=l right=r where l.k=r.k (SOURCE 'g') | fields jsonparse('{}') as list | unnest list into one | stats count(*) as n"
    assert rows_of(own.end_of(own.start(multiplied.format([1] * 48)))) == [{"n": "96000"}]
    assert own.end_of(own.start(multiplied.format([1] * 52)))["status"] == "Failed"
    assert own.end_of(own.start("stats count(*) as n"))["status"] == "Complete"


def test_a_right_side_that_needs_too_much_memory_fails_the_query(hasty_server):
    own = Own(hasty_server)
    for first in range(0, 3000, 50):
        own.fill(50, lambda number, first=first: json.dumps({"k": first + number, "text": "x" * 12000}))
    join = "join left=l right=r where l.k=r.k (SOURCE 'g') | stats {} as n"
    assert rows_of(own.end_of(own.start(join.format("count(*)")))) == [{"n": "3000"}], "only what is shown is kept"
    assert own.end_of(own.start(join.format("count(r.text)")))["status"] == "Failed"


def test_the_groups_of_a_query_and_of_its_subqueries_are_listed(logs, shop, make_group, now_ms):
    (orders, payments), third = shop, make_group("third")
    times = {"startTime": 1, "endTime": now_ms()}

    def groups(query, names):
        query_id = logs.start_query(**times, logGroupNames=names, queryString=query)["queryId"]
        return logs.list_log_groups_for_query(queryId=query_id, maxResults=50)["logGroupIdentifiers"]

    assert groups("limit 1", [third, orders]) == sorted([third, orders])
    assert groups(f"filter id in (SOURCE '{payments}' | fields order as id)", [orders]) == sorted([orders, payments])
    assert refusal(logs.list_log_groups_for_query, queryId="none") == ("ResourceNotFoundException", "The specified query does not exist.")
