"""Field indexes of CloudWatch Logs: policies of groups and of the account, filterIndex, and what an index saves."""

import json

import pytest
from insights_world import rows_of
from orderly_fixtures import ACCOUNT
from refusals import refusal

INVALID = "InvalidParameterException"
MISSING = "ResourceNotFoundException"
INDEX = "FIELD_INDEX_POLICY"
NAMES = "display @message | filterIndex user = 'ada'"


def arn_of(group):
    return f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{group}"


def document(*fields, **typed):
    return json.dumps({**({"Fields": list(fields)} if fields else {}),
                       **({"FieldsV2": {name: {"type": kind} for name, kind in typed.items()}} if typed else {})})


def event(at, **fields):
    return at, json.dumps(fields)


@pytest.fixture
def index(logs):
    """index(group, field, …) puts the group's policy."""

    def put_policy(group, *fields, **typed):
        return logs.put_index_policy(logGroupIdentifier=group, policyDocument=document(*fields, **typed))["indexPolicy"]

    return put_policy


@pytest.fixture
def account_policy(logs):
    """account_policy(name, prefix, field, …) puts a policy of the account."""

    def put_policy(name, prefix, *fields, **more):
        selection = {"selectionCriteria": f'LogGroupNamePrefix IN ["{prefix}"]'} if prefix else {}
        return logs.put_account_policy(policyName=name, policyType=INDEX, policyDocument=document(*fields), **selection,
                                       **more)["accountPolicy"]

    yield put_policy
    for policy in logs.describe_account_policies(policyType=INDEX)["accountPolicies"]:
        logs.delete_account_policy(policyName=policy["policyName"], policyType=INDEX)


@pytest.fixture
def indexes_of(logs, wait_until):
    """indexes_of(group, …, extracted=(field, …)): {field: its index}, when extraction has found these fields."""

    def fields(*groups, extracted=(), **more):
        def found():
            replies.append({field["fieldIndexName"]: field for field in logs.describe_field_indexes(
                logGroupIdentifiers=list(groups), **more)["fieldIndexes"]})
            return all("lastEventTime" in replies[-1].get(name, {}) for name in extracted)

        replies = []
        wait_until(found, 60, f"the index of {extracted}")
        return replies[-1]

    return fields


def messages(reply):
    assert reply["status"] == "Complete"
    return [row["@message"] for row in rows_of(reply)]


def users(reply):
    return [json.loads(message)["n"] for message in messages(reply)]


def test_a_policy_is_put_described_changed_and_deleted(logs, make_group, index, now_ms):
    group = make_group()
    before = now_ms()
    policy = index(group, "user", status="FACET")
    assert before <= policy.pop("lastUpdateTime") <= now_ms()
    assert policy == {"logGroupIdentifier": arn_of(group), "policyDocument": document("user", status="FACET"), "source": "LOG_GROUP"}
    changed = index(arn_of(group), "other")
    assert logs.describe_index_policies(logGroupIdentifiers=[group])["indexPolicies"] == [changed]
    logs.delete_index_policy(logGroupIdentifier=group)
    assert logs.describe_index_policies(logGroupIdentifiers=[group])["indexPolicies"] == []
    assert refusal(logs.delete_index_policy, logGroupIdentifier=group) == (MISSING, "The specified index policy does not exist.")
    for call in (logs.put_index_policy, logs.delete_index_policy):
        more = {"policyDocument": document("a")} if call == logs.put_index_policy else {}
        assert refusal(call, logGroupIdentifier="none", **more) == (MISSING, "The specified log group does not exist.")


TWENTY = [f"f{number}" for number in range(20)]


@pytest.mark.parametrize("good", [
    document(*TWENTY), document(*TWENTY[:19], last="FACET"), document("a" * 100), document("\u00e9" * 100), document("@@mine", "@requestId"),
    document(only="FIELD_INDEX")], ids=lambda text: text[:40])
def test_a_policy_within_its_bounds_is_accepted(logs, make_group, good):
    assert logs.put_index_policy(logGroupIdentifier=make_group(), policyDocument=good)["indexPolicy"]["policyDocument"] == good


