"""Durable functions and requests to other regions."""

import boto3
from durable_world import callback


def test_a_callback_is_ended_only_in_its_own_region(world, refused):
    puppet = world.puppet()
    arn = world.start(puppet.name, {"n": 1})
    run = puppet.run()
    [given] = run.checkpoint(callback("c", HeartbeatTimeoutSeconds=600))
    of = {"CallbackId": given["CallbackDetails"]["CallbackId"]}
    away = boto3.client("lambda", endpoint_url=world.server.endpoint, region_name="eu-west-1", aws_access_key_id="test",
                        aws_secret_access_key="test")
    for end in ("success", "failure", "heartbeat"):
        error = refused(getattr(away, f"send_durable_execution_callback_{end}"), **of)
        assert (error["code"], error["message"]) == ("ResourceNotFoundException", "Callback does not exist")
    world.functions.send_durable_execution_callback_success(**of)
    run.answer(**{"return": {"Status": "SUCCEEDED", "Result": "1"}})
    assert world.ended(arn)["Result"] == "1"
