import { describe, expect, it } from 'vitest';
import { service } from './service';
import { useBrowser, visit } from './visitor';

useBrowser();

describe('the page', () => {
  it.each(['/', '/account/llm', '/some/deep/path?x=1'])('is served at %s, strict and never kept', async (path) => {
    const response = await fetch(service.url + path, { headers: { Accept: 'text/html' } });
    expect(response.status).toBe(200);
    expect(response.headers.get('Cache-Control')).toBe('no-store');
    const policy = response.headers.get('Content-Security-Policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/unsafe|\*/);
  });

  it('has assets that are named by their content and kept for good', async () => {
    const page = await visit();
    const assets = await page.evaluate(() =>
      performance.getEntriesByType('resource').flatMap(({ name }) => (name.includes('/assets/') ? [name] : [])),
    );
    expect(assets.some((asset) => asset.endsWith('.js'))).toBe(true);
    expect(assets.some((asset) => asset.endsWith('.css'))).toBe(true);
    for (const asset of assets) {
      const response = await fetch(asset);
      expect(response.headers.get('Cache-Control')).toContain('immutable');
    }
  });

  it('works after a reload of a deep address', async () => {
    const page = await visit();
    await page.goto(`${service.url}/account/llm`);
    await page.reload();
    await page.locator('form').waitFor();
  });

  it('asks nobody but the service for anything', async () => {
    const page = await visit();
    const others: string[] = [];
    page.on('request', (request) => request.url().startsWith(service.url) || others.push(request.url()));
    await page.reload();
    await page.locator('form').waitFor();
    expect(others).toEqual([]);
  });
});
