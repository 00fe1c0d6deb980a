import type { LlmSettings, LlmSettingsUpdate } from '@carol/llm-settings-client';

/** The service under test. What starts it says where it is; `make test` does. */
function given(name: string): string {
  const value = process.env[name] ?? '';
  if (value === '') {
    throw new Error(`${name} is not set. These tests need a running service: run them with 'make test'.`);
  }
  return value.replace(/\/$/, '');
}

export const service = {
  url: given('CAROL_E2E_URL'),
  /** The same, on the same database, without an encryption key, and with an address to sign in at. */
  urlWithoutKey: given('CAROL_E2E_NOKEY_URL'),
  /** A good session of the user of this worker. */
  token: given('CAROL_E2E_TOKENS').split(' ')[Number(process.env.TEST_PARALLEL_INDEX ?? 0)] ?? '',
};

/** Another client of the same user. */
export async function api(method: 'GET' | 'PUT' | 'DELETE', settings?: LlmSettingsUpdate): Promise<Response> {
  const response = await fetch(`${service.url}/api/settings/llm`, {
    method,
    headers: { Authorization: `Bearer ${service.token}`, 'Content-Type': 'application/json' },
    body: settings && JSON.stringify(settings),
  });
  if (response.status >= 500) {
    throw new Error(`${method} answered ${response.status}`);
  }
  return response;
}

/** What is stored; undefined when nothing is. */
export async function storedSettings(): Promise<LlmSettings | undefined> {
  const response = await api('GET');
  return response.ok ? ((await response.json()) as LlmSettings) : undefined;
}

/** Stops or starts the database, and returns when the service has noticed. */
export async function database(command: 'stop' | 'start'): Promise<void> {
  const response = await fetch(`${given('CAROL_E2E_CONTROL')}/database/${command}`, { method: 'POST' });
  if (!response.ok) {
    throw new Error(`The database could not be told to ${command}: ${response.status}`);
  }
  const noticed = () =>
    api('GET').then(
      () => command === 'start',
      () => command === 'stop',
    );
  for (let attempt = 0; attempt < 120; attempt++) {
    if (await noticed()) {
      return;
    }
    await new Promise((done) => setTimeout(done, 500));
  }
  throw new Error(`The service did not notice that the database was told to ${command}`);
}

/** Settings with a key, as another client of the same user would save them. */
export const openRouter: LlmSettingsUpdate = {
  provider: 'openai_compatible',
  model: 'mistralai/mistral-large',
  baseUrl: 'https://openrouter.ai/api/v1',
  apiKey: 'sk-FAKE-stored',
};
