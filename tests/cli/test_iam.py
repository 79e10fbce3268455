"""orderly iam explain: what it prints and how it ends, for what policies allow and deny."""

import json
import subprocess
import uuid

import orderly_server
import pytest
from conftest import Result, environment


@pytest.fixture
def iam(endpoint):
    """iam("explain", ACTION, …) → Result, against the session's server."""

    def call(*words, **variables):
        return Result(subprocess.run([orderly_server.binary(), "iam", *words], capture_output=True, text=True, timeout=60,
                                     check=False, env=environment(**{"AWS_ENDPOINT_URL": endpoint, **variables})))

    return call


@pytest.fixture
def sender(client):
    """The ARN of a user who may send to QUEUE, which is not there, from one topic only."""
    name = f"sender-{uuid.uuid4().hex[:8]}"
    users = client("iam")
    arn = users.create_user(UserName=name)["User"]["Arn"]
    users.put_user_policy(UserName=name, PolicyName="send", PolicyDocument=json.dumps({
        "Version": "2012-10-17",
        "Statement": [{"Sid": "OneTopic", "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": QUEUE,
                       "Condition": {"ArnEquals": {"aws:SourceArn": "arn:aws:sns:us-east-1:000000000000:a"}}}],
    }))
    yield arn
    users.delete_user_policy(UserName=name, PolicyName="send")
    users.delete_user(UserName=name)


QUEUE = "arn:aws:sqs:us-east-1:000000000000:explained-by-the-command"
UNKNOWN = "There is no such resource here now, so its own policy and tags are not known.\n"


def test_an_allowed_action_names_the_statement_and_ends_with_0(iam, sender):
    run = iam("explain", "sqs:SendMessage", QUEUE, "--as", sender, "--context", "sqs:Any=x",
              "--context=aws:SourceArn=arn:aws:sns:us-east-1:000000000000:a")
    assert (run.code, run.out, run.err) == (
        0, 'Allowed: statement 1 ("OneTopic") of the policy send allows it\nPolicies looked at: send\n' + UNKNOWN, "")


def test_a_denied_action_says_why_and_ends_with_1(iam, sender):
    run = iam("explain", "sqs:SendMessage", QUEUE, "--as", sender)
    assert (run.code, run.err) == (1, "")
    assert run.out.startswith("Denied: ") and run.out.endswith("\nPolicies looked at: send\n" + UNKNOWN)


def test_scripts_get_the_servers_answer(iam, sender):
    run = iam("explain", "sqs:DeleteQueue", QUEUE, "--as", sender, "--json")
    answer = json.loads(run.out)
    assert (run.code, answer["allowed"], answer["lookedAt"], answer["resourceFound"]) == (1, False, ["send"], False)


@pytest.mark.parametrize("words, sentence", [
    (["sqs:SendMessage", QUEUE], "--as PRINCIPAL is missing. See orderly iam explain --help."),
    (["sqs:SendMessage", "--as", "x"], "RESOURCE is missing. See orderly iam explain --help."),
    (["a", "b", "c", "--as", "x"], "c is one word too many. See orderly iam explain --help."),
])
def test_a_wrong_command_line_ends_with_2(iam, words, sentence):
    run = iam("explain", *words)
    assert (run.code, run.out, run.err) == (2, "", f"orderly: {sentence}\n")


@pytest.mark.parametrize("words, sentence", [
    (["send", QUEUE, "--as", "arn:aws:iam::000000000000:root"], "action=SERVICE:ACTION and resource=ARN are needed."),
    (["sqs:SendMessage", QUEUE, "--as", "arn:aws:iam::000000000000:user/nobody"],
     "as= must be the ARN of a user, a role or a root that is there, or a service's host name."),
    (["sqs:SendMessage", QUEUE, "--as", "arn:aws:iam::000000000000:root", "--context", "key"],
     "context= is written KEY=VALUE."),
    (["sqs:SendMessage", QUEUE, "--as", "arn:aws:iam::000000000000:root", "--context", "aws:username=x"],
     "context= takes of the global keys only aws:SourceArn, aws:SourceAccount and aws:SourceIp: the others follow from "
     "the principal, the action and the time."),
])
def test_what_the_server_refuses_is_printed(iam, words, sentence):
    run = iam("explain", *words)
    assert (run.code, run.out, run.err) == (2, "", f"orderly: {sentence}\n")


def test_aws_itself_cannot_explain(iam):
    run = iam("explain", "sqs:SendMessage", QUEUE, "--as", "x", AWS_ENDPOINT_URL="", AWS_ACCESS_KEY_ID="AKIA", AWS_SECRET_ACCESS_KEY="x")
    assert (run.code, run.err) == (
        2, "orderly: only Orderly can explain: give --endpoint-url or set AWS_ENDPOINT_URL.\n")


def test_help_is_there_in_both_orders(iam):
    for words in (["help"], ["--help"], ["explain", "--help"], ["help", "explain"]):
        run = iam(*words)
        assert run.code == 0 and "explain ACTION RESOURCE" in run.out
