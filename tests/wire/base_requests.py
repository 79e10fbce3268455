"""For every operation of every service one request that succeeds; test_every_member.py makes it wrong.

  before, tree = base_requests(world)["sqs"]["DeleteQueue"]()

`before` are requests [(operation, tree)] that make what the operation needs; names of what an operation makes are
new each time.
"""

import contextlib
import functools
import http.server
import io
import itertools
import json
import time
import urllib.request
import zipfile

ACCOUNT = "000000000000"
TRUST = json.dumps({
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com", "AWS": ACCOUNT},
                   "Action": "sts:AssumeRole"}],
})
POLICY = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "logs:*", "Resource": "*"}]})
RESOURCE_POLICY = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": "*", "Action": "sqs:*", "Resource": "*"}]})
LOGS_ONLY = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
TAGS = [{"Key": "k", "Value": "v"}]
TAG_MAP = {"k": "v"}


def package(source="def handler(event, context): return event\n"):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("index.py", source)
    return packed.getvalue()


# The runs of a durable function tell their events, and never end.
ENDLESS = """
import boto3, json, time
def handler(event, context):
    boto3.client("sqs").send_message(QueueUrl="{queue}", MessageBody=json.dumps(event))
    time.sleep(900)
"""


def arn(service, resource, region="us-east-1"):
    return f"arn:aws:{service}:{region}:{ACCOUNT}:{resource}"


def token_for(sns, topic):
    """The token of a subscription to the topic: its endpoint is asked for a confirmation."""
    asked = []

    class Endpoint(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Endpoint) as server:
        server.timeout = 20
        sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=f"http://127.0.0.1:{server.server_port}")
        server.handle_request()
    return asked[0]["Token"]


class World:
    """The resources that the requests use, made once; `client(service)` returns a boto3 client of the account's root."""

    def __init__(self, client):
        self.counter = itertools.count(1)
        self.now_ms = round(time.time() * 1000)
        client("sqs").create_queue(QueueName="every-source")
        self.queue = client("sqs").create_queue(QueueName="every")["QueueUrl"]
        self.topic = client("sns").create_topic(Name="every")["TopicArn"]
        self.role = client("iam").create_role(RoleName="Every", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
        client("iam").attach_role_policy(RoleName="Every", PolicyArn=LOGS_ONLY)
        client("iam").put_role_policy(
            RoleName="Every", PolicyName="p", PolicyDocument=POLICY.replace('"logs:*"', '["logs:*", "sqs:*"]'))
        client("iam").create_user(UserName="every")
        client("iam").put_user_policy(UserName="every", PolicyName="p", PolicyDocument=POLICY)
        client("iam").create_group(GroupName="Every")
        client("iam").put_group_policy(GroupName="Every", PolicyName="p", PolicyDocument=POLICY)
        self.policy = client("iam").create_policy(PolicyName="Every", PolicyDocument=POLICY)["Policy"]["Arn"]
        self.key = client("iam").create_access_key(UserName="every")["AccessKey"]["AccessKeyId"]
        self.session_key = client("sts").assume_role(
            RoleArn=self.role, RoleSessionName="every")["Credentials"]["AccessKeyId"]
        self.job = client("iam").generate_service_last_accessed_details(Arn=self.role)["JobId"]
        self.zip = package()
        self.function = client("lambda").create_function(
            FunctionName="every", Runtime="python3.11", Role=self.role, Handler="index.handler", Code={"ZipFile": self.zip},
            Timeout=30
        )["FunctionArn"]
        publishers = {"SigningProfileVersionArns": [arn("signer", "/signing-profiles/p/v")]}
        self.publishers, self.lambda_ = publishers, client("lambda")
        self.signing = self.new_signing()
        client("lambda").publish_layer_version(LayerName="every", Content={"ZipFile": self.zip})
        queue_arn = arn("sqs", "every")
        self.mapping = client("lambda").create_event_source_mapping(
            EventSourceArn=queue_arn, FunctionName="every", Enabled=False)["UUID"]
        client("lambda").add_permission(FunctionName="every", StatementId="logs", Action="lambda:InvokeFunction",
                                        Principal="logs.amazonaws.com")
        self.account_policy = {
            "policyName": "every", "policyType": "SUBSCRIPTION_FILTER_POLICY", "scope": "ALL",
            "selectionCriteria": 'LogGroupName NOT IN ["/aws/lambda/every"]',
            "policyDocument": json.dumps({"DestinationArn": arn("lambda", "function:every"), "FilterPattern": "nothing"})}
        client("lambda").add_permission(
            FunctionName="every", StatementId="every", Action="lambda:InvokeFunction", Principal="sns.amazonaws.com")
        self.subscription = client("sns").subscribe(TopicArn=self.topic, Protocol="sqs", Endpoint=queue_arn)["SubscriptionArn"]
        self.token = token_for(client("sns"), self.topic)
        app = client("sns").create_platform_application(
            Name="every", Platform="GCM", Attributes={"PlatformCredential": "secret"})["PlatformApplicationArn"]
        self.endpoint = client("sns").create_platform_endpoint(PlatformApplicationArn=app, Token="every")["EndpointArn"]
        self.number = "+15550199"
        self.verify(client("sns"))
        client("logs").create_log_group(logGroupName="every")
        client("logs").create_log_stream(logGroupName="every", logStreamName="every")
        client("logs").create_lookup_table(lookupTableName="every", tableBody="a,b\n1,2\n")
        self.logs, self.slow = client("logs"), []
        self.query, self.pointer = self.complete_query()
        self.fill_slow_group()
        client("dynamodb").create_table(**self.table("every"))
        view = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
        streamed = client("dynamodb").create_table(**self.table("streamed"), StreamSpecification=view)
        client("dynamodb").put_item(TableName="streamed", Item={"id": {"S": "a"}})
        streams, self.stream = client("dynamodbstreams"), streamed["TableDescription"]["LatestStreamArn"]
        shard = streams.describe_stream(StreamArn=self.stream)["StreamDescription"]["Shards"][0]
        self.shard, self.sequence = shard["ShardId"], shard["SequenceNumberRange"]["StartingSequenceNumber"]
        self.iterator = streams.get_shard_iterator(StreamArn=self.stream, ShardId=self.shard,
                                                   ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
        self.dynamodb = client("dynamodb")
        self.backup = self.new_backup()
        self.sqs = client("sqs")
        self.handle = self.receive()

    def complete_query(self):
        """A query that is complete, and a pointer to an event."""
        self.logs.put_log_events(logGroupName="every", logStreamName="every", logEvents=[{"timestamp": self.now_ms, "message": "m"}])
        query = self.start_query("every", "fields @message | limit 1")
        while not (results := self.logs.get_query_results(queryId=query)["results"]):
            time.sleep(0.01)
        return query, results[0][-1]["value"]

    def fill_slow_group(self):
        self.logs.create_log_group(logGroupName="slow")
        self.logs.create_log_stream(logGroupName="slow", logStreamName="s")
        events = [{"timestamp": self.now_ms, "message": "ab " * 200}] * 1000
        self.logs.put_log_events(logGroupName="slow", logStreamName="s", logEvents=events)

    def start_query(self, group, text):
        now = self.now_ms // 1000
        return self.logs.start_query(logGroupName=group, startTime=now - 3600, endTime=now + 3600, queryString=text)["queryId"]

    def new_query(self):
        """A query that waits, because two others take seconds."""
        if not self.slow or any(self.logs.get_query_results(queryId=query)["status"] != "Running" for query in self.slow):
            self.slow = [self.start_query("slow", "filter @message like /((a|b)+ )+[yz]/") for _ in range(2)]
        return self.start_query("every", "limit 1")

    def stop_slow_queries(self):
        """At the end of a test: they would compute for half a minute beside the tests after it."""
        for query in self.slow:
            with contextlib.suppress(self.logs.exceptions.InvalidParameterException):  # it has ended
                self.logs.stop_query(queryId=query)
        self.slow = []

    def new_definition(self):
        return self.logs.put_query_definition(name="passing", queryString="limit 1")["queryDefinitionId"]

    def new_backup(self):
        """The ARN of a backup that is complete."""
        arn = self.dynamodb.create_backup(TableName="every", BackupName="every")["BackupDetails"]["BackupArn"]
        while self.dynamodb.describe_backup(BackupArn=arn)["BackupDescription"]["BackupDetails"]["BackupStatus"] == "CREATING":
            time.sleep(0.01)
        return arn

    def verify(self, sns):
        """Verify the number for the sandbox, by the password in the outbox."""
        sns.create_sms_sandbox_phone_number(PhoneNumber=self.number)
        with urllib.request.urlopen(f"{sns.meta.endpoint_url}/_aws/sns/sms-messages") as reply:
            messages = json.load(reply)["sms_messages"][self.number]
        sns.verify_sms_sandbox_phone_number(PhoneNumber=self.number, OneTimePassword=messages[-1]["Message"].split()[-1])

    def receive(self):
        """The handle of a message in flight."""
        self.sqs.send_message(QueueUrl=self.queue, MessageBody="m")
        return self.sqs.receive_message(QueueUrl=self.queue, VisibilityTimeout=30)["Messages"][0]["ReceiptHandle"]

    def new_signing(self):
        """The ARN of a code signing config."""
        made = self.lambda_.create_code_signing_config(AllowedPublishers=self.publishers)
        return made["CodeSigningConfig"]["CodeSigningConfigArn"]

    def durable_function(self, name, **settings):
        queue = self.sqs.create_queue(QueueName=f"{name}-runs")["QueueUrl"]
        self.lambda_.create_function(
            FunctionName=name, Runtime="python3.13", Role=self.role, Handler="index.handler", Timeout=900,
            Code={"ZipFile": package(ENDLESS.format(queue=queue))}, DurableConfig={"ExecutionTimeout": 3600}, **settings)
        return queue

    def start(self, function):
        reply = self.lambda_.invoke(FunctionName=function, Qualifier="$LATEST", InvocationType="Event", Payload="{}")
        return reply["DurableExecutionArn"]

    def endless_run(self, name):
        """The ARN and the checkpoint token of a durable execution's run."""
        queue = self.durable_function(name)
        self.start(name)
        while not (told := self.sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=5).get("Messages")):
            pass
        event = json.loads(told[0]["Body"])
        return {"DurableExecutionArn": event["DurableExecutionArn"], "CheckpointToken": event["CheckpointToken"]}

    @functools.cached_property
    def run(self):
        return self.endless_run("every-durable")

    @functools.cached_property
    def run_with_callbacks(self):
        return self.endless_run("every-callbacks")

    def callback(self):
        """The id of a new callback."""
        reply = self.lambda_.checkpoint_durable_execution(
            **self.run_with_callbacks, Updates=[{"Id": self.new(), "Type": "CALLBACK", "Action": "START"}])
        self.run_with_callbacks["CheckpointToken"] = reply["CheckpointToken"]
        return reply["NewExecutionState"]["Operations"][-1]["CallbackDetails"]["CallbackId"]

    @functools.cached_property
    def stopped_function(self):
        """A durable function whose executions are stopped before they run."""
        self.durable_function("every-stopped")
        self.lambda_.put_function_concurrency(FunctionName="every-stopped", ReservedConcurrentExecutions=0)
        return "every-stopped"

    def stopped(self):
        execution = self.start(self.stopped_function)
        self.lambda_.stop_durable_execution(DurableExecutionArn=execution)
        return {"DurableExecutionArn": execution}

    def new(self):
        return f"new{next(self.counter)}"

    def table(self, name):
        return {
            "TableName": name, "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        }


# Operations that can only fail, as there is no S3 to export to and no password: what they answer to a right request.
REFUSED = {"CreateExportTask": "The given bucket does not exist. Please make sure the bucket is valid.",
           "CancelExportTask": "The specified export task does not exist.",
           "GetLoginProfile": "Login Profile for User every cannot be found."}


def only(tree):
    return lambda: ((), tree)


def base_requests(world):
    return {
        "sqs": sqs(world), "sns": sns(world), "iam": iam(world), "sts": sts(world), "lambda": lambda_(world),
        "cloudwatch": cloudwatch(world), "logs": logs(world), "dynamodb": dynamodb(world),
        "dynamodbstreams": dynamodbstreams(world),
    }


QUEUE_ATTRIBUTES = {
    "DelaySeconds": "0", "MaximumMessageSize": "2048", "MessageRetentionPeriod": "3600", "VisibilityTimeout": "30",
    "ReceiveMessageWaitTimeSeconds": "0", "SqsManagedSseEnabled": "true",
    "Policy": json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}]}),
    "RedrivePolicy": json.dumps({"deadLetterTargetArn": arn("sqs", "every"), "maxReceiveCount": "5"}),
}
MESSAGE_ATTRIBUTES = {"a": {"DataType": "String", "StringValue": "v"}, "b": {"DataType": "Binary", "BinaryValue": b"v"},
                      "n": {"DataType": "Number", "StringValue": "1"}}
