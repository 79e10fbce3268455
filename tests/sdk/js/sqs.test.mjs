import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import test from "node:test";
import * as sqs from "@aws-sdk/client-sqs";
import { advanceClock, account, connect, endpoint, unique } from "./support.mjs";

const client = connect(sqs.SQSClient);
const send = (Command, input) => client.send(new Command(input));

async function makeQueue(Attributes = {}) {
  const QueueName = unique("js");
  const { QueueUrl } = await send(sqs.CreateQueueCommand, { QueueName, Attributes });
  assert.equal(QueueUrl, `${endpoint}/${account}/${QueueName}`);
  return QueueUrl;
}

test("a message comes back with its attributes, and is gone after its delete", async () => {
  const QueueUrl = await makeQueue();
  const MessageAttributes = {
    kind: { DataType: "String", StringValue: "new" },
    bytes: { DataType: "Binary", BinaryValue: new Uint8Array([0, 255]) },
  };
  const sent = await send(sqs.SendMessageCommand, { QueueUrl, MessageBody: "héllo", MessageAttributes });
  assert.equal(sent.MD5OfMessageBody, createHash("md5").update("héllo").digest("hex"));
  const { Messages } = await send(sqs.ReceiveMessageCommand, {
    QueueUrl,
    MessageAttributeNames: ["All"],
    MessageSystemAttributeNames: ["All"],
  });
  assert.equal(Messages.length, 1);
  assert.equal(Messages[0].Body, "héllo");
  assert.equal(Messages[0].MessageId, sent.MessageId);
  assert.equal(Messages[0].Attributes.ApproximateReceiveCount, "1");
  assert.deepEqual(Messages[0].MessageAttributes.kind, MessageAttributes.kind);
  assert.deepEqual([...Messages[0].MessageAttributes.bytes.BinaryValue], [0, 255]);
  await send(sqs.DeleteMessageCommand, { QueueUrl, ReceiptHandle: Messages[0].ReceiptHandle });
  await advanceClock(31);
  assert.equal((await send(sqs.ReceiveMessageCommand, { QueueUrl })).Messages, undefined);
});

test("a waiting receive is answered by a later send", async () => {
  const QueueUrl = await makeQueue();
  const waiting = send(sqs.ReceiveMessageCommand, { QueueUrl, WaitTimeSeconds: 20 });
  await send(sqs.SendMessageCommand, { QueueUrl, MessageBody: "awaited" });
  assert.equal((await waiting).Messages[0].Body, "awaited");
});

test("a batch answers for each of its entries", async () => {
  const QueueUrl = await makeQueue();
  const reply = await send(sqs.SendMessageBatchCommand, {
    QueueUrl,
    Entries: [
      { Id: "good", MessageBody: "fine" },
      { Id: "bad", MessageBody: "bad\u0001" },
    ],
  });
  assert.deepEqual(reply.Successful.map((entry) => entry.Id), ["good"]);
  assert.deepEqual(reply.Failed.map((entry) => [entry.Id, entry.Code]), [["bad", "InvalidMessageContents"]]);
});

test("a missing queue is an error of its own class", async () => {
  const QueueUrl = `${endpoint}/${account}/nowhere-to-be-found`;
  await assert.rejects(send(sqs.SendMessageCommand, { QueueUrl, MessageBody: "x" }), (error) => {
    assert.ok(error instanceof sqs.QueueDoesNotExist);
    assert.equal(error.$metadata.httpStatusCode, 400);
    assert.match(error.message, /^The specified queue does not exist/);
    return true;
  });
});
