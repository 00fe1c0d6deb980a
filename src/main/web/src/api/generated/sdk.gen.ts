// @ts-nocheck

import { client } from './client.gen.js';
import type { Client, Options as Options2, TDataShape } from './client/index.js';
import type { DeleteLlmSettingsData, DeleteLlmSettingsErrors, DeleteLlmSettingsResponses, GetLlmSettingsData, GetLlmSettingsErrors, GetLlmSettingsResponses, PutLlmSettingsData, PutLlmSettingsErrors, PutLlmSettingsResponses } from './types.gen.js';

export type Options<TData extends TDataShape = TDataShape, ThrowOnError extends boolean = boolean, TResponse = unknown> = Options2<TData, ThrowOnError, TResponse> & {
    /**
     * You can provide a client instance returned by `createClient()` instead of
     * individual options. This might be also useful if you want to implement a
     * custom client.
     */
    client?: Client;
    /**
     * You can pass arbitrary values through the `meta` object. This can be
     * used to access values that aren't defined as part of the SDK function.
     */
    meta?: Record<string, unknown>;
};

/**
 * Remove the LLM settings
 *
 * Removes provider, model, base URL and API key for good. Answers 204 also when nothing was stored, unless a
 * precondition asked for something. Needs no encryption key on the server.
 */
export const deleteLlmSettings = <ThrowOnError extends boolean = true>(options?: Options<DeleteLlmSettingsData, ThrowOnError>) => (options?.client ?? client).delete<DeleteLlmSettingsResponses, DeleteLlmSettingsErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }, {
            in: 'cookie',
            name: 'carol_session',
            type: 'apiKey'
        }],
    url: '/api/settings/llm',
    ...options
});

/**
 * Read the LLM settings
 *
 * Answers with the settings as they are stored, without the API key. A user who has saved nothing yet, or has removed
 * the settings, gets 404 `not_configured`: show an empty form. Needs no encryption key on the server.
 */
export const getLlmSettings = <ThrowOnError extends boolean = true>(options?: Options<GetLlmSettingsData, ThrowOnError>) => (options?.client ?? client).get<GetLlmSettingsResponses, GetLlmSettingsErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }, {
            in: 'cookie',
            name: 'carol_session',
            type: 'apiKey'
        }],
    url: '/api/settings/llm',
    ...options
});

/**
 * Save the LLM settings
 *
 * Replaces provider, model and base URL as a whole: a `baseUrl` that is left out is gone. The API key alone can be
 * kept by leaving `apiKey` out; see *The API key* above for its three states and for what happens when the
 * destination changes.
 *
 * Settings without a key are complete for an `openai_compatible` server that asks for none, such as a local Ollama.
 * Settings for `anthropic` can be saved without a key as well; `keyConfigured` is then `false`, and the agent has
 * nothing to sign in with until a key follows.
 *
 * A request that is refused changes nothing.
 */
export const putLlmSettings = <ThrowOnError extends boolean = true>(options: Options<PutLlmSettingsData, ThrowOnError>) => (options.client ?? client).put<PutLlmSettingsResponses, PutLlmSettingsErrors, ThrowOnError>({
    security: [{ scheme: 'bearer', type: 'http' }, {
            in: 'cookie',
            name: 'carol_session',
            type: 'apiKey'
        }],
    url: '/api/settings/llm',
    ...options,
    headers: {
        'Content-Type': 'application/json',
        ...options.headers
    }
});
