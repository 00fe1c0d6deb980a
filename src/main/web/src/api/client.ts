import { client } from './generated/client.gen.js';
import { deleteLlmSettings, getLlmSettings, putLlmSettings } from './generated/sdk.gen.js';
import { ProblemCode } from './generated/types.gen.js';
import type { FieldError, LlmSettings, LlmSettingsUpdate, Problem } from './generated/types.gen.js';

export * from './generated/index.js';

/**
 * Why a call failed: a code of the contract, or one for the ways in which no answer of the service arrives.
 *
 * - `network_error`: no connection, or it broke. A change may or may not have been made.
 * - `timeout`: no complete answer in time. A change may or may not have been made.
 * - `unexpected_answer`: something else answered, such as a proxy, or the service in a way this client does not know.
 */
export type FailureCode = ProblemCode | 'network_error' | 'timeout' | 'unexpected_answer';

interface Failure {
  code: FailureCode;
  detail: string;
  status?: number;
  requestId?: string;
  retryAfterSeconds?: number;
  errors?: FieldError[];
}

/** The one error that the functions of this package throw, unless the caller's own signal ended the call. */
export class LlmSettingsProblem extends Error {
  override readonly name = 'LlmSettingsProblem';
  readonly code: FailureCode;
  /** The HTTP status; undefined when there was no answer. */
  readonly status: number | undefined;
  /** What to look for in the server's log. */
  readonly requestId: string | undefined;
  readonly retryAfterSeconds: number | undefined;
  /** The members of the body that were refused; empty unless `code` is `invalid`. */
  readonly errors: readonly FieldError[];

  constructor(failure: Failure) {
    super(failure.detail);
    this.code = failure.code;
    this.status = failure.status;
    this.requestId = failure.requestId;
    this.retryAfterSeconds = failure.retryAfterSeconds;
    this.errors = failure.errors ?? [];
  }
}

/** The stored settings and their version. */
export interface StoredLlmSettings extends LlmSettings {
  /** The entity tag of this version; null when a proxy has taken it away. */
  etag: string | null;
}

export interface ClientSettings {
  /** The origin of the service. Default: that of the page. */
  baseUrl?: string;
  /** The bearer token for the next request. Default: none, the browser sends the session cookie. */
  token?: () => string | Promise<string>;
  /** How long a whole exchange may take. Default: 15 seconds. */
  timeoutMillis?: number;
}

let timeoutMillis: number;

/** Says where the service is and how to sign in. Settings that are left out go back to their default. */
export function configureLlmSettingsClient(settings: ClientSettings): void {
  const { baseUrl = '', token } = settings;
  timeoutMillis = settings.timeoutMillis ?? 15_000;
  client.setConfig({
    baseUrl,
    auth: token && (({ scheme }) => (scheme === 'bearer' ? token() : undefined)),
    fetch: (request) => exchange(request as Request),
    parseAs: 'json',
  });
}

configureLlmSettingsClient({});

/** The stored settings, or null when there are none. */
export async function readLlmSettings(signal?: AbortSignal): Promise<StoredLlmSettings | null> {
  try {
    const { data, response } = await getLlmSettings({ signal });
    return withVersion(data, response);
  } catch (failure) {
    if (failure instanceof LlmSettingsProblem && failure.code === 'not_configured') {
      return null;
    }
    throw failure;
  }
}

/**
 * Saves the settings, provided that what is stored is still what was seen.
 *
 * @param seen what was read or saved last; null when nothing was stored
 * @throws {LlmSettingsProblem} `precondition_failed` when something else is stored by now
 */
export async function saveLlmSettings(
  settings: LlmSettingsUpdate,
  seen: StoredLlmSettings | null,
): Promise<StoredLlmSettings> {
  const { data, response } = await putLlmSettings({ body: settings, headers: onlyIfStill(seen) });
  return withVersion(data, response);
}

/** Removes the settings with the key, whatever is stored. */
export async function removeLlmSettings(): Promise<void> {
  await deleteLlmSettings();
}

function withVersion(settings: LlmSettings, response: Response): StoredLlmSettings {
  // A proxy that compresses marks the tag as weak, and a weak tag never matches.
  const etag = response.headers.get('ETag')?.replace(/^W\//, '') ?? null;
  return { ...settings, etag };
}

function onlyIfStill(seen: StoredLlmSettings | null) {
  if (seen === null) {
    return { 'If-None-Match': '*' };
  }
  return seen.etag === null ? {} : { 'If-Match': seen.etag };
}

/** Sends a request and reads the whole answer. Whatever is not an answer of the contract is thrown as a problem. */
async function exchange(request: Request): Promise<Response> {
  const deadline = AbortSignal.timeout(timeoutMillis);
  let response: Response;
  let text: string;
  try {
    response = await fetch(request, { signal: AbortSignal.any([request.signal, deadline]) });
    text = await response.text();
  } catch (cause) {
    if (request.signal.aborted) {
      throw cause;
    }
    throw deadline.aborted
      ? new LlmSettingsProblem({ code: 'timeout', detail: 'The service did not answer in time.' })
      : new LlmSettingsProblem({ code: 'network_error', detail: 'The service could not be reached.' });
  }
  if (response.status === 204 && request.method === 'DELETE') {
    return response;
  }
  if (response.ok && isLlmSettings(jsonIn(response, text))) {
    return new Response(text, response);
  }
  throw problemIn(response, text);
}

/** Codes for answers that are not the service's own, or have a code that this client does not know. */
const codeOfStatus: Partial<Record<number, FailureCode>> = {
  401: 'unauthenticated',
  412: 'precondition_failed',
  413: 'payload_too_large',
  429: 'rate_limited',
};

function problemIn(response: Response, text: string): LlmSettingsProblem {
  const { status, headers } = response;
  const body = jsonIn(response, text);
  const retryAfterSeconds = Number(headers.get('Retry-After') ?? NaN);
  const failure = {
    status,
    requestId: headers.get('X-Request-Id') ?? undefined,
    retryAfterSeconds: retryAfterSeconds > 0 ? retryAfterSeconds : undefined,
  };
  if (!response.ok && isProblem(body)) {
    const known = Object.values(ProblemCode).includes(body.code);
    return new LlmSettingsProblem({
      ...failure,
      code: known ? body.code : (codeOfStatus[status] ?? 'unexpected_answer'),
      detail: body.detail,
      requestId: body.requestId,
      errors: body.errors,
    });
  }
  return new LlmSettingsProblem({
    ...failure,
    code: codeOfStatus[status] ?? 'unexpected_answer',
    detail: `Something other than the service answered, with status ${status}.`,
  });
}

function jsonIn(response: Response, text: string): unknown {
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

function isLlmSettings(value: unknown): value is LlmSettings {
  const { provider, model, keyConfigured } = (value ?? {}) as Partial<LlmSettings>;
  return typeof provider === 'string' && typeof model === 'string' && typeof keyConfigured === 'boolean';
}

function isProblem(value: unknown): value is Problem & { errors?: FieldError[] } {
  const { code, detail, requestId } = (value ?? {}) as Partial<Problem>;
  return typeof code === 'string' && typeof detail === 'string' && typeof requestId === 'string';
}
