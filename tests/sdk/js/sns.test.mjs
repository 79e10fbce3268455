import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import http from "node:http";
import https from "node:https";
import test from "node:test";
import MessageValidator from "sns-validator";
import * as sns from "@aws-sdk/client-sns";
import * as sqs from "@aws-sdk/client-sqs";
import { advanceClock, connect, endpoint, unique, until } from "./support.mjs";

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

// An HTTP endpoint that keeps its requests, and answers with these statuses, then with 200.
async function web(t, ...statuses) {
  const requests = [];
  const server = http.createServer((request, response) => {
    let body = "";
    request.on("data", (piece) => (body += piece));
    request.on("end", () => {
      requests.push({ headers: request.headers, body });
      response.writeHead(statuses.shift() ?? 200, { Connection: "close" }).end();
    });
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  t.after(() => server.close());
  return { requests, statuses, url: `http://127.0.0.1:${server.address().port}/` };
}

// How often the delivery of the topic's newest message waits for its next attempt.
async function retries(TopicArn) {
  const { traces } = await (await fetch(`${endpoint}/_orderly/traces?resource=${TopicArn}`)).json();
  if (traces.length === 0) return 0;
  const { hops } = await (await fetch(`${endpoint}/_orderly/traces/${traces[0].traceId}`)).json();
  return hops.filter((hop) => hop.kind === "retried").length;
}

for (const version of ["1", "2"]) {
  test(`sns-validator accepts what an HTTP endpoint gets by version ${version}: confirmation, retries, dead letter`, async (t) => {
    const site = await web(t);
    const { TopicArn, QueueUrl } = await subscribed({ FilterPolicy: '{"never":["x"]}' });
    const { Attributes } = await queues.send(new sqs.GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["QueueArn"] }));
    await topics.send(
      new sns.SetTopicAttributesCommand({ TopicArn, AttributeName: "SignatureVersion", AttributeValue: version }),
    );
    await topics.send(
      new sns.SubscribeCommand({
        TopicArn,
        Protocol: "http",
        Endpoint: site.url,
        Attributes: {
          RedrivePolicy: JSON.stringify({ deadLetterTargetArn: Attributes.QueueArn }),
          DeliveryPolicy: '{"healthyRetryPolicy":{"numRetries":2,"minDelayTarget":5,"maxDelayTarget":5}}',
        },
      }),
    );
    await until(() => site.requests.length === 1, "the request to confirm");
    const request = await validated(JSON.parse(site.requests[0].body), t);
    assert.equal(request.Type, "SubscriptionConfirmation");
    assert.equal((await fetch(request.SubscribeURL)).status, 200);

    site.statuses.push(500, 500);
    await topics.send(new sns.PublishCommand({ TopicArn, Message: "at last" }));
    for (const attempt of [1, 2]) {
      await until(async () => (await retries(TopicArn)) === attempt, `retry ${attempt}`);
      await advanceClock(5);
    }
    await until(() => site.requests.length === 4, "the third attempt");
    assert.equal((await validated(JSON.parse(site.requests[3].body), t)).Message, "at last");
    assert.equal(new Set(site.requests.slice(1).map((one) => one.body)).size, 1);

    site.statuses.push(403);
    await topics.send(new sns.PublishCommand({ TopicArn, Message: "never" }));
    const letter = JSON.parse(await bodyOfNext(QueueUrl));
    assert.equal((await validated(letter, t)).Message, "never");
  });
}
