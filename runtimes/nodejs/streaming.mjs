/*
 * streaming.mjs: awslambda.streamifyResponse and the stream that such a handler writes its answer to.
 * https://docs.aws.amazon.com/lambda/latest/dg/config-rs-write-functions.html
 *
 * The answer is one chunked request to the Runtime API, begun by the first write; it goes out as fast as the
 * invoker takes it.  A failure after that is told in the request's trailers.
 */
import { Writable } from "node:stream";
import { InvalidStreamingOperation, reportOf, typeHeaderOf } from "./errors.mjs";
import { openResponse } from "./runtime_api.mjs";

const STREAMING = Symbol.for("aws.lambda.runtime.handler.streaming");
const HIGH_WATER_MARK = Symbol.for("aws.lambda.runtime.handler.streaming.highWaterMark");
const RESPONSE = "response";
const HTTP_INTEGRATION = "application/vnd.awslambda.http-integration-response";
const DELIMITER_BYTES = 8;
const MOST_REPORT_LETTERS = 8192; /* in a trailer, as base64 of UTF-8 */

export const isStreaming = (handler) => handler[STREAMING] === RESPONSE;
export const highWaterMarkOf = (handler) => handler[HIGH_WATER_MARK];

/* Texts and bytes are sent as they are; everything else as JSON, as AWS does. */
function toBytes(chunk) {
  const isBytes = typeof chunk === "string" || chunk instanceof Uint8Array;
  return isBytes ? chunk : JSON.stringify(chunk);
}

/* The report of an error as a trailer, which has little room. */
function trailerOf(report) {
  const whole = JSON.stringify(report);
  const shortened = { ...report, errorMessage: report.errorMessage.slice(0, MOST_REPORT_LETTERS / 2), trace: [] };
  const text = whole.length > MOST_REPORT_LETTERS ? JSON.stringify(shortened) : whole;

  return Buffer.from(text).toString("base64");
}

export class ResponseStream extends Writable {
  #requestId;
  #contentType = "application/octet-stream";
  #outgoing = null;
  #answered = null;

  constructor(requestId, highWaterMark) {
    super({ highWaterMark, decodeStrings: false });
    this.#requestId = requestId;
  }

  setContentType(contentType) {
    if (this.#outgoing)
      throw new InvalidStreamingOperation("Cannot set content-type, too late.");
    this.#contentType = contentType;
  }

  write(chunk, ...rest) {
    return super.write(toBytes(chunk), ...rest);
  }

  /* The Runtime API's request; what HttpResponseStream puts before the first write goes first. */
  #begin() {
    if (this.#outgoing)
      return;
    const { outgoing, answered } = openResponse(this.#requestId, this.#contentType);
    this.#outgoing = outgoing;
    this.#answered = answered;
  }

  _write(chunk, encoding, done) {
    const isFirst = !this.#outgoing;
    this.#begin();
    this.#answered.catch(done);
    if (isFirst)
      this._onBeforeFirstWrite?.((bytes) => this.#outgoing.write(bytes));
    this.#outgoing.write(chunk, encoding === "buffer" ? undefined : encoding, done);
  }

  _final(done) {
    this.#begin();
    this.#outgoing.end();
    this.#answered.then(() => done(), done);
  }

  /* End the answer as a failed one; resolves when the Runtime API has it. */
  async fail(error) {
    const report = reportOf(error);
    if (!this.#outgoing)
      this.#contentType = "application/octet-stream"; /* that of the handler may be what has failed */
    this.#begin();
    if (!this.#outgoing.writableEnded) {
      this.#outgoing.addTrailers({
        "Lambda-Runtime-Function-Error-Type": typeHeaderOf(report),
        "Lambda-Runtime-Function-Error-Body": trailerOf(report),
      });
      this.#outgoing.end();
    }
    await this.#answered;
  }
}

/* Writes a JSON document with status, headers and cookies before the body, for function URLs. */
class HttpResponseStream {
  static from(stream, prelude) {
    stream.setContentType(HTTP_INTEGRATION);
    stream._onBeforeFirstWrite = (write) => {
      write(JSON.stringify(prelude));
      write(Buffer.alloc(DELIMITER_BYTES));
    };
    return stream;
  }
}

export function defineGlobals() {
  globalThis.awslambda = {
    streamifyResponse: (handler, options) => {
      handler[STREAMING] = RESPONSE;
      if (options?.highWaterMark)
        handler[HIGH_WATER_MARK] = Number.parseInt(options.highWaterMark, 10);
      return handler;
    },
    HttpResponseStream,
  };
}
