// The scenarios of sqs-consumer's own suite, against the server: messages one by one and in batches, visibility
// (heartbeat, terminated on an error), stopping with and without an abort, and its events.
import assert from "node:assert/strict";
import { once } from "node:events";
import test, { afterEach, beforeEach } from "node:test";
import * as sqs from "@aws-sdk/client-sqs";
import { Consumer } from "sqs-consumer";
import { advanceClock, connect, unique, until } from "./support.mjs";

const client = connect(sqs.SQSClient);
let QueueUrl;
let consumers = [];

beforeEach(async () => {
  const made = await client.send(new sqs.CreateQueueCommand({ QueueName: unique("consumer") }));
  QueueUrl = made.QueueUrl;
  consumers = [];
});

afterEach(async () => {
  for (const consumer of consumers) consumer.stop({ abort: true });
  await client.send(new sqs.DeleteQueueCommand({ QueueUrl }));
});

function consume(options) {
  const consumer = Consumer.create({ queueUrl: QueueUrl, sqs: client, waitTimeSeconds: 5, pollingWaitTimeMs: 10, ...options });
  consumer.on("error", () => {}); // the abort at the end of a test is one
  consumers.push(consumer);
  return consumer;
}

async function send(...bodies) {
  const Entries = bodies.map((MessageBody, i) => ({ Id: `${i}`, MessageBody }));
  const { Successful } = await client.send(new sqs.SendMessageBatchCommand({ QueueUrl, Entries }));
  assert.equal(Successful.length, bodies.length);
}

// The names of events in their order; an error's name follows its event.
function heard(consumer) {
  const events = [];
  for (const name of ["started", "message_received", "message_processed", "response_processed", "empty", "error",
    "processing_error", "timeout_error", "aborted", "stopped", "option_updated", "waiting_for_polling_to_complete"])
    consumer.on(name, () => events.push(name));
  return events;
}

// [visible, in flight]
async function counts() {
  const { Attributes } = await client.send(
    new sqs.GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] }),
  );
  return [Number(Attributes.ApproximateNumberOfMessages), Number(Attributes.ApproximateNumberOfMessagesNotVisible)];
}

const settle = (expected) =>
  until(async () => JSON.stringify(await counts()) === JSON.stringify(expected), `messages to be ${expected}`);

test("a message that the handler takes is deleted, and the events tell its way", async () => {
  const bodies = [];
  const consumer = consume({ handleMessage: async (message) => void bodies.push(message.Body) });
  const events = heard(consumer);
  await send("one");
  const processed = once(consumer, "response_processed");
  consumer.start();
  await processed;
  consumer.stop();
  assert.deepEqual(bodies, ["one"]);
  assert.deepEqual(events, ["started", "message_received", "message_processed", "response_processed", "stopped"]);
  assert.deepEqual(await counts(), [0, 0]);
});

test("every one of many messages is handled once", async () => {
  const bodies = [];
  const wanted = Array.from({ length: 30 }, (_, i) => `m${i}`);
  for (let i = 0; i < 30; i += 10) await send(...wanted.slice(i, i + 10));
  consume({ batchSize: 10, handleMessage: async (message) => void bodies.push(message.Body) }).start();
  await settle([0, 0]);
  assert.deepEqual(bodies.sort(), wanted.sort());
});

test("a message sent while the consumer waits is handled", async () => {
  const bodies = [];
  const consumer = consume({ waitTimeSeconds: 20, handleMessage: async (message) => void bodies.push(message.Body) });
  consumer.start();
  await until(() => consumer.status.isPolling, "the consumer to poll");
  await send("late");
  await until(() => bodies.length === 1, "the message");
  assert.deepEqual(bodies, ["late"]);
});

test("message and system attributes arrive when asked for", async () => {
  const messages = [];
  await client.send(new sqs.SendMessageCommand({
    QueueUrl, MessageBody: "m", MessageAttributes: { kind: { DataType: "String", StringValue: "order" } } }));
  consume({ messageAttributeNames: ["kind"], messageSystemAttributeNames: ["ApproximateReceiveCount"],
    handleMessage: async (message) => void messages.push(message) }).start();
  await until(() => messages.length === 1, "the message");
  assert.deepEqual(messages[0].MessageAttributes, { kind: { DataType: "String", StringValue: "order" } });
  assert.deepEqual(messages[0].Attributes, { ApproximateReceiveCount: "1" });
});

