// @ts-nocheck

export type ClientOptions = {
    baseUrl: `${string}://${string}` | (string & {});
};

/**
 * What the agent talks to.
 *
 * - `anthropic`: Anthropic's own API at its own address.
 * - `openai_compatible`: any server with OpenAI's chat API, hosted or local, at `baseUrl`.
 */
export const Provider = { ANTHROPIC: 'anthropic', OPENAI_COMPATIBLE: 'openai_compatible' } as const;

/**
 * What the agent talks to.
 *
 * - `anthropic`: Anthropic's own API at its own address.
 * - `openai_compatible`: any server with OpenAI's chat API, hosted or local, at `baseUrl`.
 */
export type Provider = typeof Provider[keyof typeof Provider];

/**
 * The stored settings, without the API key.
 */
export type LlmSettings = {
    provider: Provider;
    /**
     * The model's name as the provider spells it.
     */
    model: string;
    /**
     * Where the provider is. A URL for `openai_compatible`, `null` for `anthropic`.
     */
    baseUrl: string | null;
    /**
     * Whether an API key is stored.
     */
    keyConfigured: boolean;
};

/**
 * The settings to store. Lengths are counted once whitespace around `model`, `baseUrl` and `apiKey` is trimmed.
 */
export type LlmSettingsUpdate = {
    provider: Provider;
    /**
     * The model's name as the provider spells it. Any name is taken, without a list to check it against; control
     * characters are not. Whitespace around it is trimmed.
     */
    model: string;
    /**
     * Where the provider is, up to and without `/chat/completions`. Required for `openai_compatible`; absent or
     * `null` for `anthropic`. Stored and returned as sent, after trimming whitespace around it.
     *
     * `https` goes to any host. Plain `http` goes only to this machine and to private networks: `localhost`, loopback
     * and private addresses, names of a single label such as `ollama`, and names under `.local`, `.internal`, `.lan`,
     * `.home.arpa`, `.svc` or `.svc.cluster.local`. An operator can forbid private hosts altogether.
     *
     * Always refused: user name or password, query and fragment; addresses that are unspecified, link-local,
     * multicast or of a cloud's metadata service; IPv4 addresses in any form but four plain decimal numbers; host
     * names with a trailing dot, percent signs or characters outside ASCII (write those as `xn--…`).
     */
    baseUrl?: string | null;
    /**
     * The provider's API key. A string stores it, leaving it out keeps the stored one, `null` removes the stored one.
     * It is never returned.
     *
     * Visible ASCII characters only; whitespace around them is trimmed, whitespace inside is refused. No prefix is
     * asked for. Text that looks like a masked key (`****`, `••••`) is refused, so that a form cannot save back what
     * it shows. An empty string is refused too: it neither keeps nor removes a key.
     */
    apiKey?: string | null;
};

/**
 * An error (RFC 9457). Every error of this service has these members and no others, except that a `ValidationProblem`
 * has `errors` as well.
 */
export type Problem = {
    /**
     * `urn:carol:problem:` followed by the code.
     */
    type: string;
    /**
     * What the code means, in a few English words. The same for every problem with this code.
     */
    title: string;
    /**
     * The HTTP status.
     */
    status: number;
    /**
     * What happened and what to do, in English, for a person. Never repeats a value that was sent.
     */
    detail: string;
    code: ProblemCode;
    /**
     * The `X-Request-Id` of this answer.
     */
    requestId: string;
};

/**
 * The body of a PUT was refused; `errors` says why. Nothing changed.
 */
export type ValidationProblem = {
    /**
     * Always `urn:carol:problem:invalid`.
     */
    type: 'urn:carol:problem:invalid';
    /**
     * What the code means, in a few English words.
     */
    title: string;
    /**
     * The HTTP status.
     */
    status: 422;
    /**
     * What happened and what to do, in English, for a person. Never repeats a value that was sent.
     */
    detail: string;
    /**
     * Always `invalid`.
     */
    code: 'invalid';
    /**
     * The `X-Request-Id` of this answer.
     */
    requestId: string;
    /**
     * Everything that is wrong with the body, at least one entry.
     */
    errors: Array<FieldError>;
};

