/*
 * log.mjs: console.* in AWS's text format, one line of standard output for each record:
 *
 *     2026-01-31T12:00:00.000Z <tab> request id <tab> INFO <tab> text
 *
 * A line break inside a record becomes a carriage return, so that it stays one log event.  When the function's
 * LogFormat is JSON, a record is an object, and records below the function's level are left out.
 */
import { format } from "node:util";
import { formatError } from "./errors.mjs";

/* As on AWS, records before the first invocation have the word "undefined". */
let requestId;

export function setLoggedRequestId(id) {
  requestId = id;
}

const asJson = process.env.AWS_LAMBDA_LOG_FORMAT?.toUpperCase() === "JSON";
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
  const text = format(...parts).replace(/\n/g, "\r");
  return `${new Date().toISOString()}\t${requestId}\t${level}\t${text}`;
}

function write(level, parts) {
  if (LEVELS.indexOf(level) < leastLevel)
    return;
  process.stdout.write(`${(asJson ? jsonRecord : textRecord)(level, parts)}\n`);
}

/* An error that ends an invocation or the process. */
export function logError(label, error) {
  console.error(label, asJson ? error : formatError(error));
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
  console.trace = (...parts) => {
    const here = { name: "Trace", message: format(...parts) };
    Error.captureStackTrace(here, console.trace);
    write("TRACE", [here.stack]);
  };
}
