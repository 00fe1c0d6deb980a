// Uses the types of openapi-typescript through openapi-fetch. Arguments: service, token.
import assert from 'node:assert/strict';
import createClient from 'openapi-fetch';
import type { paths } from './types.js';

const [baseUrl = '', token = ''] = process.argv.slice(2);
const client = createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${token}` } });

const saved = await client.PUT('/api/settings/llm', { body: { provider: 'anthropic', model: 'm', apiKey: 'sk-FAKE' } });
assert(saved.data?.keyConfigured);
const status = await client.GET('/api/settings/llm/status');
assert(status.data?.key === 'stored' && status.data.lastOutcome === null);
// @ts-expect-error The address is missing.
const refused = await client.PUT('/api/settings/llm', { body: { provider: 'openai_compatible', model: 'm' } });
assert.equal(refused.error?.code, 'invalid');
assert.equal((await client.DELETE('/api/settings/llm/api-key')).response.status, 204);
const { data } = await client.GET('/api/settings/llm');
assert.equal(data?.provider === 'anthropic' ? data.baseUrl : undefined, null);
assert.equal((await client.DELETE('/api/settings/llm')).response.status, 204);