FORM = "An index policy document is a JSON object with Fields, FieldsV2 or both."
TYPE = "Each field in FieldsV2 of an index policy has the type FIELD_INDEX or FACET."
LIST = "Fields of an index policy is a list of field names."
LENGTH = "A field name in an index policy has 1 to 100 characters."


@pytest.mark.parametrize("wrong, sentence", [
    ("x", FORM), ("[]", FORM), ('{"Field": ["a"]}', FORM), ("{}", "An index policy has at least one field."),
    ('{"Fields": []}', "An index policy has at least one field."), ('{"Fields": "a"}', LIST), ('{"Fields": [1]}', LIST),
    (document(*TWENTY, "one more"), "An index policy has at most 20 fields."), (document(*TWENTY, last="FACET"), "An index policy has at most 20 fields."),
    (document("a" * 101), LENGTH), (document(""), LENGTH), ('{"FieldsV2": []}', "FieldsV2 of an index policy is an object of fields."),
    (document(a="OTHER"), TYPE), ('{"FieldsV2": {"a": "FACET"}}', TYPE), ('{"FieldsV2": {"a": {"type": "FACET", "b": 1}}}', TYPE),
    (document("a", a="FACET"), "A field name occurs only once in an index policy's Fields and FieldsV2."),
    (document("@mine"), "A field name in an index policy that begins with @ is a generated field, or begins with another @."),
], ids=lambda text: text[:40])
def test_a_policy_that_is_none_is_refused(logs, make_group, wrong, sentence):
    assert refusal(logs.put_index_policy, logGroupIdentifier=make_group(), policyDocument=wrong) == (INVALID, sentence)


def test_only_groups_of_the_standard_class_have_indexes(logs, unique, account_policy, put, now_ms, ask, request):
    group = f"/tests/{unique('ia')}"
    logs.create_log_group(logGroupName=group, logGroupClass="INFREQUENT_ACCESS")
    request.addfinalizer(lambda: logs.delete_log_group(logGroupName=group))
    assert refusal(logs.put_index_policy, logGroupIdentifier=group, policyDocument=document("user")) == (
        INVALID, "Index policies are supported only for log groups of class STANDARD.")
    account_policy("all", group, "user")
    put(group, "s", event(now_ms(), user="ada"))
    assert logs.describe_index_policies(logGroupIdentifiers=[group])["indexPolicies"] == []
    assert logs.describe_field_indexes(logGroupIdentifiers=[group])["fieldIndexes"] == []
    assert messages(ask(group, NAMES)) == []


def test_filter_index_reads_only_indexed_groups_and_events_after_the_policy(make_group, index, put, now_ms, ask):
    indexed, plain = make_group("indexed"), make_group("plain")
    at = now_ms() - 60000
    for group in (indexed, plain):
        put(group, "s", event(at, user="ada", n="before"))
    index(indexed, "user")
    for group in (indexed, plain):
        put(group, "s", event(at + 1, user="ada", n="after"), event(at + 2, user="bob", n="bob"), event(at + 3, User="ada", n="case"),
            event(at + 4, user="cy", n="cy"))
    reply = ask([indexed, plain], NAMES)
    assert users(reply) == ["after"]
    assert reply["statistics"]["logGroupsScanned"] == 1
    assert users(ask([indexed, plain], "display @message | filterIndex user in ['bob', 'ada']")) == ["bob", "after"]
    assert sorted(users(ask([indexed, plain], "display @message | filter user = 'ada'"))) == ["after", "after", "before", "before"]
    assert messages(ask(plain, NAMES)) == []
    assert messages(ask(indexed, "display @message | filterIndex n = 'after'")) == []
    assert users(ask(indexed, "display @message | filterIndex user = 'cy' | filter n = 'cy'")) == ["cy"]
    assert messages(ask(indexed, "display @message | filterIndex user = 'cy' | filter n = 'bob'")) == []


