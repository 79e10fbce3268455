/*
 * runtime_api.mjs: the function's side of the Lambda Runtime API, over one kept connection.
 * https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */
import http from "node:http";
import { reportOf, typeHeaderOf } from "./errors.mjs";

const ROOT = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime`;
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

function request(method, path, body, headers) {
  return new Promise((resolve, reject) => {
    const outgoing = http.request(ROOT + path, { method, agent, headers }, (incoming) => {
      const parts = [];
      incoming.on("data", (part) => parts.push(part));
      incoming.on("error", reject);
      incoming.on("end", () => resolve({
        status: incoming.statusCode,
        headers: incoming.headers,
        body: parts.length === 1 ? parts[0] : Buffer.concat(parts),
      }));
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

function post(path, text, headers) {
  const body = Buffer.from(text);
  return request("POST", path, body, {
    "Content-Type": "application/json",
    "Content-Length": body.length,
    ...headers,
  });
}

function postReport(path, error) {
  const report = reportOf(error);
  return post(path, JSON.stringify(report), { "Lambda-Runtime-Function-Error-Type": typeHeaderOf(report) });
}

function parsed(header) {
  return header === undefined ? undefined : JSON.parse(header);
}

/* Waits for the next invocation, without a time-out. */
export async function nextInvocation() {
  const { status, headers, body } = await request("GET", "/invocation/next");
  if (status !== 200)
    throw new Error(`The Runtime API answered ${status} to invocation/next.`);
  return {
    body: body.toString(),
    requestId: headers["lambda-runtime-aws-request-id"],
    deadlineMs: Number(headers["lambda-runtime-deadline-ms"]),
    functionArn: headers["lambda-runtime-invoked-function-arn"],
    traceId: headers["lambda-runtime-trace-id"],
    clientContext: parsed(headers["lambda-runtime-client-context"]),
    identity: parsed(headers["lambda-runtime-cognito-identity"]),
  };
}

export function postResponse(requestId, body) {
  return post(`/invocation/${requestId}/response`, body);
}

/* The request of an answer that is streamed: { outgoing, answered }; the latter resolves to its reply. */
export function openResponse(requestId, contentType) {
  let outgoing;
  const answered = new Promise((resolve, reject) => {
    outgoing = http.request(`${ROOT}/invocation/${requestId}/response`, {
      method: "POST",
      agent,
      headers: {
        "Content-Type": contentType,
        "Lambda-Runtime-Function-Response-Mode": "streaming",
        "Transfer-Encoding": "chunked",
        Trailer: "Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body",
      },
    }, (incoming) => {
      incoming.on("error", reject);
      incoming.on("end", () => resolve(incoming.statusCode));
      incoming.resume();
    });
    outgoing.on("error", reject);
  });
  return { outgoing, answered };
}

export function postError(requestId, error) {
  return postReport(`/invocation/${requestId}/error`, error);
}

export function postInitError(error) {
  return postReport("/init/error", error);
}
