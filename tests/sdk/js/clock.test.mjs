// The server's clock can be moved; the SDK measures the difference between its clock and the server's by `Date`,
// and sends a failed request again when it seems to be why.  So `Date` tells real time.
import assert from "node:assert/strict";
import test from "node:test";
import * as dynamodb from "@aws-sdk/client-dynamodb";
import * as sqs from "@aws-sdk/client-sqs";
import { advanceClock, connect, unique } from "./support.mjs";

const HOUR_MS = 3600 * 1000;

// A client with the SDK's own retries, and the statuses of all replies to it.
function counted(Client) {
  const client = connect(Client, { maxAttempts: 4 });
  const statuses = [];
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      statuses.push(result.response.statusCode);
      return result;
    },
    { step: "deserialize", priority: "low" },
  );
  return { client, statuses };
}

test("when the server's clock was moved, a refused request is sent once", async () => {
  await advanceClock(3600);
  const missing = [
    [sqs.SQSClient, new sqs.GetQueueUrlCommand({ QueueName: unique("missing") }), "QueueDoesNotExist"],
    [dynamodb.DynamoDBClient, new dynamodb.DescribeTableCommand({ TableName: unique("missing") }),
      "ResourceNotFoundException"],
  ];
  for (const [Client, command, name] of missing) {
    const { client, statuses } = counted(Client);
    await assert.rejects(client.send(command), (error) => {
      assert.equal(error.name, name);
      assert.deepEqual([error.$metadata.attempts, error.$metadata.clockSkewCorrected], [1, undefined]);
      return true;
    });
    assert.deepEqual(statuses, [400]);
    assert.ok(Math.abs(client.config.systemClockOffset) < HOUR_MS / 4, `${client.config.systemClockOffset}`);
  }
});

test("a client whose own clock is wrong corrects it by the server's reply", async (t) => {
  for (const wrong of [24 * HOUR_MS, -24 * HOUR_MS]) {
    const now = Date.now();
    const clock = t.mock.method(Date, "now", () => now + wrong);
    const { client, statuses } = counted(sqs.SQSClient);
    const { $metadata } = await client.send(new sqs.ListQueuesCommand({}));
    clock.mock.restore();
    assert.equal($metadata.attempts, 2);
    assert.deepEqual(statuses, [403, 200]);
    assert.ok(Math.abs(client.config.systemClockOffset + wrong) < HOUR_MS / 4, `${client.config.systemClockOffset}`);
  }
});
