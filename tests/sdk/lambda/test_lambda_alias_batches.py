"""Batches of a mapping whose alias gets another version while they wait for an environment."""

import orderly_server
import pytest
from function_house import House

QUEUE_ARN = "arn:aws:sqs:us-east-1:000000000000:work"


@pytest.fixture
def house():
    """Functions see the machine's files."""
    server = orderly_server.Server("--sandbox", "off").start()
    yield House(server)
    server.stop()
    server.remove_data()


@pytest.mark.parametrize("change, version", [
    ({"FunctionVersion": "2"}, "2"), ({"RoutingConfig": {"AdditionalVersionWeights": {"2": 0.0}}}, "1")])
def test_a_batch_that_waits_goes_to_the_version_that_its_alias_has_got(house, tmp_path, change, version):
    opened, ran, queued = tmp_path / "open", tmp_path / "ran", "ApproximateNumberOfMessagesNotVisible"
    functions, sqs = house.client("lambda"), house.client("sqs")
    house.create("f", f"""
import os, time
while not os.path.exists({str(opened)!r}):
    time.sleep(0.01)
def handler(event, context):
    with open({str(ran)!r}, "a") as file:
        file.write(context.function_version + " " + context.invoked_function_arn.split(":")[-1] + "\\n")
""", Publish=True)
    functions.update_function_configuration(FunctionName="f", Description="two")
    functions.get_waiter("function_updated_v2").wait(FunctionName="f", WaiterConfig={"Delay": 1})
    functions.publish_version(FunctionName="f")
    functions.create_alias(FunctionName="f", Name="live", FunctionVersion="1")
    queue = sqs.create_queue(QueueName="work", Attributes={"VisibilityTimeout": "60"})["QueueUrl"]
    functions.create_event_source_mapping(FunctionName="f:live", EventSourceArn=QUEUE_ARN)
    sqs.send_message(QueueUrl=queue, MessageBody="m")
    orderly_server.wait_until(
        lambda: sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=[queued])["Attributes"][queued] == "1",
        what="the batch")
    functions.update_alias(FunctionName="f", Name="live", **change)
    opened.touch()
    assert orderly_server.wait_until(lambda: ran.exists() and ran.read_text()) == f"{version} live\n"
