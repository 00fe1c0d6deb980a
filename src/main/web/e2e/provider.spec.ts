/** Try it from the page to a provider: the service asks a real one, which is in this file. Answers made up: tests/page/check.test.tsx. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { api, service, storedSettings } from './service';
import { address, button, expect, isSaved, key, model, save, serviceNamed, test } from './test';

const KEY = 'sk-FAKE-right';
/** In the order in which the service gives them. */
const models = ['llama-3.3-70b', 'mistral-large-2411', 'mistral-small-2503', 'qwen3-8b'];

let listed: string[];
let provider: Server;
let host: string;

test.beforeEach(async () => {
  await api('DELETE');
  listed = models;
  provider = createServer((request, response) => {
    const json = { 'Content-Type': 'application/json' };
    if (request.url?.split('?')[0] !== '/v1/models') {
      response.writeHead(404, json).end('{"error":{"message":"not found"}}');
    } else if (request.headers.authorization !== `Bearer ${KEY}`) {
      response.writeHead(401, json).end('{"error":{"code":"invalid_api_key","message":"wrong key"}}');
    } else {
      response
        .writeHead(200, json)
        .end(JSON.stringify({ object: 'list', data: listed.toReversed().map((id) => ({ id })) }));
    }
  });
  await new Promise<void>((done) => provider.listen(0, 'localhost', done));
  host = `localhost:${(provider.address() as AddressInfo).port}`;
});

test.afterEach(() => {
  provider.closeAllConnections();
  provider.close();
});

test('a wrong key, a wrong model, the right ones, and a service that is down', async ({ visit }) => {
  const page = await visit();
  await serviceNamed(page, 'Another address').check();
  await address(page).fill(`${host}/v1`);
  await key(page).fill('sk-FAKE-wrong');
  await button(page, 'Try it').click();
  await expect(page.getByText(`${host} refused the key.`)).toBeVisible();

  await key(page).fill(KEY);
  await button(page, 'Try it').click();
  await expect(page.getByText(`${host} answers. Choose a model.`)).toBeVisible();
  await button(page, 'Show models').click();
  await expect(page.getByRole('listbox').getByRole('option')).toHaveText(models);
  await page.keyboard.press('Escape');

  await model(page).fill('mistral-large-2412');
  await button(page, 'Try it').click();
  await expect(page.getByText(`${host} answers, but doesn’t list mistral-large-2412.`)).toBeVisible();
  await button(page, 'mistral-large-2411').click();
  await expect(model(page)).toBeFocused();
  await button(page, 'Try it').click();
  await expect(page.getByText(`It works. ${host} accepts the key and has mistral-large-2411.`)).toBeVisible();
  expect(await storedSettings()).toBeUndefined();

  await save(page);
  await isSaved(page);
  await expect(page.getByText('Just tried: it works.')).toBeVisible();
  expect(await storedSettings()).toMatchObject({ model: 'mistral-large-2411', keyConfigured: true });
  await page.reload();
  await expect(page.getByText('Saved, not tried yet.')).toBeVisible();

  provider.closeAllConnections();
  await new Promise((done) => provider.close(done));
  await button(page, 'Try it').click();
  await expect(page.getByText(`Nothing answers at ${host} on the computer I run on.`)).toContainText(
    'If I run in a container, use host.docker.internal',
  );
});

test('of a long list of models, the first 50 that match are offered', async ({ visit }) => {
  listed = [...models, ...Array.from({ length: 80 }, (_, n) => `vendor/m${n}`)];
  const page = await visit();
  await serviceNamed(page, 'Another address').check();
  await address(page).fill(`${host}/v1`);
  await key(page).fill(KEY);
  await button(page, 'Try it').click();
  await button(page, 'Show models').click();
  await model(page).fill('vendor');
  await expect(page.getByRole('listbox').getByRole('option')).toHaveCount(50);
  await expect(page.getByText('Not shown: 30. Type part of a name to narrow the list.')).toBeVisible();
  // The list scrolls, and is no stop on the way.
  await page.keyboard.press('Tab');
  await expect(button(page, 'Try it')).toBeFocused();
});

test('the status tells of a key, and is never kept', async ({ visit }) => {
  const page = await visit();
  const [answer] = await Promise.all([
    page.waitForResponse('**/api/settings/llm/status'),
    api('PUT', { provider: 'anthropic', model: 'm', apiKey: 'sk-FAKE' }).then(() => page.reload()),
  ]);
  expect(await answer.json()).toEqual({ key: 'stored', lastUsedAt: null, lastOutcome: null, lastOutcomeAt: null });
  expect(answer.headers()).toMatchObject({ 'cache-control': 'no-store' });
  expect(answer.headers()).not.toHaveProperty('etag');
  expect(answer.url()).toContain(service.url);
});
