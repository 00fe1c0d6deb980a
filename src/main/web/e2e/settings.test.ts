import { beforeEach, describe, expect, it } from 'vitest';
import type { LlmSettingsUpdate } from '@carol/llm-settings-client';
import { api, service, storedSettings } from './service';
import {
  bodyOf,
  button,
  errorSays,
  field,
  hasFocus,
  provider,
  putsOf,
  statusSays,
  useBrowser,
  visit,
  written,
} from './visitor';

const CANARY = 'sk-FAKE-CANARY-0123456789';

const openRouter: LlmSettingsUpdate = {
  provider: 'openai_compatible',
  model: 'mistralai/mistral-large',
  baseUrl: 'https://openrouter.ai/api/v1',
  apiKey: 'sk-FAKE-stored',
};

useBrowser();
beforeEach(async () => {
  await api('DELETE');
});

describe('the first visit', () => {
  it('reads once, and starts with an empty form', async () => {
    const page = await visit({ session: null });
    const reads: string[] = [];
    page.on('request', (request) => request.url().includes('/api/') && reads.push(request.method()));
    await page.context().addCookies([{ name: 'carol_session', value: service.token, url: service.url }]);
    await page.reload();
    await page.getByText("I can't think yet").waitFor();
    expect(reads).toEqual(['GET']);
    expect(await field(page, 'model').inputValue()).toBe('');
  });

  it('sets up Anthropic with a key', async () => {
    const page = await visit();
    await button(page, 'claude-sonnet-4-5').click();
    await field(page, 'apiKey').fill(CANARY);
    await button(page, 'Save').click();
    await statusSays(page, 'Saved');
    expect(await storedSettings()).toEqual({
      provider: 'anthropic',
      model: 'claude-sonnet-4-5',
      baseUrl: null,
      keyConfigured: true,
    });
    await page.getByText('Key saved').waitFor();
    await page.getByText('I think with claude-sonnet-4-5 at Anthropic.').waitFor();
  });

  it('sets up Ollama without a key', async () => {
    const page = await visit();
    await provider(page, 'OpenAI-compatible').check();
    await page.getByRole('button', { name: 'Ollama' }).click();
    await page.getByText(/localhost means the machine I run on/).waitFor();
    await field(page, 'model').fill('llama3.2');
    await button(page, 'Save').click();
    await statusSays(page, 'Saved');
    expect(await storedSettings()).toEqual({
      provider: 'openai_compatible',
      model: 'llama3.2',
      baseUrl: 'http://localhost:11434/v1',
      keyConfigured: false,
    });
  });
});

