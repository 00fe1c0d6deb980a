// @ts-nocheck

export type ClientOptions = {
    baseUrl: `${string}://${string}` | (string & {});
};

/**
 * The stored settings, without the API key. More members may be added.
 */
export type LlmSettings = ({
    provider: 'anthropic';
} & AnthropicSettings) | ({
    provider: 'openai_compatible';
} & OpenAiCompatibleSettings);

/**
 * The agent talks to Anthropic's API.
 */
export type AnthropicSettings = {
    /**
     * Always `anthropic`.
     */
    provider: 'anthropic';
    /**
     * The model's name as the provider spells it.
     */
    model: string;
    /**
     * Where the API is, without `/v1`; `null` for Anthropic's own address.
     */
    baseUrl: string | null;
    /**
     * Whether an API key is stored.
     */
    keyConfigured: boolean;
};

/**
 * The agent talks to a server with OpenAI's chat API, hosted or local.
 */
export type OpenAiCompatibleSettings = {
    /**
     * Always `openai_compatible`.
     */
    provider: 'openai_compatible';
    /**
     * The model's name as the provider spells it.
     */
    model: string;
    /**
     * Where the server is, up to and without `/chat/completions`.
     */
    baseUrl: string;
    /**
     * Whether an API key is stored.
     */
    keyConfigured: boolean;
};

/**
 * How it went to try LLM settings. More members may be added.
 */
export type LlmCheck = {
    /**
     * | verdict | meaning |
     * | --- | --- |
     * | `works` | the key is accepted or none is needed, and the model is listed |
     * | `fails` | the user has to change something |
     * | `unsure` | nothing wrong was found, but not everything could be judged |
     */
    verdict: 'works' | 'fails' | 'unsure';
    /**
     * Why the settings fail, or why that is not sure; `null` when `key` and `model` say all there is.
     *
     * | reason | verdict | meaning |
     * | --- | --- | --- |
     * | `name_not_found` | `fails` | the host name has no address |
     * | `connection_refused` | `fails` | nothing listens at the address |
     * | `timeout` | `fails` | there is no complete answer within 5 seconds |
     * | `tls` | `fails` | the certificate does not fit the host, has expired or is not trusted |
     * | `address_not_allowed` | `fails` | the service may not connect to the address of the host |
     * | `redirected` | `fails` | the provider answers with a redirect, which is not followed |
     * | `not_an_llm` | `fails` | something other than an LLM service answers at the address |
     * | `no_model_list` | `unsure` | the provider answers, but has no list of models, or one that is too large |
     * | `key_refused` | `fails` | the provider does not accept the key, or wants one and none was sent |
     * | `key_not_permitted` | `unsure` | the key may not list models; it may still do for a chat |
     * | `key_unreadable` | `fails` | the server can no longer decrypt the stored key: enter it again |
     * | `no_credit` | `fails` | the account has no credit |
     * | `rate_limited` | `unsure` | the provider answers that there were too many requests |
     * | `provider_error` | `unsure` | the provider answers with an error of its own |
     */
    reason: 'name_not_found' | 'connection_refused' | 'timeout' | 'tls' | 'address_not_allowed' | 'redirected' | 'not_an_llm' | 'no_model_list' | 'key_refused' | 'key_not_permitted' | 'key_unreadable' | 'no_credit' | 'rate_limited' | 'provider_error' | null;
    /**
     * | key | meaning |
     * | --- | --- |
     * | `accepted` | the provider accepts the key |
     * | `refused` | the provider does not accept the key |
     * | `unjudged` | the provider answers without a key as well, says nothing of the key, or was not reached |
     * | `none` | no key was sent |
     */
    key: 'accepted' | 'refused' | 'unjudged' | 'none';
    /**
     * | model | meaning |
     * | --- | --- |
     * | `listed` | the provider lists the model, perhaps with a prefix such as `models/`, with `:latest` at its end, or at Anthropic with its date |
     * | `not_listed` | the list does not have the model |
     * | `unjudged` | there is no list |
     */
    model: 'listed' | 'not_listed' | 'unjudged';
    /**
     * The models that the provider lists, at most 1,000 of 64 Ki characters in all; empty when it lists none or was not
     * asked. Names that the settings cannot have as `model` are left out.
     */
    models: Array<string>;
};