TRACE_HEADER = {"AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1-67891233-abcdef012345678912345678"}}


def sqs(world):
    queue = {"QueueUrl": world.queue}
    handle = {**queue, "ReceiptHandle": world.handle}
    entry = {"Id": "a", "ReceiptHandle": world.handle}
    message = {"MessageBody": "m", "DelaySeconds": 0, "MessageAttributes": MESSAGE_ATTRIBUTES,
               "MessageSystemAttributes": TRACE_HEADER}
    passing = {"QueueUrl": f"{world.queue}-passing"}
    permission = {"Label": "l", "AWSAccountIds": [ACCOUNT], "Actions": ["SendMessage"]}

    def deleted():
        return [("CreateQueue", {"QueueName": "every-passing"})], passing

    def purged():
        name = world.new()
        return [("CreateQueue", {"QueueName": name})], {"QueueUrl": world.queue.replace("every", name)}

    def redriven(arguments):
        """The dead-letter queue of a queue is new for each request: it has at most one running task."""
        source, dead = world.new(), world.new()
        policy = json.dumps({"deadLetterTargetArn": arn("sqs", dead), "maxReceiveCount": "5"})
        return [("CreateQueue", {"QueueName": dead}),
                ("CreateQueue", {"QueueName": source, "Attributes": {"RedrivePolicy": policy}})], {
                    "SourceArn": arn("sqs", dead), **arguments}

    def running():
        """The handle of a task that needs ten seconds, so that it is cancelled before its end."""
        (_, dead), (_, source) = before = redriven({})[0]
        for _, tree in before:
            world.sqs.create_queue(**tree)
        world.sqs.send_message_batch(QueueUrl=world.queue.replace("every", dead["QueueName"]), Entries=[
            {"Id": str(number), "MessageBody": "m"} for number in range(10)])
        return world.sqs.start_message_move_task(
            SourceArn=arn("sqs", dead["QueueName"]), DestinationArn=arn("sqs", source["QueueName"]),
            MaxNumberOfMessagesPerSecond=1)["TaskHandle"]

    return {
        "CreateQueue": lambda: ((), {"QueueName": world.new(), "Attributes": QUEUE_ATTRIBUTES, "tags": TAG_MAP}),
        "GetQueueUrl": only({"QueueName": "every"}),
        "ListQueues": only({"QueueNamePrefix": "every", "MaxResults": 2}),
        "GetQueueAttributes": only({**queue, "AttributeNames": ["All"]}),
        "SetQueueAttributes": lambda: ([("CreateQueue", {"QueueName": "every-passing"})],
                                       {**passing, "Attributes": QUEUE_ATTRIBUTES}),
        "DeleteQueue": deleted,
        "PurgeQueue": purged,
        "SendMessage": only({**queue, **message}),
        "SendMessageBatch": only({**queue, "Entries": [{"Id": "a", **message}]}),
        "ReceiveMessage": only({**queue, "AttributeNames": ["All"], "MessageAttributeNames": ["All"],
                                "MessageSystemAttributeNames": ["All"], "VisibilityTimeout": 0}),
        "DeleteMessage": only(handle),
        "DeleteMessageBatch": only({**queue, "Entries": [entry]}),
        "ChangeMessageVisibility": lambda: ((), {**queue, "ReceiptHandle": world.receive(), "VisibilityTimeout": 30}),
        "ChangeMessageVisibilityBatch": only({**queue, "Entries": [{**entry, "VisibilityTimeout": 30}]}),
        "TagQueue": only({**queue, "Tags": TAG_MAP}),
        "UntagQueue": only({**queue, "TagKeys": ["nothing"]}),
        "ListQueueTags": only(queue),
        "AddPermission": lambda: ([("CreateQueue", {"QueueName": "every-passing"}),
                                   ("RemovePermission", {**passing, "Label": "l"})], {**passing, **permission}),
        "RemovePermission": lambda: ([("CreateQueue", {"QueueName": "every-passing"}),
                                      ("AddPermission", {**passing, **permission})], {**passing, "Label": "l"}),
        "ListDeadLetterSourceQueues": only(queue),
        "StartMessageMoveTask": lambda: redriven({"DestinationArn": arn("sqs", "every-source"),
                                                  "MaxNumberOfMessagesPerSecond": 5}),
        "ListMessageMoveTasks": only({"SourceArn": arn("sqs", "every"), "MaxResults": 10}),
        "CancelMessageMoveTask": lambda: ((), {"TaskHandle": running()}),
    }