test("a message whose handler fails comes back after its visibility timeout", async () => {
  const receives = [];
  const consumer = consume({ visibilityTimeout: 600, messageSystemAttributeNames: ["ApproximateReceiveCount"],
    handleMessage: async (message) => {
      receives.push(message.Attributes.ApproximateReceiveCount);
      if (receives.length === 1) throw new Error("not now");
    } });
  const failed = once(consumer, "processing_error");
  await send("again");
  consumer.start();
  const [error, message] = await failed;
  assert.equal(error.message, "Unexpected message handler failure: not now");
  assert.equal(message.Body, "again");
  assert.deepEqual(await counts(), [0, 1]);
  await advanceClock(601);
  await settle([0, 0]);
  assert.deepEqual(receives, ["1", "2"]);
});

test("terminateVisibilityTimeout gives a failed message back at once", async () => {
  let receives = 0;
  consume({ visibilityTimeout: 600, terminateVisibilityTimeout: true, handleMessage: async () => {
    receives += 1;
    if (receives < 3) throw new Error("not now");
  } }).on("processing_error", () => {}).start();
  await send("again");
  await settle([0, 0]);
  assert.equal(receives, 3);
});

test("terminateVisibilityTimeout may be a number of seconds", async () => {
  let receives = 0;
  const consumer = consume({ visibilityTimeout: 10000, terminateVisibilityTimeout: 300, handleMessage: async () => {
    receives += 1;
    if (receives === 1) throw new Error("not now");
  } });
  await send("again");
  const processed = once(consumer, "response_processed");
  consumer.on("processing_error", () => {}).start();
  await processed;
  assert.deepEqual(await counts(), [0, 1]);
  await advanceClock(301);
  await settle([0, 0]);
  assert.equal(receives, 2);
});

test("a handler that takes too long is a timeout_error, and the message comes back", async () => {
  let receives = 0;
  const consumer = consume({ visibilityTimeout: 600, terminateVisibilityTimeout: true, handleMessageTimeout: 50,
    handleMessage: () => ((receives += 1) === 1 ? new Promise(() => {}) : Promise.resolve()) });
  const late = once(consumer, "timeout_error");
  await send("slow");
  consumer.start();
  const [error] = await late;
  assert.equal(error.message, "Message handler timed out after 50ms: Operation timed out.");
  await settle([0, 0]);
  assert.equal(receives, 2);
});

test("the heartbeat keeps a message hidden past its visibility timeout", async () => {
  let finish;
  let receives = 0;
  const consumer = consume({ visibilityTimeout: 60, heartbeatInterval: 0.05, batchSize: 10, handleMessage: () => {
    receives += 1;
    return new Promise((resolve) => (finish = resolve));
  } });
  const heartbeats = watchSent(sqs.ChangeMessageVisibilityCommand);
  await send("long");
  consumer.start();
  await until(() => receives === 1, "the message");
  for (let passed = 0; passed < 4; passed += 1) {
    await heartbeats.next();
    await advanceClock(40);
  }
  assert.deepEqual(await counts(), [0, 1]);
  finish();
  await settle([0, 0]);
  assert.equal(receives, 1);
  heartbeats.end();
});

// heartbeats.next() waits for a request of this kind that is sent from now on, and for its answer.
function watchSent(Command) {
  const send = client.send.bind(client);
  let sent = 0, answered = 0;
  client.send = async (command, ...more) => {
    if (!(command instanceof Command)) return send(command, ...more);
    const number = (sent += 1);
    const reply = await send(command, ...more);
    answered = Math.max(answered, number);
    return reply;
  };
  return {
    async next() {
      const before = sent;
      await until(() => answered > before, "a heartbeat");
    },
    end: () => delete client.send,
  };
}

test("a batch is handled together and deleted together", async () => {
  const batches = [];
  await send("a", "b", "c");
  const consumer = consume({ batchSize: 10, handleMessageBatch: async (messages) => {
    batches.push(messages.map((message) => message.Body).sort());
    return messages;
  } });
  const events = heard(consumer);
  const processed = once(consumer, "response_processed");
  consumer.start();
  await processed;
  assert.deepEqual(await counts(), [0, 0]);
  assert.deepEqual(batches, [["a", "b", "c"]]);
  consumer.stop({ abort: true });
  assert.deepEqual(events.filter((name) => name.startsWith("message_")), [
    ...Array(3).fill("message_received"), ...Array(3).fill("message_processed")]);
});

test("only what a batch handler returns is deleted", async () => {
  await send("keep", "take");
  const consumer = consume({ batchSize: 10, visibilityTimeout: 600,
    handleMessageBatch: async (messages) => messages.filter((message) => message.Body === "take") });
  const processed = once(consumer, "response_processed");
  consumer.start();
  await processed;
  assert.deepEqual(await counts(), [0, 1]);
});

