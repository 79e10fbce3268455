/*
 * errors.mjs: the runtime's own errors, and how any thrown value is reported and logged.
 */
function runtimeError(type) {
  return class extends Error {
    get name() { return `Runtime.${type}`; }
  };
}

export const CallbackHandlerDeprecated = runtimeError("CallbackHandlerDeprecated");
export const HandlerNotFound = runtimeError("HandlerNotFound");
export const ImportModuleError = runtimeError("ImportModuleError");
export const MalformedHandlerName = runtimeError("MalformedHandlerName");
export const InvalidStreamingOperation = runtimeError("InvalidStreamingOperation");
export const UserCodeSyntaxError = runtimeError("UserCodeSyntaxError");

/* undefined for what has no text. */
function textOf(value) {
  try {
    return value?.toString();
  } catch {
    return undefined;
  }
}

export class NodeJsExit extends runtimeError("NodeJsExit") {
  constructor() {
    super("The Lambda runtime client detected an unexpected Node.js exit code. This is most commonly caused by " +
      "a Promise that was never settled. For more information, see " +
      "https://nodejs.org/docs/latest/api/process.html#exit-codes");
  }
}

export class UnhandledPromiseRejection extends runtimeError("UnhandledPromiseRejection") {
  constructor(reason, promise) {
    super(textOf(reason));
    this.reason = reason;
    this.promise = promise;
  }
}

/* Errors of another realm (vm, worker) are not instances of our Error, but look like one. */
function isError(value) {
  return value instanceof Error ||
    (typeof value?.name === "string" && typeof value.message === "string" &&
      typeof value.stack === "string");
}

/* What the log shows of a thrown value: AWS wraps a value that is not an error in one. */
export function errorOf(value) {
  try {
    return isError(value) ? value : new Error(value);
  } catch {
    return new Error(textOf(value));
  }
}

function describe(error) {
  if (!isError(error))
    return { errorType: typeof error, errorMessage: `${error.toString()}`, trace: [] };
  return {
    errorType: `${error.name}`,
    errorMessage: `${error.message}`,
    trace: `${error.stack ?? ""}`.split("\n"),
  };
}

/*
 * The report for the caller of the function.  Anything can be thrown: undefined, a symbol, a proxy, an error
 * whose members are no texts or throw themselves.
 */
export function reportOf(error) {
  try {
    return describe(error);
  } catch {
    return {
      errorType: "handled",
      errorMessage: "callback called with Error argument, but there was a problem while retrieving one or " +
        "more of its message, name, and stack",
    };
  }
}

const MOST_TYPE_LETTERS = 256;

/* The type of a report as a header: printable and short. */
export function typeHeaderOf(report) {
  return report.errorType.slice(0, MOST_TYPE_LETTERS).replace(/[^\x20-\x7e]/g, "?");
}

/* The text of an error for the log: its report, all its other members, and its causes. */
export function formatError(error) {
  const withProperties = (_key, value) => (isError(value)
    ? {
      errorType: value.name,
      errorMessage: value.message,
      code: value.code,
      ...value,
      cause: value.cause,
      stack: `${value.stack ?? ""}`.split("\n"),
    }
    : value);
  try {
    return `\t${JSON.stringify(error, withProperties)}`;
  } catch {
    return `\t${JSON.stringify(reportOf(error))}`;
  }
}
