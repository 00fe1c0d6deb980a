import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import type { LlmSettingsUpdate } from '@carol/llm-settings-client';
import { api, database, service, storedSettings } from './service';
import { alertSays, bodyOf, button, field, putsOf, statusSays, useBrowser, visit } from './visitor';

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

describe('signed out', () => {
  it.each([
    ['without a session', null],
    ['with a session that has ended', 'not.a.token'],
  ])('%s, the page says so, and goes on after signing in', async (_how, session) => {
    const page = await visit({ session });
    await alertSays(page, /You're signed out/);
    await page.context().addCookies([{ name: 'carol_session', value: service.token, url: service.url }]);
    await button(page, 'Try again').click();
    await page.getByText('Key saved').waitFor();
  });

  it('while editing, the draft stays and can be saved after signing in', async () => {
    const page = await visit();
    await field(page, 'model').fill('mine');
    await page.context().clearCookies();
    await button(page, 'Save').click();
    await alertSays(page, /You're signed out.*still here/);
    await page.context().addCookies([{ name: 'carol_session', value: service.token, url: service.url }]);
    await button(page, 'Save').click();
    await statusSays(page, 'Saved');
    expect(await storedSettings()).toMatchObject({ model: 'mine' });
  });
});

describe('changed elsewhere', () => {
  it('nothing is overwritten, and the draft stays on top of what is newer', async () => {
    const page = await visit();
    const puts = putsOf(page);
    await field(page, 'model').fill('mine');
    await api('PUT', { ...openRouter, baseUrl: 'https://openrouter.ai/newer', apiKey: undefined });
    await button(page, 'Save').click();
    await alertSays(page, /Something newer is saved/);
    expect(await storedSettings()).toMatchObject({ model: openRouter.model });

    await button(page, 'Load the newer settings').click();
    await statusSays(page, /Newer settings loaded/);
    expect(await field(page, 'model').inputValue()).toBe('mine');
    expect(await field(page, 'baseUrl').inputValue()).toBe('https://openrouter.ai/newer');
    await button(page, 'Save').click();
    await statusSays(page, 'Saved');
    expect(bodyOf(puts.at(-1))).toEqual({
      provider: 'openai_compatible',
      model: 'mine',
      baseUrl: 'https://openrouter.ai/newer',
    });
  });

  it('to nothing at all, the draft stays as well', async () => {
    const page = await visit();
    await field(page, 'model').fill('mine');
    await api('DELETE');
    await button(page, 'Save').click();
    await alertSays(page, /Something newer is saved/);
    await button(page, 'Load the newer settings').click();
    await page.getByText("I can't think yet").waitFor();
    expect(await field(page, 'model').inputValue()).toBe('mine');
  });

  it('from nothing to something, the first save does not overwrite it', async () => {
    await api('DELETE');
    const page = await visit();
    await field(page, 'model').fill('mine');
    await api('PUT', openRouter);
    await button(page, 'Save').click();
    await alertSays(page, /Something newer is saved/);
    expect(await storedSettings()).toMatchObject({ model: openRouter.model });
  });
});

describe('without an encryption key', () => {
  it('a key cannot be saved, and settings without one can', async () => {
    await api('DELETE');
    const page = await visit({ url: service.urlWithoutKey });
    await field(page, 'model').fill('claude-sonnet-4-5');
    await field(page, 'apiKey').fill('sk-FAKE');
    await button(page, 'Save').click();
    await alertSays(page, /I can't keep keys yet/);
    expect(await storedSettings()).toBeUndefined();
    await field(page, 'apiKey').fill('');
    await button(page, 'Save').click();
    await statusSays(page, 'Saved');
  });
});

describe('no connection', () => {
  it('while saving, the draft stays', async () => {
    const page = await visit();
    await field(page, 'model').fill('mine');
    await page.context().setOffline(true);
    await button(page, 'Save').click();
    await alertSays(page, /I can't be reached.*can't tell whether/);
    await page.context().setOffline(false);
    await button(page, 'Save').click();
    await statusSays(page, 'Saved');
  });

  it('that is lost after the service has saved is no harm either', async () => {
    const page = await visit();
    await field(page, 'model').fill('mine');
    await page.route(
      '**/api/settings/llm',
      async (route) => {
        await route.fetch();
        await route.abort('connectionreset');
      },
      { times: 1 },
    );
    await button(page, 'Save').click();
    await alertSays(page, /I can't be reached/);
    expect(await storedSettings()).toMatchObject({ model: 'mine' });
    await button(page, 'Save').click();
    await alertSays(page, /an earlier try that did get through/);
    await button(page, 'Load the newer settings').click();
    await statusSays(page, /Newer settings loaded/);
    expect(await button(page, 'Discard').getAttribute('aria-disabled')).toBe('true');
  });

  it('while reading, the page tries again by itself', async () => {
    const page = await visit();
    await page.route('**/api/settings/llm', (route) => route.abort('connectionrefused'), { times: 1 });
    await page.reload();
    await alertSays(page, /I can't be reached.*keep trying/);
    await page.getByText('Key saved').waitFor();
  });
});

describe('a proxy that answers instead', () => {
  it.each([200, 502])('with HTML and status %i is told apart from the service', async (status) => {
    const page = await visit();
    const html = { status, contentType: 'text/html', body: '<h1>Sign in</h1>' };
    await page.route('**/api/settings/llm', (route) => route.fulfill(html));
    await field(page, 'model').fill('mine');
    await button(page, 'Save').click();
    await alertSays(page, /Something else answered for me/);
    expect(await field(page, 'model').inputValue()).toBe('mine');
    page.on('dialog', (dialog) => dialog.accept());
    await page.reload();
    await alertSays(page, /Something else answered for me/);
  });
});

describe('without the database', () => {
  afterAll(() => database('start'));

  it('reading and saving say so, and go on when it is back', async () => {
    const editing = await visit();
    await field(editing, 'model').fill('mine');
    await database('stop');
    await button(editing, 'Save').click();
    await alertSays(editing, /I can't reach my memory.*still here/);

    const reading = await visit();
    await alertSays(reading, /I can't reach my memory.*keep trying/);

    await database('start');
    await expect.poll(() => reading.getByText('Key saved').count(), { timeout: 30_000 }).toBe(1);
    await button(editing, 'Save').click();
    await statusSays(editing, 'Saved');
    expect(await storedSettings()).toMatchObject({ model: 'mine' });
  });
});
