import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { api, openRouter, service, storedSettings } from './service';
import { expect, isSaved, model, save, test } from './test';

test('the page is strict and never kept', async () => {
  const response = await fetch(`${service.url}/`, { headers: { Accept: 'text/html' } });
  expect(response.status).toBe(200);
  expect(response.headers.get('Cache-Control')).toBe('no-store');
  const policy = response.headers.get('Content-Security-Policy') ?? '';
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toMatch(/unsafe|\*/);
});

test('its assets are named by their content and kept for good', async ({ visit }) => {
  const page = await visit();
  const assets = await page.evaluate(() =>
    performance.getEntriesByType('resource').flatMap(({ name }) => (name.includes('/assets/') ? [name] : [])),
  );
  expect(assets.some((asset) => asset.endsWith('.js'))).toBe(true);
  expect(assets.some((asset) => asset.endsWith('.css'))).toBe(true);
  for (const asset of assets) {
    expect((await fetch(asset)).headers.get('Cache-Control')).toContain('immutable');
  }
});

test('its scripts and styles come compressed as the build made them', async ({ visit }) => {
  const encodings: (string | undefined)[] = [];
  await visit({
    before: async (page) => {
      page.on('response', (response) => {
        if (/\.(?:js|css)$/.test(response.url())) {
          encodings.push(response.headers()['content-encoding']);
        }
      });
      await page.route('**/assets/*', (route) =>
        route.continue({ headers: { ...route.request().headers(), 'accept-encoding': 'gzip, deflate, br' } }),
      );
    },
  });
  expect(new Set(encodings)).toEqual(new Set(['br']));
});

test('an address below the page leads to it', async ({ visit }) => {
  const page = await visit();
  for (const path of ['/account', '/account/llm', '/some/deep/path?x=1']) {
    await page.goto(service.url + path);
    await page.locator('form').waitFor();
    expect(new URL(page.url()).pathname).toBe('/');
  }
});

test('it asks nothing but the service for anything', async ({ visit }) => {
  const page = await visit();
  const others: string[] = [];
  page.on('request', (sent) => sent.url().startsWith(service.url) || others.push(sent.url()));
  await page.reload();
  await page.locator('form').waitFor();
  expect(others).toEqual([]);
});

test('before any script has run, there is an outline to see', async ({ visit }) => {
  const page = await visit();
  await page.route('**/assets/*.js', () => {});
  await page.goto(`${service.url}/`, { waitUntil: 'commit' });
  await expect(page.locator('.skeleton')).toBeVisible();
  await expect(page.getByText('Carol', { exact: true })).toBeVisible();
});

test.describe('under a path that a proxy takes off', () => {
  const PREFIX = '/carol/llm';
  let proxy: Server;
  let url: string;

  test.beforeAll(async () => {
    proxy = createServer((incoming, outgoing) => {
      const path = incoming.url ?? '';
      if (!path.startsWith(`${PREFIX}/`)) {
        outgoing.writeHead(404).end();
        return;
      }
      // The host stays that of the proxy: what a browser sends has to come from there.
      const onward = request(
        service.url + path.slice(PREFIX.length),
        { method: incoming.method ?? 'GET', headers: incoming.headers },
        (answer) => {
          outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.pipe(outgoing);
        },
      );
      incoming.pipe(onward);
    });
    await new Promise<void>((done) => proxy.listen(0, 'localhost', done));
    url = `http://localhost:${(proxy.address() as AddressInfo).port}${PREFIX}`;
  });

  test.afterAll(() => {
    proxy.closeAllConnections();
    proxy.close();
  });

  test('the page works, with every language', async ({ visit }) => {
    await api('PUT', openRouter);
    const page = await visit({ url, locale: 'de' });
    await expect(page.getByText('Schlüssel gespeichert')).toBeVisible();
    await page.getByLabel('Sprache').selectOption('en');
    await model(page).fill('mine');
    await save(page);
    await isSaved(page);
    expect(await storedSettings()).toMatchObject({ model: 'mine' });
  });
});