def test_the_index_lets_a_query_skip_events(make_group, index, put, now_ms, ask, indexes_of):
    group = make_group()
    index(group, "user", "n")
    at = now_ms() - 60000
    events = [event(at + number, user=f"u{number % 10}", n=number) for number in range(1000)]
    put(group, "s", *events)
    indexes_of(group, extracted=("user", "n"))
    put(group, "t", event(at + 2000, user="u3", n=3.0), event(at + 2001, user="late"))
    indexes = indexes_of(group)
    while indexes["user"]["lastEventTime"] != at + 2001:
        indexes = indexes_of(group)
    for query, rows in (("filterIndex user = 'u3'", 101), ("filter user = 'u3'", 101), ("filter n = 3", 2), ("filter n = '3.0' and 1 = 1", 2),
                        ("filter user in ['u3', 'u4', 'none']", 201), ("filterIndex user = 'none'", 0), ("fields n * 1 as m | filter user = 'u5'", 100)):
        reply = ask(group, query + " | stats count(*) as c")
        statistics = reply["statistics"]
        assert (rows_of(reply), statistics["recordsMatched"]) == ([{"c": str(rows)}], rows), query
        assert (statistics["recordsScanned"], statistics["estimatedRecordsSkipped"]) == (rows, 1002 - rows), query
        all_bytes = sum(len(text) for _, text in [*events, event(0, user="u3", n=3.0), event(0, user="late")])
        assert statistics["bytesScanned"] + statistics["estimatedBytesSkipped"] == all_bytes
    for query in ("filter user = 'u3' or n = 5", "filter not user = 'u3'", "fields 'u3' as user | filter user = 'u3'", "limit 5 | filter n = 1",
                  "filter user like 'u3'", "stats count(*) as user by n | filter user = 1", "sort n | filter n = 2"):
        assert ask(group, query)["statistics"]["estimatedRecordsSkipped"] == 0, query