def sns(world):
    topic, resource = {"TopicArn": world.topic}, {"ResourceArn": world.topic}
    message = {"Message": "m", "Subject": "s", "MessageAttributes": MESSAGE_ATTRIBUTES}
    subscription = {"Protocol": "sqs", "Endpoint": arn("sqs", "every"), "ReturnSubscriptionArn": True}
    return {
        "CreateTopic": lambda: ((), {"Name": world.new(), "Attributes": {"DisplayName": "d"}, "Tags": TAGS}),
        "GetTopicAttributes": only(topic),
        "SetTopicAttributes": only({**topic, "AttributeName": "DisplayName", "AttributeValue": "d"}),
        "ListTopics": only({}),
        "DeleteTopic": lambda: ([("CreateTopic", {"Name": "every-passing"})],
                                {"TopicArn": arn("sns", "every-passing")}),
        "Subscribe": only({**topic, **subscription, "Attributes": {"RawMessageDelivery": "false"}}),
        "GetSubscriptionAttributes": only({"SubscriptionArn": world.subscription}),
        "SetSubscriptionAttributes": only({"SubscriptionArn": world.subscription, "AttributeName": "RawMessageDelivery",
                                           "AttributeValue": "false"}),
        "ListSubscriptions": only({}),
        "ListSubscriptionsByTopic": only(topic),
        "ConfirmSubscription": only({**topic, "Token": world.token}),
        "Unsubscribe": only({"SubscriptionArn": f"{world.topic}:00000000-0000-0000-0000-000000000000"}),
        "Publish": only({**topic, **message}),
        "PublishBatch": only({**topic, "PublishBatchRequestEntries": [{"Id": "a", **message}]}),
        "TagResource": only({**resource, "Tags": TAGS}),
        "UntagResource": only({**resource, "TagKeys": ["nothing"]}),
        "ListTagsForResource": only(resource),
        "AddPermission": lambda: ([("RemovePermission", {**topic, "Label": "l"})],
                                  {**topic, "Label": "l", "AWSAccountId": [ACCOUNT], "ActionName": ["Publish"]}),
        "RemovePermission": only({**topic, "Label": "nothing"}),
        "PutDataProtectionPolicy": only({**resource, "DataProtectionPolicy": json.dumps({
            "Name": "p", "Version": "2021-06-01", "Statement": []})}),
        "GetDataProtectionPolicy": only(resource),
        **push(world),
        **sms(world),
    }


def push(world):
    """SNS's operations for mobile push."""
    app, gone = {"PlatformApplicationArn": arn("sns", "app/GCM/every")}, arn("sns", "endpoint/GCM/every/gone")
    attributes = {"PlatformCredential": "secret"}
    made = ("CreatePlatformApplication", {"Name": "every", "Platform": "GCM", "Attributes": attributes})
    return {
        "CreatePlatformApplication": lambda: ((), {"Name": world.new(), "Platform": "GCM", "Attributes": attributes}),
        "GetPlatformApplicationAttributes": lambda: ([made], app),
        "SetPlatformApplicationAttributes": lambda: ([made], {**app, "Attributes": {"Enabled": "true"}}),
        "ListPlatformApplications": only({}),
        "DeletePlatformApplication": only({"PlatformApplicationArn": arn("sns", "app/GCM/gone")}),
        "CreatePlatformEndpoint": lambda: ([made], {**app, "Token": "t", "CustomUserData": "u", "Attributes": {"Enabled": "true"}}),
        "GetEndpointAttributes": only({"EndpointArn": world.endpoint}),
        "SetEndpointAttributes": only({"EndpointArn": world.endpoint, "Attributes": {"CustomUserData": "u"}}),
        "ListEndpointsByPlatformApplication": lambda: ([made], app),
        "DeleteEndpoint": only({"EndpointArn": gone}),
    }


def sms(world):
    number, sandboxed = {"phoneNumber": "+15550100"}, {"PhoneNumber": "+15550100"}
    made = ("CreateSMSSandboxPhoneNumber", sandboxed)
    return {
        "CheckIfPhoneNumberIsOptedOut": only(number),
        "OptInPhoneNumber": only(number),
        "ListPhoneNumbersOptedOut": only({}),
        "SetSMSAttributes": only({"attributes": {"DefaultSMSType": "Promotional"}}),
        "GetSMSAttributes": only({"attributes": ["DefaultSMSType"]}),
        "ListOriginationNumbers": only({"MaxResults": 5}),
        "GetSMSSandboxAccountStatus": only({}),
        "CreateSMSSandboxPhoneNumber": only({**sandboxed, "LanguageCode": "en-US"}),
        "VerifySMSSandboxPhoneNumber": only({"PhoneNumber": world.number, "OneTimePassword": "00000"}),
        "ListSMSSandboxPhoneNumbers": only({"MaxResults": 5}),
        "DeleteSMSSandboxPhoneNumber": lambda: ([made], sandboxed),
    }


def of_policies(world, kind, name, argument, document):
    """The operations that roles, users and groups share."""
    one = {argument: name}
    passing = {argument: "passing"}
    made = (f"Create{kind}", {**passing, **document})
    inline = {"PolicyName": "p", "PolicyDocument": POLICY}
    attach = (f"Attach{kind}Policy", {**one, "PolicyArn": world.policy})
    return {
        f"Create{kind}": lambda: ((), {argument: world.new(), "Path": "/", **document}),
        f"Get{kind}": only(one),
        f"List{kind}s": only({"PathPrefix": "/", "MaxItems": 2}),
        f"Delete{kind}": lambda: ([made], passing),
        f"Put{kind}Policy": lambda: ([made], {**passing, **inline}),
        f"Get{kind}Policy": only({**one, "PolicyName": "p"}),
        f"List{kind}Policies": only(one),
        f"Delete{kind}Policy": lambda: ([made, (f"Put{kind}Policy", {**passing, **inline})],
                                        {**passing, "PolicyName": "p"}),
        f"Attach{kind}Policy": only({**one, "PolicyArn": world.policy}),
        f"Detach{kind}Policy": lambda: ([attach], {**one, "PolicyArn": world.policy}),
        f"ListAttached{kind}Policies": only(one),
    }