/**
 * One member of the body that was refused.
 */
export type FieldError = {
    /**
     * JSON Pointer (RFC 6901) to the member, such as `/baseUrl`. Empty for the body as a whole, and for an unknown
     * member whose name is not a plain word: such a name is not repeated.
     */
    pointer: string;
    code: FieldErrorCode;
    /**
     * What is wrong and what to do, in English, for a person. Never repeats the value that was sent.
     */
    detail: string;
};

/**
 * What went wrong. Stable; decide and translate by it.
 *
 * | status | code | meaning |
 * | --- | --- | --- |
 * | 400 | `bad_request` | the HTTP request itself is malformed, or its URL or headers are too long |
 * | 400 | `malformed_json` | the body is not exactly one JSON value in UTF-8, or names a member twice |
 * | 401 | `unauthenticated` | not signed in, or the token is not accepted |
 * | 403 | `forbidden` | sent with the session cookie, but not from the service's own origin |
 * | 403 | `unknown_user` | signed in, but the server has no such user and is told not to add any |
 * | 404 | `not_configured` | the user has no LLM settings |
 * | 404 | `not_found` | there is nothing at this path |
 * | 405 | `method_not_allowed` | the path does not take this method |
 * | 408 | `request_timeout` | the headers or the body did not arrive in time |
 * | 412 | `precondition_failed` | `If-Match` or `If-None-Match` does not hold |
 * | 413 | `payload_too_large` | the body has more than 64 KiB |
 * | 415 | `unsupported_media_type` | the body is not declared as plain `application/json` in UTF-8 |
 * | 422 | `invalid` | members of the body are refused, see `errors` |
 * | 429 | `rate_limited` | too many requests from this client, or too many changes by this user |
 * | 500 | `internal` | an error inside the service |
 * | 503 | `overloaded` | more connections, or more large requests, at once than the service takes |
 * | 503 | `database_unavailable` | the service cannot reach its database |
 * | 503 | `encryption_key_missing` | the server has no key to encrypt API keys with |
 * | 503 | `encryption_key_malformed` | the server's key to encrypt API keys with is not usable |
 * | 503 | `identity_provider_unavailable` | the keys that verify tokens could not be had yet |
 */
export const ProblemCode = {
    BAD_REQUEST: 'bad_request',
    MALFORMED_JSON: 'malformed_json',
    UNAUTHENTICATED: 'unauthenticated',
    FORBIDDEN: 'forbidden',
    UNKNOWN_USER: 'unknown_user',
    NOT_CONFIGURED: 'not_configured',
    NOT_FOUND: 'not_found',
    METHOD_NOT_ALLOWED: 'method_not_allowed',
    REQUEST_TIMEOUT: 'request_timeout',
    PRECONDITION_FAILED: 'precondition_failed',
    PAYLOAD_TOO_LARGE: 'payload_too_large',
    UNSUPPORTED_MEDIA_TYPE: 'unsupported_media_type',
    INVALID: 'invalid',
    RATE_LIMITED: 'rate_limited',
    INTERNAL: 'internal',
    OVERLOADED: 'overloaded',
    DATABASE_UNAVAILABLE: 'database_unavailable',
    ENCRYPTION_KEY_MISSING: 'encryption_key_missing',
    ENCRYPTION_KEY_MALFORMED: 'encryption_key_malformed',
    IDENTITY_PROVIDER_UNAVAILABLE: 'identity_provider_unavailable'
} as const;

