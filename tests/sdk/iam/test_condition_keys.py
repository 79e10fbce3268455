"""Condition keys that services supply: tags of resources and of requests, a subscription's protocol; each condition
that holds, and each that does not."""

import json

import pytest
from policies import allow, deny, statements

GROUP_ARN = "arn:aws:logs:us-east-1:000000000000:log-group:{}"


class Queue:
    """A kind of resource with tags: how the given clients make, read, tag and delete it."""

    service, create, tag, ask = "sqs", "sqs:CreateQueue", "sqs:TagQueue", "sqs:SendMessage"

    @staticmethod
    def made(clients, name, tags=None):
        return clients("sqs").create_queue(QueueName=name, **({"tags": tags} if tags else {}))["QueueUrl"]

    @staticmethod
    def tagged(clients, resource, tags):
        clients("sqs").tag_queue(QueueUrl=resource, Tags=tags)

    @staticmethod
    def untagged(clients, resource, keys):
        clients("sqs").untag_queue(QueueUrl=resource, TagKeys=keys)

    @staticmethod
    def asked(clients, resource):
        clients("sqs").send_message(QueueUrl=resource, MessageBody="m")

    @staticmethod
    def removed(clients, resource):
        clients("sqs").delete_queue(QueueUrl=resource)


def pairs(tags):
    return [{"Key": key, "Value": value} for key, value in (tags or {}).items()]


class Topic:
    service, create, tag, ask = "sns", "sns:CreateTopic", "sns:TagResource", "sns:Publish"

    @staticmethod
    def made(clients, name, tags=None):
        return clients("sns").create_topic(Name=name, Tags=pairs(tags))["TopicArn"]

    @staticmethod
    def tagged(clients, resource, tags):
        clients("sns").tag_resource(ResourceArn=resource, Tags=pairs(tags))

    @staticmethod
    def untagged(clients, resource, keys):
        clients("sns").untag_resource(ResourceArn=resource, TagKeys=keys)

    @staticmethod
    def asked(clients, resource):
        clients("sns").publish(TopicArn=resource, Message="m")

    @staticmethod
    def removed(clients, resource):
        clients("sns").delete_topic(TopicArn=resource)


class LogGroup:
    service, create, tag, ask = "logs", "logs:CreateLogGroup", "logs:TagResource", "logs:DescribeLogStreams"

    @staticmethod
    def made(clients, name, tags=None):
        clients("logs").create_log_group(logGroupName=name, **({"tags": tags} if tags else {}))
        return name

    @staticmethod
    def tagged(clients, resource, tags):
        clients("logs").tag_resource(resourceArn=GROUP_ARN.format(resource), tags=tags)

    @staticmethod
    def untagged(clients, resource, keys):
        clients("logs").untag_resource(resourceArn=GROUP_ARN.format(resource), tagKeys=keys)

    @staticmethod
    def asked(clients, resource):
        clients("logs").describe_log_streams(logGroupName=resource)

    @staticmethod
    def removed(clients, resource):
        clients("logs").delete_log_group(logGroupName=resource)


KINDS = pytest.mark.parametrize("kind", [Queue, Topic, LogGroup], ids=lambda kind: kind.service)


@pytest.fixture
def as_role_with(iam, new_role, become):
    """as_role_with(statement, ...) makes clients of a role with exactly these statements."""

    def clients(*statement):
        name = new_role()
        iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=statements(*statement))
        return become(name)

    return clients


@pytest.fixture
def make(client, unique):
    """make(kind, tags) returns a resource that the administrator made."""
    made = []

    def resource(kind, tags=None):
        name = f"{unique('x')}-{len(made)}"
        made.append((kind, kind.made(client, name, tags)))
        return made[-1][1]

    yield resource
    for kind, name in made:
        kind.removed(client, name)


def of_tag(operator, key, value):
    return {"Condition": {operator: {key: value}}}


