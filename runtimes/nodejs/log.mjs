/*
 * log.mjs: console.* in AWS's text format, one event of the log for each record:
 *
 *     2026-01-31T12:00:00.000Z <tab> request id <tab> INFO <tab> text
 *
 * When the function's LogFormat is JSON, a record is an object, and records below the function's level are left
 * out.  A record may have several lines.  So it is written as a frame when _LAMBDA_TELEMETRY_LOG_FD is set: its
 * type, its size, its time in microseconds, and the text.  Otherwise it is one line of standard output, in which
 * a line break becomes a carriage return.
 */
import { format } from "node:util";
import { errorOf, formatError } from "./errors.mjs";

/* As on AWS, records before the first invocation have the word "undefined". */
let requestId;

export function setLoggedRequestId(id) {
  requestId = id;
}

const asJson = process.env.AWS_LAMBDA_LOG_FORMAT?.toUpperCase() === "JSON";
const FRAME_TYPE = 0xa55a0003, FRAME_HEAD_BYTES = 16;
const LEVELS = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];
const leastLevel = asJson ? LEVELS.indexOf(process.env.AWS_LAMBDA_LOG_LEVEL?.toUpperCase()) : -1;

function errorMembers(error) {
  return {
    errorType: error.constructor?.name ?? "UnknownError",
    errorMessage: error.message,
    stackTrace: error.stack?.split("\n") ?? [],
  };
}

/* A single value is the message itself, several are formatted as one text. */
function jsonRecord(level, parts) {
  const record = { timestamp: new Date().toISOString(), level, requestId };
  const withErrors = (_key, value) => (value instanceof Error ? { ...errorMembers(value), ...value } : value);

  if (parts.length === 1) {
    try {
      return JSON.stringify({ ...record, message: parts[0] }, withErrors);
    } catch {
      return JSON.stringify({ ...record, message: format(parts[0]) });
    }
  }
  const error = parts.find((part) => part instanceof Error);
  return JSON.stringify({ ...record, message: format(...parts), ...(error && errorMembers(error)) });
}

function textRecord(level, parts) {
  return `${new Date().toISOString()}\t${requestId}\t${level}\t${format(...parts)}`;
}

/* What the server reads as frames is standard output: records and printed texts keep their order. */
const isFramed = process.env._LAMBDA_TELEMETRY_LOG_FD === String(process.stdout.fd);
delete process.env._LAMBDA_TELEMETRY_LOG_FD;

function frame(record) {
  const head = Buffer.alloc(FRAME_HEAD_BYTES), text = Buffer.from(record);

  head.writeUInt32BE(FRAME_TYPE, 0);
  head.writeUInt32BE(text.length, 4);
  head.writeBigUInt64BE(BigInt(Date.now()) * 1000n, 8);
  return Buffer.concat([head, text]);
}

/* Without a value the text is "undefined", as on AWS. */
function write(level, [first, ...others]) {
  const parts = [first, ...others];
  if (LEVELS.indexOf(level) < leastLevel)
    return;
  const record = (asJson ? jsonRecord : textRecord)(level, parts);
  process.stdout.write(isFramed ? frame(record) : `${record.replace(/\n/g, "\r")}\n`);
}

/* An error that ends an invocation or the process.  In JSON the error alone is the message. */
export function logError(label, error) {
  if (asJson)
    console.error(errorOf(error));
  else
    console.error(label, formatError(errorOf(error)));
}

/*
 * A server's "pipe" is often a socket, on which Node.js writes asynchronously: a process that exits or is
 * killed would lose its last output.
 */
function writeAtOnce(stream) {
  stream._handle?.setBlocking?.(true);
}

export function patchConsole() {
  writeAtOnce(process.stdout);
  writeAtOnce(process.stderr);
  console.log = (...parts) => write("INFO", parts);
  console.info = (...parts) => write("INFO", parts);
  console.warn = (...parts) => write("WARN", parts);
  console.error = (...parts) => write("ERROR", parts);
  console.debug = (...parts) => write("DEBUG", parts);
  console.fatal = (...parts) => write("FATAL", parts);
  console.trace = (...parts) => write("TRACE", parts);
}