/**
 * What went wrong. Stable; decide and translate by it.
 *
 * | status | code | meaning |
 * | --- | --- | --- |
 * | 400 | `bad_request` | the HTTP request itself is malformed, or its URL or headers are too long |
 * | 400 | `malformed_json` | the body is not exactly one JSON value in UTF-8, or names a member twice |
 * | 401 | `unauthenticated` | not signed in, or the token is not accepted |
 * | 403 | `forbidden` | sent with the session cookie, but not from the service's own origin |
 * | 403 | `unknown_user` | signed in, but the server has no such user and is told not to add any |
 * | 404 | `not_configured` | the user has no LLM settings |
 * | 404 | `not_found` | there is nothing at this path |
 * | 405 | `method_not_allowed` | the path does not take this method |
 * | 408 | `request_timeout` | the headers or the body did not arrive in time |
 * | 412 | `precondition_failed` | `If-Match` or `If-None-Match` does not hold |
 * | 413 | `payload_too_large` | the body has more than 64 KiB |
 * | 415 | `unsupported_media_type` | the body is not declared as plain `application/json` in UTF-8 |
 * | 422 | `invalid` | members of the body are refused, see `errors` |
 * | 429 | `rate_limited` | too many requests from this client, or too many changes by this user |
 * | 500 | `internal` | an error inside the service |
 * | 503 | `overloaded` | more connections, or more large requests, at once than the service takes |
 * | 503 | `database_unavailable` | the service cannot reach its database |
 * | 503 | `encryption_key_missing` | the server has no key to encrypt API keys with |
 * | 503 | `encryption_key_malformed` | the server's key to encrypt API keys with is not usable |
 * | 503 | `identity_provider_unavailable` | the keys that verify tokens could not be had yet |
 */
export type ProblemCode = typeof ProblemCode[keyof typeof ProblemCode];

/**
 * Why a member was refused. Stable; decide and translate by it.
 *
 * | code | member | meaning |
 * | --- | --- | --- |
 * | `required` | `provider`, `model` | missing or `null`; a blank model name |
 * | `unknown_field` | any other | this contract does not name it |
 * | `invalid_type` | any, or the whole body | the wrong JSON type |
 * | `unsupported_value` | `provider`, `model` | not a known provider; a model name with control characters |
 * | `too_long` | `model`, `baseUrl`, `apiKey` | longer than the maximum |
 * | `base_url_required` | `baseUrl` | `openai_compatible` needs one |
 * | `base_url_not_allowed` | `baseUrl` | `anthropic` takes none |
 * | `base_url_insecure` | `baseUrl` | plain `http` to a public host; use `https` |
 * | `base_url_forbidden_host` | `baseUrl` | a host that is never contacted, or that the operator forbids |
 * | `base_url_malformed` | `baseUrl` | not a URL of the accepted form |
 * | `api_key_blank` | `apiKey` | empty or whitespace only |
 * | `api_key_malformed` | `apiKey` | whitespace inside, control characters or characters outside ASCII |
 * | `api_key_masked` | `apiKey` | looks like a masked key, not like a key |
 * | `api_key_required` | `apiKey` | the destination changes while a key is stored: send its key, or `null` |
 */
export const FieldErrorCode = {
    REQUIRED: 'required',
    UNKNOWN_FIELD: 'unknown_field',
    INVALID_TYPE: 'invalid_type',
    UNSUPPORTED_VALUE: 'unsupported_value',
    TOO_LONG: 'too_long',
    BASE_URL_REQUIRED: 'base_url_required',
    BASE_URL_NOT_ALLOWED: 'base_url_not_allowed',
    BASE_URL_INSECURE: 'base_url_insecure',
    BASE_URL_FORBIDDEN_HOST: 'base_url_forbidden_host',
    BASE_URL_MALFORMED: 'base_url_malformed',
    API_KEY_BLANK: 'api_key_blank',
    API_KEY_MALFORMED: 'api_key_malformed',
    API_KEY_MASKED: 'api_key_masked',
    API_KEY_REQUIRED: 'api_key_required'
} as const;

