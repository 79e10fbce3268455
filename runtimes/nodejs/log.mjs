/*
 * log.mjs: console.* in AWS's text format, one line of standard output for each record:
 *
 *     2026-01-31T12:00:00.000Z <tab> request id <tab> INFO <tab> text
 *
 * A line break inside a record becomes a carriage return, so that it stays one log event.
 */
import { format } from "node:util";

/* As on AWS, records before the first invocation have the word "undefined". */
let requestId;

export function setLoggedRequestId(id) {
  requestId = id;
}

function write(level, parts) {
  const text = format(...parts).replace(/\n/g, "\r");
  process.stdout.write(`${new Date().toISOString()}\t${requestId}\t${level}\t${text}\n`);
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