@KINDS
def test_a_denial_by_the_resource_s_tag_bites(kind, as_role_with, make, client, refused):
    prod = of_tag("StringEquals", "aws:ResourceTag/env", "prod")
    clients = as_role_with(allow("*"), deny(kind.ask, **prod))
    tagged, other, plain = make(kind, {"env": "prod"}), make(kind, {"env": "test"}), make(kind)
    assert "explicit deny in an identity-based policy" in refused(lambda: kind.asked(clients, tagged))["message"]
    kind.asked(clients, other)
    kind.asked(clients, plain)
    kind.tagged(client, plain, {"env": "prod"})
    refused(lambda: kind.asked(clients, plain))
    kind.untagged(client, tagged, ["env"])
    kind.asked(clients, tagged)


@KINDS
def test_an_allowance_by_the_resource_s_tag_applies(kind, as_role_with, make, refused):
    clients = as_role_with(allow(kind.ask, **of_tag("StringEquals", "aws:ResourceTag/team", "blue")))
    kind.asked(clients, make(kind, {"team": "blue", "env": "prod"}))
    refused(lambda: kind.asked(clients, make(kind, {"team": "green"})))
    refused(lambda: kind.asked(clients, make(kind)))


@KINDS
def test_a_variable_may_be_a_tag(kind, iam, new_role, become, make, refused):
    name = new_role()
    iam.tag_role(RoleName=name, Tags=[{"Key": "team", "Value": "blue"}])
    same = of_tag("StringEquals", "aws:ResourceTag/team", "${aws:PrincipalTag/team}")
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=statements(allow(kind.ask, **same)))
    kind.asked(become(name), make(kind, {"team": "blue"}))
    refused(lambda: kind.asked(become(name), make(kind, {"team": "green"})))


@KINDS
def test_what_a_resource_may_be_tagged_with_is_bound(kind, as_role_with, make, client, unique, refused):
    only = {"Condition": {"ForAllValues:StringEquals": {"aws:TagKeys": ["env", "team"]},
                          "StringEquals": {"aws:RequestTag/env": ["test", "dev"]}}}
    clients = as_role_with(allow([kind.create, kind.tag], **only))
    resource = make(kind)
    kind.tagged(clients, resource, {"env": "test", "team": "blue"})
    refused(lambda: kind.tagged(clients, resource, {"env": "prod"}))
    refused(lambda: kind.tagged(clients, resource, {"env": "test", "cost": "high"}))
    refused(lambda: kind.made(clients, unique("n"), {"env": "prod"}))
    refused(lambda: kind.made(clients, unique("n")))
    made = kind.made(clients, unique("n"), {"env": "dev"})
    kind.removed(client, made)


@KINDS
def test_who_makes_something_with_tags_must_be_allowed_to_tag_it(kind, as_role_with, client, unique, refused):
    clients = as_role_with(allow(kind.create))
    refused(lambda: kind.made(clients, unique("n"), {"env": "test"}))
    kind.removed(client, kind.made(clients, unique("n")))


@KINDS
def test_tags_that_are_taken_off_are_bound(kind, as_role_with, make, refused):
    clients = as_role_with(allow("*"), deny("*", **of_tag("ForAnyValue:StringEquals", "aws:TagKeys", "owner")))
    resource = make(kind, {"owner": "me", "env": "test"})
    kind.untagged(clients, resource, ["env"])
    refused(lambda: kind.untagged(clients, resource, ["env", "owner"]))


@pytest.mark.parametrize("kind", [Queue, Topic], ids=lambda kind: kind.service)
def test_more_tags_than_anything_can_have_are_refused_before_policies_are_asked(kind, as_role_with, make, refused):
    clients = as_role_with(allow("sts:*"))
    resource = make(kind)
    few, many = ({f"k{number}": "v" for number in range(count)} for count in (200, 201))
    assert "not authorized" in refused(lambda: kind.tagged(clients, resource, few))["message"]
    assert "not authorized" in refused(lambda: kind.untagged(clients, resource, list(few)))["message"]
    assert refused(lambda: kind.tagged(clients, resource, many))["message"] == "A request may have at most 200 tags."
    assert refused(lambda: kind.untagged(clients, resource, list(many)))["message"] == "A request may have at most 200 tags."


