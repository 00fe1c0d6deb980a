// Uses the client of orval. Arguments: service, token.
import assert from 'node:assert/strict';
import { deleteLlmApiKey, deleteLlmSettings, getLlmSettings, getLlmStatus, putLlmSettings } from './client.js';

const [baseUrl = '', token = ''] = process.argv.slice(2);
const request = globalThis.fetch;
globalThis.fetch = (path, init) => request(baseUrl + String(path), init);
const options = { headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` } };

const saved = await putLlmSettings({ provider: 'anthropic', model: 'm', apiKey: 'sk-FAKE' }, options);
assert(saved.status === 201 && saved.data.keyConfigured);
const status = await getLlmStatus(options);
assert(status.status === 200 && status.data.key === 'stored' && status.data.lastOutcome === null);
// @ts-expect-error The address is missing.
const refused = await putLlmSettings({ provider: 'openai_compatible', model: 'm' }, options);
assert(refused.status === 422 && refused.data.errors[0]?.code === 'base_url_required');
assert.equal((await deleteLlmApiKey(options)).status, 204);
const read = await getLlmSettings(options);
assert(read.status === 200 && read.data.provider === 'anthropic' && !read.data.keyConfigured);
assert.equal((await deleteLlmSettings(options)).status, 204);
