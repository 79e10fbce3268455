import assert from "node:assert/strict";
import test from "node:test";
import * as logs from "@aws-sdk/client-cloudwatch-logs";
import { account, connect, unique } from "./support.mjs";

const client = connect(logs.CloudWatchLogsClient);

async function* lines(session) {
  for await (const { sessionUpdate } of session.responseStream)
    for (const { message } of sessionUpdate?.sessionResults ?? []) yield message;
}

test("a live tail shows lines as they are written", async () => {
  const logGroupName = unique("js");
  const logStreamName = "s";
  await client.send(new logs.CreateLogGroupCommand({ logGroupName }));
  await client.send(new logs.CreateLogStreamCommand({ logGroupName, logStreamName }));
  const tail = connect(logs.CloudWatchLogsClient, { disableHostPrefix: true });
  const session = await tail.send(
    new logs.StartLiveTailCommand({
      logGroupIdentifiers: [`arn:aws:logs:us-east-1:${account}:log-group:${logGroupName}`],
      logEventFilterPattern: "line",
    }),
  );
  const shown = lines(session);
  const { now_ms } = await (await fetch(`${process.env.ORDERLY_ENDPOINT}/_orderly/clock`)).json();
  for (const message of ["line 1", "line 2", "line 3"]) {
    const logEvents = [{ timestamp: now_ms, message: "nothing" }, { timestamp: now_ms, message }];
    await client.send(new logs.PutLogEventsCommand({ logGroupName, logStreamName, logEvents }));
    assert.deepEqual(await shown.next(), { value: message, done: false });
  }
  await shown.return();
  tail.destroy();
});