def of_identities(world, kind, name, argument, document):
    """The operations that roles and users share."""
    one = {argument: name}
    passing = {argument: "passing"}
    made = (f"Create{kind}", {**passing, **document})
    return {
        **of_policies(world, kind, name, argument, document),
        f"Create{kind}": lambda: ((), {argument: world.new(), "Path": "/", "Tags": TAGS, **document}),
        f"Tag{kind}": only({**one, "Tags": TAGS}),
        f"Untag{kind}": only({**one, "TagKeys": ["nothing"]}),
        f"List{kind}Tags": only(one),
        f"Put{kind}PermissionsBoundary": lambda: ([made], {**passing, "PermissionsBoundary": LOGS_ONLY}),
        f"Delete{kind}PermissionsBoundary": lambda: (
            [made, (f"Put{kind}PermissionsBoundary", {**passing, "PermissionsBoundary": LOGS_ONLY})], passing),
    }


def iam(world):
    role, user, policy = {"RoleName": "Every"}, {"UserName": "every"}, {"PolicyArn": world.policy}
    passing = {"PolicyArn": f"arn:aws:iam::{ACCOUNT}:policy/passing"}
    version = ("CreatePolicyVersion", {**passing, "PolicyDocument": POLICY})
    simulation = {
        "PermissionsBoundaryPolicyInputList": [POLICY], "ActionNames": ["sqs:SendMessage"],
        "ResourceArns": [arn("sqs", "every")], "ResourcePolicy": RESOURCE_POLICY, "ResourceOwner": ACCOUNT,
        "CallerArn": arn("iam", "user/every", region=""), "MaxItems": 2,
        "ContextEntries": [{"ContextKeyName": "aws:username", "ContextKeyValues": ["every"], "ContextKeyType": "string"}]}
    group, renamed_user, renamed_group = {"GroupName": "Every"}, {"UserName": "renamed"}, {"GroupName": "renamed"}
    made_anew = [("SetDefaultPolicyVersion", {**passing, "VersionId": "v1"}), ("DeletePolicyVersion", {**passing, "VersionId": "v2"}), ("DeletePolicy", passing),
                 ("CreatePolicy", {"PolicyName": "passing", "PolicyDocument": POLICY})]

    return {
        **of_identities(world, "Role", "Every", "RoleName", {"AssumeRolePolicyDocument": TRUST}),
        **of_identities(world, "User", "every", "UserName", {}),
        **of_policies(world, "Group", "Every", "GroupName", {}),
        "UpdateUser": lambda: ([("CreateUser", renamed_user)], {**renamed_user, "NewPath": "/", "NewUserName": "renamed"}),
        "UpdateGroup": lambda: ([("CreateGroup", renamed_group)], {**renamed_group, "NewPath": "/", "NewGroupName": "renamed"}),
        "AddUserToGroup": only({**group, **user}),
        "RemoveUserFromGroup": lambda: ([("AddUserToGroup", {**group, **user})], {**group, **user}),
        "GetAccountSummary": only({}),
        "UpdateRole": only({**role, "Description": "d", "MaxSessionDuration": 3600}),
        "UpdateRoleDescription": only({**role, "Description": "d"}),
        "UpdateAssumeRolePolicy": only({**role, "PolicyDocument": TRUST}),
        "ListInstanceProfilesForRole": only(role),
        "CreatePolicy": lambda: ((), {"PolicyName": world.new(), "PolicyDocument": POLICY, "Description": "d",
                                      "Path": "/", "Tags": TAGS}),
        "GetPolicy": only(policy),
        "ListPolicies": only({"Scope": "Local", "MaxItems": 2}),
        "DeletePolicy": lambda: (made_anew, passing),
        "CreatePolicyVersion": lambda: (made_anew, {**passing, "PolicyDocument": POLICY, "SetAsDefault": False}),
        "GetPolicyVersion": only({**policy, "VersionId": "v1"}),
        "ListPolicyVersions": only(policy),
        "SetDefaultPolicyVersion": only({**policy, "VersionId": "v1"}),
        "DeletePolicyVersion": lambda: ([*made_anew, version], {**passing, "VersionId": "v2"}),
        "ListEntitiesForPolicy": only({**policy, "MaxItems": 2}),
        "TagPolicy": only({**policy, "Tags": TAGS}),
        "UntagPolicy": only({**policy, "TagKeys": ["nothing"]}),
        "ListPolicyTags": only(policy),
        "CreateAccessKey": only(user),
        "ListAccessKeys": only(user),
        "GetAccessKeyLastUsed": only({"AccessKeyId": world.key}),
        "UpdateAccessKey": only({**user, "AccessKeyId": world.key, "Status": "Active"}),
        "DeleteAccessKey": only({**user, "AccessKeyId": world.key}),
        "GenerateServiceLastAccessedDetails": only({"Arn": world.role, "Granularity": "ACTION_LEVEL"}),
        "GetServiceLastAccessedDetails": only({"JobId": world.job, "MaxItems": 2}),
        "GetServiceLastAccessedDetailsWithEntities": only({"JobId": world.job, "ServiceNamespace": "logs", "MaxItems": 2}),
        "GetLoginProfile": only(user),
        **{name: only({**user, "MaxItems": 2}) for name in (
            "ListMFADevices", "ListGroupsForUser", "ListSigningCertificates", "ListSSHPublicKeys")},
        "ListVirtualMFADevices": only({"AssignmentStatus": "Any", "MaxItems": 2}),
        "GetAccountAuthorizationDetails": only({"Filter": ["User", "AWSManagedPolicy"], "MaxItems": 2}),
        "CreateAccountAlias": lambda: ((), {"AccountAlias": world.new()}),
        "ListAccountAliases": only({"MaxItems": 2}),
        "DeleteAccountAlias": lambda: ([("CreateAccountAlias", {"AccountAlias": "passing"})], {"AccountAlias": "passing"}),
        "SimulateCustomPolicy": only({"PolicyInputList": [POLICY], **simulation}),
        "SimulatePrincipalPolicy": only({"PolicySourceArn": arn("iam", "user/every", region=""), "PolicyInputList": [POLICY], **simulation}),
        "GetContextKeysForCustomPolicy": only({"PolicyInputList": [POLICY]}),
        "GetContextKeysForPrincipalPolicy": only({"PolicySourceArn": world.role, "PolicyInputList": [POLICY]}),
        "ListPoliciesGrantingServiceAccess": only({"Arn": world.role, "ServiceNamespaces": ["logs", "sqs"]}),
    }


def sts(world):
    return {
        "GetCallerIdentity": only({}),
        "GetSessionToken": only({"DurationSeconds": 900, "MinimumSessionTokenSize": 300}),
        "GetAccessKeyInfo": only({"AccessKeyId": world.session_key}),
        "GetFederationToken": only({"Name": "every", "Policy": POLICY, "PolicyArns": [{"arn": LOGS_ONLY}],
                                    "DurationSeconds": 900, "MinimumSessionTokenSize": 300}),
        "AssumeRole": only({"RoleArn": world.role, "RoleSessionName": "session", "Policy": POLICY,
                            "PolicyArns": [{"arn": LOGS_ONLY}], "DurationSeconds": 900}),
    }


