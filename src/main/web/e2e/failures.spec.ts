import { api, database, openRouter, service, storedSettings } from './service';
import {
  alerts,
  bodyOf,
  button,
  expect,
  isSaved,
  key,
  model,
  problemAnswer,
  putsOf,
  save,
  serviceNamed,
  test,
} from './test';

const SETTINGS = '**/api/settings/llm';

test.beforeEach(async () => {
  await api('PUT', openRouter);
});

test.describe('signed out', () => {
  const session = { name: 'carol_session', value: service.token, url: service.url };

  for (const [how, value] of [
    ['without a session', null],
    ['with a session that has ended', 'not.a.token'],
  ] as const) {
    test(`${how}, the page says so, and goes on after signing in`, async ({ visit }) => {
      const page = await visit({ session: value });
      await expect(alerts(page)).toContainText('You are signed out.');
      await page.context().addCookies([session]);
      await button(page, 'Try again').click();
      await expect(page.getByText('Key saved')).toBeVisible();
    });
  }

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

  test('the newer settings can be used', async ({ visit }) => {
    const page = await visit();
    await model(page).fill('mine');
    await api('PUT', { provider: 'anthropic', model: 'claude', apiKey: 'sk-FAKE' });
    await save(page);
    await button(page, 'Use the newer settings').click();
    await expect(serviceNamed(page, 'Anthropic')).toBeChecked();
    await expect(model(page)).toHaveValue('claude');
    await expect(button(page, 'Save')).toBeHidden();
  });

  test('to nothing at all, the draft can be saved anew', async ({ visit }) => {
    const page = await visit();
    await button(page, 'Replace').click();
    await key(page).fill('sk-FAKE');
    await api('DELETE');
    await save(page);
    await expect(page.getByText('They were removed.')).toBeVisible();
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

  test('a form without changes shows it when the person comes back to the page', async ({ visit }) => {
    const page = await visit();
    await api('PUT', { ...openRouter, model: 'newer', apiKey: undefined });
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange', { bubbles: true })));
    await expect(model(page)).toHaveValue('newer');
    await expect(page.getByText('I use newer at OpenRouter.')).toBeVisible();
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
    await expect(alerts(page)).toContainText(/can’t be reached.*may have been saved or not/);
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

  test('while reading, the page tries again by itself', async ({ visit }) => {
    const page = await visit({
      before: (opened) => opened.route(SETTINGS, (route) => route.abort('connectionrefused'), { times: 1 }),
    });
    await expect(alerts(page)).toContainText(/can’t be reached.*I keep trying/);
    await expect(page.getByText('Key saved')).toBeVisible();
  });
});

test.describe('a refusal that this page does not know', () => {
  test('goes by its status, keeps the request number and believes how long to wait', async ({ visit }) => {
    const page = await visit();
    await model(page).fill('mine');
    await page.route(SETTINGS, (route) => route.fulfill(problemAnswer(409, 'model_in_use')), { times: 1 });
    await save(page);
    await expect(alerts(page)).toContainText(/The server refused this.*3f0d2c9e/);
    await page.route(SETTINGS, (route) => route.fulfill(problemAnswer(503, 'brown_out', { 'Retry-After': '42' })), {
      times: 1,
    });
    await save(page);
    await expect(alerts(page)).toContainText('Wait 42 seconds, then try again.');
  });
});

test.describe('a proxy that answers instead', () => {
  for (const status of [200, 502]) {
    test(`with HTML and status ${status} is told apart from the service`, async ({ visit }) => {
      const html = { status, contentType: 'text/html', body: '<h1>Sign in</h1>' };
      const page = await visit();
      await page.route(SETTINGS, (route) => route.fulfill(html));
      await model(page).fill('mine');
      await save(page);
      await expect(alerts(page)).toContainText('Something other than Carol answered.');
      await expect(model(page)).toHaveValue('mine');
    });
  }
});

test.describe('without the database', () => {
  test.afterAll(() => database('start'));

  test('reading and saving say so, and go on when it is back', async ({ visit }) => {
    test.setTimeout(180_000);
    const editing = await visit();
    await model(editing).fill('mine');
    await database('stop');
    await save(editing);
    await expect(alerts(editing)).toContainText(/can’t answer right now.*still here/);
    const reading = await visit();
    await expect(alerts(reading)).toContainText(/can’t answer right now.*I keep trying/);
    await database('start');
    await expect(reading.getByText('Key saved')).toBeVisible({ timeout: 30_000 });
    await save(editing);
    await isSaved(editing);
    expect(await storedSettings()).toMatchObject({ model: 'mine' });
  });
});
