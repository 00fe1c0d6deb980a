import { mutationOptions, queryOptions } from '@tanstack/react-query';
import type {
  LlmCheck,
  LlmSettingsClient,
  LlmSettingsProblem,
  LlmSettingsUpdate,
  LlmStatus,
  StoredLlmSettings,
} from './client.js';

/** What to save, and what was stored when the person decided to; null for nothing. */
export interface SaveVariables {
  settings: LlmSettingsUpdate;
  expected: StoredLlmSettings | null;
}

/** What was stored when the person decided to remove it. */
export interface RemoveVariables {
  expected: StoredLlmSettings;
}

const numbers = new WeakMap<LlmSettingsClient, number>();
let lastNumber = 0;

/**
 * The key of a client's settings in the query cache, to read them again: `queries.invalidateQueries({ queryKey })`. Each
 * client has its own, so that users who share a cache never see each other's settings.
 */
export function llmSettingsQueryKey(client: LlmSettingsClient): readonly ['llm-settings', number] {
  const number = numbers.get(client) ?? ++lastNumber;
  numbers.set(client, number);
  return ['llm-settings', number];
}

/** The key of a client's status in the query cache. It begins with that of the settings, and is invalidated with it. */
export function llmStatusQueryKey(
  client: LlmSettingsClient,
): readonly [...ReturnType<typeof llmSettingsQueryKey>, 'status'] {
  return [...llmSettingsQueryKey(client), 'status'];
}

/** The stored settings, or null when there are none. */
export const llmSettingsOptions = (client: LlmSettingsClient) =>
  queryOptions<
    StoredLlmSettings | null,
    LlmSettingsProblem,
    StoredLlmSettings | null,
    ReturnType<typeof llmSettingsQueryKey>
  >({
    queryKey: llmSettingsQueryKey(client),
    queryFn: ({ signal }) => client.read({ signal }),
  });

/** What is known of the stored key, or null when there are no settings. */
export const llmStatusOptions = (client: LlmSettingsClient) =>
  queryOptions<LlmStatus | null, LlmSettingsProblem, LlmStatus | null, ReturnType<typeof llmStatusQueryKey>>({
    queryKey: llmStatusQueryKey(client),
    queryFn: ({ signal }) => client.status({ signal }),
  });

/**
 * For every mutation: its variables may hold the API key, and are not to be kept. `dehydrate()` and a persister write down
 * the mutations that are paused. An offline browser pauses a mutation before its first attempt, and an offline browser or
 * a window without the focus pauses it before each further attempt.
 */
const unkept = { networkMode: 'always', retry: false, gcTime: 0 } as const;

/** Tries the settings that are handed over, or the stored ones. */
export const checkLlmSettingsOptions = (client: LlmSettingsClient) =>
  mutationOptions<LlmCheck, LlmSettingsProblem, LlmSettingsUpdate | void>({
    ...unkept,
    mutationFn: (settings) => client.check(settings ?? undefined),
  });

/** Saves, provided that what is stored is still what was expected; the query then has the new settings. */
export const saveLlmSettingsOptions = (client: LlmSettingsClient) =>
  mutationOptions<StoredLlmSettings, LlmSettingsProblem, SaveVariables>({
    ...unkept,
    mutationFn: ({ settings, expected }) => client.save(settings, { expected }),
    onSuccess: async (saved, _variables, _result, context) => {
      // A reading that is under way may bring what was stored before.
      await context.client.cancelQueries({ queryKey: llmSettingsQueryKey(client) });
      context.client.setQueryData(llmSettingsQueryKey(client), saved);
      return context.client.invalidateQueries({ queryKey: llmStatusQueryKey(client) });
    },
  });

/** Removes the settings with the key; the query is then null. */
export const removeLlmSettingsOptions = (client: LlmSettingsClient) =>
  mutationOptions<void, LlmSettingsProblem, RemoveVariables | void>({
    ...unkept,
    mutationFn: (variables) => client.remove(variables ?? {}),
    onSuccess: async (_removed, _variables, _result, context) => {
      await context.client.cancelQueries({ queryKey: llmSettingsQueryKey(client) });
      context.client.setQueryData(llmSettingsQueryKey(client), null);
      context.client.setQueryData(llmStatusQueryKey(client), null);
    },
  });

/** Removes the stored key alone; the query then reads the settings again. */
export const removeApiKeyOptions = (client: LlmSettingsClient) =>
  mutationOptions<void, LlmSettingsProblem, RemoveVariables | void>({
    ...unkept,
    mutationFn: (variables) => client.removeKey(variables ?? {}),
    onSuccess: async (_removed, _variables, _result, context) => {
      await context.client.cancelQueries({ queryKey: llmSettingsQueryKey(client) });
      return context.client.invalidateQueries({ queryKey: llmSettingsQueryKey(client) });
    },
  });
