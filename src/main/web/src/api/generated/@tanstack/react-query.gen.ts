// @ts-nocheck

import { queryOptions, type UseMutationOptions } from '@tanstack/react-query';

import { client } from '../client.gen.js';
import { deleteLlmSettings, getLlmSettings, type Options, putLlmSettings } from '../sdk.gen.js';
import type { DeleteLlmSettingsData, DeleteLlmSettingsError, DeleteLlmSettingsResponse, GetLlmSettingsData, GetLlmSettingsError, GetLlmSettingsResponse, PutLlmSettingsData, PutLlmSettingsError, PutLlmSettingsResponse } from '../types.gen.js';

/**
 * Remove the LLM settings
 *
 * Removes provider, model, base URL and API key for good. Answers 204 also when nothing was stored, unless a
 * precondition asked for something. Needs no encryption key on the server.
 */
export const deleteLlmSettingsMutation = (options?: Partial<Options<DeleteLlmSettingsData>>): UseMutationOptions<DeleteLlmSettingsResponse, DeleteLlmSettingsError, Options<DeleteLlmSettingsData>> => {
    const mutationOptions: UseMutationOptions<DeleteLlmSettingsResponse, DeleteLlmSettingsError, Options<DeleteLlmSettingsData>> = {
        mutationFn: async (fnOptions) => {
            const { data } = await deleteLlmSettings({
                ...options,
                ...fnOptions,
                throwOnError: true
            });
            return data;
        }
    };
    return mutationOptions;
};

export type QueryKey<TOptions extends Options> = [
    Pick<TOptions, 'baseUrl' | 'body' | 'headers' | 'path' | 'query'> & {
        _id: string;
        _infinite?: boolean;
        tags?: ReadonlyArray<string>;
    }
];

const createQueryKey = <TOptions extends Options>(id: string, options?: TOptions, infinite?: boolean, tags?: ReadonlyArray<string>): [
    QueryKey<TOptions>[0]
] => {
    const params: QueryKey<TOptions>[0] = { _id: id, baseUrl: options?.baseUrl || (options?.client ?? client).getConfig().baseUrl } as QueryKey<TOptions>[0];
    if (infinite) {
        params._infinite = infinite;
    }
    if (tags) {
        params.tags = tags;
    }
    if (options?.body) {
        params.body = options.body;
    }
    if (options?.headers) {
        params.headers = options.headers;
    }
    if (options?.path) {
        params.path = options.path;
    }
    if (options?.query) {
        params.query = options.query;
    }
    return [params];
};

export const getLlmSettingsQueryKey = (options?: Options<GetLlmSettingsData>) => createQueryKey('getLlmSettings', options);

/**
 * Read the LLM settings
 *
 * Answers with the settings as they are stored, without the API key. A user who has saved nothing yet, or has removed
 * the settings, gets 404 `not_configured`: show an empty form. Needs no encryption key on the server.
 */
export const getLlmSettingsOptions = (options?: Options<GetLlmSettingsData>) => queryOptions<GetLlmSettingsResponse, GetLlmSettingsError, GetLlmSettingsResponse, ReturnType<typeof getLlmSettingsQueryKey>>({
    queryFn: async ({ queryKey, signal }) => {
        const { data } = await getLlmSettings({
            ...options,
            ...queryKey[0],
            signal,
            throwOnError: true
        });
        return data;
    },
    queryKey: getLlmSettingsQueryKey(options)
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
export const putLlmSettingsMutation = (options?: Partial<Options<PutLlmSettingsData>>): UseMutationOptions<PutLlmSettingsResponse, PutLlmSettingsError, Options<PutLlmSettingsData>> => {
    const mutationOptions: UseMutationOptions<PutLlmSettingsResponse, PutLlmSettingsError, Options<PutLlmSettingsData>> = {
        mutationFn: async (fnOptions) => {
            const { data } = await putLlmSettings({
                ...options,
                ...fnOptions,
                throwOnError: true
            });
            return data;
        }
    };
    return mutationOptions;
};
