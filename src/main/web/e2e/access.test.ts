import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { beforeEach, describe, expect, it } from 'vitest';
import type { LlmSettingsUpdate } from '@carol/llm-settings-client';
import { api, service, storedSettings } from './service';
import {
  alertSays,
  button,
  errorSays,
  field,
  hasFocus,
  provider,
  statusSays,
  useBrowser,
  visit,
  type Visit,
} from './visitor';

const openRouter: LlmSettingsUpdate = {
  provider: 'openai_compatible',
  model: 'mistralai/mistral-large',
  baseUrl: 'https://openrouter.ai/api/v1',
  apiKey: 'sk-FAKE-stored',
};

useBrowser();
beforeEach(async () => {
  await api('PUT', openRouter);
});

/** Every state a person can see, by how to get there. */
const states: [name: string, reach: (page: Page) => Promise<void>, visit?: Visit][] = [
  ['saved', async () => {}],
  [
    'first visit',
    async (page) => {
      await api('DELETE');
      await page.reload();
      await page.locator('form').waitFor();
    },
  ],
  ['key replaced', (page) => button(page, 'Replace').click()],
  ['key removed', (page) => button(page, 'Remove').click()],
  ['key asked for', (page) => button(page, 'Groq').click()],
  [
    'mended',
    async (page) => {
      await button(page, 'Replace').click();
      await field(page, 'apiKey').fill(' "sk-FAKE" ');
    },
  ],
  [
    'refused',
    async (page) => {
      await field(page, 'baseUrl').fill('http://h.example/v1');
      await field(page, 'model').fill('');
      await field(page, 'apiKey').fill('****');
      await button(page, 'Save').click();
      await errorSays(page, 'apiKey', /hidden form/);
    },
  ],
  [
    'just saved',
    async (page) => {
      await field(page, 'model').fill('other');
      await button(page, 'Save').click();
      await statusSays(page, 'Saved');
    },
  ],
  [
    'changed elsewhere',
    async (page) => {
      await field(page, 'model').fill('mine');
      await api('PUT', openRouter);
      await button(page, 'Save').click();
      await alertSays(page, /newer/);
    },
  ],
  ['about to remove everything', (page) => button(page, 'Remove everything').click()],
  ['signed out', async () => {}, { session: null }],
  [
    'keys cannot be kept',
    async (page) => {
      await button(page, 'Replace').click();
      await field(page, 'apiKey').fill('sk-FAKE');
      await button(page, 'Save').click();
      await alertSays(page, /I can't keep keys yet/);
    },
    { url: service.urlWithoutKey },
  ],
  [
    'lost while saving',
    async (page) => {
      await field(page, 'model').fill('mine');
      await page.route('**/api/settings/llm', (route) => route.abort('connectionreset'));
      await button(page, 'Save').click();
      await alertSays(page, /I can't be reached/);
    },
  ],
  [
    'lost while reading',
    async (page) => {
      await page.route('**/api/settings/llm', (route) => route.abort('connectionrefused'));
      await page.reload();
      await alertSays(page, /I can't be reached.*keep trying/);
    },
  ],
  [
    'loading',
    async (page) => {
      await page.route('**/api/settings/llm', () => {});
      await page.reload();
      await page.locator('.loading').waitFor();
    },
  ],
];

const looks: [name: string, change: (page: Page) => Promise<void>][] = [
  ['light', async () => {}],
  ['dark', (page) => page.emulateMedia({ colorScheme: 'dark' })],
  ['320 px', (page) => page.setViewportSize({ width: 320, height: 640 })],
];

it.each(states)('axe finds nothing wrong, light, dark and at 320 px: %s', async (_state, reach, options) => {
  const page = await visit(options);
  await reach(page);
  for (const [look, change] of looks) {
    await change(page);
    const { violations } = await new AxeBuilder({ page }).analyze();
    const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
    expect(found, look).toEqual([]);
    expect(await sideways(page), `${look}: scrolls sideways`).toBe(0);
  }
});

const sideways = (page: Page) =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

describe('in Arabic', () => {
  it('everything is laid out from the right, but not address, model and key', async () => {
    const page = await visit({ locale: 'ar' });
    await page.getByRole('button', { name: 'استبدال' }).click();
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations).toEqual([]);
    for (const name of ['baseUrl', 'model', 'apiKey'] as const) {
      expect(await field(page, name).evaluate((input) => getComputedStyle(input).direction)).toBe('ltr');
    }
    const label = await page.getByText('العنوان', { exact: true }).boundingBox();
    const address = await field(page, 'baseUrl').boundingBox();
    expect(label!.x + label!.width).toBeCloseTo(address!.x + address!.width, 0);
    expect(await sideways(page)).toBe(0);
  });
});

describe.each([
  ['at 320 px', { viewport: { width: 320, height: 568 } }],
  ['at 200 % of a small window', { viewport: { width: 512, height: 384 } }],
  ['at 400 %', { viewport: { width: 320, height: 256 } }],
  ['in German at 320 px', { viewport: { width: 320, height: 568 }, locale: 'de' }],
])('%s', (_size, options) => {
  it('whatever has the focus can be seen, with its label', async () => {
    const page = await visit(options);
    await page.locator('[data-focus=keyActions]').click();
    await field(page, 'model').fill('mine');
    await api('PUT', openRouter);
    await page.locator('[type=submit]').click();
    await page.locator('.alert strong').waitFor();
    await page.evaluate(() => (document.activeElement as HTMLElement).blur());
    const hidden: string[] = [];
    for (let stop = 0; stop < 40; stop++) {
      await page.keyboard.press('Tab');
      const covered = await page.evaluate(coveredParts);
      hidden.push(...covered);
    }
    expect(hidden).toEqual([]);
  });
});

/** What of the focused control and its label is not what one would hit there. Runs in the page. */
function coveredParts(): string[] {
  const focused = document.activeElement;
  if (!(focused instanceof HTMLElement) || focused === document.body) {
    return [];
  }
  const labels = focused instanceof HTMLInputElement ? [...(focused.labels ?? [])] : [];
  return [focused, ...labels]
    .filter((part) => !part.classList.contains('visually-hidden') && !part.closest('.locale'))
    .filter((part) => {
      const { left, top, width, height } = part.getBoundingClientRect();
      const hit = document.elementFromPoint(left + width / 2, top + height / 2);
      return hit === null || !(part.contains(hit) || hit.contains(part));
    })
    .map((part) => `${part.tagName} ${part.id || part.textContent}`);
}

describe('a field that is refused', () => {
  it('can be seen at 320 px, although the bar grows', async () => {
    const page = await visit({ viewport: { width: 320, height: 568 } });
    await field(page, 'model').fill(' ');
    await field(page, 'model').press('Enter');
    await errorSays(page, 'model', /can't do without/);
    await hasFocus(page, '#model');
    await expect.poll(() => page.evaluate(coveredParts)).toEqual([]);
  });
});

describe('by keyboard alone', () => {
  it('Ollama is set up without a key, then OpenRouter with one, and then the address changes', async () => {
    await api('DELETE');
    const page = await visit();
    const press = async (...keys: string[]) => {
      for (const key of keys) {
        await page.keyboard.press(key);
      }
    };

    // Language, provider, address
    await press('Tab', 'Tab');
    await hasFocus(page, '[data-focus=provider]');
    await press('ArrowDown');
    expect(await provider(page, 'OpenAI-compatible').isChecked()).toBe(true);
    await press('Tab');
    await hasFocus(page, '#baseUrl');
    await page.keyboard.type('localhost:11434/v1/');
    await press('Tab');
    expect(await field(page, 'baseUrl').inputValue()).toBe('http://localhost:11434/v1');
    await press('Tab');
    await hasFocus(page, '#model');
    await page.keyboard.type('llama3.2');
    await press('Enter');
    await statusSays(page, 'Saved');
    expect(await storedSettings()).toMatchObject({ baseUrl: 'http://localhost:11434/v1', keyConfigured: false });

    await press('Shift+Tab');
    await hasFocus(page, '.chip');
    await press('Home', 'ArrowRight', 'Space');
    expect(await field(page, 'baseUrl').inputValue()).toBe('https://openrouter.ai/api/v1');
    await press('Tab');
    await hasFocus(page, '#model');
    await page.keyboard.type('mistralai/mistral-large');
    await press('Tab', 'Tab');
    await hasFocus(page, '#apiKey');
    await page.keyboard.type('sk-FAKE');
    await press('Enter');
    await statusSays(page, 'Saved');
    expect(await storedSettings()).toMatchObject({ baseUrl: 'https://openrouter.ai/api/v1', keyConfigured: true });
    await hasFocus(page, '[type=submit]');

    await field(page, 'baseUrl').focus();
    await press('Control+A');
    await page.keyboard.type('https://h.example/v1');
    await press('Tab');
    await hasFocus(page, '#apiKey');
    await page.keyboard.type('sk-FAKE-2');
    await press('Enter');
    await statusSays(page, 'Saved');
    expect(await storedSettings()).toMatchObject({ baseUrl: 'https://h.example/v1', keyConfigured: true });
  });

  it('everything is removed, and the focus is never lost', async () => {
    const page = await visit();
    await button(page, 'Remove everything').focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await statusSays(page, 'Removed.');
    await hasFocus(page, '[data-focus=provider]');
  });
});

describe('with colours chosen by the system', () => {
  it('what is chosen still shows', async () => {
    const page = await visit({ forcedColors: 'active' });
    const outline = (selector: string) =>
      page.locator(selector).evaluate((element) => getComputedStyle(element).outlineStyle);
    expect(await outline('.card:has(:checked)')).toBe('solid');
    expect(await outline('.card:not(:has(:checked))')).toBe('none');
    expect(await outline('#model ~ .chips .chip[aria-pressed=true]')).toBe('solid');
  });
});