def test_subscriptions_are_bound_by_protocol_and_endpoint(as_role_with, make, make_queue, refused):
    topic, queue, other = make(Topic), make_queue.arn(make_queue()), make_queue.arn(make_queue())
    only = {"Condition": {"StringEquals": {"sns:Protocol": "sqs"}, "StringLike": {"sns:Endpoint": queue}}}
    sns = as_role_with(allow("sns:Subscribe", **only))("sns")
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)
    refused(sns.subscribe, TopicArn=topic, Protocol="sqs", Endpoint=other)
    denied = as_role_with(allow("*"), deny("sns:Subscribe", **of_tag("StringEquals", "sns:Protocol", "sqs")))("sns")
    assert "explicit deny" in refused(denied.subscribe, TopicArn=topic, Protocol="sqs", Endpoint=queue)["message"]


@pytest.mark.parametrize("member", ["AlarmActions", "OKActions", "InsufficientDataActions"])
@pytest.mark.parametrize("kind", ["metric", "composite"])
def test_alarms_are_bound_by_their_actions(kind, member, as_role_with, client, unique, refused):
    topic, stop = "arn:aws:sns:us-east-1:000000000000:t", "arn:aws:automate:us-east-1:ec2:stop"
    function = "arn:aws:lambda:us-east-1:000000000000:function:f"
    bound = as_role_with(allow(["cloudwatch:PutMetricAlarm", "cloudwatch:PutCompositeAlarm"], Condition={
        "ForAllValues:StringLike": {"cloudwatch:AlarmActions": ["arn:aws:sns:*", "arn:aws:ssm:*"]}}))("cloudwatch")

    def put(*actions):
        name, chosen = unique("alarm")[-60:], {member: list(actions)}
        if kind == "composite":
            bound.put_composite_alarm(AlarmName=name, AlarmRule="FALSE", **chosen)
        else:
            bound.put_metric_alarm(AlarmName=name, Namespace="N", MetricName="m", Statistic="Sum", Period=60, EvaluationPeriods=1,
                                   Threshold=1, ComparisonOperator="GreaterThanThreshold", **chosen)
        client("cloudwatch").delete_alarms(AlarmNames=[name])

    put()
    put(topic)
    for actions in ([stop], [function], [topic, function]):
        assert refused(lambda actions=actions: put(*actions))["code"] == "AccessDenied"


def test_a_topic_s_own_policy_may_ask_for_the_protocol(as_role_with, make, make_queue, client, refused):
    topic, queue = make(Topic), make_queue.arn(make_queue())
    rule = {"Effect": "Deny", "Principal": "*", "Action": "sns:Subscribe", "Resource": topic,
            "Condition": {"StringEquals": {"sns:Protocol": "sqs"}}}
    client("sns").set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=statements(rule))
    sns = as_role_with(allow("*"))("sns")
    assert "explicit deny in a resource-based policy" in refused(
        sns.subscribe, TopicArn=topic, Protocol="sqs", Endpoint=queue)["message"]


def test_what_cannot_be_known_denies_and_does_not_allow(as_role_with, make, refused):
    """Orderly does not supply the caller's service: a Deny for it applies, an Allow does not."""
    queue = make(Queue)
    browser = of_tag("StringLike", "aws:UserAgent", "*Mozilla*")
    refused(lambda: Queue.asked(as_role_with(allow("*"), deny(Queue.ask, **browser)), queue))
    for operator in ("StringLike", "StringNotLike", "StringLikeIfExists", "ForAllValues:StringLike", "Null"):
        value = "true" if operator == "Null" else "*"
        refused(lambda: Queue.asked(as_role_with(allow(Queue.ask, **of_tag(operator, "aws:UserAgent", value))), queue))