/**
 * Why a member was refused. Stable; decide and translate by it.
 *
 * | code | member | meaning |
 * | --- | --- | --- |
 * | `required` | `provider`, `model` | missing or `null`; a blank model name |
 * | `unknown_field` | any other | this contract does not name it |
 * | `invalid_type` | any, or the whole body | the wrong JSON type |
 * | `unsupported_value` | `provider`, `model` | not a known provider; a model name with control characters |
 * | `too_long` | `model`, `baseUrl`, `apiKey` | longer than the maximum |
 * | `base_url_required` | `baseUrl` | `openai_compatible` needs one |
 * | `base_url_not_allowed` | `baseUrl` | `anthropic` takes none |
 * | `base_url_insecure` | `baseUrl` | plain `http` to a public host; use `https` |
 * | `base_url_forbidden_host` | `baseUrl` | a host that is never contacted, or that the operator forbids |
 * | `base_url_malformed` | `baseUrl` | not a URL of the accepted form |
 * | `api_key_blank` | `apiKey` | empty or whitespace only |
 * | `api_key_malformed` | `apiKey` | whitespace inside, control characters or characters outside ASCII |
 * | `api_key_masked` | `apiKey` | looks like a masked key, not like a key |
 * | `api_key_required` | `apiKey` | the destination changes while a key is stored: send its key, or `null` |
 */
export type FieldErrorCode = typeof FieldErrorCode[keyof typeof FieldErrorCode];

/**
 * Go on only if what is stored has one of these versions: an entity tag as it came in `ETag`, quotes included, or
 * several with commas between them. `*` stands for any version, that is: only if something is stored. Tags are
 * compared strongly (RFC 9110, section 8.8.3.2), so a weak one (`W/"…"`) never matches.
 */
export type IfMatch = string;

/**
 * Go on only if nothing is stored: `*`. Entity tags, as in `If-Match`, are taken too: go on only if what is stored
 * has none of these versions.
 */
export type IfNoneMatch = string;

export type DeleteLlmSettingsData = {
    body?: never;
    headers?: {
        /**
         * Go on only if what is stored has one of these versions: an entity tag as it came in `ETag`, quotes included, or
         * several with commas between them. `*` stands for any version, that is: only if something is stored. Tags are
         * compared strongly (RFC 9110, section 8.8.3.2), so a weak one (`W/"…"`) never matches.
         */
        'If-Match'?: string;
        /**
         * Go on only if nothing is stored: `*`. Entity tags, as in `If-Match`, are taken too: go on only if what is stored
         * has none of these versions.
         */
        'If-None-Match'?: string;
    };
    path?: never;
    query?: never;
    url: '/api/settings/llm';
};

export type DeleteLlmSettingsErrors = {
    /**
     * The HTTP request itself is malformed: the request line, a header, or a body whose end is contradictory or missing.
     * Also when the URL or the headers together are longer than the server reads. The connection may be closed.
     */
    400: Problem & {
        status?: 400;
        code?: 'bad_request';
    };
    /**
     * Not signed in: no token, one that is not accepted, or more than one `Authorization` header. Which check failed is
     * not said. Sign in again; the same token fails again.
     */
    401: Problem & {
        status?: 401;
        code?: 'unauthenticated';
    };
    /**
     * Sent with the session cookie, and neither `Origin` nor `Sec-Fetch-Site` shows the service's own origin.
     */
    403: Problem & {
        status?: 403;
        code?: 'forbidden';
    };
    /**
     * The headers or the body did not arrive in the time the operator gives them. Nothing was done; the connection is
     * closed. Whoever has sent nothing of a request yet is not told.
     */
    408: Problem & {
        status?: 408;
        code?: 'request_timeout';
    };
    /**
     * `If-Match` or `If-None-Match` does not hold for what is stored. Nothing changed. Read the settings again, then
     * decide.
     */
    412: Problem & {
        status?: 412;
        code?: 'precondition_failed';
    };
    /**
     * The body has more than 64 KiB. GET and DELETE take no body, but answer this too when one of that size is
     * announced. The connection may be closed.
     */
    413: Problem & {
        status?: 413;
        code?: 'payload_too_large';
    };
    /**
     * The body is not declared as `application/json` in UTF-8, or has a `Content-Encoding`. GET and DELETE take no body,
     * but answer this too when an encoded one is announced.
     */
    415: Problem & {
        status?: 415;
        code?: 'unsupported_media_type';
    };
    /**
     * Too many requests from this client, or too many changes by this user. Nothing was done. Wait as long as
     * `Retry-After` says: then there is room for one.
     */
    429: Problem & {
        status?: 429;
        code?: 'rate_limited';
    };
    /**
     * An error inside the service. The server's log has its cause under the `requestId`; the answer does not.
     */
    500: Problem & {
        status?: 500;
        code?: 'internal';
    };
    /**
     * The service cannot answer now: it cannot reach its database, has not yet got the keys that verify tokens, or has too
     * much to do at once. It recovers by itself; wait as long as `Retry-After` says.
     */
    503: Problem & {
        status?: 503;
        code?: 'overloaded' | 'database_unavailable' | 'identity_provider_unavailable';
    };
};