describe('a stored key', () => {
  beforeEach(async () => {
    await api('PUT', openRouter);
  });

  it('is kept when only the model changes', async () => {
    const page = await visit();
    const puts = putsOf(page);
    await field(page, 'model').fill('other');
    await button(page, 'Save').click();
    await statusSays(page, 'Saved');
    expect(bodyOf(puts[0])).toEqual({ provider: 'openai_compatible', model: 'other', baseUrl: openRouter.baseUrl });
    expect(await storedSettings()).toMatchObject({ model: 'other', keyConfigured: true });
  });

  it('is replaced', async () => {
    const page = await visit();
    const puts = putsOf(page);
    await button(page, 'Replace').click();
    await hasFocus(page, '#apiKey');
    await field(page, 'apiKey').fill(CANARY);
    await button(page, 'Save').click();
    await statusSays(page, 'Saved');
    expect(bodyOf(puts[0])).toMatchObject({ apiKey: CANARY });
    await page.getByText('Key saved').waitFor();
  });

  it('stays when Replace is taken back', async () => {
    const page = await visit();
    await button(page, 'Replace').click();
    await field(page, 'apiKey').fill(CANARY);
    await button(page, 'Keep the old key').click();
    await statusSays(page, 'Everything is saved');
    await hasFocus(page, '[data-focus=keyActions]');
  });

  it('is removed, after Undo and a second thought', async () => {
    const page = await visit();
    await button(page, 'Remove').click();
    await button(page, 'Undo').click();
    await statusSays(page, 'Everything is saved');
    await button(page, 'Remove').click();
    await button(page, 'Save').click();
    await statusSays(page, 'Saved');
    expect(await storedSettings()).toMatchObject({ keyConfigured: false });
  });

  it('does not follow to another host: its key is asked for at once', async () => {
    const page = await visit();
    await button(page, 'Groq').click();
    await hasFocus(page, '#apiKey');
    await page.getByText(/belongs to OpenRouter/).waitFor();
    await button(page, 'llama-3.3-70b-versatile').click();

    await button(page, 'Save').click();
    await errorSays(page, 'apiKey', /I need the key for the new place/);
    await hasFocus(page, '#apiKey');
    expect(await storedSettings()).toMatchObject({ baseUrl: openRouter.baseUrl, model: openRouter.model });

    await field(page, 'apiKey').fill(CANARY);
    await button(page, 'Save').click();
    await statusSays(page, 'Saved');
    expect(await storedSettings()).toMatchObject({ baseUrl: 'https://api.groq.com/openai/v1', keyConfigured: true });
  });

  it('does not follow to another provider', async () => {
    const page = await visit();
    await provider(page, 'Anthropic').check();
    await hasFocus(page, '#apiKey');
    await provider(page, 'OpenAI-compatible').check();
    await page.getByText('Key saved').waitFor();
  });

  it('is asked for while an address is typed, and found again on the way back', async () => {
    const page = await visit();
    await field(page, 'baseUrl').press('End');
    await page.keyboard.type('/extra');
    await page.getByText('Key saved').waitFor();
    await page.keyboard.press('Control+A');
    await page.keyboard.type('https://h.example');
    await page.getByText(/belongs to OpenRouter/).waitFor();
    await hasFocus(page, '#baseUrl');
    await page.keyboard.press('Control+A');
    await page.keyboard.type(openRouter.baseUrl!);
    await page.getByText('Key saved').waitFor();
  });

  it('stays behind when the new place needs none', async () => {
    const page = await visit();
    await page.getByRole('button', { name: 'Ollama' }).click();
    await button(page, 'The new place needs no key').click();
    await button(page, 'llama3.2').click();
    await button(page, 'Save').click();
    await statusSays(page, 'Saved');
    expect(await storedSettings()).toMatchObject({ baseUrl: 'http://localhost:11434/v1', keyConfigured: false });
  });
});

