/*
 * bootstrap.mjs: runs one nodejs* function as AWS's own runtime client does.
 *
 * It loads the handler, then repeats: fetch the next invocation, run the handler, report the result. There is
 * one invocation at a time. A rejected promise or an exception that nobody caught ends the process after it
 * has been reported, and the server starts a new process.
 */
import { NodeJsExit, UnhandledPromiseRejection } from "./errors.mjs";
import { logError, patchConsole, setLoggedRequestId } from "./log.mjs";
import * as runtimeApi from "./runtime_api.mjs";
import { ResponseStream, defineGlobals, highWaterMarkOf, isStreaming } from "./streaming.mjs";
import { loadHandler } from "./user_function.mjs";

const EXIT_UNHANDLED_REJECTION = 128;
const EXIT_UNCAUGHT_EXCEPTION = 129;

/* "AWS_Lambda_nodejs24.x" → 24.  From 24 on, handlers are async functions only. */
const nodeGeneration = Number(/nodejs(\d+)/.exec(process.env.AWS_EXECUTION_ENV ?? "")?.[1] ?? 0);
const callbacksAllowed = nodeGeneration < 24;

/* The folder with the function's layers, if it has any, is the argument. */
const layers = process.argv[2];

/* Between invocations there is nobody to tell: the connection waits for the next one. */
const reportToNobody = async () => {};
let reportFatalError = runtimeApi.postInitError;
let whenEventLoopIsEmpty = null;
let isEnding = false;

async function endWith(error, label, exitCode) {
  isEnding = true;
  logError(label, error);
  try {
    await reportFatalError(error);
  } finally {
    process.exit(exitCode);
  }
}

process.on("uncaughtException", (error) =>
  endWith(error, "Uncaught Exception", EXIT_UNCAUGHT_EXCEPTION));
process.on("unhandledRejection", (reason, promise) =>
  endWith(new UnhandledPromiseRejection(reason, promise), "Unhandled Promise Rejection",
    EXIT_UNHANDLED_REJECTION));
process.on("beforeExit", () => {
  const act = whenEventLoopIsEmpty;
  whenEventLoopIsEmpty = null;
  act?.();
});

/*
 * The answer of one invocation.  It has four ways: the handler's promise or exception, its callback, the
 * context's done/succeed/fail, and an event loop that has nothing left to do.  As on AWS, the first call of
 * `once` counts and all others are ignored: so a callback's result wins over that of the async handler.
 */
function answerOf(invocation) {
  let isTaken = false;
  let finished;
  const whenFinished = new Promise((resolve) => { finished = resolve; });

  const once = (act) => (...values) => {
    if (isTaken)
      return;
    isTaken = true;
    act(...values);
  };
  const send = (post) => {
    whenEventLoopIsEmpty = null;
    post().then(finished, (error) => endWith(error, "Runtime API Error", 1));
  };
  const fail = (error) => {
    logError("Invoke Error", error);
    send(() => runtimeApi.postError(invocation.requestId, error));
  };
  const succeed = (result) => {
    let body;
    try {
      body = JSON.stringify(result === undefined ? null : result) ?? "null";
    } catch {
      fail(new Error("Unable to stringify response body"));
      return;
    }
    send(() => runtimeApi.postResponse(invocation.requestId, body));
  };
  return { once, succeed, fail, whenFinished };
}

function contextOf(invocation) {
  const { env } = process;
  return {
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: invocation.clientContext,
    identity: invocation.identity,
    invokedFunctionArn: invocation.functionArn,
    awsRequestId: invocation.requestId,
    getRemainingTimeInMillis: () => invocation.deadlineMs - Date.now(),
  };
}

/* The older ways to answer, which Node.js 24 dropped: context.done/succeed/fail and the callback. */
function addCallbacks(context, { once, succeed, fail }) {
  let waitsForEmptyEventLoop = true;
  const isError = (error) => error !== undefined && error !== null;
  const done = (error, result) => (isError(error) ? fail(error) : succeed(result));

  Object.defineProperty(context, "callbackWaitsForEmptyEventLoop", {
    enumerable: true,
    get: () => waitsForEmptyEventLoop,
    set: (value) => { waitsForEmptyEventLoop = value; },
  });
  context.succeed = once(succeed);
  context.fail = once((error) => fail(isError(error) ? error : "handled"));
  context.done = once(done);

  return once((error, result) => {
    if (isError(error) || !waitsForEmptyEventLoop)
      done(error, result);
    else
      whenEventLoopIsEmpty = () => setImmediate(() => succeed(result));
  });
}

/* Runs a handler that streams its answer, until the answer has been sent. */
async function runStreaming(handler, invocation) {
  const stream = new ResponseStream(invocation.requestId, highWaterMarkOf(handler));
  reportFatalError = (error) => stream.fail(error);
  const ended = new Promise((resolve, reject) => {
    stream.on("finish", resolve);
    stream.on("error", reject);
    whenEventLoopIsEmpty = () => reject(new Error("Response stream is not finished."));
  });

  ended.catch(() => {}); /* the handler may fail first */
  try {
    const result = handler(JSON.parse(invocation.body), stream, contextOf(invocation));
    if (typeof result?.then !== "function")
      throw new Error("Streaming does not support non-async handlers.");
    if (await result !== undefined)
      console.warn("Streaming handlers ignore return values.");
    await ended;
  } catch (error) {
    logError("Invoke Error", error);
    await stream.fail(error);
  }
  whenEventLoopIsEmpty = null;
}

/*
 * From Node.js 24 on, AWS sends the answer one turn of the event loop later: an error that nobody has caught by
 * then takes its place.
 */
const afterLateErrors = (act) => (callbacksAllowed ? act : (value) => setImmediate(() => {
  if (!isEnding)
    act(value);
}));

/* An async function with nothing left to wait for will never settle, which is an error. */
const isAsync = (handler) => handler.constructor?.name === "AsyncFunction";

async function runBuffered(handler, invocation) {
  const answer = answerOf(invocation);
  const context = contextOf(invocation);
  const callback = callbacksAllowed ? addCallbacks(context, answer) : undefined;
  const succeed = answer.once(answer.succeed), fail = answer.once(answer.fail);

  whenEventLoopIsEmpty = () => (isAsync(handler) ? fail(new NodeJsExit()) : succeed(null));
  try {
    const result = handler(JSON.parse(invocation.body), context, callback);
    if (typeof result?.then === "function")
      result.then(afterLateErrors(succeed), afterLateErrors(fail));
  } catch (error) {
    fail(error);
  }
  await answer.whenFinished;
}

async function invoke(handler, invocation) {
  reportFatalError = (error) => runtimeApi.postError(invocation.requestId, error);
  setLoggedRequestId(invocation.requestId);
  if (invocation.traceId)
    process.env._X_AMZN_TRACE_ID = invocation.traceId;
  else
    delete process.env._X_AMZN_TRACE_ID;
  await (isStreaming(handler) ? runStreaming : runBuffered)(handler, invocation);
  reportFatalError = reportToNobody;
}

patchConsole();
defineGlobals();
try {
  const handler = await loadHandler(process.env.LAMBDA_TASK_ROOT, process.env._HANDLER,
    { layers, generation: nodeGeneration, callbacksAllowed });
  reportFatalError = reportToNobody;
  for (;;)
    await invoke(handler, await runtimeApi.nextInvocation());
} catch (error) {
  await endWith(error, "Uncaught Exception", EXIT_UNCAUGHT_EXCEPTION);
}
