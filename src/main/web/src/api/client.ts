import { createClient } from './generated/client/index.js';
import {
  checkLlmSettings,
  deleteLlmApiKey,
  deleteLlmSettings,
  getLlmSettings,
  getLlmStatus,
  putLlmSettings,
} from './generated/sdk.gen.js';
import type { LlmCheck, LlmSettings, LlmSettingsUpdate, LlmStatus } from './generated/types.gen.js';
import { jsonIn, LlmSettingsProblem, problemIn } from './problem.js';

export { FieldErrorCode, ProblemCode } from './generated/types.gen.js';
export type {
  AnthropicSettings,
  AnthropicSettingsUpdate,
  FieldError,
  LlmCheck,
  LlmSettings,
  LlmSettingsUpdate,
  LlmStatus,
  OpenAiCompatibleSettings,
  OpenAiCompatibleSettingsUpdate,
} from './generated/types.gen.js';
export { LlmSettingsProblem, type FailureCode } from './problem.js';

export type Provider = LlmSettings['provider'];

/** The stored settings and their version. */
export type StoredLlmSettings = LlmSettings & {
  /** The entity tag of this version; null when a proxy has removed it. */
  etag: string | null;
};

export interface LlmSettingsClientOptions {
  /** Where the service is, such as `https://carol.example` or `https://example.com/carol`. Default: the origin of the page. */
  baseUrl?: string | undefined;
  /**
   * Gives the user's bearer token, and is asked before every request. When it fails, or gives none in time, the call is
   * rejected as `unauthenticated`, with that failure as its `cause`. Default: none, the browser sends the session cookie.
   */
  token?: (() => string | Promise<string>) | undefined;
  /** How long a call may take, from asking for the token until the answer is complete. Default: 15 seconds. */
  timeoutMillis?: number | undefined;
}

export interface CallOptions {
  /** Ends the call: it is then rejected with the reason of the signal. */
  signal?: AbortSignal | undefined;
}

export interface WriteOptions extends CallOptions {
  /**
   * What was read or saved last; null when nothing was stored. When something else is stored by now, the call is rejected
   * with `precondition_failed` and nothing changes. Left out: the call replaces or removes what is stored, whatever it is.
   */
  expected?: StoredLlmSettings | null | undefined;
}

/**
 * The settings of one user. Every method is rejected with an {@link LlmSettingsProblem}, unless the caller's signal ended
 * the call.
 */
export interface LlmSettingsClient {
  /** The stored settings, or null when there are none. */
  read(options?: CallOptions): Promise<StoredLlmSettings | null>;
  /** Saves the settings. An absent `apiKey` keeps the stored key, null removes it. */
  save(settings: LlmSettingsUpdate, options?: WriteOptions): Promise<StoredLlmSettings>;
  /** Removes the settings and the key. Nothing stored is no error. */
  remove(options?: WriteOptions): Promise<void>;
  /** Removes the stored key alone. No stored key is no error. */
  removeKey(options?: WriteOptions): Promise<void>;
  /**
   * Tries whether these settings work, or the stored ones when they are left out. An absent `apiKey` stands for the stored
   * key. Stores nothing.
   */
  check(settings?: LlmSettingsUpdate, options?: CallOptions): Promise<LlmCheck>;
  /** What is known of the stored key, or null when there are no settings. */
  status(options?: CallOptions): Promise<LlmStatus | null>;
}

/** A client for one user. It keeps nothing between calls, so that a server can have one for each of its users. */
export function createLlmSettingsClient(options: LlmSettingsClientOptions = {}): LlmSettingsClient {
  const { baseUrl = '', token, timeoutMillis = 15_000 } = options;
  const client = createClient({
    baseUrl,
    fetch: (input) => exchange(new Request(input), token, timeoutMillis),
    parseAs: 'json',
    throwOnError: true,
  });

  return {
    async read({ signal = null } = {}) {
      return orNull(getLlmSettings({ client, signal }).then(withVersion));
    },
    async save(settings, { expected, signal = null } = {}) {
      return withVersion(await putLlmSettings({ client, body: settings, headers: onlyIf(expected), signal }));
    },
    async remove({ expected, signal = null } = {}) {
      await deleteLlmSettings({ client, headers: onlyIf(expected), signal });
    },
    async removeKey({ expected, signal = null } = {}) {
      await deleteLlmApiKey({ client, headers: onlyIf(expected), signal });
    },
    async check(settings, { signal = null } = {}) {
      const { data } = await checkLlmSettings({ client, ...(settings && { body: settings }), signal });
      return data;
    },
    async status({ signal = null } = {}) {
      return orNull(getLlmStatus({ client, signal }).then(({ data }) => data));
    },
  };
}

async function orNull<T>(call: Promise<T>): Promise<T | null> {
  try {
    return await call;
  } catch (problem) {
    if (problem instanceof LlmSettingsProblem && problem.code === 'not_configured') {
      return null;
    }
    throw problem;
  }
}

function withVersion({ data, response }: { data: LlmSettings; response: Response }): StoredLlmSettings {
  return { ...data, etag: response.headers.get('ETag') };
}

function onlyIf(expected: StoredLlmSettings | null | undefined) {
  if (expected === null) {
    return { 'If-None-Match': '*' };
  }
  return expected?.etag ? { 'If-Match': expected.etag } : {};
}

type Token = LlmSettingsClientOptions['token'];

/** Sends a request and reads the whole answer. Anything but a success of the contract is thrown as a problem. */
async function exchange(request: Request, token: Token, timeoutMillis: number): Promise<Response> {
  const timeout = AbortSignal.timeout(timeoutMillis);
  const signal = AbortSignal.any([request.signal, timeout]);
  let response: Response;
  let text: string;
  try {
    if (token) {
      await authorize(request, token, signal);
    }
    // A redirect is not followed: the body may hold an API key, and it is meant for the service alone.
    response = await fetch(request, { redirect: 'manual', signal });
    text = await response.text();
  } catch (cause) {
    if (request.signal.aborted || cause instanceof LlmSettingsProblem) {
      throw cause;
    }
    throw timeout.aborted
      ? new LlmSettingsProblem({ code: 'timeout', detail: 'The service did not answer in time.', cause })
      : new LlmSettingsProblem({ code: 'network_error', detail: 'The service could not be reached.', cause });
  }
  if (request.method === 'DELETE' ? response.status === 204 : response.ok && hasKeyMember(jsonIn(response, text))) {
    return new Response(text || null, response);
  }
  throw problemIn(response, text);
}

async function authorize(request: Request, token: NonNullable<Token>, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const ended = new Promise<never>((_done, fail) => {
    signal.addEventListener('abort', () => fail(signal.reason as Error));
  });
  try {
    request.headers.set('Authorization', `Bearer ${await Promise.race([ended, Promise.resolve().then(token)])}`);
  } catch (cause) {
    // Without a token nothing has been sent, also where the time for the call is over.
    throw request.signal.aborted
      ? cause
      : new LlmSettingsProblem({ code: 'unauthenticated', detail: 'There is no token for the user.', cause });
  }
}

/** Whether this is an answer of the service: each one tells of the key. */
function hasKeyMember(value: unknown): boolean {
  return value instanceof Object && ('keyConfigured' in value || 'key' in value);
}
