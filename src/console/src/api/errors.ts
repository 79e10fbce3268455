/** What AWS's error replies say, whichever protocol carried them. */
export class AwsError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly status: number,
    /** The call that failed, as IAM names it: "sqs:SendMessage". */
    readonly action: string,
    readonly requestId?: string,
  ) {
    super(message);
    this.name = 'AwsError';
  }

  /** Was this call refused by a policy? */
  get denied(): boolean {
    return /AccessDenied|AuthorizationError|UnauthorizedOperation/.test(this.code);
  }

  get missing(): boolean {
    return this.status === 404 || /NotFound|NoSuchEntity|NonExistentQueue|QueueDoesNotExist/.test(this.code);
  }
}

/** The server did not answer at all. */
export class Unreachable extends Error {
  constructor(cause: unknown) {
    super('Orderly does not answer. Is the server running?', { cause });
    this.name = 'Unreachable';
  }
}

/** Is it worth to ask again later?  What the server refuses, it refuses again. */
export function passes(error: unknown): boolean {
  return error instanceof Unreachable || (error instanceof AwsError && error.status >= 500);
}

export function errorText(error: unknown): string {
  return error instanceof AwsError
    ? `${error.code}: ${error.message}`
    : String((error as Error)?.message ?? error);
}