def test_a_condition_key_that_nothing_supplies_is_told_in_the_log():
    import boto3
    import orderly_server

    server = orderly_server.Server().start()
    try:
        made = boto3.client("iam", endpoint_url=server.endpoint, region_name="us-east-1", aws_access_key_id="test",
                            aws_secret_access_key="test")
        for number, key in enumerate(["aws:SourceVpc", "aws:ResourceTag/env", "ec2:Region", "aws:SourceIp", "sns:Protocol"]):
            condition = {"IpAddress": {key: "10.0.0.0/8"}} if key == "aws:SourceIp" else {"StringEquals": {key: "x"}}
            document = json.dumps({"Version": "2012-10-17", "Statement": [allow("*", Condition=condition)]})
            made.create_policy(PolicyName=f"p{number}", PolicyDocument=document)
    finally:
        server.end()
    told = [line.split("key=")[1].strip() for line in server.log.splitlines() if "no service here supplies" in line]
    assert told == ["aws:SourceVpc", "ec2:Region"]


@pytest.fixture
def bounded_role(iam, new_role, new_policy):
    """bounded_role() returns (a role with a boundary, the boundary's ARN)."""

    def make():
        name, boundary = new_role(), new_policy(allow("*"))
        iam.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=boundary)
        return name, boundary

    return make


@pytest.mark.parametrize("change", [
    lambda iam, role: iam.attach_role_policy(RoleName=role, PolicyArn="arn:aws:iam::aws:policy/AmazonSQSFullAccess"),
    lambda iam, role: iam.put_role_policy(RoleName=role, PolicyName="p", PolicyDocument=statements(allow("*"))),
    lambda iam, role: iam.delete_role_permissions_boundary(RoleName=role),
], ids=["attach", "put", "delete"])
def test_the_boundary_that_a_role_has_is_a_condition_of_changing_it(change, bounded_role, new_role, as_role_with,
                                                                    refused):
    held, boundary = bounded_role()
    clients = as_role_with(allow("iam:*", **of_tag("ArnEquals", "iam:PermissionsBoundary", boundary)))
    refused(lambda: change(clients("iam"), new_role()))
    change(clients("iam"), held)


def test_a_new_boundary_is_the_one_that_is_asked_about(bounded_role, new_policy, as_role_with, refused):
    held, boundary = bounded_role()
    new = new_policy(allow("*"))
    clients = as_role_with(allow("iam:*", **of_tag("ArnEquals", "iam:PermissionsBoundary", new)))
    refused(lambda: clients("iam").put_role_permissions_boundary(RoleName=held, PermissionsBoundary=boundary))
    clients("iam").put_role_permissions_boundary(RoleName=held, PermissionsBoundary=new)


def test_reading_a_role_has_no_boundary_among_its_conditions(bounded_role, as_role_with, refused):
    held, boundary = bounded_role()
    clients = as_role_with(allow("iam:*", **of_tag("ArnEquals", "iam:PermissionsBoundary", boundary)))
    refused(lambda: clients("iam").get_role(RoleName=held))


def test_lists_are_allowed_by_their_path(as_role_with, refused):
    clients = as_role_with(allow("iam:List*", "arn:aws:iam::000000000000:role/team/"),
                           allow("iam:List*", "arn:aws:iam::000000000000:user/"))
    clients("iam").list_roles(PathPrefix="/team/")
    clients("iam").list_users()
    assert "on resource: arn:aws:iam::000000000000:role/ because" in refused(
        lambda: clients("iam").list_roles())["message"]
    assert "on resource: arn:aws:iam::000000000000:user/team/ because" in refused(
        lambda: clients("iam").list_users(PathPrefix="/team/"))["message"]


def test_a_role_with_a_path_is_allowed_by_its_whole_arn(as_role_with, iam, unique, refused):
    name = unique("role")
    arn = iam.create_role(RoleName=name, Path="/team/", AssumeRolePolicyDocument=statements(
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}))["Role"]["Arn"]
    assert as_role_with(allow("iam:GetRole", arn))("iam").get_role(RoleName=name)["Role"]["Arn"] == arn
    refused(lambda: as_role_with(allow("iam:GetRole", arn.replace("/team", "")))("iam").get_role(RoleName=name))
    iam.delete_role(RoleName=name)