/**
 * What is known of the stored key. More members may be added.
 */
export type LlmStatus = {
    /**
     * | key | meaning |
     * | --- | --- |
     * | `none` | no key is stored |
     * | `stored` | a key is stored |
     * | `unreadable` | a key is stored, but the server does not have the encryption key that sealed it: enter the API key again |
     */
    key: 'none' | 'stored' | 'unreadable';
    /**
     * When the agent last reported a use of these settings, at most an hour late; `null` before the first report.
     */
    lastUsedAt: string | null;
    /**
     * How the provider took the settings then; `null` before the first report.
     *
     * | outcome | meaning |
     * | --- | --- |
     * | `accepted` | the provider did what the agent asked for |
     * | `refused` | the provider does not accept the key |
     * | `no_credit` | the account has no credit |
     */
    lastOutcome: 'accepted' | 'refused' | 'no_credit' | null;
    /**
     * When the agent reported that; `null` before the first report.
     */
    lastOutcomeAt: string | null;
};

/**
 * The settings to store. Members that are not named here are refused.
 */
export type LlmSettingsUpdate = ({
    provider: 'anthropic';
} & AnthropicSettingsUpdate) | ({
    provider: 'openai_compatible';
} & OpenAiCompatibleSettingsUpdate);

/**
 * Anthropic's API, at its own address unless there is a `baseUrl`. Can be saved without a key; `keyConfigured` is then
 * `false`, and the agent has nothing to sign in with until a key follows.
 */
export type AnthropicSettingsUpdate = {
    /**
     * Always `anthropic`.
     */
    provider: 'anthropic';
    model: ModelName;
    /**
     * Where the API is: what stands before `/v1`, as in `ANTHROPIC_BASE_URL`. Absent or `null`: Anthropic's own address,
     * `https://api.anthropic.com`, which an operator may forbid as any other. Otherwise as for `openai_compatible`.
     */
    baseUrl?: string | null;
    apiKey?: ApiKeyChange;
};

/**
 * Any server with OpenAI's chat API, hosted or local. Complete without a key for a server that asks for none, such as a
 * local Ollama.
 */
export type OpenAiCompatibleSettingsUpdate = {
    /**
     * Always `openai_compatible`.
     */
    provider: 'openai_compatible';
    model: ModelName;
    /**
     * Where the server is, up to and without `/chat/completions`. Stored and returned as sent, after unseen characters
     * around it and one trailing slash are taken off. The address of a single call (`/chat/completions`,
     * `/completions`, `/responses`, `/embeddings`, `/messages`, `/models` after a version) is refused.
     *
     * `https` goes to any host. Plain `http` goes only to this machine and to private networks: `localhost`, loopback
     * and private addresses, names of a single label such as `ollama`, names under `.local`, `.internal`, `.lan`,
     * `.home.arpa`, `.svc`, `.svc.cluster.local` or `.ts.net`, and hosts that the operator lists. An operator can limit
     * all addresses to a list of hosts.
     *
     * Always refused: user name or password, query and fragment; addresses that are unspecified, link-local,
     * multicast or of a cloud's metadata service; IPv4 addresses in any form but four plain decimal numbers; host
     * names with a trailing dot, percent signs or characters outside ASCII (write those as `xn--…`); underscores in
     * names that are not private.
     */
    baseUrl: string;
    apiKey?: ApiKeyChange;
};

/**
 * The model's name as the provider spells it. Any name is taken, without a list to check it against. Spaces and unseen
 * characters around it are taken off; inside it unseen and control characters are refused.
 */
export type ModelName = string;

/**
 * The provider's API key. A string stores it, **leaving it out keeps the stored one**, `null` removes the stored one. It
 * is never returned.
 *
 * Of the clients that openapi-generator makes, Dart sends `null` for a member that is not set, which removes the stored
 * key: remove null members from what it sends. Kotlin, Swift and Java with okhttp-gson leave a `null` out, which keeps
 * the stored key: use `DELETE /api/settings/llm/api-key` to remove it. In Java (native), Python, Go, C#, PHP, Rust and
 * TypeScript both can be said.
 *
 * Visible ASCII characters only; spaces, tabs and line breaks around them are taken off and refused inside. No prefix is
 * demanded. Refused is what stands in a key's place (masks such as `****` and `sk-...`, placeholders such as
 * `YOUR_API_KEY`, names of variables) and a key with something around it (quotes, `Bearer`, `NAME=`). An empty string is
 * refused too: it neither keeps nor removes a key.
 */
