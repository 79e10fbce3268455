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
export const UserCodeSyntaxError = runtimeError("UserCodeSyntaxError");

export class UnhandledPromiseRejection extends runtimeError("UnhandledPromiseRejection") {
  constructor(reason, promise) {
    super(reason?.toString());
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

/* The report for the caller of the function. */
export function reportOf(error) {
  if (!isError(error))
    return { errorType: typeof error, errorMessage: String(error), trace: [] };
  return {
    errorType: error.name,
    errorMessage: error.message,
    trace: (error.stack ?? "").split("\n"),
  };
}

/* The text for the log: the report, all other members of the error, and its causes. */
export function formatError(error) {
  const withProperties = (_key, value) => (isError(value)
    ? {
      errorType: value.name,
      errorMessage: value.message,
      code: value.code,
      ...value,
      cause: value.cause,
      stack: (value.stack ?? "").split("\n"),
    }
    : value);
  try {
    return `\t${JSON.stringify(isError(error) ? error : reportOf(error), withProperties)}`;
  } catch {
    return `\t${JSON.stringify(reportOf(error))}`;
  }
}