describe('saving', () => {
  beforeEach(async () => {
    await api('PUT', openRouter);
  });

  it('of a clean form sends nothing', async () => {
    const page = await visit();
    const puts = putsOf(page);
    await button(page, 'Save').click();
    await field(page, 'model').press('Enter');
    await statusSays(page, 'There is nothing to save');
    expect(puts).toEqual([]);
  });

  it('twice in a row sends one PUT', async () => {
    const page = await visit();
    const puts = putsOf(page);
    await field(page, 'model').fill('other');
    await button(page, 'Save').dblclick();
    await statusSays(page, 'Saved');
    await page.evaluate(() => document.querySelector('form')!.requestSubmit());
    await statusSays(page, 'There is nothing to save');
    expect(puts).toHaveLength(1);
  });

  it('shows what the service refuses, where it belongs', async () => {
    const page = await visit();
    await field(page, 'baseUrl').fill('http://openrouter.example/v1');
    await field(page, 'model').fill(' ');
    await field(page, 'apiKey').fill('****');
    const before = await button(page, 'Save').boundingBox();
    await button(page, 'Save').click();
    await errorSays(page, 'baseUrl', /use https/);
    await errorSays(page, 'model', /can't do without/);
    await errorSays(page, 'apiKey', /hidden form of a key/);
    await hasFocus(page, '#baseUrl');
    expect(await button(page, 'Save').boundingBox(), 'Save stays under the pointer').toEqual(before);
  });

  it.each([
    ['https://169.254.169.254/v1', /not allowed to talk/],
    ['https://user:secret@h.example/v1', /can't read this address/],
    ['https://h.example/v1?a=b', /can't read this address/],
    ['', /need an address/],
  ])('refuses the address "%s"', async (address, text) => {
    const page = await visit();
    await field(page, 'baseUrl').fill(address);
    await field(page, 'apiKey').fill(CANARY);
    await button(page, 'Save').click();
    await errorSays(page, 'baseUrl', text);
  });

  it('mends what was pasted, and says so', async () => {
    const page = await visit();
    await field(page, 'baseUrl').fill(' https://openrouter.ai/api/v1/chat/completions ');
    await page.getByText('I took off the last part.').waitFor();
    await button(page, 'Replace').click();
    await field(page, 'apiKey').fill(`export OPENROUTER_API_KEY="${CANARY}"\u200b`);
    expect(await field(page, 'apiKey').inputValue()).toBe(CANARY);
    const puts = putsOf(page);
    await button(page, 'Save').click();
    await statusSays(page, 'Saved');
    expect(bodyOf(puts[0])).toMatchObject({ baseUrl: 'https://openrouter.ai/api/v1', apiKey: CANARY });
  });

  it('leaves no trace of the key', async () => {
    const page = await visit();
    const urls: string[] = [];
    page.on('request', (request) => urls.push(request.url()));
    await button(page, 'Replace').click();
    await field(page, 'apiKey').fill(CANARY);
    await button(page, 'Show').click();
    await field(page, 'model').fill('other');
    await field(page, 'model').press('Enter');
    await statusSays(page, 'Saved');
    const traces = await page.evaluate(() => ({
      document: document.documentElement.outerHTML,
      values: [...document.querySelectorAll('input')].map((input) => input.value),
      address: location.href,
      state: JSON.stringify(history.state),
      storage: JSON.stringify({ ...localStorage, ...sessionStorage }),
      cookies: document.cookie,
    }));
    expect(JSON.stringify([traces, urls, written])).not.toContain(CANARY);
    await button(page, 'Replace').click();
    expect(await field(page, 'apiKey').inputValue()).toBe('');
    expect(await field(page, 'apiKey').getAttribute('type')).toBe('password');
  });
});

describe('leaving', () => {
  it('asks while something is unsaved', async () => {
    const page = await visit();
    await field(page, 'model').pressSequentially('m');
    const asked = page.waitForEvent('dialog');
    const left = page.reload();
    const dialog = await asked;
    expect(dialog.type()).toBe('beforeunload');
    await dialog.accept();
    await left;
  });

  it('does not ask after Discard', async () => {
    const page = await visit();
    await field(page, 'model').pressSequentially('m');
    await button(page, 'Discard').click();
    expect(await field(page, 'model').inputValue()).toBe('');
    page.on('dialog', () => expect.unreachable('nothing is unsaved'));
    await page.reload();
    await page.locator('form').waitFor();
  });
});

describe('removing everything', () => {
  beforeEach(async () => {
    await api('PUT', openRouter);
  });

  it('is asked about, and can be left', async () => {
    const page = await visit();
    await button(page, 'Remove everything').click();
    const dialog = page.getByRole('dialog');
    expect(await dialog.textContent()).toMatch(/chats .* stop until you set me up again/);
    await hasFocus(page, 'dialog button');
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    await hasFocus(page, '.forget > button');
    expect(await storedSettings()).toBeDefined();
  });

  it('leaves the form of a first visit', async () => {
    const page = await visit();
    await button(page, 'Remove everything').click();
    await button(page, 'Yes, remove everything').click();
    await statusSays(page, 'Removed.');
    expect(await storedSettings()).toBeUndefined();
    await page.getByText("I can't think yet").waitFor();
    await hasFocus(page, '[data-focus=provider]');
  });
});

describe('the language', () => {
  it.each([
    ['de-AT', 'Wie ich denke', 'ltr'],
    ['fr', 'Comment je pense', 'ltr'],
    ['ar-EG', 'كيف أفكّر', 'rtl'],
    ['nl', 'How I think', 'ltr'],
  ])('is the one that the browser asks for: %s', async (locale, title, direction) => {
    const page = await visit({ locale });
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe(title);
    expect(await page.locator('html').getAttribute('dir')).toBe(direction);
    expect(await page.title()).toContain(title);
  });

  it('is the one that was picked, also after coming back, and keeps the draft', async () => {
    const page = await visit();
    await field(page, 'model').fill('mine');
    await page.getByLabel('Language', { exact: true }).selectOption('de');
    await page.getByText('Wie ich denke').waitFor();
    expect(await field(page, 'model').inputValue()).toBe('mine');
    await button(page, 'Verwerfen').click();
    await page.reload();
    await page.getByText('Wie ich denke').waitFor();
  });
});