def test_an_index_that_was_deleted_counts_for_its_events_for_thirty_days(own_server):
    import boto3
    import orderly_server

    logs = boto3.client("logs", endpoint_url=own_server.endpoint, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")
    logs.create_log_group(logGroupName="g")
    logs.create_log_stream(logGroupName="g", logStreamName="s")

    def write(n):
        logs.put_log_events(logGroupName="g", logStreamName="s", logEvents=[
            {"timestamp": orderly_server.advance_clock(own_server.endpoint, 0), "message": json.dumps({"user": "ada", "n": n})}])

    def found():
        now = orderly_server.advance_clock(own_server.endpoint, 0) // 1000 + 1
        query = logs.start_query(logGroupName="g", startTime=now - 40 * 86400, endTime=now, queryString=NAMES + " | sort @timestamp")["queryId"]
        orderly_server.wait_until(lambda: logs.get_query_results(queryId=query)["status"] == "Complete", 60)
        return [json.loads(row["@message"])["n"] for row in rows_of(logs.get_query_results(queryId=query))]

    def categories():
        return {field["fieldIndexName"]: field["indexCategory"] for field in logs.describe_field_indexes(
            logGroupIdentifiers=["g"], indexCategories=["CUSTOM", "INACTIVE"])["fieldIndexes"]}

    logs.put_index_policy(logGroupIdentifier="g", policyDocument=document("user", "n"))
    write(1)
    logs.put_index_policy(logGroupIdentifier="g", policyDocument=document("user"))
    assert categories() == {"user": "CUSTOM", "n": "INACTIVE"}
    logs.delete_index_policy(logGroupIdentifier="g")
    write(2)
    assert (found(), categories()) == ([1], {"user": "INACTIVE", "n": "INACTIVE"})
    logs.put_index_policy(logGroupIdentifier="g", policyDocument=document("other"))
    write(3)
    assert (found(), categories()) == ([1], {"user": "INACTIVE", "n": "INACTIVE", "other": "CUSTOM"})
    orderly_server.advance_clock(own_server.endpoint, 30 * 86400 - 60)
    assert found() == [1]
    orderly_server.advance_clock(own_server.endpoint, 120)
    assert (found(), categories()) == ([], {"other": "CUSTOM"})


def test_the_fields_of_indexes_have_categories_types_and_times(logs, make_group, index, put, now_ms, indexes_of):
    group, other = make_group("one"), make_group("two")
    index(group, "user", "missing", **{"a.b": "FACET"})
    at = now_ms() - 60000
    put(group, "s", event(at, user="ada"), event(at + 5, user="bob", a={"b": 1}), event(at + 9, x=1))
    indexes = indexes_of(group, extracted=("user", "a.b"))
    scanned = {name: indexes[name].pop("lastScanTime") for name in ("user", "a.b", "missing")}
    assert all(at < time <= now_ms() for time in scanned.values())
    common = {"logGroupIdentifier": arn_of(group), "indexCategory": "CUSTOM"}
    assert indexes["user"] == {**common, "fieldIndexName": "user", "type": "FIELD_INDEX", "firstEventTime": at, "lastEventTime": at + 5}
    assert indexes["a.b"] == {**common, "fieldIndexName": "a.b", "type": "FACET", "firstEventTime": at + 5, "lastEventTime": at + 5}
    assert indexes["missing"] == {**common, "fieldIndexName": "missing", "type": "FIELD_INDEX"}
    defaults = {name for name, field in indexes.items() if field["indexCategory"] == "DEFAULT"}
    assert defaults == {"@logStream", "@aws.region", "@aws.account", "@source.log", "traceId"}
    assert set(indexes) == defaults | {"user", "a.b", "missing"}
    assert set(indexes_of(group, other, indexCategories=["CUSTOM"])) == {"user", "a.b", "missing"}
    assert indexes_of(group, indexCategories=["AUTO", "INACTIVE"]) == {}
    assert refusal(logs.describe_field_indexes, logGroupIdentifiers=[group, "none"]) == (MISSING, "The specified log group does not exist.")


def test_fields_are_listed_in_pages(logs, make_group, index):
    groups = [make_group(str(number)) for number in range(5)]
    for group in groups:
        index(group, *TWENTY)
    pages, arguments = [], {"logGroupIdentifiers": groups}
    while True:
        pages.append(logs.describe_field_indexes(**arguments))
        if "nextToken" not in pages[-1]:
            break
        arguments["nextToken"] = pages[-1]["nextToken"]
    assert [len(page["fieldIndexes"]) for page in pages] == [100, 25]
    listed = [(field.get("logGroupIdentifier"), field["fieldIndexName"]) for page in pages for field in page["fieldIndexes"]]
    assert [entry for entry in listed if entry[0]] == [(arn_of(group), name) for group in groups for name in sorted(TWENTY)]


def test_default_fields_are_indexed_in_all_standard_groups(make_group, put, now_ms, ask):
    group = make_group()
    put(group, "one", event(now_ms(), traceId="t1", n=1), event(now_ms(), n=2))
    put(group, "two", event(now_ms(), n=3))
    assert users(ask(group, "display @message | filterIndex @logStream = 'two'")) == [3]
    assert users(ask(group, "display @message | filterIndex traceId = 't1'")) == [1]
    assert users(ask(group, "display @message | filterIndex traceId = 't1' | filterIndex @logStream in ['one', 'x']")) == [1]


def test_a_field_with_an_at_sign_is_indexed_by_its_doubled_name(make_group, index, put, now_ms, ask):
    group = make_group()
    index(group, "@@who", "@requestId")
    put(group, "s", (now_ms(), '{"@who": "ada", "n": 1}'), (now_ms(), '{"@who": "bob", "n": 2}'))
    for name in ("@who", "@@who"):
        assert users(ask(group, f"display @message | filterIndex {name} = 'bob'")) == [2]


@pytest.mark.parametrize("query, sentence", [
    ("stats count(*) by user | filterIndex user = 'a'", "filterIndex stands before the commands that group, sort or limit"),
    ("limit 5 | filterIndex user = 'a'", "filterIndex stands before the commands that group, sort or limit"),
    *((f"filterIndex {condition}", "filterIndex compares a field with values, by = or in") for condition in (
        "user != 'a'", "user = other", "user like 'a'", "user = 'a' and n = 1", "not user = 'a'", "user", "1 = 1", "user in ['a', b]"))])
def test_filter_index_compares_one_field_with_values(logs, make_group, query, sentence):
    assert refusal(logs.start_query, logGroupName=make_group(), startTime=1, endTime=2, queryString=query) == (
        "MalformedQueryException", sentence)


# --- of the account


def test_an_account_policy_indexes_the_groups_with_its_prefix(logs, make_group, account_policy, index, put, now_ms, ask, indexes_of, unique):
    mine, other = make_group(unique("mine")), make_group("other")
    policy = account_policy("mine", mine[:-1], "user")
    assert policy.pop("lastUpdatedTime") <= now_ms()
    assert policy == {"policyName": "mine", "policyType": INDEX, "scope": "ALL", "accountId": ACCOUNT, "policyDocument": document("user"),
                      "selectionCriteria": f'LogGroupNamePrefix IN ["{mine[:-1]}"]'}
    for group in (mine, other):
        put(group, "s", event(now_ms(), user="ada", n=1))
    assert users(ask([mine, other], NAMES)) == [1]
    [described] = logs.describe_index_policies(logGroupIdentifiers=[mine])["indexPolicies"]
    del described["lastUpdateTime"]
    assert described == {"logGroupIdentifier": arn_of(mine), "policyDocument": document("user"), "policyName": "mine", "source": "ACCOUNT"}
    assert logs.describe_index_policies(logGroupIdentifiers=[other])["indexPolicies"] == []
    assert "logGroupIdentifier" not in indexes_of(mine, extracted=("user",))["user"]
    index(mine, "else")
    put(mine, "s", event(now_ms(), user="ada", n=2))
    assert messages(ask(mine, NAMES)) == [], "the group's own policy replaces the account's"
    logs.delete_index_policy(logGroupIdentifier=mine)
    put(mine, "s", event(now_ms(), user="ada", n=3))
    assert 3 in users(ask(mine, NAMES))


OVERLAP = ("Another field index policy of the account applies to the same log groups: no two of them may have the same or overlapping "
           "prefixes.")


def test_account_policies_do_not_overlap_and_are_at_most_twenty(logs, account_policy):
    account_policy("a", "/a/b", "user")
    for prefix in ("/a/b", "/a", "/a/bc", ""):
        assert refusal(account_policy, "other", prefix, "user") == (INVALID, OVERLAP)
    account_policy("a", "/a/bc", "user", "more")
    for number in range(19):
        account_policy(f"b{number:02}", f"/b/{number:02}", "user")
    assert refusal(account_policy, "c", "/c", "user") == ("LimitExceededException", "Resource limit exceeded.")
    account_policy("a", "/c", "user")
    names = [policy["policyName"] for policy in logs.describe_account_policies(policyType=INDEX)["accountPolicies"]]
    assert names == ["a", *(f"b{number:02}" for number in range(19))]
    [one] = logs.describe_account_policies(policyType=INDEX, policyName="b07")["accountPolicies"]
    assert one["policyName"] == "b07"
    logs.delete_account_policy(policyName="b07", policyType=INDEX)
    for call in (logs.delete_account_policy, logs.describe_account_policies):
        assert refusal(call, policyName="b07", policyType=INDEX) == (MISSING, "The specified account policy does not exist.")
    account_policy("c", "/b/07", "user")


CRITERIA = 'The selection criteria of a field index policy are LogGroupNamePrefix IN ["prefix"].'


@pytest.mark.parametrize("changed, sentence", [
    ({"policyDocument": "x"}, FORM), ({"selectionCriteria": 'LogGroupName NOT IN ["a"]'}, CRITERIA),
    ({"selectionCriteria": 'LogGroupNamePrefix IN ["a", "b"]'}, CRITERIA), ({"selectionCriteria": 'LogGroupNamePrefix IN [""]'}, CRITERIA),
    ({"policyName": "aws/x"}, "The policy name has 1 to 256 characters and does not begin with aws/.")])
def test_an_account_policy_that_is_none_is_refused(logs, changed, sentence):
    policy = {"policyName": "p", "policyType": INDEX, "policyDocument": document("a"), **changed}
    assert refusal(logs.put_account_policy, **policy) == (INVALID, sentence)


def test_a_policy_and_its_entries_go_with_their_group(logs, make_group, index, put, now_ms, indexes_of, ask):
    group = make_group()
    index(group, "user")
    put(group, "s", event(now_ms(), user="ada", n=1))
    indexes_of(group, extracted=("user",))
    logs.delete_log_group(logGroupName=group)
    logs.create_log_group(logGroupName=group)
    put(group, "s", event(now_ms(), user="ada", n=2))
    assert set(indexes_of(group, indexCategories=["CUSTOM", "INACTIVE"])) == set()
    assert messages(ask(group, NAMES)) == []