export type ApiKeyChange = string | null;

/**
 * An error (RFC 9457). Decide by `code`, and by the status when the code is not known: codes are stable, and more may be
 * added. A proxy between client and service may answer something else entirely.
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
     * What happened and what to do, in English, for a person. Never repeats a value of the body.
     */
    detail: string;
    code: ProblemCode;
    /**
     * The `X-Request-Id` of this answer. The server's log has more under it.
     */
    requestId: string;
};

/**
 * The body of a PUT or of a check was refused; `errors` says why. Nothing changed.
 */
export type ValidationProblem = Problem & {
    /**
     * What is wrong with the body. Of the members that this contract does not name, only the first 16 are listed.
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
 * | 403 | `unknown_user` | signed in, but the server has no such user and does not add one |
 * | 404 | `not_configured` | the user has no LLM settings |
 * | 404 | `not_found` | there is nothing at this path |
 * | 405 | `method_not_allowed` | the path does not take this method |
 * | 412 | `precondition_failed` | `If-Match` or `If-None-Match` does not hold |
 * | 413 | `payload_too_large` | the body has more than 64 KiB |
 * | 415 | `unsupported_media_type` | the body is not declared as plain `application/json` in UTF-8 |
 * | 422 | `invalid` | members of the body are refused, see `errors` |
 * | 429 | `rate_limited` | too many changes by this user, or too many checks |
 * | 500 | `internal` | an error inside the service |
 * | 503 | `database_unavailable` | the service cannot use its database |
 * | 503 | `encryption_key_missing` | the server has no key to encrypt API keys with |
 * | 503 | `encryption_key_malformed` | the server's key to encrypt API keys with is not usable |
 * | 503 | `encryption_key_foreign` | the server's key to encrypt API keys with is not one of its database |
 * | 503 | `encryption_key_retired` | the server's key to encrypt API keys with was replaced |
 * | 503 | `identity_provider_unavailable` | the keys that verify tokens could not be had yet |
 * | 505 | `http_version_not_supported` | the request is HTTP/1.0 |
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
    PRECONDITION_FAILED: 'precondition_failed',
    PAYLOAD_TOO_LARGE: 'payload_too_large',
    UNSUPPORTED_MEDIA_TYPE: 'unsupported_media_type',
    INVALID: 'invalid',
    RATE_LIMITED: 'rate_limited',
    INTERNAL: 'internal',
    DATABASE_UNAVAILABLE: 'database_unavailable',
    ENCRYPTION_KEY_MISSING: 'encryption_key_missing',
    ENCRYPTION_KEY_MALFORMED: 'encryption_key_malformed',
    ENCRYPTION_KEY_FOREIGN: 'encryption_key_foreign',
    ENCRYPTION_KEY_RETIRED: 'encryption_key_retired',
    IDENTITY_PROVIDER_UNAVAILABLE: 'identity_provider_unavailable',
    HTTP_VERSION_NOT_SUPPORTED: 'http_version_not_supported'
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
 * | 403 | `unknown_user` | signed in, but the server has no such user and does not add one |
 * | 404 | `not_configured` | the user has no LLM settings |
 * | 404 | `not_found` | there is nothing at this path |
 * | 405 | `method_not_allowed` | the path does not take this method |
 * | 412 | `precondition_failed` | `If-Match` or `If-None-Match` does not hold |
 * | 413 | `payload_too_large` | the body has more than 64 KiB |
 * | 415 | `unsupported_media_type` | the body is not declared as plain `application/json` in UTF-8 |
 * | 422 | `invalid` | members of the body are refused, see `errors` |
 * | 429 | `rate_limited` | too many changes by this user, or too many checks |
 * | 500 | `internal` | an error inside the service |
 * | 503 | `database_unavailable` | the service cannot use its database |
 * | 503 | `encryption_key_missing` | the server has no key to encrypt API keys with |
 * | 503 | `encryption_key_malformed` | the server's key to encrypt API keys with is not usable |
 * | 503 | `encryption_key_foreign` | the server's key to encrypt API keys with is not one of its database |
 * | 503 | `encryption_key_retired` | the server's key to encrypt API keys with was replaced |
 * | 503 | `identity_provider_unavailable` | the keys that verify tokens could not be had yet |
 * | 505 | `http_version_not_supported` | the request is HTTP/1.0 |
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
 * | `unsupported_value` | `provider`, `model` | not a known provider; a model name with control or unseen characters |
 * | `too_long` | `model`, `baseUrl`, `apiKey` | longer than the maximum |
 * | `base_url_required` | `baseUrl` | missing for `openai_compatible`, or blank for either provider |
 * | `base_url_insecure` | `baseUrl` | plain `http` to a public host; use `https` |
 * | `base_url_forbidden_host` | `baseUrl` | a host that is never contacted, or that the operator forbids; without a `baseUrl`, Anthropic's own is meant |
 * | `base_url_endpoint` | `baseUrl` | the address of a single call; the detail says what to cut off |
 * | `base_url_malformed` | `baseUrl` | not a URL of the accepted form |
 * | `api_key_blank` | `apiKey` | empty or whitespace only |
 * | `api_key_malformed` | `apiKey` | whitespace inside, control or non-ASCII characters, or quotes, `Bearer` or `NAME=` around the key |
 * | `api_key_masked` | `apiKey` | a mask, a placeholder or the name of a variable, not a key |
 * | `api_key_required` | `apiKey` | the destination changes while a key is stored: send its key, or `null` |
 */
export const FieldErrorCode = {
    REQUIRED: 'required',
    UNKNOWN_FIELD: 'unknown_field',
    INVALID_TYPE: 'invalid_type',
    UNSUPPORTED_VALUE: 'unsupported_value',
    TOO_LONG: 'too_long',
    BASE_URL_REQUIRED: 'base_url_required',
    BASE_URL_INSECURE: 'base_url_insecure',
    BASE_URL_FORBIDDEN_HOST: 'base_url_forbidden_host',
    BASE_URL_ENDPOINT: 'base_url_endpoint',
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
 * | `unsupported_value` | `provider`, `model` | not a known provider; a model name with control or unseen characters |
 * | `too_long` | `model`, `baseUrl`, `apiKey` | longer than the maximum |
 * | `base_url_required` | `baseUrl` | missing for `openai_compatible`, or blank for either provider |
 * | `base_url_insecure` | `baseUrl` | plain `http` to a public host; use `https` |
 * | `base_url_forbidden_host` | `baseUrl` | a host that is never contacted, or that the operator forbids; without a `baseUrl`, Anthropic's own is meant |
 * | `base_url_endpoint` | `baseUrl` | the address of a single call; the detail says what to cut off |
 * | `base_url_malformed` | `baseUrl` | not a URL of the accepted form |
 * | `api_key_blank` | `apiKey` | empty or whitespace only |
 * | `api_key_malformed` | `apiKey` | whitespace inside, control or non-ASCII characters, or quotes, `Bearer` or `NAME=` around the key |
 * | `api_key_masked` | `apiKey` | a mask, a placeholder or the name of a variable, not a key |
 * | `api_key_required` | `apiKey` | the destination changes while a key is stored: send its key, or `null` |
 */
export type FieldErrorCode = typeof FieldErrorCode[keyof typeof FieldErrorCode];

/**
 * Change only this version: an entity tag as it came in `ETag`, quotes included, or several with commas between them.
 * `*` stands for any version: only if settings are stored. What a compressing proxy adds to a tag (`W/` before it, a
 * suffix such as `-gzip`) is ignored. When the condition does not hold, the answer is 412 and nothing changes. Without a
 * condition the last write wins. A header that cannot be read is 400 `bad_request`.
 */
export type IfMatch = string;

/**
 * `*`: change only if no settings are stored. Entity tags, as in `If-Match`: change only if what is stored has none of
 * these versions.
 */
export type IfNoneMatch = string;

export type DeleteLlmSettingsData = {
    body?: never;
    headers?: {
        /**
         * Change only this version: an entity tag as it came in `ETag`, quotes included, or several with commas between them.
         * `*` stands for any version: only if settings are stored. What a compressing proxy adds to a tag (`W/` before it, a
         * suffix such as `-gzip`) is ignored. When the condition does not hold, the answer is 412 and nothing changes. Without a
         * condition the last write wins. A header that cannot be read is 400 `bad_request`.
         */
        'If-Match'?: string;
        /**
         * `*`: change only if no settings are stored. Entity tags, as in `If-Match`: change only if what is stored has none of
         * these versions.
         */
        'If-None-Match'?: string;
    };
    path?: never;
    query?: never;
    url: '/api/settings/llm';
};

export type DeleteLlmSettingsErrors = {
    /**
     * `unauthenticated`: no token, or one that is not accepted. Which check failed is not said. Sign in again; the same token
     * fails again.
     */
    401: Problem;
    /**
     * - `forbidden`: sent with the session cookie, and neither `Origin` nor `Sec-Fetch-Site` shows the service's own origin.
     * - `unknown_user`, for PUT: the server has no such user and does not add one.
     */
    403: Problem;
    /**
     * `precondition_failed`: `If-Match` or `If-None-Match` does not hold for what is stored. Nothing changed. Read the
     * settings again, then decide.
     */
    412: Problem;
    /**
     * `rate_limited`: too many changes, or too many checks. Nothing was done. Wait as many seconds as `Retry-After` says, then
     * send it again. A user may check 10 times a minute, and a replica runs 8 checks at once, 2 of them for one user. A change
     * or a check that ends in another error, such as 412 or 422, counts as well.
     */
    429: Problem;
    /**
     * The service cannot answer now. It recovers by itself, unless `detail` says that the operator has to act. Wait as many
     * seconds as `Retry-After` says.
     *
     * - `database_unavailable`: it cannot use its database. What a DELETE asked for may have been done all the same.
     * - `identity_provider_unavailable`: it has not got the keys that verify tokens yet.
     */
    503: Problem;
    /**
     * Any other error. Clients go by the status when they do not know the `code`.
     *
     * - 400 `bad_request`: the HTTP request itself is malformed, or its URL or headers are too long.
     * - 404 `not_found`: there is nothing at this path.
     * - 405 `method_not_allowed`: the path takes other methods; `Allow` lists them.
     * - 413 `payload_too_large`, 415 `unsupported_media_type`: a large or encoded body in a request that takes none.
     * - 500 `internal`: an error inside the service. The server's log has its cause under the `requestId`. Send the request
     * again once, after a pause; then report the `requestId`.
     * - 505 `http_version_not_supported`: a proxy in front sends HTTP/1.0. nginx needs `proxy_http_version 1.1`.
     */
    default: Problem;
};

export type DeleteLlmSettingsError = DeleteLlmSettingsErrors[keyof DeleteLlmSettingsErrors];

export type DeleteLlmSettingsResponses = {
    /**
     * It is not stored any more.
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
     * `unauthenticated`: no token, or one that is not accepted. Which check failed is not said. Sign in again; the same token
     * fails again.
     */
    401: Problem;
    /**
     * `not_configured`: the user has no LLM settings. PUT makes them.
     */
    404: Problem;
    /**
     * The service cannot answer now. It recovers by itself, unless `detail` says that the operator has to act. Wait as many
     * seconds as `Retry-After` says.
     *
     * - `database_unavailable`: it cannot use its database. What a DELETE asked for may have been done all the same.
     * - `identity_provider_unavailable`: it has not got the keys that verify tokens yet.
     */
    503: Problem;
    /**
     * Any other error. Clients go by the status when they do not know the `code`.
     *
     * - 400 `bad_request`: the HTTP request itself is malformed, or its URL or headers are too long.
     * - 404 `not_found`: there is nothing at this path.
     * - 405 `method_not_allowed`: the path takes other methods; `Allow` lists them.
     * - 413 `payload_too_large`, 415 `unsupported_media_type`: a large or encoded body in a request that takes none.
     * - 500 `internal`: an error inside the service. The server's log has its cause under the `requestId`. Send the request
     * again once, after a pause; then report the `requestId`.
     * - 505 `http_version_not_supported`: a proxy in front sends HTTP/1.0. nginx needs `proxy_http_version 1.1`.
     */
    default: Problem;
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
     * The settings to store, at most 64 KiB.
     */
    body: LlmSettingsUpdate;
    headers?: {
        /**
         * Change only this version: an entity tag as it came in `ETag`, quotes included, or several with commas between them.
         * `*` stands for any version: only if settings are stored. What a compressing proxy adds to a tag (`W/` before it, a
         * suffix such as `-gzip`) is ignored. When the condition does not hold, the answer is 412 and nothing changes. Without a
         * condition the last write wins. A header that cannot be read is 400 `bad_request`.
         */
        'If-Match'?: string;
        /**
         * `*`: change only if no settings are stored. Entity tags, as in `If-Match`: change only if what is stored has none of
         * these versions.
         */
        'If-None-Match'?: string;
    };
    path?: never;
    query?: never;
    url: '/api/settings/llm';
};

export type PutLlmSettingsErrors = {
    /**
     * - `malformed_json`: the body is empty, is not JSON in UTF-8, names a member twice, is nested too deep, or goes on
     * after the object.
     * - `bad_request`: a header cannot be read, or the HTTP request itself is malformed. The connection may be closed.
     */
    400: Problem;
    /**
     * `unauthenticated`: no token, or one that is not accepted. Which check failed is not said. Sign in again; the same token
     * fails again.
     */
    401: Problem;
    /**
     * - `forbidden`: sent with the session cookie, and neither `Origin` nor `Sec-Fetch-Site` shows the service's own origin.
     * - `unknown_user`, for PUT: the server has no such user and does not add one.
     */
    403: Problem;
    /**
     * `precondition_failed`: `If-Match` or `If-None-Match` does not hold for what is stored. Nothing changed. Read the
     * settings again, then decide.
     */
    412: Problem;
    /**
     * `payload_too_large`: the body has more than 64 KiB. The connection may be closed.
     */
    413: Problem;
    /**
     * `unsupported_media_type`: the body is not declared as `application/json` in UTF-8, or has a `Content-Encoding`.
     */
    415: Problem;
    /**
     * `invalid`: members of the body are refused; `errors` lists them, at most 20. Nothing changed. `api_key_required` stands
     * alone: it is found when everything else is valid.
     */
    422: ValidationProblem;
    /**
     * `rate_limited`: too many changes, or too many checks. Nothing was done. Wait as many seconds as `Retry-After` says, then
     * send it again. A user may check 10 times a minute, and a replica runs 8 checks at once, 2 of them for one user. A change
     * or a check that ends in another error, such as 412 or 422, counts as well.
     */
    429: Problem;
    /**
     * The service cannot save now.
     *
     * - `database_unavailable`, `identity_provider_unavailable`: it recovers by itself, unless `detail` says that the
     * operator has to act. Wait as many seconds as `Retry-After` says.
     * - `encryption_key_missing`, `encryption_key_malformed`: an operator has to set the server's encryption key. Settings
     * without an API key can be saved meanwhile.
     * - `encryption_key_foreign`, `encryption_key_retired`: the server's encryption key is not one of its database, or was
     * replaced. An operator has to configure a key of this database.
     *
     * With `database_unavailable` the change may have been made all the same. With any other of these codes nothing changed.
     * The `encryption_key_…` problems have no `Retry-After`, since waiting does not end them.
     */
    503: Problem;
    /**
     * Any other error. Clients go by the status when they do not know the `code`.
     *
     * - 400 `bad_request`: the HTTP request itself is malformed, or its URL or headers are too long.
     * - 404 `not_found`: there is nothing at this path.
     * - 405 `method_not_allowed`: the path takes other methods; `Allow` lists them.
     * - 413 `payload_too_large`, 415 `unsupported_media_type`: a large or encoded body in a request that takes none.
     * - 500 `internal`: an error inside the service. The server's log has its cause under the `requestId`. Send the request
     * again once, after a pause; then report the `requestId`.
     * - 505 `http_version_not_supported`: a proxy in front sends HTTP/1.0. nginx needs `proxy_http_version 1.1`.
     */
    default: Problem;
};

export type PutLlmSettingsError = PutLlmSettingsErrors[keyof PutLlmSettingsErrors];

export type PutLlmSettingsResponses = {
    /**
     * Saved; stored settings were replaced.
     */
    200: LlmSettings;
    /**
     * Saved; nothing was stored before.
     */
    201: LlmSettings;
};

export type PutLlmSettingsResponse = PutLlmSettingsResponses[keyof PutLlmSettingsResponses];

export type DeleteLlmApiKeyData = {
    body?: never;
    headers?: {
        /**
         * Change only this version: an entity tag as it came in `ETag`, quotes included, or several with commas between them.
         * `*` stands for any version: only if settings are stored. What a compressing proxy adds to a tag (`W/` before it, a
         * suffix such as `-gzip`) is ignored. When the condition does not hold, the answer is 412 and nothing changes. Without a
         * condition the last write wins. A header that cannot be read is 400 `bad_request`.
         */
        'If-Match'?: string;
        /**
         * `*`: change only if no settings are stored. Entity tags, as in `If-Match`: change only if what is stored has none of
         * these versions.
         */
        'If-None-Match'?: string;
    };
    path?: never;
    query?: never;
    url: '/api/settings/llm/api-key';
};

export type DeleteLlmApiKeyErrors = {
    /**
     * `unauthenticated`: no token, or one that is not accepted. Which check failed is not said. Sign in again; the same token
     * fails again.
     */
    401: Problem;
    /**
     * - `forbidden`: sent with the session cookie, and neither `Origin` nor `Sec-Fetch-Site` shows the service's own origin.
     * - `unknown_user`, for PUT: the server has no such user and does not add one.
     */
    403: Problem;
    /**
     * `precondition_failed`: `If-Match` or `If-None-Match` does not hold for what is stored. Nothing changed. Read the
     * settings again, then decide.
     */
    412: Problem;
    /**
     * `rate_limited`: too many changes, or too many checks. Nothing was done. Wait as many seconds as `Retry-After` says, then
     * send it again. A user may check 10 times a minute, and a replica runs 8 checks at once, 2 of them for one user. A change
     * or a check that ends in another error, such as 412 or 422, counts as well.
     */
    429: Problem;
    /**
     * The service cannot answer now. It recovers by itself, unless `detail` says that the operator has to act. Wait as many
     * seconds as `Retry-After` says.
     *
     * - `database_unavailable`: it cannot use its database. What a DELETE asked for may have been done all the same.
     * - `identity_provider_unavailable`: it has not got the keys that verify tokens yet.
     */
    503: Problem;
    /**
     * Any other error. Clients go by the status when they do not know the `code`.
     *
     * - 400 `bad_request`: the HTTP request itself is malformed, or its URL or headers are too long.
     * - 404 `not_found`: there is nothing at this path.
     * - 405 `method_not_allowed`: the path takes other methods; `Allow` lists them.
     * - 413 `payload_too_large`, 415 `unsupported_media_type`: a large or encoded body in a request that takes none.
     * - 500 `internal`: an error inside the service. The server's log has its cause under the `requestId`. Send the request
     * again once, after a pause; then report the `requestId`.
     * - 505 `http_version_not_supported`: a proxy in front sends HTTP/1.0. nginx needs `proxy_http_version 1.1`.
     */
    default: Problem;
};

export type DeleteLlmApiKeyError = DeleteLlmApiKeyErrors[keyof DeleteLlmApiKeyErrors];

export type DeleteLlmApiKeyResponses = {
    /**
     * It is not stored any more.
     */
    204: void;
};

export type DeleteLlmApiKeyResponse = DeleteLlmApiKeyResponses[keyof DeleteLlmApiKeyResponses];

export type CheckLlmSettingsData = {
    /**
     * The settings to try, at most 64 KiB. Without a body the stored settings are tried.
     */
    body?: LlmSettingsUpdate;
    path?: never;
    query?: never;
    url: '/api/settings/llm/check';
};

export type CheckLlmSettingsErrors = {
    /**
     * - `malformed_json`: the body is empty, is not JSON in UTF-8, names a member twice, is nested too deep, or goes on
     * after the object.
     * - `bad_request`: a header cannot be read, or the HTTP request itself is malformed. The connection may be closed.
     */
    400: Problem;
    /**
     * `unauthenticated`: no token, or one that is not accepted. Which check failed is not said. Sign in again; the same token
     * fails again.
     */
    401: Problem;
    /**
     * - `forbidden`: sent with the session cookie, and neither `Origin` nor `Sec-Fetch-Site` shows the service's own origin.
     * - `unknown_user`, for PUT: the server has no such user and does not add one.
     */
    403: Problem;
    /**
     * - `not_configured`: without a body, and the user has no LLM settings.
     * - `not_found`: the operator has switched this off.
     */
    404: Problem;
    /**
     * `payload_too_large`: the body has more than 64 KiB. The connection may be closed.
     */
    413: Problem;
    /**
     * `unsupported_media_type`: the body is not declared as `application/json` in UTF-8, or has a `Content-Encoding`.
     */
    415: Problem;
    /**
     * `invalid`: members of the body are refused; `errors` lists them, at most 20. Nothing changed. `api_key_required` stands
     * alone: it is found when everything else is valid.
     */
    422: ValidationProblem;
    /**
     * `rate_limited`: too many changes, or too many checks. Nothing was done. Wait as many seconds as `Retry-After` says, then
     * send it again. A user may check 10 times a minute, and a replica runs 8 checks at once, 2 of them for one user. A change
     * or a check that ends in another error, such as 412 or 422, counts as well.
     */
    429: Problem;
    /**
     * The service cannot answer now. It recovers by itself, unless `detail` says that the operator has to act. Wait as many
     * seconds as `Retry-After` says.
     *
     * - `database_unavailable`: it cannot use its database. What a DELETE asked for may have been done all the same.
     * - `identity_provider_unavailable`: it has not got the keys that verify tokens yet.
     */
    503: Problem;
    /**
     * Any other error. Clients go by the status when they do not know the `code`.
     *
     * - 400 `bad_request`: the HTTP request itself is malformed, or its URL or headers are too long.
     * - 404 `not_found`: there is nothing at this path.
     * - 405 `method_not_allowed`: the path takes other methods; `Allow` lists them.
     * - 413 `payload_too_large`, 415 `unsupported_media_type`: a large or encoded body in a request that takes none.
     * - 500 `internal`: an error inside the service. The server's log has its cause under the `requestId`. Send the request
     * again once, after a pause; then report the `requestId`.
     * - 505 `http_version_not_supported`: a proxy in front sends HTTP/1.0. nginx needs `proxy_http_version 1.1`.
     */
    default: Problem;
};

export type CheckLlmSettingsError = CheckLlmSettingsErrors[keyof CheckLlmSettingsErrors];

export type CheckLlmSettingsResponses = {
    /**
     * The settings were tried. `verdict` tells how it went.
     */
    200: LlmCheck;
};

export type CheckLlmSettingsResponse = CheckLlmSettingsResponses[keyof CheckLlmSettingsResponses];

export type GetLlmStatusData = {
    body?: never;
    path?: never;
    query?: never;
    url: '/api/settings/llm/status';
};

export type GetLlmStatusErrors = {
    /**
     * `unauthenticated`: no token, or one that is not accepted. Which check failed is not said. Sign in again; the same token
     * fails again.
     */
    401: Problem;
    /**
     * `not_configured`: the user has no LLM settings. PUT makes them.
     */
    404: Problem;
    /**
     * The service cannot answer now. It recovers by itself, unless `detail` says that the operator has to act. Wait as many
     * seconds as `Retry-After` says.
     *
     * - `database_unavailable`: it cannot use its database. What a DELETE asked for may have been done all the same.
     * - `identity_provider_unavailable`: it has not got the keys that verify tokens yet.
     */
    503: Problem;
    /**
     * Any other error. Clients go by the status when they do not know the `code`.
     *
     * - 400 `bad_request`: the HTTP request itself is malformed, or its URL or headers are too long.
     * - 404 `not_found`: there is nothing at this path.
     * - 405 `method_not_allowed`: the path takes other methods; `Allow` lists them.
     * - 413 `payload_too_large`, 415 `unsupported_media_type`: a large or encoded body in a request that takes none.
     * - 500 `internal`: an error inside the service. The server's log has its cause under the `requestId`. Send the request
     * again once, after a pause; then report the `requestId`.
     * - 505 `http_version_not_supported`: a proxy in front sends HTTP/1.0. nginx needs `proxy_http_version 1.1`.
     */
    default: Problem;
};

export type GetLlmStatusError = GetLlmStatusErrors[keyof GetLlmStatusErrors];

export type GetLlmStatusResponses = {
    /**
     * What is known of the stored key.
     */
    200: LlmStatus;
};

export type GetLlmStatusResponse = GetLlmStatusResponses[keyof GetLlmStatusResponses];
