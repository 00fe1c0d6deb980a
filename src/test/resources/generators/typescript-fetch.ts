// Uses the client of the generator typescript-fetch. Arguments: service, token, newer service.
import assert from 'node:assert/strict';
import { Configuration, LlmSettingsApi, ResponseError, type LlmSettingsUpdate } from './client/index.js';

const [url = '', token = '', newerUrl = ''] = process.argv.slice(2);
const apiAt = (basePath: string) => new LlmSettingsApi(new Configuration({ basePath, accessToken: token }));
const api = apiAt(url);
const put = (llmSettingsUpdate: LlmSettingsUpdate) => api.putLlmSettings({ llmSettingsUpdate });

const place = { provider: 'openai_compatible', baseUrl: 'http://my_ollama:11434/v1' } as const;
assert((await put({ ...place, model: 'm-1', apiKey: 'sk-FAKE' })).keyConfigured);
const status = await api.getLlmStatus();
assert(status.key === 'stored' && status.lastOutcome === null);
assert.equal((await api.getLlmSettings()).baseUrl, place.baseUrl);
assert((await put({ ...place, model: 'm-2' })).keyConfigured, 'a key that is not set is kept');
assert(!(await put({ ...place, model: 'm-2', apiKey: null })).keyConfigured, 'null removes the key');

await put({ ...place, model: 'm-1', apiKey: 'sk-FAKE' });
await api.deleteLlmApiKey();
assert(!(await api.getLlmSettings()).keyConfigured, 'the key alone is removed');

const refused: unknown = await put({ provider: 'anthropic', model: 'm', apiKey: '****' }).catch((e: unknown) => e);
assert(refused instanceof ResponseError);
assert.equal(refused.response.status, 422);
await api.deleteLlmSettings();

assert.equal((await apiAt(newerUrl).getLlmSettings()).model, 'm', 'a newer answer is read');