export type DeleteLlmSettingsError = DeleteLlmSettingsErrors[keyof DeleteLlmSettingsErrors];

export type DeleteLlmSettingsResponses = {
    /**
     * Nothing is stored any more.
     */
    204: void;
};

export type DeleteLlmSettingsResponse = DeleteLlmSettingsResponses[keyof DeleteLlmSettingsResponses];

export type GetLlmSettingsData = {
    body?: never;
    path?: never;
    query?: never;
    url: '/api/settings/llm';
};

export type GetLlmSettingsErrors = {
    /**
     * The HTTP request itself is malformed: the request line, a header, or a body whose end is contradictory or missing.
     * Also when the URL or the headers together are longer than the server reads. The connection may be closed.
     */
    400: Problem & {
        status?: 400;
        code?: 'bad_request';
    };
    /**
     * Not signed in: no token, one that is not accepted, or more than one `Authorization` header. Which check failed is
     * not said. Sign in again; the same token fails again.
     */
    401: Problem & {
        status?: 401;
        code?: 'unauthenticated';
    };
    /**
     * The user has no LLM settings. PUT makes them.
     */
    404: Problem & {
        status?: 404;
        code?: 'not_configured';
    };
    /**
     * The headers or the body did not arrive in the time the operator gives them. Nothing was done; the connection is
     * closed. Whoever has sent nothing of a request yet is not told.
     */
    408: Problem & {
        status?: 408;
        code?: 'request_timeout';
    };
    /**
     * The body has more than 64 KiB. GET and DELETE take no body, but answer this too when one of that size is
     * announced. The connection may be closed.
     */
    413: Problem & {
        status?: 413;
        code?: 'payload_too_large';
    };
    /**
     * The body is not declared as `application/json` in UTF-8, or has a `Content-Encoding`. GET and DELETE take no body,
     * but answer this too when an encoded one is announced.
     */
    415: Problem & {
        status?: 415;
        code?: 'unsupported_media_type';
    };
    /**
     * Too many requests from this client, or too many changes by this user. Nothing was done. Wait as long as
     * `Retry-After` says: then there is room for one.
     */
    429: Problem & {
        status?: 429;
        code?: 'rate_limited';
    };
    /**
     * An error inside the service. The server's log has its cause under the `requestId`; the answer does not.
     */
    500: Problem & {
        status?: 500;
        code?: 'internal';
    };
    /**
     * The service cannot answer now: it cannot reach its database, has not yet got the keys that verify tokens, or has too
     * much to do at once. It recovers by itself; wait as long as `Retry-After` says.
     */
    503: Problem & {
        status?: 503;
        code?: 'overloaded' | 'database_unavailable' | 'identity_provider_unavailable';
    };
};

export type GetLlmSettingsError = GetLlmSettingsErrors[keyof GetLlmSettingsErrors];

export type GetLlmSettingsResponses = {
    /**
     * The settings.
     */
    200: LlmSettings;
};

export type GetLlmSettingsResponse = GetLlmSettingsResponses[keyof GetLlmSettingsResponses];

export type PutLlmSettingsData = {
    /**
     * The settings to store.
     */
    body: LlmSettingsUpdate;
    headers?: {
        /**
         * Go on only if what is stored has one of these versions: an entity tag as it came in `ETag`, quotes included, or
         * several with commas between them. `*` stands for any version, that is: only if something is stored. Tags are
         * compared strongly (RFC 9110, section 8.8.3.2), so a weak one (`W/"…"`) never matches.
         */
        'If-Match'?: string;
        /**
         * Go on only if nothing is stored: `*`. Entity tags, as in `If-Match`, are taken too: go on only if what is stored
         * has none of these versions.
         */
        'If-None-Match'?: string;
    };
    path?: never;
    query?: never;
    url: '/api/settings/llm';
};

