import { copyFileSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { beforeAll, beforeEach, expect, it } from 'vitest';
import type { LlmSettingsUpdate } from '@carol/llm-settings-client';
import { api } from './service';
import { alertSays, button, errorSays, field, statusSays, useBrowser, visit, type Visit } from './visitor';

/** Pictures of the main states, to look at. They go to CAROL_SCREENSHOTS, or to target/screenshots. */
const folder = process.env.CAROL_SCREENSHOTS ?? '../../../target/screenshots';

/** The two in the README, copied to CAROL_SCREENSHOTS_README when that is set. */
const forReadme = ['saved', 'key-asked-for-dark'];
const MOST_BYTES = 100_000;

const openRouter: LlmSettingsUpdate = {
  provider: 'openai_compatible',
  model: 'mistralai/mistral-large',
  baseUrl: 'https://openrouter.ai/api/v1',
  apiKey: 'sk-FAKE-stored',
};

const nothing = async () => {};
const whole: Visit = { viewport: { width: 720, height: 1130 } };
const dark: Visit = { colorScheme: 'dark' };
const narrow: Visit = { viewport: { width: 320, height: 640 } };
const arabic: Visit = { locale: 'ar' };

async function firstVisit(page: Page) {
  await api('DELETE');
  await page.reload();
  await page.locator('form').waitFor();
}

async function refused(page: Page) {
  await field(page, 'baseUrl').fill('http://api.example.com/v1');
  await field(page, 'model').fill('');
  await field(page, 'apiKey').fill('****');
  await page.locator('[type=submit]').click();
  await errorSays(page, 'apiKey', /./);
}

async function conflict(page: Page) {
  await field(page, 'model').fill('my-own-choice');
  await api('PUT', openRouter);
  await page.locator('[type=submit]').click();
  await alertSays(page, /./);
}

async function failing(page: Page, status: number, code: string) {
  const body = { type: 't', title: 't', status, detail: 'd', code, requestId: '3f0d2c9e' };
  await page.route('**/api/settings/llm', (route) =>
    route.fulfill({ status, contentType: 'application/problem+json', body: JSON.stringify(body) }),
  );
}

const shots: [name: string, visit: Visit, reach: (page: Page) => Promise<unknown>][] = [
  ['first-visit', {}, firstVisit],
  ['first-visit-dark', dark, firstVisit],
  ['first-visit-narrow', narrow, firstVisit],
  ['saved', whole, nothing],
  ['saved-dark', dark, nothing],
  ['saved-narrow', narrow, nothing],
  ['saved-narrow-tall', { viewport: { width: 320, height: 1800 } }, nothing],
  ['saved-arabic', arabic, nothing],
  ['saved-german', { locale: 'de' }, nothing],
  ['saved-french', { locale: 'fr' }, nothing],
  ['saved-200-percent', { viewport: { width: 640, height: 480 }, deviceScaleFactor: 2 }, nothing],
  ['saved-forced-colors', { forcedColors: 'active' }, nothing],
  ['key-replacing', {}, (page) => button(page, 'Replace').click()],
  ['key-removing', {}, (page) => button(page, 'Remove').click()],
  ['key-asked-for', {}, (page) => button(page, 'Groq').click()],
  ['key-asked-for-dark', { ...whole, ...dark }, (page) => button(page, 'Groq').click()],
  ['key-asked-for-narrow', narrow, (page) => button(page, 'Groq').click()],
  ['key-asked-for-arabic', arabic, (page) => button(page, 'Groq').click()],
  [
    'mended',
    {},
    async (page) => {
      await field(page, 'baseUrl').fill('api.groq.com/openai/v1/chat/completions');
      await field(page, 'apiKey').fill(' export GROQ_API_KEY="sk-FAKE"');
      await button(page, 'Show').click();
    },
  ],
  ['local', {}, (page) => page.getByRole('button', { name: 'Ollama' }).click()],
  ['refused', {}, refused],
  ['refused-dark', dark, refused],
  ['refused-narrow', narrow, refused],
  ['refused-arabic', arabic, refused],
  ['changed-elsewhere', {}, conflict],
  ['changed-elsewhere-narrow', narrow, conflict],
  [
    'changes-kept',
    {},
    async (page) => {
      await conflict(page);
      await button(page, 'Load the newer settings').click();
      await statusSays(page, /Newer/);
    },
  ],
  [
    'no-key-storage',
    {},
    async (page) => {
      await button(page, 'Replace').click();
      await field(page, 'apiKey').fill('sk-FAKE');
      await failing(page, 503, 'encryption_key_missing');
      await button(page, 'Save').click();
      await alertSays(page, /./);
    },
  ],
  ['remove-everything', {}, (page) => button(page, 'Remove everything').click()],
  ['remove-everything-dark', dark, (page) => button(page, 'Remove everything').click()],
  ['remove-everything-narrow', narrow, (page) => button(page, 'Remove everything').click()],
  ['signed-out', { session: null }, nothing],
  ['signed-out-narrow-dark', { ...narrow, ...dark, session: null }, nothing],
  [
    'database-away',
    {},
    async (page) => {
      await failing(page, 503, 'database_unavailable');
      await page.reload();
      await alertSays(page, /./);
    },
  ],
  [
    'inner-error',
    {},
    async (page) => {
      await failing(page, 500, 'internal');
      await page.reload();
      await alertSays(page, /./);
    },
  ],
  [
    'loading',
    {},
    async (page) => {
      await page.route('**/api/settings/llm', () => {});
      await page.reload();
      await page.locator('.loading').waitFor();
    },
  ],
];

useBrowser();
beforeAll(() => {
  mkdirSync(folder, { recursive: true });
});
beforeEach(async () => {
  await api('PUT', openRouter);
});

it.each(shots)('%s', async (name, options, reach) => {
  const page = await visit(options);
  await reach(page);
  const path = join(folder, `${name}.png`);
  await page.screenshot({ path });
  if (process.env.CAROL_SCREENSHOTS_README && forReadme.includes(name)) {
    expect(statSync(path).size, 'bytes in the README').toBeLessThan(MOST_BYTES);
    mkdirSync(process.env.CAROL_SCREENSHOTS_README, { recursive: true });
    copyFileSync(path, join(process.env.CAROL_SCREENSHOTS_README, `${name}.png`));
  }
});