test("a batch whose handler fails is given back as a whole", async () => {
  const batches = [];
  await send("a", "b");
  const consumer = consume({ batchSize: 10, visibilityTimeout: 600, terminateVisibilityTimeout: true,
    handleMessageBatch: async (messages) => {
      batches.push(messages.map((message) => message.Body).sort());
      if (batches.length === 1) throw new Error("all of them");
      return messages;
    } });
  const failed = once(consumer, "error");
  consumer.start();
  const [error, messages] = await failed;
  assert.equal(error.message, "Unexpected message handler failure: all of them");
  assert.equal(messages.length, 2);
  await settle([0, 0]);
  assert.deepEqual(batches.flat().sort(), ["a", "a", "b", "b"]);
});

test("a batch's heartbeat extends every message of it", async () => {
  let finish;
  await send("a", "b");
  const heartbeats = watchSent(sqs.ChangeMessageVisibilityBatchCommand);
  consume({ batchSize: 10, visibilityTimeout: 60, heartbeatInterval: 0.05,
    handleMessageBatch: (messages) => new Promise((resolve) => (finish = () => resolve(messages))) }).start();
  await until(() => finish, "the batch");
  for (let passed = 0; passed < 2; passed += 1) {
    await heartbeats.next();
    await advanceClock(40);
  }
  assert.deepEqual(await counts(), [0, 2]);
  finish();
  await settle([0, 0]);
  heartbeats.end();
});

test("shouldDeleteMessages: false leaves messages in the queue", async () => {
  await send("stays");
  const consumer = consume({ shouldDeleteMessages: false, visibilityTimeout: 600, handleMessage: async () => {} });
  const processed = once(consumer, "response_processed");
  consumer.start();
  await processed;
  assert.deepEqual(await counts(), [0, 1]);
});

test("an empty queue is told by its own event", async () => {
  const consumer = consume({ waitTimeSeconds: 0, handleMessage: async () => {} });
  const empty = once(consumer, "empty");
  consumer.start();
  await empty;
});

test("stop lets the message under way finish, and receives no other", async () => {
  let finish;
  const bodies = [];
  const consumer = consume({ pollingCompleteWaitTimeMs: 5000, handleMessage: (message) => {
    bodies.push(message.Body);
    return new Promise((resolve) => (finish = resolve));
  } });
  const events = heard(consumer);
  await send("under way");
  consumer.start();
  await until(() => finish, "the message");
  consumer.stop();
  await send("not received");
  finish();
  await once(consumer, "stopped");
  assert.deepEqual(consumer.status, { isRunning: false, isPolling: false });
  assert.deepEqual(events.slice(-2).includes("stopped"), true);
  assert.deepEqual(bodies, ["under way"]);
  assert.deepEqual(await counts(), [1, 0]);
});

test("an aborted long poll takes no message with it", async () => {
  const consumer = consume({ waitTimeSeconds: 20, handleMessage: async () => {} });
  const events = heard(consumer);
  const aborted = once(consumer, "error");
  consumer.start();
  await until(() => consumer.status.isPolling, "the consumer to poll");
  consumer.stop({ abort: true });
  const [error] = await aborted;
  assert.equal(error.message, "SQS receive message failed: Request aborted");
  assert.deepEqual(events, ["started", "aborted", "stopped", "error"]);
  await send("for the next");
  const bodies = [];
  consume({ handleMessage: async (message) => void bodies.push(message.Body) }).start();
  await until(() => bodies.length === 1, "the message");
});

test("a stopped consumer may be started again", async () => {
  const bodies = [];
  const consumer = consume({ handleMessage: async (message) => void bodies.push(message.Body) });
  for (const body of ["first", "second"]) {
    await send(body);
    const processed = once(consumer, "response_processed");
    consumer.start();
    await processed;
    consumer.stop();
  }
  assert.deepEqual(bodies, ["first", "second"]);
});

test("options may be changed while it runs", async () => {
  const sizes = [];
  const consumer = consume({ handleMessageBatch: async (messages) => {
    sizes.push(messages.length);
    return messages;
  } });
  await send("a");
  consumer.start();
  await settle([0, 0]);
  const [name, value] = await Promise.all([once(consumer, "option_updated"), consumer.updateOption("batchSize", 10)]).then(
    ([updated]) => updated);
  assert.deepEqual([name, value], ["batchSize", 10]);
  assert.deepEqual(sizes, [1]);
});

test("a queue that is missing is an error with AWS's code", async () => {
  const consumer = consume({ queueUrl: `${QueueUrl}-missing`, extendedAWSErrors: true, handleMessage: async () => {} });
  const failed = once(consumer, "error");
  consumer.start();
  const [error] = await failed;
  assert.deepEqual([error.name, error.code, error.statusCode, error.message], [
    "SQSError", "QueueDoesNotExist", 400, "SQS receive message failed: The specified queue does not exist."]);
});
