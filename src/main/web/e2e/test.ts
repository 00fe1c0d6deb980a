import {
  type BrowserContext,
  type BrowserContextOptions,
  expect,
  type Page,
  type Request,
  test as base,
} from '@playwright/test';
import { service } from './service';

export { expect, type Page };

export interface Visit extends BrowserContextOptions {
  /** The session cookie. Default: a good one; null for none. */
  session?: string | null;
  url?: string;
  /** Prepares the page before it is opened. */
  before?: (page: Page) => Promise<unknown>;
}

interface Fixtures {
  /** A new person at a new browser, with the page open. */
  visit: (visit?: Visit) => Promise<Page>;
  /** Everything that the pages of the test wrote to the console. */
  written: string[];
}

export const test = base.extend<Fixtures>({
  // eslint-disable-next-line no-empty-pattern
  written: async ({}, give) => {
    await give([]);
  },
  visit: async ({ browser, written }, give) => {
    const contexts: BrowserContext[] = [];
    const complaints: string[] = [];
    await give(async ({ session = service.token, url = service.url, before, ...options } = {}) => {
      const context = await browser.newContext({
        locale: 'en-US',
        viewport: { width: 1280, height: 731 },
        // Colours on their way from one to another are neither.
        reducedMotion: 'reduce',
        ...options,
      });
      contexts.push(context);
      if (session !== null) {
        await context.addCookies([{ name: 'carol_session', value: session, url, httpOnly: true, sameSite: 'Strict' }]);
      }
      const page = await context.newPage();
      page.on('pageerror', (error) => complaints.push(String(error)));
      page.on('console', (message) => {
        written.push(message.text());
        // Chromium reports every status above 399 by itself.
        if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) {
          complaints.push(message.text());
        }
      });
      await before?.(page);
      await page.goto(`${url}/`);
      await page.locator('form, [role=alert]').first().waitFor();
      return page;
    });
    await Promise.all(contexts.map((context) => context.close()));
    expect(complaints, 'errors in the page').toEqual([]);
  },
});

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
export const serviceNamed = (page: Page, name: string) => page.getByRole('radio', { name, exact: true });
export const address = (page: Page) => page.locator('input[name=baseUrl]');
export const key = (page: Page) => page.locator('input[name=llm-api-key]');
export const model = (page: Page) => page.locator('input[name=model]');
export const alerts = (page: Page) => page.getByRole('alert').filter({ hasText: /./ });

export const save = (page: Page) => button(page, 'Save').click();

export async function isSaved(page: Page): Promise<void> {
  await expect(page.getByText('Saved.', { exact: true })).toBeVisible();
}

/** What the contract has for a problem, as a proxy or another version of the service may send it. */
export const problemAnswer = (status: number, code: string, headers: Record<string, string> = {}) => ({
  status,
  headers,
  contentType: 'application/problem+json',
  body: JSON.stringify({ type: 't', title: 't', status, detail: 'd', code, requestId: '3f0d2c9e' }),
});
