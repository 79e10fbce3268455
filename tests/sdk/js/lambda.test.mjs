import assert from "node:assert/strict";
import test from "node:test";
import * as logs from "@aws-sdk/client-cloudwatch-logs";
import * as iam from "@aws-sdk/client-iam";
import * as lambda from "@aws-sdk/client-lambda";
import * as sqs from "@aws-sdk/client-sqs";
import * as sts from "@aws-sdk/client-sts";
import { account, connect, unique, until, zipOf } from "./support.mjs";

const functions = connect(lambda.LambdaClient);
const identities = connect(iam.IAMClient);
const queues = connect(sqs.SQSClient);

const trust = (principal) =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: principal, Action: "sts:AssumeRole" }],
  });

async function makeRole(actions = [], principal = { Service: "lambda.amazonaws.com" }) {
  const RoleName = unique("js");
  const { Role } = await identities.send(
    new iam.CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: trust(principal) }),
  );
  await identities.send(
    new iam.AttachRolePolicyCommand({
      RoleName,
      PolicyArn: "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
    }),
  );
  if (actions.length > 0) {
    const statement = { Effect: "Allow", Action: actions, Resource: "*" };
    const PolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
    await identities.send(new iam.PutRolePolicyCommand({ RoleName, PolicyName: "inline", PolicyDocument }));
  }
  return Role.Arn;
}

async function makeFunction(source, actions = []) {
  const FunctionName = unique("js");
  await functions.send(
    new lambda.CreateFunctionCommand({
      FunctionName,
      Runtime: "nodejs20.x",
      Handler: "index.handler",
      Timeout: 20,
      Role: await makeRole(actions),
      Code: { ZipFile: zipOf("index.mjs", source) },
    }),
  );
  await lambda.waitUntilFunctionActiveV2({ client: functions, maxWaitTime: 30, minDelay: 1 }, { FunctionName });
  return FunctionName;
}

async function invoke(FunctionName, event) {
  const reply = await functions.send(new lambda.InvokeCommand({ FunctionName, Payload: JSON.stringify(event) }));
  return { error: reply.FunctionError, answer: JSON.parse(reply.Payload.transformToString()) };
}

test("a function answers what its handler returned", async () => {
  const name = await makeFunction("export const handler = async (event) => ({ got: event });");
  assert.deepEqual(await invoke(name, { a: ["é"] }), { error: undefined, answer: { got: { a: ["é"] } } });
});

test("an answer is streamed, and a failure in the middle of it is told at its end", async () => {
  const FunctionName = await makeFunction(`export const handler = awslambda.streamifyResponse(async (event, stream) => {
    stream.write("one ");
    if (event.fails) throw new RangeError("midway");
    stream.end("two");
  });`);
  const take = async (event) => {
    const reply = await functions.send(
      new lambda.InvokeWithResponseStreamCommand({ FunctionName, Payload: JSON.stringify(event) }),
    );
    let text = "", complete;
    for await (const { PayloadChunk, InvokeComplete } of reply.EventStream) {
      text += PayloadChunk ? Buffer.from(PayloadChunk.Payload).toString() : "";
      complete = InvokeComplete ?? complete;
    }
    return { text, complete };
  };
  assert.deepEqual(await take({}), { text: "one two", complete: {} });
  const { text, complete } = await take({ fails: true });
  assert.equal(text, "one ");
  assert.equal(complete.ErrorCode, "Unhandled");
  assert.equal(JSON.parse(complete.ErrorDetails).errorType, "RangeError");
});

test("an exception is answered as an unhandled error", async () => {
  const name = await makeFunction("export const handler = async () => { throw new RangeError('too far'); };");
  const { error, answer } = await invoke(name, {});
  assert.equal(error, "Unhandled");
  assert.deepEqual([answer.errorType, answer.errorMessage], ["RangeError", "too far"]);
});

test("a queue triggers a function, whose words are in the log", async () => {
  const name = await makeFunction(
    "export const handler = async (event) => { for (const r of event.Records) console.log('body is', r.body); };",
    ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
  );
  const QueueName = unique("js");
  const { QueueUrl } = await queues.send(new sqs.CreateQueueCommand({ QueueName }));
  await functions.send(
    new lambda.CreateEventSourceMappingCommand({
      FunctionName: name,
      EventSourceArn: `arn:aws:sqs:us-east-1:${account}:${QueueName}`,
    }),
  );
  await queues.send(new sqs.SendMessageCommand({ QueueUrl, MessageBody: "from the queue" }));
  const log = connect(logs.CloudWatchLogsClient);
  const logGroupName = `/aws/lambda/${name}`;
  await until(async () => {
    try {
      const found = await log.send(new logs.FilterLogEventsCommand({ logGroupName, filterPattern: "body" }));
      return found.events.some((event) => event.message.includes("body is from the queue"));
    } catch (error) {
      if (error instanceof logs.ResourceNotFoundException) return false;
      throw error;
    }
  }, "the message in the log");
});

test("a missing function is an error of its own class", async () => {
  await assert.rejects(
    functions.send(new lambda.GetFunctionCommand({ FunctionName: "nowhere-to-be-found" })),
    lambda.ResourceNotFoundException,
  );
});

test("roles and their policies can be read back", async () => {
  const RoleName = (await makeRole(["sqs:SendMessage"])).split("/").at(-1);
  const { Role } = await identities.send(new iam.GetRoleCommand({ RoleName }));
  assert.equal(decodeURIComponent(Role.AssumeRolePolicyDocument), trust({ Service: "lambda.amazonaws.com" }));
  const { PolicyNames } = await identities.send(new iam.ListRolePoliciesCommand({ RoleName }));
  assert.deepEqual(PolicyNames, ["inline"]);
  const { AttachedPolicies } = await identities.send(new iam.ListAttachedRolePoliciesCommand({ RoleName }));
  assert.deepEqual(AttachedPolicies.map((policy) => policy.PolicyName), ["AWSLambdaBasicExecutionRole"]);
  await assert.rejects(
    identities.send(new iam.GetRoleCommand({ RoleName: "nowhere-to-be-found" })),
    iam.NoSuchEntityException,
  );
});

test("an assumed role may do what its policy says and nothing else", async () => {
  const RoleArn = await makeRole(["sqs:ListQueues"], { AWS: account });
  const identity = connect(sts.STSClient);
  const { Credentials } = await identity.send(new sts.AssumeRoleCommand({ RoleArn, RoleSessionName: "js" }));
  const credentials = {
    accessKeyId: Credentials.AccessKeyId,
    secretAccessKey: Credentials.SecretAccessKey,
    sessionToken: Credentials.SessionToken,
  };
  const own = connect(sqs.SQSClient, { credentials });
  await own.send(new sqs.ListQueuesCommand({}));
  await assert.rejects(own.send(new sqs.CreateQueueCommand({ QueueName: unique("js") })), /not authorized/i);
  const who = await connect(sts.STSClient, { credentials }).send(new sts.GetCallerIdentityCommand({}));
  assert.equal(who.Arn, `${RoleArn.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/")}/js`);
});