def lambda_(world):
    function = {"FunctionName": "every"}
    permission = {"StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": "sns.amazonaws.com"}
    published, provisioned = [("PublishVersion", function)], {**function, "Qualifier": "1"}
    alias = {**function, "Name": "every", "FunctionVersion": "$LATEST", "Description": "d"}
    settings = {"Runtime": "python3.11", "Role": world.role, "Handler": "index.handler", "Description": "d", "Timeout": 3,
                "MemorySize": 128, "Environment": {"Variables": {"AB": "c"}},
                "Layers": [arn("lambda", "layer:every:1")], "DurableConfig": {
                    "ExecutionTimeout": 60, "RetentionPeriodInDays": 1, "KMSKeyArn": arn("kms", "key/1")}}
    version = {"LayerName": "every", "VersionNumber": 1}
    signing = {"CodeSigningConfigArn": world.signing}
    layer_permission = {"StatementId": "s", "Action": "lambda:GetLayerVersion", "Principal": "*"}
    fitting = {"CompatibleRuntime": "python3.11", "CompatibleArchitecture": "x86_64", "MaxItems": 2}
    allow = ("AddLayerVersionPermission", {**version, **layer_permission})
    event_config = {"MaximumRetryAttempts": 1, "MaximumEventAgeInSeconds": 60,
                    "DestinationConfig": {"OnFailure": {"Destination": arn("sqs", "every")}}}
    mapping = {"FilterCriteria": {"Filters": [{"Pattern": '{"body": ["x"]}'}]}, "KMSKeyArn": arn("kms", "key/1"),
               "MetricsConfig": {"Metrics": ["EventCount"]}, "FunctionResponseTypes": ["ReportBatchItemFailures"],
               "MaximumBatchingWindowInSeconds": 1, "ProvisionedPollerConfig": {"MinimumPollers": 2, "MaximumPollers": 3}}
    url_config = {"AuthType": "AWS_IAM", "InvokeMode": "BUFFERED", "Cors": {
        "AllowOrigins": ["https://a.example"], "AllowMethods": ["GET"], "AllowHeaders": ["x-a"], "ExposeHeaders": ["x-b"],
        "MaxAge": 60, "AllowCredentials": False}}
    put_event_config = ("PutFunctionEventInvokeConfig", {**function, **event_config})
    return {
        "CreateFunction": lambda: ((), {"FunctionName": world.new(), "Code": {"ZipFile": world.zip}, "Tags": TAG_MAP,
                                        "Architectures": ["x86_64"], **settings}),
        "GetFunction": only(function),
        "GetFunctionConfiguration": only(function),
        "ListFunctions": only({"MaxItems": 2}),
        "ListVersionsByFunction": only({**function, "MaxItems": 2}),
        "GetFunctionCodeSigningConfig": only(function),
        "UpdateFunctionCode": only({**function, "ZipFile": world.zip}),
        "UpdateFunctionConfiguration": lambda: ((), {"FunctionName": world.stopped_function, **settings}),
        "PutFunctionConcurrency": only({**function, "ReservedConcurrentExecutions": 5}),
        "GetFunctionConcurrency": only(function),
        "DeleteFunctionConcurrency": only(function),
        "PutProvisionedConcurrencyConfig": lambda: (published, {**provisioned, "ProvisionedConcurrentExecutions": 1}),
        "GetProvisionedConcurrencyConfig": lambda: (
            [*published, ("PutProvisionedConcurrencyConfig", {**provisioned, "ProvisionedConcurrentExecutions": 1})],
            provisioned),
        "ListProvisionedConcurrencyConfigs": only({**function, "MaxItems": 2}),
        "DeleteProvisionedConcurrencyConfig": lambda: (published, provisioned),
        "GetAccountSettings": only({}),
        "PutFunctionRecursionConfig": only({**function, "RecursiveLoop": "Allow"}),
        "GetFunctionRecursionConfig": only(function),
        "PutRuntimeManagementConfig": only({**function, "UpdateRuntimeOn": "Auto"}),
        "GetRuntimeManagementConfig": only(function),
        "PublishVersion": only({**function, "Description": "d"}),
        "CreateAlias": lambda: ((), {**alias, "Name": world.new(), "RoutingConfig": {"AdditionalVersionWeights": {}}}),
        "UpdateAlias": lambda: ([("CreateAlias", alias)], {**alias, "RoutingConfig": {"AdditionalVersionWeights": {}}}),
        "GetAlias": lambda: ([("CreateAlias", alias)], {**function, "Name": "every"}),
        "ListAliases": only({**function, "MaxItems": 2}),
        "DeleteAlias": lambda: ([("CreateAlias", alias)], {**function, "Name": "every"}),
        "DeleteFunction": lambda: ([("CreateFunction", {"FunctionName": "passing", "Code": {"ZipFile": world.zip}, **settings})],
                                   {"FunctionName": "passing"}),
        "Invoke": only({**function, "InvocationType": "DryRun", "Payload": {}}),
        "CreateEventSourceMapping": lambda: ((), {"EventSourceArn": arn("sqs", "every-source"), "FunctionName": "every",
                                                  "Enabled": False, "BatchSize": 1, "Tags": TAG_MAP, **mapping}),
        "GetEventSourceMapping": only({"UUID": world.mapping}),
        "ListEventSourceMappings": only({"FunctionName": "every", "MaxItems": 2}),
        "UpdateEventSourceMapping": only({"UUID": world.mapping, "BatchSize": 1, "Enabled": False, **mapping}),
        "DeleteEventSourceMapping": only({"UUID": world.mapping}),
        "TagResource": only({"Resource": world.function, "Tags": TAG_MAP}),
        "UntagResource": only({"Resource": world.function, "TagKeys": ["nothing"]}),
        "ListTags": only({"Resource": world.function}),
        "AddPermission": lambda: ([("RemovePermission", {**function, "StatementId": "s"})], {**function, **permission}),
        "RemovePermission": lambda: ([("AddPermission", {**function, **permission})], {**function, "StatementId": "s"}),
        "GetPolicy": only(function),
        "CreateFunctionUrlConfig": lambda: ([("DeleteFunctionUrlConfig", function)], {**function, **url_config}),
        "UpdateFunctionUrlConfig": lambda: ([("CreateFunctionUrlConfig", {**function, "AuthType": "NONE"})], {**function, **url_config}),
        "GetFunctionUrlConfig": lambda: ([("CreateFunctionUrlConfig", {**function, "AuthType": "NONE"})], function),
        "DeleteFunctionUrlConfig": lambda: ([("CreateFunctionUrlConfig", {**function, "AuthType": "NONE"})], function),
        "ListFunctionUrlConfigs": only({**function, "MaxItems": 2}),
        "InvokeWithResponseStream": only({**function, "InvocationType": "DryRun", "Payload": {}}),
        "CheckpointDurableExecution": lambda: ((), {**world.run, "ClientToken": "every", "Updates": [
            {"Id": "s", "Type": "STEP", "Action": "START", "Name": "n", "SubType": "t"},
            {"Id": "w", "Type": "WAIT", "Action": "START", "WaitOptions": {"WaitSeconds": 3600}}]}),
        "GetDurableExecutionState": lambda: ((), {**world.run_with_callbacks, "MaxItems": 2}),
        "GetDurableExecution": lambda: ((), {"DurableExecutionArn": world.run["DurableExecutionArn"], "IncludeExecutionData": True}),
        "GetDurableExecutionHistory": lambda: ((), {"DurableExecutionArn": world.run["DurableExecutionArn"], "MaxItems": 2,
                                                    "IncludeExecutionData": True, "ReverseOrder": True}),
        "ListDurableExecutionsByFunction": only({**function, "Qualifier": "$LATEST", "MaxItems": 2, "Statuses": ["RUNNING"],
                                                 "DurableExecutionName": "n", "ReverseOrder": True}),
        "StopDurableExecution": lambda: ((), {**world.stopped(), "Error": {"ErrorMessage": "m", "StackTrace": ["s"]}}),
        "DeleteDurableExecution": lambda: ((), world.stopped()),
        "SendDurableExecutionCallbackSuccess": lambda: ((), {"CallbackId": world.callback(), "Result": "r"}),
        "SendDurableExecutionCallbackFailure": lambda: ((), {"CallbackId": world.callback(), "Error": {"ErrorType": "t"}}),
        "SendDurableExecutionCallbackHeartbeat": lambda: ((), {"CallbackId": world.callback()}),
        "CreateCodeSigningConfig": lambda: ((), {
            "AllowedPublishers": world.publishers, "Description": "d", "Tags": TAG_MAP,
            "CodeSigningPolicies": {"UntrustedArtifactOnDeployment": "Enforce"}}),
        "GetCodeSigningConfig": only(signing),
        "UpdateCodeSigningConfig": only({**signing, "Description": "d", "AllowedPublishers": world.publishers}),
        "DeleteCodeSigningConfig": lambda: ([], {"CodeSigningConfigArn": world.new_signing()}),
        "ListCodeSigningConfigs": only({"MaxItems": 2}),
        "PutFunctionCodeSigningConfig": only({**function, **signing}),
        "DeleteFunctionCodeSigningConfig": only(function),
        "ListFunctionsByCodeSigningConfig": only({**signing, "MaxItems": 2}),
        "PublishLayerVersion": lambda: ((), {
            "LayerName": world.new(), "Content": {"ZipFile": world.zip}, "Description": "d", "LicenseInfo": "l",
            "CompatibleRuntimes": ["python3.11"], "CompatibleArchitectures": ["x86_64"]}),
        "GetLayerVersion": only(version),
        "GetLayerVersionByArn": only({"Arn": arn("lambda", "layer:every:1")}),
        "ListLayers": only(fitting),
        "ListLayerVersions": only({"LayerName": "every", **fitting}),
        "DeleteLayerVersion": lambda: ([("PublishLayerVersion", {"LayerName": "passing", "Content": {"ZipFile": world.zip}})],
                                       {"LayerName": "passing", "VersionNumber": 1}),
        "AddLayerVersionPermission": lambda: ([("RemoveLayerVersionPermission", {**version, "StatementId": "s"})],
                                              {**version, **layer_permission}),
        "RemoveLayerVersionPermission": lambda: ([allow], {**version, "StatementId": "s"}),
        "GetLayerVersionPolicy": lambda: ([allow], version),
        "InvokeAsync": only({**function, "InvokeArgs": {}}),
        "PutFunctionEventInvokeConfig": only({**function, **event_config}),
        "UpdateFunctionEventInvokeConfig": lambda: ([put_event_config], {**function, **event_config}),
        "GetFunctionEventInvokeConfig": lambda: ([put_event_config], function),
        "DeleteFunctionEventInvokeConfig": lambda: ([put_event_config], function),
        "ListFunctionEventInvokeConfigs": only({**function, "MaxItems": 2}),
    }


