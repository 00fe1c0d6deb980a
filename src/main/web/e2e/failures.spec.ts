import { api, openRouter, service, storedSettings } from './service';
import { alerts, bodyOf, button, expect, isSaved, key, model, putsOf, save, serviceNamed, test } from './test';

const SETTINGS = '**/api/settings/llm';

test.beforeEach(async () => {
  await api('PUT', openRouter);
});

test.describe('signed out', () => {
  const session = { name: 'carol_session', value: service.token, url: service.url };

  test('the page says so, and goes on after signing in', async ({ visit }) => {
    const page = await visit({ session: null });
    await expect(alerts(page)).toContainText('You are signed out.');
    await page.context().addCookies([{ ...session, value: 'a.session.that.has.ended' }]);
    // The message stays on show meanwhile, so only the answer tells when the attempt is over.
    const refused = page.waitForResponse(SETTINGS);
    await button(page, 'Try again').click();
    expect((await refused).status()).toBe(401);
    await expect(alerts(page)).toContainText('You are signed out.');
    await page.context().addCookies([session]);
    await button(page, 'Try again').click();
    await expect(page.getByText('Key saved')).toBeVisible();
  });

  test('while editing, the draft stays and can be saved after signing in', async ({ visit }) => {
    const page = await visit();
    await model(page).fill('mine');
    await page.context().clearCookies();
    await save(page);
    await expect(alerts(page)).toContainText(/You are signed out.*still here/);
    await page.context().addCookies([session]);
    await save(page);
    await isSaved(page);
    expect(await storedSettings()).toMatchObject({ model: 'mine' });
  });

  test('there is a link to where to sign in, when the service has one', async ({ visit }) => {
    const page = await visit({ session: null, url: service.urlWithoutKey });
    await expect(page.getByRole('link', { name: 'Sign in' })).toHaveAttribute('href', 'https://id.example/?to=a&by=b');
  });
});

test.describe('changed elsewhere', () => {
  test('nothing is overwritten before the person has decided', async ({ visit }) => {
    const page = await visit();
    const puts = putsOf(page);
    await model(page).fill('mine');
    await api('PUT', { ...openRouter, model: 'newer', apiKey: undefined });
    await save(page);
    await expect(page.getByRole('row')).toHaveText(['Saved nowYours', 'Modelnewermine']);
    expect(await storedSettings()).toMatchObject({ model: 'newer' });
    await expect(button(page, 'Save')).toBeHidden();
    await button(page, 'Save mine instead').click();
    await isSaved(page);
    expect(bodyOf(puts.at(-1))).toMatchObject({ model: 'mine' });
    expect(await storedSettings()).toMatchObject({ model: 'mine', keyConfigured: true });
  });

  test('to nothing at all, the draft can be saved anew', async ({ visit }) => {
    const page = await visit();
    await button(page, 'Replace').click();
    await key(page).fill('sk-FAKE');
    await api('DELETE');
    await save(page);
    await expect(page.getByText('The settings were removed.')).toBeVisible();
    await button(page, 'Save mine instead').click();
    await isSaved(page);
    expect(await storedSettings()).toMatchObject({ model: openRouter.model, keyConfigured: true });
  });

  test('from nothing to something, the first save does not overwrite it', async ({ visit }) => {
    await api('DELETE');
    const page = await visit();
    await serviceNamed(page, 'Ollama local').check();
    await api('PUT', openRouter);
    await save(page);
    await expect(button(page, 'Use the newer settings')).toBeVisible();
    expect(await storedSettings()).toMatchObject({ model: openRouter.model });
  });
});

test.describe('without an encryption key', () => {
  test('a key cannot be saved, and a service without one can', async ({ visit }) => {
    await api('DELETE');
    const page = await visit({ url: service.urlWithoutKey });
    await serviceNamed(page, 'Anthropic').check();
    await key(page).fill('sk-FAKE');
    await save(page);
    await expect(alerts(page)).toContainText('API keys can’t be saved yet.');
    expect(await storedSettings()).toBeUndefined();
    await serviceNamed(page, 'Ollama local').check();
    await save(page);
    await isSaved(page);
  });
});

test.describe('no connection', () => {
  test('while saving, the draft stays', async ({ visit }) => {
    const page = await visit();
    await model(page).fill('mine');
    await page.context().setOffline(true);
    await save(page);
    await expect(alerts(page)).toContainText(/can’t be reached.*may or may not have been saved/);
    await page.context().setOffline(false);
    await save(page);
    await isSaved(page);
  });

  test('that is lost after the service has saved is no harm either', async ({ visit }) => {
    const page = await visit();
    await model(page).fill('mine');
    await page.route(
      SETTINGS,
      async (route) => {
        await route.fetch();
        await route.abort('connectionreset');
      },
      { times: 1 },
    );
    await save(page);
    await expect(alerts(page)).toContainText('can’t be reached');
    expect(await storedSettings()).toMatchObject({ model: 'mine' });
    await save(page);
    await expect(page.getByText('Your changes are saved already.')).toBeVisible();
    await expect(button(page, 'Save')).toBeHidden();
  });
});
