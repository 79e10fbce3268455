"""Account policies of CloudWatch Logs: a subscription filter for all groups of an account; and exports, which need S3."""

import itertools
import json

import pytest
from orderly_fixtures import ACCOUNT
from receivers import INVALID, RECEIVER, arn_of, batches_of, events_of
from refusals import refusal

SUBSCRIPTION = "SUBSCRIPTION_FILTER_POLICY"


@pytest.fixture
def logs(client):
    logs = client("logs")
    yield logs
    for policy in logs.describe_account_policies(policyType=SUBSCRIPTION)["accountPolicies"]:
        logs.delete_account_policy(policyName=policy["policyName"], policyType=SUBSCRIPTION)


@pytest.fixture
def word(unique):
    """What the policy looks for: only events of this test have it."""
    return "w" + unique("word")[-8:]


@pytest.fixture
def receiver(client, make_function):
    """A function that all groups of the account may invoke."""
    name = make_function(RECEIVER)
    client("lambda").add_permission(
        FunctionName=name, StatementId="logs", Action="lambda:InvokeFunction", Principal="logs.amazonaws.com",
        SourceAccount=ACCOUNT, SourceArn=f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:*")
    return name


@pytest.fixture
def put_policy(logs, word, receiver):
    """put_policy(excluded group, …): its own function's group is excluded as well."""

    def put(*excluded, name="policy", document=None, **more):
        criteria = "LogGroupName NOT IN " + json.dumps([f"/aws/lambda/{receiver}", *excluded])
        document = document or {"DestinationArn": arn_of(receiver), "FilterPattern": word}
        return logs.put_account_policy(**{"policyName": name, "policyType": SUBSCRIPTION, "selectionCriteria": criteria,
                                          "policyDocument": json.dumps(document), **more})["accountPolicy"]

    return put


@pytest.fixture
def group_with(logs, unique, now_ms):
    """group_with(message, …) makes a group, or writes into one, and returns its name."""

    made = itertools.count()

    def write(*messages, name=None):
        if not name:
            name = f"/tests/{unique('all')}/{next(made)}"
            logs.create_log_group(logGroupName=name)
            logs.create_log_stream(logGroupName=name, logStreamName="s")
        if messages:
            logs.put_log_events(logGroupName=name, logStreamName="s",
                                logEvents=[{"timestamp": now_ms(), "message": message} for message in messages])
        return name

    return write


def test_events_of_all_groups_reach_the_function_but_those_of_excluded_ones(logs, put_policy, group_with, receiver, word, log_of):
    before = group_with()
    excluded = group_with()
    put_policy(excluded)
    group_with(f"{word} hidden", name=excluded)
    group_with(f"{word} old", "other", name=before)
    after = group_with(f"{word} new")
    found = batches_of(log_of(receiver, f"{word} old", f"{word} new"))
    assert sorted(events_of(found)) == [f"{word} new", f"{word} old"]
    [batch] = [batch for batch in found if batch["logGroup"] == after]
    [event] = logs.filter_log_events(logGroupName=after)["events"]
    assert batch == {
        "messageType": "DATA_MESSAGE", "owner": ACCOUNT, "logGroup": after, "logStream": "s", "subscriptionFilters": ["policy"],
        "policyLevel": "ACCOUNT_LEVEL_POLICY",
        "logEvents": [{"id": event["eventId"], "timestamp": event["timestamp"], "message": event["message"]}]}


def test_a_group_has_its_own_two_subscriptions_beside_the_policy(logs, put_policy, group_with, receiver, word, log_of):
    put_policy()
    name = group_with()
    for filter_name in ("one", "two"):
        logs.put_subscription_filter(logGroupName=name, filterName=filter_name, filterPattern=word, destinationArn=arn_of(receiver))
    group_with(word, name=name)
    found = batches_of(log_of(receiver, '["one"]', '["two"]', '["policy"]'))
    assert sorted(batch["subscriptionFilters"][0] for batch in found) == ["one", "policy", "two"]


def test_a_group_of_another_class_is_left_alone(logs, put_policy, group_with, receiver, word, log_of, unique):
    put_policy()
    other = f"/tests/{unique('infrequent')}"
    logs.create_log_group(logGroupName=other, logGroupClass="INFREQUENT_ACCESS")
    logs.create_log_stream(logGroupName=other, logStreamName="s")
    group_with(f"{word} infrequent", name=other)
    group_with(f"{word} standard")
    assert events_of(batches_of(log_of(receiver, f"{word} standard"))) == [f"{word} standard"]


def test_a_policy_is_shown_changed_and_deleted(logs, put_policy, receiver, word, group_with, log_of):
    made = put_policy()
    document = json.dumps({"DestinationArn": arn_of(receiver), "FilterPattern": word})
    criteria = f'LogGroupName NOT IN ["/aws/lambda/{receiver}"]'
    assert made.pop("lastUpdatedTime") > 0
    assert made == {"policyName": "policy", "policyDocument": document, "policyType": SUBSCRIPTION, "scope": "ALL",
                    "selectionCriteria": criteria, "accountId": ACCOUNT}

    def shown(**more):
        found = logs.describe_account_policies(policyType=SUBSCRIPTION, **more)["accountPolicies"]
        return [{name: value for name, value in one.items() if name != "lastUpdatedTime"} for one in found]

    assert shown() == shown(policyName="policy") == shown(accountIdentifiers=[ACCOUNT]) == [made]
    assert shown(accountIdentifiers=["111122223333"]) == []
    assert refusal(put_policy, name="second") == ("LimitExceededException", "Resource limit exceeded.")
    changed = put_policy(document={"DestinationArn": arn_of(receiver), "FilterPattern": f"%{word}%", "Distribution": "Random"})
    assert shown() == [{**made, "policyDocument": changed["policyDocument"]}]
    group_with(f"x{word}x")
    assert events_of(batches_of(log_of(receiver, word))) == [f"x{word}x"]
    logs.delete_account_policy(policyName="policy", policyType=SUBSCRIPTION)
    assert shown() == []
    missing = ("ResourceNotFoundException", "The specified account policy does not exist.")
    assert refusal(logs.delete_account_policy, policyName="policy", policyType=SUBSCRIPTION) == missing
    assert refusal(logs.describe_account_policies, policyName="policy", policyType=SUBSCRIPTION) == missing
    last = group_with(f"{word} late")
    logs.put_subscription_filter(logGroupName=last, filterName="own", filterPattern=word, destinationArn=arn_of(receiver))
    group_with(f"{word} own", name=last)
    assert events_of(batches_of(log_of(receiver, f"{word} own"))) == [f"x{word}x", f"{word} own"]


@pytest.mark.parametrize("kind", ["DATA_PROTECTION_POLICY", "TRANSFORMER_POLICY", "METRIC_EXTRACTION_POLICY", "RETENTION_POLICY"])
def test_other_kinds_of_policies_are_refused_and_none_is_there(logs, put_policy, kind):
    assert refusal(put_policy, policyType=kind) == (
        INVALID, "Orderly has no account policies of this type, only SUBSCRIPTION_FILTER_POLICY and FIELD_INDEX_POLICY; "
        "see docs/compatibility.md.")
    assert logs.describe_account_policies(policyType=kind)["accountPolicies"] == []
    assert refusal(logs.delete_account_policy, policyName="policy", policyType=kind) == (
        "ResourceNotFoundException", "The specified account policy does not exist.")


DOCUMENT = "The policy document is a JSON object with DestinationArn and FilterPattern, and optionally RoleArn and Distribution."
NAME = "The policy name has 1 to 256 characters and does not begin with aws/."
CRITERIA = 'The selection criteria of a subscription filter policy are LogGroupName NOT IN ["name", ...].'


@pytest.mark.parametrize("wrong, sentence", [
    ({"policyDocument": "[]"}, DOCUMENT),
    ({"policyDocument": '{"FilterPattern": ""}'}, DOCUMENT),
    ({"policyDocument": '{"DestinationArn": "arn:aws:lambda:us-east-1:000000000000:function:f"}'}, DOCUMENT),
    ({"document": {"DestinationArn": "a", "FilterPattern": "", "Other": "x"}}, DOCUMENT),
    ({"document": {"DestinationArn": "a", "FilterPattern": "", "Distribution": "Other"}}, DOCUMENT),
    ({"document": {"DestinationArn": "a", "FilterPattern": 1}}, DOCUMENT),
    ({"document": {"DestinationArn": "a", "FilterPattern": "a:b"}}, "Invalid filter pattern"),
    ({"document": {"DestinationArn": "a", "FilterPattern": ""}}, "The specified destination ARN is not valid."),
    ({"document": {"DestinationArn": "arn:aws:kinesis:us-east-1:000000000000:stream/s", "FilterPattern": ""}},
     "destinationArn for vendor kinesis cannot be used without roleArn"),
    ({"document": {"DestinationArn": "arn:aws:firehose:us-east-1:000000000000:deliverystream/s", "FilterPattern": ""}},
     "Orderly delivers log events to Lambda functions only, not to firehose."),
    ({"document": {"DestinationArn": arn_of("none"), "FilterPattern": "", "RoleArn": "arn:aws:iam::000000000000:role/r"}},
     "destinationArn for vendor lambda cannot be used with roleArn"),
    ({"document": {"DestinationArn": arn_of("none"), "FilterPattern": ""}},
     "Could not execute the lambda function. Make sure you have given CloudWatch Logs permission to execute your function."),
    ({"policyDocument": " " * 30721}, "The policy document has at most 30720 characters."),
    ({"name": "aws/policy"}, NAME),
    ({"name": ""}, NAME),
    ({"name": "n" * 257}, NAME),
    ({"selectionCriteria": 'LogGroupName IN ["a"]'}, CRITERIA),
    ({"selectionCriteria": 'LogGroupNamePrefix IN ["a"]'}, CRITERIA),
    ({"selectionCriteria": "LogGroupName NOT IN a"}, CRITERIA),
    ({"selectionCriteria": "LogGroupName NOT IN [1]"}, CRITERIA),
    ({"selectionCriteria": "x" * 25601}, "The selection criteria have at most 25600 bytes."),
    ({"scope": "SOME"}, "1 validation error detected: Value 'SOME' at 'scope' failed to satisfy constraint: Member must satisfy "
                        "enum value set: [ALL]"),
    ({"dryRun": True}, "dryRun is valid only for policyType RETENTION_POLICY."),
])
def test_a_wrong_policy_is_refused(put_policy, wrong, sentence):
    assert refusal(put_policy, **wrong) == (INVALID, sentence)


def test_the_longest_name_and_criteria_are_taken(put_policy, receiver):
    criteria = f'LogGroupName NOT IN ["/aws/lambda/{receiver}"]'
    made = put_policy(name="n" * 256, selectionCriteria=criteria + " " * (25600 - len(criteria)))
    assert len(made["policyName"]) == 256 and len(made["selectionCriteria"]) == 25600


def test_a_policy_cannot_lead_back_to_a_group_that_it_applies_to(client, logs, put_policy, receiver, make_function, word):
    loop = ("The function writes to a log group that the policy applies to, directly or by other subscriptions: each event "
            "would cause another one. Exclude the group by selectionCriteria.")
    assert refusal(put_policy, selectionCriteria='LogGroupName NOT IN ["other"]') == (INVALID, loop)
    assert refusal(put_policy, selectionCriteria="") == (INVALID, loop)
    second = make_function(RECEIVER)
    client("lambda").add_permission(FunctionName=second, StatementId="logs", Action="lambda:InvokeFunction",
                                    Principal="logs.amazonaws.com")
    logs.create_log_group(logGroupName=f"/aws/lambda/{receiver}")

    def subscribe(group, function):
        logs.put_subscription_filter(logGroupName=f"/aws/lambda/{group}", filterName="f", filterPattern=word,
                                     destinationArn=arn_of(function))

    subscribe(receiver, second)
    assert refusal(put_policy) == (INVALID, loop)
    put_policy(f"/aws/lambda/{second}")
    logs.delete_subscription_filter(logGroupName=f"/aws/lambda/{receiver}", filterName="f")
    put_policy()  # from now on the second function's events reach the receiver
    assert refusal(subscribe, receiver, second) == (
        INVALID, "The function writes to this log group, directly or by other subscriptions: each event would cause another one.")


def test_an_export_fails_as_for_a_bucket_that_does_not_exist(logs, group_with):
    export = {"logGroupName": group_with(), "fromTime": 1, "to": 2, "destination": "bucket"}
    assert refusal(logs.create_export_task, **export) == (
        INVALID, "The given bucket does not exist. Please make sure the bucket is valid.")
    assert refusal(logs.create_export_task, **{**export, "to": 1}) == (INVALID, "The start time must be before the end time.")
    assert refusal(logs.create_export_task, **{**export, "logGroupName": "none"}) == (
        "ResourceNotFoundException", "The specified log group does not exist.")
    assert logs.describe_export_tasks()["exportTasks"] == []
    assert logs.describe_export_tasks(taskId="t", statusCode="RUNNING", limit=50)["exportTasks"] == []
    assert refusal(logs.describe_export_tasks, nextToken="x") == (INVALID, "The specified nextToken is invalid.")
    assert refusal(logs.cancel_export_task, taskId="t") == (
        "ResourceNotFoundException", "The specified export task does not exist.")