def cloudwatch(world):
    metric = {"Namespace": "Every", "MetricName": "every", "Dimensions": [{"Name": "n", "Value": "v"}]}
    span = {"StartTime": 1700000000, "EndTime": 1700003600}
    alarm = {"AlarmName": "every", **metric, "Statistic": "Sum", "Period": 60, "Unit": "Count", "EvaluationPeriods": 2,
             "DatapointsToAlarm": 1, "Threshold": 1.5, "ComparisonOperator": "GreaterThanThreshold", "TreatMissingData": "ignore",
             "EvaluateLowSampleCountPercentile": "ignore", "AlarmDescription": "d", "ActionsEnabled": True,
             "AlarmActions": [arn("sns", "every")], "OKActions": [arn("sns", "every")],
             "InsufficientDataActions": [arn("sns", "every")]}
    put = [("PutMetricAlarm", alarm)]
    detected = {"Namespace": "Every", "MetricName": "m", "Stat": "Sum"}
    composite = {"AlarmName": "every-composite", "AlarmRule": "ALARM(child)", "ActionsSuppressor": "child",
                 "ActionsSuppressorWaitPeriod": 60, "ActionsSuppressorExtensionPeriod": 60,
                 **{name: alarm[name] for name in ("AlarmDescription", "ActionsEnabled", "AlarmActions", "OKActions",
                                                   "InsufficientDataActions")}}
    resource = {"ResourceARN": arn("cloudwatch", "alarm:every")}
    dashboard = {"DashboardName": "every", "DashboardBody": '{"widgets": []}'}
    dashboard_put = [("PutDashboard", dashboard)]
    return {
        "PutMetricData": lambda: ([], {"Namespace": "Every", "MetricData": [
            {"MetricName": "every", "Dimensions": metric["Dimensions"], "Values": [1.5], "Counts": [2.0], "Unit": "Count",
             "StorageResolution": 1}]}),
        "PutAnomalyDetector": only({"SingleMetricAnomalyDetector": detected, "Configuration": {
            "ExcludedTimeRanges": [{"StartTime": 1, "EndTime": 2}], "AdaptationSpeed": "NORMAL", "OutlierFilteringStrength": "MINIMAL"}}),
        "DescribeAnomalyDetectors": lambda: ([("PutAnomalyDetector", detected)], {"Namespace": "Every", "MaxResults": 5}),
        "DeleteAnomalyDetector": lambda: ([("PutAnomalyDetector", detected)], detected),
        "GetMetricWidgetImage": only({"OutputFormat": "png", "MetricWidget": json.dumps({
            "metrics": [["Every", "m", "k", "v", {"color": "#ff0000"}]], "width": 100, "height": 100, "title": "every"})}),
        "GetMetricData": lambda: ([], {**span, "MetricDataQueries": [
            {"Id": "m", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "p90", "Unit": "Count"}, "Label": "l",
             "ReturnData": False},
            {"Id": "e", "Expression": "m * 2", "Period": 60}], "ScanBy": "TimestampAscending", "MaxDatapoints": 10}),
        "GetMetricStatistics": lambda: ([], {**span, **metric, "Period": 60, "Statistics": ["Sum"],
                                             "ExtendedStatistics": ["p90"], "Unit": "Count"}),
        "PutMetricAlarm": lambda: ([], {**alarm, "Tags": TAGS}),
        "PutCompositeAlarm": lambda: ([("PutMetricAlarm", {**alarm, "AlarmName": "child"})], {**composite, "Tags": TAGS}),
        "DescribeAlarms": lambda: (put, {"AlarmNamePrefix": "e", "AlarmTypes": ["MetricAlarm"], "StateValue": "OK",
                                         "ActionPrefix": "arn:", "MaxRecords": 10}),
        "DescribeAlarmsForMetric": lambda: (put, {**metric, "Statistic": "Sum", "Period": 60, "Unit": "Count"}),
        "DescribeAlarmHistory": lambda: (put, {"AlarmName": "every", "AlarmTypes": ["MetricAlarm"],
                                               "HistoryItemType": "StateUpdate", "StartDate": 1700000000,
                                               "EndDate": 1700003600, "MaxRecords": 10, "ScanBy": "TimestampDescending"}),
        "SetAlarmState": lambda: (put, {"AlarmName": "every", "StateValue": "ALARM", "StateReason": "r",
                                        "StateReasonData": "{}"}),
        "EnableAlarmActions": lambda: (put, {"AlarmNames": ["every"]}),
        "DisableAlarmActions": lambda: (put, {"AlarmNames": ["every"]}),
        "DeleteAlarms": lambda: (put, {"AlarmNames": ["every"]}),
        "PutDashboard": lambda: ([], {**dashboard, "Tags": TAGS}),
        "GetDashboard": lambda: (dashboard_put, {"DashboardName": "every"}),
        "ListDashboards": lambda: (dashboard_put, {"DashboardNamePrefix": "e"}),
        "DeleteDashboards": lambda: (dashboard_put, {"DashboardNames": ["every"]}),
        "TagResource": lambda: (put, {**resource, "Tags": TAGS}),
        "UntagResource": lambda: (put, {**resource, "TagKeys": ["k"]}),
        "ListTagsForResource": lambda: (put, resource),
        "ListMetrics": lambda: ([], {"Namespace": "Every", "MetricName": "every", "Dimensions": metric["Dimensions"],
                                     "RecentlyActive": "PT3H"}),
    }


