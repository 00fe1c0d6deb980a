import type { LlmSettingsClient, LlmSettingsUpdate } from '@carol/llm-settings-client';

export const checkReasons = [
  'name_not_found',
  'connection_refused',
  'timeout',
  'tls',
  'address_not_allowed',
  'redirected',
  'not_an_llm',
  'no_model_list',
  'key_refused',
  'key_not_permitted',
  'key_unreadable',
  'no_credit',
  'rate_limited',
  'provider_error',
] as const;
export type CheckReason = (typeof checkReasons)[number];

/** Does it work? What the service found when it asked for the models. */
export interface CheckResult {
  verdict: 'works' | 'fails' | 'unsure';
  reason: CheckReason | null;
  key: 'accepted' | 'refused' | 'unjudged' | 'none';
  model: 'listed' | 'not_listed' | 'unjudged';
  models: readonly string[];
}

/** What is known of the stored key. */
export interface KeyStatus {
  key: 'none' | 'stored' | 'unreadable';
  lastUsedAt: string | null;
  lastOutcome: 'accepted' | 'refused' | 'no_credit' | null;
  lastOutcomeAt: string | null;
}

/** A client that can also ask whether the settings work. */
export interface SettingsClient extends LlmSettingsClient {
  /** Tries these settings, or the stored ones (null). It stores nothing. */
  check(settings: LlmSettingsUpdate | null, options?: { signal?: AbortSignal }): Promise<CheckResult>;
  status(options?: { signal?: AbortSignal }): Promise<KeyStatus>;
}
