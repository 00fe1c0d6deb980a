import { ProblemCode } from './generated/types.gen.js';
import type { FieldError } from './generated/types.gen.js';

/**
 * Why a call failed: a code of the contract, or one of these.
 *
 * - `refused`: the service refused the request for a reason that this client does not know (another 4xx).
 * - `unavailable`: the service, or a proxy in front of it, cannot answer now (503). A change may or may not have been made.
 * - `network_error`: no connection, or it broke. A change may or may not have been made.
 * - `timeout`: no complete answer in time. A change may or may not have been made.
 * - `unexpected_answer`: something other than the service answered, such as a proxy. A change may or may not have been made.
 */
export type FailureCode = ProblemCode | 'refused' | 'unavailable' | 'network_error' | 'timeout' | 'unexpected_answer';

interface Failure {
  code: FailureCode;
  detail: string;
  receivedCode?: string | undefined;
  status?: number | undefined;
  requestId?: string | undefined;
  retryAfterSeconds?: number | undefined;
  errors?: readonly FieldError[] | undefined;
  cause?: unknown;
}

/** The one error with which the methods of a client fail. Its `message` is an English sentence for a person. */
export class LlmSettingsProblem extends Error {
  override readonly name = 'LlmSettingsProblem';
  /** Decide by it. A code that this client does not know is replaced by one that fits the status. */
  readonly code: FailureCode;
  /** The code as the service sent it; undefined when there was none. */
  readonly receivedCode: string | undefined;
  /** The HTTP status; undefined when there was no answer. */
  readonly status: number | undefined;
  /** The id under which the server's log has more. */
  readonly requestId: string | undefined;
  readonly retryAfterSeconds: number | undefined;
  /** The members of the body that were refused; empty unless `code` is `invalid`. */
  readonly errors: readonly FieldError[];

  constructor(failure: Failure) {
    super(failure.detail, { cause: failure.cause });
    this.code = failure.code;
    this.receivedCode = failure.receivedCode;
    this.status = failure.status;
    this.requestId = failure.requestId;
    this.retryAfterSeconds = failure.retryAfterSeconds;
    this.errors = failure.errors ?? [];
  }
}

/** What a status says whichever server sent it, a proxy included. */
const CODE_OF_STATUS: Partial<Record<number, FailureCode>> = {
  401: 'unauthenticated',
  413: 'payload_too_large',
  429: 'rate_limited',
  503: 'unavailable',
};

/** What a status says when the service sent it, with a code that this client does not know. */
const CODE_OF_STATUS_OF_SERVICE: Partial<Record<number, FailureCode>> = {
  ...CODE_OF_STATUS,
  400: 'bad_request',
  404: 'not_found',
  405: 'method_not_allowed',
  412: 'precondition_failed',
  415: 'unsupported_media_type',
  422: 'invalid',
};

/** The problem that an answer other than success stands for. */
export function problemIn(response: Response, text: string): LlmSettingsProblem {
  const { headers } = response;
  // A redirect that was not followed has status 0 in browsers.
  const status = response.status || undefined;
  const requestId = headers.get('X-Request-Id') ?? undefined;
  const seconds = Number(headers.get('Retry-After') ?? NaN);
  const retryAfterSeconds = seconds > 0 ? seconds : undefined;
  const body = jsonIn(response, text);
  if (status !== undefined && status >= 400 && isProblem(body)) {
    return new LlmSettingsProblem({
      status,
      retryAfterSeconds,
      code: isKnown(body.code) ? body.code : codeOf(status),
      receivedCode: body.code,
      detail: body.detail,
      requestId: body.requestId ?? requestId,
      errors: body.errors,
    });
  }
  return new LlmSettingsProblem({
    status,
    retryAfterSeconds,
    code: CODE_OF_STATUS[response.status] ?? 'unexpected_answer',
    detail: `Something other than the service answered, with status ${status ?? 'unknown'}.`,
    requestId,
  });
}

function codeOf(status: number): FailureCode {
  return CODE_OF_STATUS_OF_SERVICE[status] ?? (status < 500 ? 'refused' : 'internal');
}

function isKnown(code: string): code is ProblemCode {
  return Object.values<string>(ProblemCode).includes(code);
}

/** The JSON in an answer; undefined when it is declared as something else or cannot be read. */
export function jsonIn(response: Response, text: string): unknown {
  const type = response.headers.get('Content-Type') ?? '';
  if (!/^application\/(problem\+)?json\b/i.test(type)) {
    return undefined;
  }
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

interface ReceivedProblem {
  code: string;
  detail: string;
  requestId?: string;
  errors?: FieldError[];
}

function isProblem(value: unknown): value is ReceivedProblem {
  const { code, detail } = (value ?? {}) as Partial<ReceivedProblem>;
  return typeof code === 'string' && typeof detail === 'string';
}
