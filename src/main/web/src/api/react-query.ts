import { mutationOptions, queryOptions } from '@tanstack/react-query';
import { readLlmSettings, removeLlmSettings, saveLlmSettings } from './client.js';
import type { LlmSettingsProblem, LlmSettingsUpdate, StoredLlmSettings } from './client.js';
import { getLlmSettingsQueryKey } from './generated/@tanstack/react-query.gen.js';

export * from './generated/@tanstack/react-query.gen.js';

/** What to save, and what was stored when the person decided to. */
export interface SaveLlmSettings {
  settings: LlmSettingsUpdate;
  seen: StoredLlmSettings | null;
}

/** The stored settings, or null when there are none. Unlike the generated options, with the version that saving needs. */
export const llmSettingsOptions = () =>
  queryOptions<StoredLlmSettings | null, LlmSettingsProblem>({
    // Not the generated key itself: under that one the generated options keep the answer without its version.
    queryKey: [...getLlmSettingsQueryKey(), 'with-version'],
    queryFn: ({ signal }) => readLlmSettings(signal),
  });

/** Saves, provided that what is stored is still what was seen; the query then has the new version. */
export const saveLlmSettingsOptions = () =>
  mutationOptions<StoredLlmSettings, LlmSettingsProblem, SaveLlmSettings>({
    mutationFn: ({ settings, seen }) => saveLlmSettings(settings, seen),
    onSuccess: (saved, _variables, _result, { client }) => {
      client.setQueryData(llmSettingsOptions().queryKey, saved);
    },
    // The variables hold the API key: the cache is not to keep them.
    gcTime: 0,
  });

/** Removes the settings with the key; the query is then null. */
export const removeLlmSettingsOptions = () =>
  mutationOptions<void, LlmSettingsProblem, void>({
    mutationFn: removeLlmSettings,
    onSuccess: (_removed, _variables, _result, { client }) => {
      client.setQueryData(llmSettingsOptions().queryKey, null);
    },
  });