POLICY_OF_LOGS = json.dumps({"Version": "2012-10-17", "Statement": [{
    "Effect": "Allow", "Principal": {"Service": "route53.amazonaws.com"}, "Action": "logs:PutLogEvents", "Resource": "*"}]})


def logs(world):
    group, stream = {"logGroupName": "every"}, {"logGroupName": "every", "logStreamName": "every"}
    resource = {"resourceArn": arn("logs", "log-group:every")}
    made = ("CreateLogGroup", {"logGroupName": "passing"})
    policy = {"policyName": "every", "policyType": "SUBSCRIPTION_FILTER_POLICY"}
    table = {"lookupTableArn": arn("logs", "lookup-table:every")}
    return {
        "CreateLogGroup": lambda: ((), {"logGroupName": world.new(), "tags": TAG_MAP}),
        "DeleteLogGroup": lambda: ([made], {"logGroupName": "passing"}),
        "DescribeLogGroups": only({"logGroupNamePrefix": "every", "limit": 2}),
        "CreateLogStream": lambda: ((), {**group, "logStreamName": world.new()}),
        "DescribeLogStreams": only({**group, "logStreamNamePrefix": "every", "limit": 2}),
        "PutLogEvents": only({**stream, "logEvents": [{"timestamp": world.now_ms, "message": "m"}]}),
        "GetLogEvents": only({**stream, "startTime": 0, "limit": 2, "startFromHead": True}),
        "FilterLogEvents": only({**group, "logStreamNames": ["every"], "filterPattern": "m", "limit": 2}),
        "StartQuery": only({"queryLanguage": "CWLI", "logGroupNames": ["every"], "startTime": 1, "endTime": 2, "limit": 5,
                            "queryString": "fields @message | filter @message like /m/ | stats count(*) by bin(5m)"}),
        "StopQuery": lambda: ((), {"queryId": world.new_query()}),
        "GetQueryResults": only({"queryId": world.query, "maxItems": 5}),
        "DescribeQueries": only({"logGroupName": "every", "status": "Complete", "maxResults": 5}),
        "PutQueryDefinition": only({"queryLanguage": "CWLI", "name": "every", "queryString": "fields @message", "logGroupNames": ["every"],
                                    "parameters": [{"name": "p", "defaultValue": "v", "description": "d"}]}),
        "DescribeQueryDefinitions": only({"queryDefinitionNamePrefix": "every", "maxResults": 5}),
        "DeleteQueryDefinition": lambda: ((), {"queryDefinitionId": world.new_definition()}),
        "GetLogRecord": only({"logRecordPointer": world.pointer}),
        "GetLogGroupFields": only({"logGroupName": "every", "time": 1}),
        "StartLiveTail": only({"logGroupIdentifiers": [arn("logs", "log-group:every")], "logEventFilterPattern": "m"}),
        "DeleteLogStream": lambda: ([("CreateLogStream", {**group, "logStreamName": "passing"})],
                                    {**group, "logStreamName": "passing"}),
        "PutRetentionPolicy": lambda: ([made], {"logGroupName": "passing", "retentionInDays": 7}),
        "DeleteRetentionPolicy": lambda: ([made], {"logGroupName": "passing"}),
        "PutLogGroupDeletionProtection": only({"logGroupIdentifier": "every", "deletionProtectionEnabled": False}),
        "TagResource": only({**resource, "tags": TAG_MAP}),
        "UntagResource": only({**resource, "tagKeys": ["nothing"]}),
        "ListTagsForResource": only(resource),
        "TagLogGroup": only({**group, "tags": TAG_MAP}),
        "UntagLogGroup": only({**group, "tags": ["nothing"]}),
        "ListTagsLogGroup": only(group),
        "ListLogGroups": only({"logGroupNamePattern": "^eve|ery", "limit": 2, "fieldIndexNames": ["traceId"],
                               "logGroupTags": [{"key": "k", "values": ["*"]}]}),
        "PutResourcePolicy": only({"policyName": "every", "policyDocument": POLICY_OF_LOGS}),
        "DescribeResourcePolicies": only({"policyScope": "ACCOUNT", "limit": 2}),
        "DeleteResourcePolicy": lambda: ([("PutResourcePolicy", {"policyName": "every", "policyDocument": POLICY_OF_LOGS})],
                                         {"policyName": "every"}),
        "PutAccountPolicy": only(world.account_policy),
        "DescribeAccountPolicies": lambda: ([("PutAccountPolicy", world.account_policy)], {**policy, "accountIdentifiers": [ACCOUNT]}),
        "DeleteAccountPolicy": lambda: ([("PutAccountPolicy", world.account_policy)], policy),
        "PutIndexPolicy": only({"logGroupIdentifier": "every", "policyDocument": '{"Fields": ["n"]}'}),
        "DescribeIndexPolicies": only({"logGroupIdentifiers": ["every"]}),
        "DeleteIndexPolicy": lambda: ([("PutIndexPolicy", {"logGroupIdentifier": "every", "policyDocument": '{"Fields": ["n"]}'})],
                                      {"logGroupIdentifier": "every"}),
        "DescribeFieldIndexes": only({"logGroupIdentifiers": ["every"], "indexCategories": ["CUSTOM", "DEFAULT"]}),
        "CreateExportTask": only({**group, "taskName": "t", "logStreamNamePrefix": "e", "from": 1, "to": 2, "destination": "bucket",
                                  "destinationPrefix": "p"}),
        "ListLogGroupsForQuery": only({"queryId": world.query, "maxResults": 50}),
        "AssociateKmsKey": only({**group, "kmsKeyId": "arn:aws:kms:us-east-1:000000000000:key/k"}),
        "DisassociateKmsKey": only({"resourceIdentifier": arn("logs", "log-group:every")}),
        "CreateLookupTable": lambda: ((), {"lookupTableName": world.new(), "description": "d", "tableBody": "a,b\n1,\"2\"\n",
                                           "tags": TAG_MAP}),
        "UpdateLookupTable": only({**table, "description": "d", "tableBody": "a,b\n1,\"2\"\n"}),
        "GetLookupTable": only(table),
        "DescribeLookupTables": only({"lookupTableNamePrefix": "every", "maxResults": 5}),
        "DeleteLookupTable": lambda: ([("CreateLookupTable", {"lookupTableName": "passing", "tableBody": "a\n"})],
                                      {"lookupTableArn": arn("logs", "lookup-table:passing")}),
        "DescribeExportTasks": only({"statusCode": "COMPLETED", "limit": 2}),
        "CancelExportTask": only({"taskId": "t"}),
        "PutMetricFilter": only({**group, "filterName": "every", "filterPattern": "[a, b]", "metricTransformations": [
            {"metricName": "m", "metricNamespace": "Every", "metricValue": "$b", "dimensions": {"A": "$a"}, "unit": "Count"}]}),
        "DescribeMetricFilters": only({**group, "filterNamePrefix": "every", "limit": 2}),
        "DeleteMetricFilter": lambda: ([("PutMetricFilter", {
            **group, "filterName": "passing", "filterPattern": "", "metricTransformations": [
                {"metricName": "m", "metricNamespace": "Every", "metricValue": "1"}]})],
            {**group, "filterName": "passing"}),
        "PutSubscriptionFilter": only({**group, "filterName": "every", "filterPattern": "[a, b]",
                                       "destinationArn": world.function, "distribution": "ByLogStream"}),
        "DescribeSubscriptionFilters": only({**group, "filterNamePrefix": "every", "limit": 2}),
        "DeleteSubscriptionFilter": lambda: ([made, ("PutSubscriptionFilter", {
            "logGroupName": "passing", "filterName": "every", "filterPattern": "", "destinationArn": world.function})],
            {"logGroupName": "passing", "filterName": "every"}),
        "TestMetricFilter": only({"filterPattern": "[a, b=1*]", "logEventMessages": ["x 12"]}),
    }


