import { type FieldError, type LlmSettingsClient, LlmSettingsProblem } from '@carol/llm-settings-client';
import type { CheckResult, KeyStatus, SettingsClient } from './features/llm-settings';

/**
 * Adds to a client what its package does not have yet: to ask whether the settings work, and what is known of the key.
 * To be removed when the contract, and with it the client, has the two.
 */
export function withChecking(client: LlmSettingsClient, baseUrl: string): SettingsClient {
  async function ask<T>(path: string, init: RequestInit): Promise<T> {
    let response: Response;
    try {
      response = await fetch(`${baseUrl}/api/settings/llm/${path}`, init);
    } catch (cause) {
      throw new LlmSettingsProblem({ code: 'network_error', detail: 'The service could not be reached.', cause });
    }
    const body = (await response.json().catch(() => ({}))) as T & { code?: string; errors?: FieldError[] };
    if (response.ok) {
      return body;
    }
    const codes = { 401: 'unauthenticated', 404: 'not_found', 422: 'invalid', 429: 'rate_limited' } as const;
    throw new LlmSettingsProblem({
      code: Object.hasOwn(codes, response.status) ? codes[response.status as keyof typeof codes] : 'internal',
      receivedCode: body.code,
      detail: 'The service refused.',
      status: response.status,
      retryAfterSeconds: Number(response.headers.get('Retry-After') ?? NaN) || undefined,
      errors: body.errors,
    });
  }
  return {
    ...client,
    check: (settings, { signal = null } = {}) =>
      ask<CheckResult>('check', {
        method: 'POST',
        signal,
        ...(settings && { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(settings) }),
      }),
    status: ({ signal = null } = {}) => ask<KeyStatus>('status', { signal }),
  };
}
