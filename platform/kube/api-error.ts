/** The API server answered with a Status that is not success. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  /** HTTP status code. */
  readonly statusCode: number;
  /** metav1.Status reason, such as NotFound, Conflict or Invalid; "" if the body was not a Status. */
  readonly reason: string;
  /** Seconds that the server asks to wait, from `details.retryAfterSeconds` or the Retry-After header. */
  readonly retryAfterSeconds: number | undefined;

  constructor(facts: {
    readonly statusCode: number;
    readonly reason: string;
    readonly message: string;
    readonly retryAfterSeconds?: number | undefined;
  }) {
    super(facts.message);
    this.statusCode = facts.statusCode;
    this.reason = facts.reason;
    this.retryAfterSeconds = facts.retryAfterSeconds;
  }
}

export function isNotFound(error: unknown): boolean {
  return error instanceof ApiError && error.statusCode === 404;
}

/** 410: the resourceVersion is older than the oldest one that the server keeps. */
export function isExpired(error: unknown): boolean {
  return error instanceof ApiError && error.statusCode === 410;
}