ITEM = {"id": {"S": "a"}, "n": {"N": "1"}, "b": {"B": b"x"}, "l": {"L": [{"NULL": True}]}, "m": {"M": {"k": {"BOOL": True}}},
        "ss": {"SS": ["x"]}}


def dynamodb(world):
    table, key = {"TableName": "every"}, {"TableName": "every", "Key": {"id": {"S": "a"}}}
    resource = {"ResourceArn": arn("dynamodb", "table/every")}
    names, values = {"#n": "n"}, {":v": {"N": "1"}}
    condition = {"ConditionExpression": "attribute_not_exists(#n) OR #n = :v", "ExpressionAttributeNames": names,
                 "ExpressionAttributeValues": values}
    policy = {**resource, "Policy": json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::000000000000:root"}, "Action": "dynamodb:GetItem",
         "Resource": "*"}]})}

    def made_to(change):
        """A change that a table takes only once."""
        name = world.new()
        return [("CreateTable", world.table(name))], {"TableName": name, **change}

    def as_global(name):
        """Requests that make a table which may become global, and its group."""
        view = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
        group = {"GlobalTableName": name, "ReplicationGroup": [{"RegionName": "us-east-1"}]}
        return ("CreateTable", {**world.table(name), "StreamSpecification": view}), group

    def of_global(change):
        make, group = as_global(world.new())
        return [make, ("CreateGlobalTable", group)], {"GlobalTableName": group["GlobalTableName"], **change}

    def new_global():
        make, group = as_global(world.new())
        return [make], group

    return {
        "CreateGlobalTable": new_global,
        "DescribeGlobalTable": lambda: of_global({}),
        "ListGlobalTables": only({"Limit": 2, "RegionName": "us-east-1", "ExclusiveStartGlobalTableName": "every"}),
        "UpdateGlobalTable": lambda: of_global({"ReplicaUpdates": [{"Delete": {"RegionName": "us-east-1"}}]}),
        "DescribeGlobalTableSettings": lambda: of_global({}),
        "UpdateGlobalTableSettings": lambda: of_global({"ReplicaSettingsUpdate": [
            {"RegionName": "us-east-1", "ReplicaTableClass": "STANDARD_INFREQUENT_ACCESS"}]}),
        "CreateTable": lambda: ((), world.table(world.new())),
        "DescribeTable": only(table),
        "UpdateTable": only({**table, "DeletionProtectionEnabled": False}),
        "DescribeContinuousBackups": only(table),
        "UpdateContinuousBackups": only({**table, "PointInTimeRecoverySpecification": {
            "PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": 7}}),
        "CreateBackup": only({**table, "BackupName": "every"}),
        "DescribeBackup": only({"BackupArn": world.backup}),
        "ListBackups": only({"Limit": 2, "BackupType": "ALL"}),
        "DeleteBackup": lambda: ((), {"BackupArn": world.new_backup()}),
        "RestoreTableFromBackup": lambda: ((), {"TargetTableName": world.new(), "BackupArn": world.new_backup()}),
        "RestoreTableToPointInTime": lambda: (
            [("UpdateContinuousBackups", {**table, "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True}})],
            {"TargetTableName": world.new(), "SourceTableName": "every", "UseLatestRestorableTime": True}),
        "DescribeTimeToLive": only(table),
        "UpdateTimeToLive": lambda: made_to({"TimeToLiveSpecification": {"Enabled": True, "AttributeName": "n"}}),
        "TagResource": only({**resource, "Tags": TAGS}),
        "UntagResource": only({**resource, "TagKeys": ["nothing"]}),
        "ListTagsOfResource": only(resource),
        "GetResourcePolicy": lambda: ([("PutResourcePolicy", policy)], resource),
        "PutResourcePolicy": only(policy),
        "DeleteResourcePolicy": only(resource),
        "DescribeLimits": only({}),
        "DescribeEndpoints": only({}),
        "ListTables": only({"Limit": 2}),
        "DeleteTable": lambda: ([("CreateTable", world.table("passing"))], {"TableName": "passing"}),
        "PutItem": only({**table, "Item": ITEM, "ReturnValues": "ALL_OLD", **condition}),
        "UpdateItem": only({**key, "UpdateExpression": "SET #n = :v", **condition, "ReturnValues": "ALL_NEW"}),
        "GetItem": only({**key, "ProjectionExpression": "#n", "ExpressionAttributeNames": names}),
        "DeleteItem": only({**key, "ReturnValues": "ALL_OLD", **condition}),
        "BatchGetItem": only({"RequestItems": {"every": {
            "Keys": [{"id": {"S": "a"}}], "ProjectionExpression": "#n", "ExpressionAttributeNames": names,
            "ConsistentRead": True}}}),
        "BatchWriteItem": only({"RequestItems": {"every": [{"PutRequest": {"Item": ITEM}},
                                                           {"DeleteRequest": {"Key": {"id": {"S": "gone"}}}}]},
                                "ReturnConsumedCapacity": "TOTAL"}),
        "TransactWriteItems": only({"TransactItems": [
            {"Put": {**table, "Item": ITEM, **condition}},
            {"Update": {**table, "Key": {"id": {"S": "b"}}, "UpdateExpression": "SET #n = :v", **condition}},
            {"Delete": {**table, "Key": {"id": {"S": "c"}}, **condition}},
            {"ConditionCheck": {**table, "Key": {"id": {"S": "d"}}, **condition}}]}),
        "TransactGetItems": only({"TransactItems": [
            {"Get": {**key, "ProjectionExpression": "#n", "ExpressionAttributeNames": names}}]}),
        "BatchExecuteStatement": only({"Statements": [
            {"Statement": "DELETE FROM every WHERE id = ?", "Parameters": [{"S": "gone"}]}], "ReturnConsumedCapacity": "TOTAL"}),
        "ExecuteTransaction": only({"TransactStatements": [
            {"Statement": "DELETE FROM every WHERE id = ?", "Parameters": [{"S": "gone"}]}], "ReturnConsumedCapacity": "TOTAL"}),
        "ExecuteStatement": only({"Statement": "SELECT * FROM every WHERE id = ?", "Parameters": [{"S": "a"}],
                                  "ConsistentRead": True, "Limit": 2, "ReturnConsumedCapacity": "TOTAL"}),
        "Scan": only({**table, "FilterExpression": "#n = :v", "ExpressionAttributeNames": names,
                      "ExpressionAttributeValues": values, "Limit": 2}),
        "Query": only({**table, "KeyConditionExpression": "id = :k", "ExpressionAttributeValues": {":k": {"S": "a"}}}),
    }


def dynamodbstreams(world):
    return {
        "ListStreams": only({"TableName": "streamed", "Limit": 2}),
        "DescribeStream": only({"StreamArn": world.stream, "Limit": 2,
                                "ShardFilter": {"Type": "CHILD_SHARDS", "ShardId": world.shard}}),
        "GetShardIterator": only({"StreamArn": world.stream, "ShardId": world.shard,
                                  "ShardIteratorType": "AT_SEQUENCE_NUMBER", "SequenceNumber": world.sequence}),
        "GetRecords": only({"ShardIterator": world.iterator, "Limit": 2}),
    }
