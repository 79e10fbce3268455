import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import https from "node:https";
import test from "node:test";
import MessageValidator from "sns-validator";
import * as sns from "@aws-sdk/client-sns";
import * as sqs from "@aws-sdk/client-sqs";
import { connect, unique } from "./support.mjs";

const topics = connect(sns.SNSClient);
const queues = connect(sqs.SQSClient);

async function subscribed(attributes = {}) {
  const { TopicArn } = await topics.send(new sns.CreateTopicCommand({ Name: unique("js") }));
  const { QueueUrl } = await queues.send(new sqs.CreateQueueCommand({ QueueName: unique("js") }));
  const { Attributes } = await queues.send(
    new sqs.GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["QueueArn"] }),
  );
  const Policy = JSON.stringify({
    Version: "2012-10-17",
    Statement: {
      Effect: "Allow",
      Principal: { Service: "sns.amazonaws.com" },
      Action: "sqs:SendMessage",
      Resource: Attributes.QueueArn,
      Condition: { ArnEquals: { "aws:SourceArn": TopicArn } },
    },
  });
  await queues.send(new sqs.SetQueueAttributesCommand({ QueueUrl, Attributes: { Policy } }));
  await topics.send(
    new sns.SubscribeCommand({ TopicArn, Protocol: "sqs", Endpoint: Attributes.QueueArn, Attributes: attributes }),
  );
  return { TopicArn, QueueUrl };
}

async function bodyOfNext(QueueUrl) {
  const { Messages } = await queues.send(new sqs.ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 10 }));
  assert.equal(Messages?.length, 1);
  return Messages[0].Body;
}

// The validator fetches certificates only from AWS over HTTPS. The test is about the signature, not about the
// host: it serves the certificate that the envelope names under such an address.
async function validated(envelope, serve) {
  const reply = await fetch(envelope.SigningCertURL);
  assert.equal(reply.status, 200);
  const certificate = await reply.text();
  serve.mock.method(https, "get", (_url, answer) => {
    const response = new EventEmitter();
    response.statusCode = 200;
    response.setEncoding = () => {};
    process.nextTick(() => {
      answer(response);
      response.emit("data", certificate);
      response.emit("end");
    });
    return new EventEmitter();
  });
  const name = `https://sns.us-east-1.amazonaws.com/${unique("certificate")}.pem`;
  return new Promise((resolve, reject) => {
    new MessageValidator().validate({ ...envelope, SigningCertURL: name }, (error, message) =>
      error ? reject(error) : resolve(message),
    );
  });
}

for (const version of ["1", "2"]) {
  test(`sns-validator accepts an envelope signed by version ${version}, and no changed one`, async (t) => {
    const { TopicArn, QueueUrl } = await subscribed();
    await topics.send(
      new sns.SetTopicAttributesCommand({ TopicArn, AttributeName: "SignatureVersion", AttributeValue: version }),
    );
    const published = await topics.send(
      new sns.PublishCommand({ TopicArn, Message: '{"orderId":"O1234 é"}', Subject: "An order" }),
    );
    const envelope = JSON.parse(await bodyOfNext(QueueUrl));
    assert.equal(envelope.MessageId, published.MessageId);
    assert.equal(envelope.SignatureVersion, version);
    assert.equal((await validated(envelope, t)).Message, '{"orderId":"O1234 é"}');
    await assert.rejects(validated({ ...envelope, Message: "changed" }, t), /signature/i);
  });
}

test("raw delivery makes the body the message", async () => {
  const { TopicArn, QueueUrl } = await subscribed({ RawMessageDelivery: "true" });
  await topics.send(new sns.PublishCommand({ TopicArn, Message: "as it is" }));
  assert.equal(await bodyOfNext(QueueUrl), "as it is");
});

test("a batch is published entry by entry", async () => {
  const { TopicArn, QueueUrl } = await subscribed();
  const reply = await topics.send(
    new sns.PublishBatchCommand({ TopicArn, PublishBatchRequestEntries: [{ Id: "one", Message: "x" }] }),
  );
  assert.deepEqual(reply.Successful.map((entry) => entry.Id), ["one"]);
  assert.equal(JSON.parse(await bodyOfNext(QueueUrl)).MessageId, reply.Successful[0].MessageId);
});

test("a missing topic is an error of its own class", async () => {
  const TopicArn = "arn:aws:sns:us-east-1:000000000000:nowhere-to-be-found";
  await assert.rejects(topics.send(new sns.PublishCommand({ TopicArn, Message: "x" })), (error) => {
    assert.ok(error instanceof sns.NotFoundException);
    assert.equal(error.$metadata.httpStatusCode, 404);
    return true;
  });
});
