import type { Browser, BrowserContextOptions, Page, Request } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { launchBrowser } from './browser';
import { service } from './service';

export interface Visit extends BrowserContextOptions {
  /** The session cookie. Default: a good one; null for none. */
  session?: string | null;
  url?: string;
}

let browser: Browser;
let pages: Page[] = [];
let complaints: string[] = [];

/** Everything that the pages of the current test wrote to the console. */
export let written: string[] = [];

/** To be called once in each file of tests: a browser for the file, and nothing left over from one test to the next. */
export function useBrowser(): void {
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterEach(async () => {
    const seen = complaints;
    await Promise.all(pages.map((page) => page.context().close()));
    pages = [];
    complaints = [];
    written = [];
    expect(seen, 'errors in the page').toEqual([]);
  });
  afterAll(() => browser.close());
}

/** A new person at a new browser, with the page open. */
export async function visit({ session = service.token, url = service.url, ...options }: Visit = {}): Promise<Page> {
  const context = await browser.newContext({
    locale: 'en-US',
    viewport: { width: 1100, height: 900 },
    // Colours on their way from one to another are neither.
    reducedMotion: 'reduce',
    ...options,
  });
  if (session !== null) {
    await context.addCookies([{ name: 'carol_session', value: session, url, httpOnly: true, sameSite: 'Strict' }]);
  }
  const page = await context.newPage();
  pages.push(page);
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    written.push(message.text());
    // Chromium reports every status above 399 by itself.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) {
      complaints.push(message.text());
    }
  });
  await page.goto(`${url}/`);
  await page.locator('form, .panel').first().waitFor();
  return page;
}

/** The PUTs that this page sends from now on. */
export function putsOf(page: Page): Request[] {
  const puts: Request[] = [];
  page.on('request', (request) => {
    if (request.method() === 'PUT') {
      puts.push(request);
    }
  });
  return puts;
}

export const bodyOf = (request: Request | undefined): unknown => JSON.parse(request?.postData() ?? 'null');

export const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
export const field = (page: Page, name: 'baseUrl' | 'model' | 'apiKey') => page.locator(`#${name}`);
export const provider = (page: Page, name: string) => page.getByRole('radio', { name });

export async function statusSays(page: Page, text: string | RegExp): Promise<void> {
  await expect.poll(() => page.locator('.status').textContent()).toMatch(text);
}

export async function alertSays(page: Page, text: RegExp): Promise<void> {
  await expect.poll(() => page.getByRole('alert').textContent(), { timeout: 10_000 }).toMatch(text);
}

export async function errorSays(page: Page, name: string, text: RegExp): Promise<void> {
  await expect.poll(() => page.locator(`#${name}-error`).textContent()).toMatch(text);
}

export async function hasFocus(page: Page, selector: string): Promise<void> {
  await expect
    .poll(() =>
      page
        .locator(selector)
        .first()
        .evaluate((element) => element === document.activeElement),
    )
    .toBe(true);
}
