// @ts-nocheck

import type { Client, Options as Options2, TDataShape } from './client/index.js';
import type { CheckLlmSettingsData, CheckLlmSettingsErrors, CheckLlmSettingsResponses, DeleteLlmApiKeyData, DeleteLlmApiKeyErrors, DeleteLlmApiKeyResponses, DeleteLlmSettingsData, DeleteLlmSettingsErrors, DeleteLlmSettingsResponses, GetLlmSettingsData, GetLlmSettingsErrors, GetLlmSettingsResponses, GetLlmStatusData, GetLlmStatusErrors, GetLlmStatusResponses, PutLlmSettingsData, PutLlmSettingsErrors, PutLlmSettingsResponses } from './types.gen.js';

export type Options<TData extends TDataShape = TDataShape, ThrowOnError extends boolean = boolean, TResponse = unknown> = Options2<TData, ThrowOnError, TResponse> & {
    /**
     * You can provide a client instance returned by `createClient()` instead of
     * individual options. This might be also useful if you want to implement a
     * custom client.
     */
    client: Client;
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
 * precondition does not hold.
 */
export const deleteLlmSettings = <ThrowOnError extends boolean = true>(options: Options<DeleteLlmSettingsData, ThrowOnError>) => options.client.delete<DeleteLlmSettingsResponses, DeleteLlmSettingsErrors, ThrowOnError>({ url: '/api/settings/llm', ...options });

/**
 * Read the LLM settings
 *
 * Answers with the stored settings, without the API key. A user who has saved nothing yet, or has removed the settings,
 * gets 404 `not_configured`: show an empty form. HEAD answers the same without the body.
 */
export const getLlmSettings = <ThrowOnError extends boolean = true>(options: Options<GetLlmSettingsData, ThrowOnError>) => options.client.get<GetLlmSettingsResponses, GetLlmSettingsErrors, ThrowOnError>({ url: '/api/settings/llm', ...options });

/**
 * Save the LLM settings
 *
 * Replaces provider, model and base URL as a whole: a `baseUrl` that is left out is removed. The API key alone can be
 * kept, by leaving `apiKey` out.
 *
 * A stored key never follows a changed destination, that is the provider and the scheme, host and port of the base URL.
 * When a key is stored and the destination changes, a PUT without `apiKey` is refused with 422 `api_key_required`: send
 * the key for the new destination, or `null`. Otherwise an attacker with a stolen session could have the stored key sent
 * to an address of their own. Changing the model, or only the path of the base URL, keeps the key.
 *
 * A request that is refused changes nothing. 401, 403 `forbidden`, 413, 415 and 422 come before 412; `api_key_required`
 * and `unknown_user` depend on what is stored and come after it. After a timeout the same PUT can be sent again.
 */
export const putLlmSettings = <ThrowOnError extends boolean = true>(options: Options<PutLlmSettingsData, ThrowOnError>) => options.client.put<PutLlmSettingsResponses, PutLlmSettingsErrors, ThrowOnError>({
    url: '/api/settings/llm',
    ...options,
    headers: {
        'Content-Type': 'application/json',
        ...options.headers
    }
});

/**
 * Remove the stored API key alone
 *
 * Removes the stored API key; provider, model and base URL stay. Answers 204 also when no key was stored, unless a
 * precondition does not hold. The same as a PUT with `"apiKey": null`, for clients that cannot send null.
 */
export const deleteLlmApiKey = <ThrowOnError extends boolean = true>(options: Options<DeleteLlmApiKeyData, ThrowOnError>) => options.client.delete<DeleteLlmApiKeyResponses, DeleteLlmApiKeyErrors, ThrowOnError>({ url: '/api/settings/llm/api-key', ...options });

/**
 * Try whether LLM settings work
 *
 * Asks the provider for its list of models, and tells whether the settings work. Without a body the stored settings are
 * tried. A body has the members and the rules of a PUT; an absent `apiKey` stands for the stored key, and is refused with
 * 422 `api_key_required` when provider or origin are not the stored ones.
 *
 * Answers 200 whatever was found: `verdict` tells it. Stores nothing, changes no `ETag`, and costs nothing at the
 * provider. A PUT never depends on it. Waits for the provider for 5 seconds at most.
 */
export const checkLlmSettings = <ThrowOnError extends boolean = true>(options: Options<CheckLlmSettingsData, ThrowOnError>) => options.client.post<CheckLlmSettingsResponses, CheckLlmSettingsErrors, ThrowOnError>({
    url: '/api/settings/llm/check',
    ...options,
    headers: {
        'Content-Type': 'application/json',
        ...options.headers
    }
});

/**
 * Read what is known of the stored key
 *
 * Tells whether a key is stored, whether the server has the encryption key for it, and what the agent last reported: when
 * it used the settings, and how the provider took them. A PUT, or removing the key, makes the members that begin with
 * `last` `null` again, until the next report. HEAD answers the same without the body.
 */
export const getLlmStatus = <ThrowOnError extends boolean = true>(options: Options<GetLlmStatusData, ThrowOnError>) => options.client.get<GetLlmStatusResponses, GetLlmStatusErrors, ThrowOnError>({ url: '/api/settings/llm/status', ...options });