export type PutLlmSettingsErrors = {
    /**
     * - `bad_request`: the HTTP request itself is malformed: the request line, a header, or a body whose end is
     * contradictory or missing. Also when the URL or the headers together are longer than the server reads. The
     * connection may be closed.
     * - `malformed_json`: the body is empty, is not JSON in UTF-8, names a member twice, is nested too deep, or goes on
     * after the object.
     */
    400: Problem & {
        status?: 400;
        code?: 'bad_request' | 'malformed_json';
    };
    /**
     * Not signed in: no token, one that is not accepted, or more than one `Authorization` header. Which check failed is
     * not said. Sign in again; the same token fails again.
     */
    401: Problem & {
        status?: 401;
        code?: 'unauthenticated';
    };
    /**
     * - `forbidden`: sent with the session cookie, and neither `Origin` nor `Sec-Fetch-Site` shows the service's own
     * origin.
     * - `unknown_user`: the server has no such user, and its operator has switched off adding users on their first PUT.
     */
    403: Problem & {
        status?: 403;
        code?: 'forbidden' | 'unknown_user';
    };
    /**
     * The headers or the body did not arrive in the time the operator gives them. Nothing was done; the connection is
     * closed. Whoever has sent nothing of a request yet is not told.
     */
    408: Problem & {
        status?: 408;
        code?: 'request_timeout';
    };
    /**
     * `If-Match` or `If-None-Match` does not hold for what is stored. Nothing changed. Read the settings again, then
     * decide.
     */
    412: Problem & {
        status?: 412;
        code?: 'precondition_failed';
    };
    /**
     * The body has more than 64 KiB. GET and DELETE take no body, but answer this too when one of that size is
     * announced. The connection may be closed.
     */
    413: Problem & {
        status?: 413;
        code?: 'payload_too_large';
    };
    /**
     * The body is not declared as `application/json` in UTF-8, or has a `Content-Encoding`. GET and DELETE take no body,
     * but answer this too when an encoded one is announced.
     */
    415: Problem & {
        status?: 415;
        code?: 'unsupported_media_type';
    };
    /**
     * Members of the body are refused; `errors` lists them all. Nothing changed.
     *
     * `api_key_required` stands alone: it is found when everything else is valid.
     */
    422: ValidationProblem;
    /**
     * Too many requests from this client, or too many changes by this user. Nothing was done. Wait as long as
     * `Retry-After` says: then there is room for one.
     */
    429: Problem & {
        status?: 429;
        code?: 'rate_limited';
    };
    /**
     * An error inside the service. The server's log has its cause under the `requestId`; the answer does not.
     */
    500: Problem & {
        status?: 500;
        code?: 'internal';
    };
    /**
     * The service cannot save now. Nothing changed.
     *
     * - `overloaded`, `database_unavailable`, `identity_provider_unavailable`: it recovers by itself; wait as long as
     * `Retry-After` says.
     * - `encryption_key_missing`, `encryption_key_malformed`: an operator must set the server's encryption key. Only a PUT
     * that sets an API key needs it; one that keeps, removes or never had a key can go through meanwhile.
     */
    503: Problem & {
        status?: 503;
        code?: 'overloaded' | 'database_unavailable' | 'identity_provider_unavailable' | 'encryption_key_missing' | 'encryption_key_malformed';
    };
};

export type PutLlmSettingsError = PutLlmSettingsErrors[keyof PutLlmSettingsErrors];

export type PutLlmSettingsResponses = {
    /**
     * Saved; settings stored before were replaced.
     */
    200: LlmSettings;
    /**
     * Saved; nothing was stored before.
     */
    201: LlmSettings;
};

export type PutLlmSettingsResponse = PutLlmSettingsResponses[keyof PutLlmSettingsResponses];
