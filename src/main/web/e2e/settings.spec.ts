import { api, openRouter, storedSettings } from './service';
import { address, bodyOf, button, expect, isSaved, key, model, putsOf, save, serviceNamed, test } from './test';

const CANARY = 'sk-FAKE-CANARY-0123456789';

test.beforeEach(async () => {
  await api('DELETE');
});

test.describe('the first visit', () => {
  test('sets up Anthropic with a key', async ({ visit }) => {
    const page = await visit();
    await expect(page.getByText('I have no AI model yet')).toBeVisible();
    await serviceNamed(page, 'Anthropic').check();
    await key(page).fill(CANARY);
    await save(page);
    await isSaved(page);
    expect(await storedSettings()).toEqual({
      provider: 'anthropic',
      model: 'claude-sonnet-4-5',
      baseUrl: null,
      keyConfigured: true,
    });
    await expect(page.getByText('Key saved')).toBeVisible();
    await expect(page.getByText('I use claude-sonnet-4-5 at Anthropic. Saved, not tried yet.')).toBeVisible();
  });

  test('sets up a gateway that speaks the protocol of Anthropic', async ({ visit }) => {
    const page = await visit();
    await serviceNamed(page, 'Another address').check();
    await page.getByRole('radio', { name: 'Anthropic-compatible' }).check();
    await address(page).fill('https://gateway.example/anthropic/v1/messages');
    await model(page).fill('claude');
    await key(page).fill(CANARY);
    await save(page);
    await isSaved(page);
    await expect(
      page.getByText('I removed /v1/messages at the end. I add the path of each call myself.'),
    ).toBeVisible();
    expect(await storedSettings()).toEqual({
      provider: 'anthropic',
      model: 'claude',
      baseUrl: 'https://gateway.example/anthropic',
      keyConfigured: true,
    });
    await page.reload();
    await expect(page.getByRole('radio', { name: 'Anthropic-compatible' })).toBeChecked();
    await expect(page.getByText('I use claude at gateway.example.')).toBeVisible();
  });
});

test.describe('a stored key', () => {
  test.beforeEach(async () => {
    await api('PUT', openRouter);
  });

  test('is kept when only the model changes', async ({ visit }) => {
    const page = await visit();
    const puts = putsOf(page);
    await model(page).fill('other');
    await save(page);
    await isSaved(page);
    expect(bodyOf(puts[0])).toEqual({ provider: 'openai_compatible', model: 'other', baseUrl: openRouter.baseUrl });
    expect(await storedSettings()).toMatchObject({ model: 'other', keyConfigured: true });
  });

  test('is kept after other services were looked at, whatever was said about keys there', async ({ visit }) => {
    const page = await visit();
    const puts = putsOf(page);
    await serviceNamed(page, 'Ollama local').check();
    await button(page, 'Add a key').click();
    await button(page, 'This address needs no key').click();
    await serviceNamed(page, 'Groq').check();
    await key(page).fill('sk-FAKE-groq');
    await serviceNamed(page, 'Another address').check();
    await address(page).fill('https://h.example/v1');
    await button(page, 'This address needs no key').click();
    await serviceNamed(page, 'OpenRouter').check();
    await expect(page.getByText('Key saved')).toBeVisible();
    await expect(button(page, 'Save')).toBeHidden();
    await model(page).fill('openai/gpt-5');
    await save(page);
    await isSaved(page);
    expect(bodyOf(puts[0])).not.toHaveProperty('apiKey');
    expect(await storedSettings()).toMatchObject({ model: 'openai/gpt-5', keyConfigured: true });
  });

  test('is removed, after Undo and a second thought', async ({ visit }) => {
    const page = await visit();
    await button(page, 'Remove').click();
    await expect(page.getByText('Key will be removed')).toBeVisible();
    await button(page, 'Undo').click();
    await expect(button(page, 'Save')).toBeHidden();
    await button(page, 'Remove').click();
    await save(page);
    await isSaved(page);
    expect(await storedSettings()).toMatchObject({ keyConfigured: false });
    await expect(page.getByText('The key is missing.')).toBeVisible();
  });

  test('does not follow to another service, which asks for its own', async ({ visit }) => {
    const page = await visit();
    await serviceNamed(page, 'Groq').check();
    await expect(page.getByText(/saved key is for OpenRouter, so I don’t use it for Groq/)).toBeVisible();
    await expect(serviceNamed(page, 'Groq')).toBeFocused();
    await save(page);
    await expect(page.getByText('Enter the key for this service.')).toBeVisible();
    await expect(key(page)).toBeFocused();
    expect(await storedSettings()).toMatchObject({ baseUrl: openRouter.baseUrl, model: openRouter.model });
    await key(page).fill(CANARY);
    await save(page);
    await isSaved(page);
    expect(await storedSettings()).toMatchObject({ baseUrl: 'https://api.groq.com/openai/v1', keyConfigured: true });
  });

  test('is asked for while an address is typed, and found again on the way back', async ({ visit }) => {
    await api('PUT', { ...openRouter, baseUrl: 'https://gateway.example/v1' });
    const page = await visit();
    await address(page).press('End');
    await page.keyboard.type('/extra');
    await expect(page.getByText('Key saved')).toBeVisible();
    await address(page).fill('https://h.example');
    await expect(page.getByText(/saved key is for gateway.example/)).toBeVisible();
    await expect(address(page)).toBeFocused();
    await address(page).fill('https://gateway.example/v1');
    await expect(page.getByText('Key saved')).toBeVisible();
  });

  test('goes with the save of a service that needs none, which says so', async ({ visit }) => {
    const page = await visit();
    await serviceNamed(page, 'Ollama local').check();
    await expect(page.getByText('Saving removes the saved key for OpenRouter.')).toHaveCount(2);
    await save(page);
    await isSaved(page);
    expect(await storedSettings()).toMatchObject({ baseUrl: 'http://localhost:11434/v1', keyConfigured: false });
  });
});

test.describe('saving', () => {
  test.beforeEach(async () => {
    await api('PUT', openRouter);
  });

  test('is there with the first change, gone with the last, and sends one PUT for a double click', async ({
    visit,
  }) => {
    const page = await visit();
    const puts = putsOf(page);
    await expect(button(page, 'Save')).toBeHidden();
    await model(page).press('End');
    await page.keyboard.type('x');
    await expect(button(page, 'Save')).toBeVisible();
    await page.keyboard.press('Backspace');
    await expect(button(page, 'Save')).toBeHidden();
    await model(page).fill('other');
    await button(page, 'Save').dblclick();
    await isSaved(page);
    await model(page).press('Enter');
    expect(puts).toHaveLength(1);
  });

  test('shows what the service refuses, where it belongs', async ({ visit }) => {
    const page = await visit();
    await serviceNamed(page, 'Another address').check();
    await address(page).fill('http://openrouter.example/v1');
    await model(page).fill('m\u202en');
    await key(page).fill('****');
    await save(page);
    await expect(page.getByText(/Use https:\/\//)).toBeVisible();
    await expect(page.getByText(/stray characters/)).toBeVisible();
    await expect(page.getByText(/a placeholder and not a key/)).toBeVisible();
    await expect(address(page)).toBeFocused();
  });

  test('refuses an address that cannot be, with its reason', async ({ visit }) => {
    const page = await visit();
    await serviceNamed(page, 'Another address').check();
    for (const [given, text] of [
      ['https://169.254.169.254/v1', /not allowed to connect/],
      ['https://user:secret@h.example/v1', /user name and password/],
      ['https://h.example/v1?api-version=1', /question mark/],
      ['ftp://h.example/v1', /has to begin with https/],
      ['https://h example/v1', /can’t read this address/],
      ['https://h.example/responses', /the address of one call/],
    ] as const) {
      await address(page).fill(given);
      await model(page).fill('m');
      await key(page).fill(CANARY);
      await save(page);
      await expect(page.getByText(text)).toBeVisible();
      await expect(address(page)).toHaveValue(given);
    }
    expect(await storedSettings()).toMatchObject({ baseUrl: openRouter.baseUrl });
  });

  test('refuses what is no key, makes no other key of it, and takes one with a colon as it is', async ({ visit }) => {
    const page = await visit();
    await button(page, 'Replace').click();
    for (const given of ['Basic dXNlcjpwYXNz', 'sk-1  # prod key', 'sk-first sk-second']) {
      await key(page).fill('');
      await expect(page.getByText(/A key has no spaces/)).toBeHidden();
      await key(page).fill(given);
      await save(page);
      await expect(page.getByText(/A key has no spaces/)).toBeVisible();
      await expect(key(page)).toHaveValue(given);
    }
    const puts = putsOf(page);
    await key(page).fill('team-api-key:s3cr3t');
    await save(page);
    await isSaved(page);
    expect(bodyOf(puts[0])).toMatchObject({ apiKey: 'team-api-key:s3cr3t' });
  });

  test('mends what was entered where nothing is lost, and says so', async ({ visit }) => {
    const page = await visit();
    const puts = putsOf(page);
    await serviceNamed(page, 'Another address').check();
    await address(page).fill(' https://llm.münchen.example/v1/chat/completions ');
    await model(page).fill('\ufeffgpt-4o\u200b');
    await key(page).fill(`${CANARY}\u200b`);
    await save(page);
    await isSaved(page);
    expect(bodyOf(puts[0])).toEqual({
      provider: 'openai_compatible',
      model: 'gpt-4o',
      baseUrl: 'https://llm.xn--mnchen-3ya.example/v1',
      apiKey: CANARY,
    });
    await expect(
      page.getByText('I removed /chat/completions at the end. I add the path of each call myself.'),
    ).toBeVisible();
  });

  test('replaces the key, and leaves no trace of it', async ({ visit, written }) => {
    const page = await visit();
    const puts = putsOf(page);
    const urls: string[] = [];
    page.on('request', (request) => urls.push(request.url()));
    await button(page, 'Replace').click();
    await expect(key(page)).toBeFocused();
    await key(page).fill(CANARY);
    await button(page, 'Show').click();
    await model(page).fill('other');
    await model(page).press('Enter');
    await isSaved(page);
    expect(bodyOf(puts[0])).toMatchObject({ apiKey: CANARY });
    await expect(page.getByText('Key saved')).toBeVisible();
    const traces = await page.evaluate(() => ({
      document: document.documentElement.outerHTML,
      values: [...document.querySelectorAll('input')].map((input) => input.value),
      address: location.href,
      state: JSON.stringify(history.state),
      storage: JSON.stringify([Object.entries(localStorage), Object.entries(sessionStorage)]),
      cookies: document.cookie,
    }));
    expect(JSON.stringify([traces, urls, written])).not.toContain(CANARY);
    await button(page, 'Replace').click();
    await expect(key(page)).toHaveValue('');
    await expect(key(page)).toHaveAttribute('type', 'password');
  });
});

test.describe('an address without a scheme', () => {
  test('gets the one that the service takes for it', async ({ visit }) => {
    const page = await visit();
    await serviceNamed(page, 'Another address').check();
    await model(page).fill('m');
    for (const [given, stored] of [
      ['100.101.102.103:11434/v1', 'http://100.101.102.103:11434/v1'],
      ['ollama.llm.svc:11434/v1', 'http://ollama.llm.svc:11434/v1'],
      ['nas.home.arpa:11434/v1', 'http://nas.home.arpa:11434/v1'],
      ['[fd00::5]:11434/v1', 'http://[fd00::5]:11434/v1'],
      ['models/', 'http://models'],
      ['api.example.com/v1', 'https://api.example.com/v1'],
    ] as const) {
      await address(page).fill(given);
      await save(page);
      await expect(button(page, 'Save')).toBeHidden();
      expect(await storedSettings()).toMatchObject({ baseUrl: stored });
    }
  });

  test('keeps the stored key at the address that it turns out to be', async ({ visit }) => {
    await api('PUT', { ...openRouter, baseUrl: 'https://gateway.example/v1' });
    const page = await visit();
    await address(page).fill('gateway.example/v2');
    await save(page);
    await isSaved(page);
    expect(await storedSettings()).toMatchObject({ baseUrl: 'https://gateway.example/v2', keyConfigured: true });
  });
});

test('leaving asks while something is unsaved, and only then', async ({ visit }) => {
  const page = await visit();
  const asked: string[] = [];
  page.on('dialog', (dialog) => {
    asked.push(dialog.type());
    return dialog.accept();
  });
  await serviceNamed(page, 'Ollama local').click();
  await button(page, 'Discard changes').click();
  await expect(page.getByText('I have no AI model yet')).toBeVisible();
  await page.reload();
  await page.locator('form').waitFor();
  expect(asked).toEqual([]);
  await serviceNamed(page, 'Ollama local').click();
  await page.reload();
  expect(asked).toEqual(['beforeunload']);
});

test.describe('removing everything', () => {
  test.beforeEach(async () => {
    await api('PUT', openRouter);
  });

  test('is asked about, can be left, and leaves the form of a first visit', async ({ visit }) => {
    const page = await visit();
    await model(page).fill('mine');
    await button(page, 'Remove everything').click();
    const dialog = page.getByRole('alertdialog');
    await expect(dialog).toContainText(/Chats .* stop until you set up an AI model again/);
    await expect(dialog).toContainText(/changes you have not saved are lost/);
    await expect(button(page, 'Cancel')).toBeFocused();
    await page.keyboard.press('Escape');
    await expect(dialog).toBeHidden();
    await expect(button(page, 'Remove everything')).toBeFocused();
    expect(await storedSettings()).toBeDefined();
    await button(page, 'Remove everything').click();
    await dialog.getByRole('button', { name: 'Remove everything' }).click();
    await expect(page.getByText('Removed. I have no AI model now.')).toBeVisible();
    expect(await storedSettings()).toBeUndefined();
    await expect(page.getByRole('radio', { checked: true })).toHaveCount(0);
  });

  test('removes nothing that was saved elsewhere in the meantime', async ({ visit }) => {
    const page = await visit();
    await api('PUT', { ...openRouter, model: 'newer' });
    await button(page, 'Remove everything').click();
    await page.getByRole('alertdialog').getByRole('button', { name: 'Remove everything' }).click();
    await expect(page.getByText('Not removed: the settings were changed elsewhere.')).toBeVisible();
    await expect(model(page)).toHaveValue('newer');
    expect(await storedSettings()).toMatchObject({ model: 'newer' });
  });
});

test.describe('the language', () => {
  for (const [locale, title, direction] of [
    ['de-AT', 'KI-Modell', 'ltr'],
    ['fr', 'Modèle d’IA', 'ltr'],
    ['ar-EG', 'نموذج الذكاء الاصطناعي', 'rtl'],
    ['nl', 'AI model', 'ltr'],
  ] as const) {
    test(`is the one that the browser asks for: ${locale}`, async ({ visit }) => {
      const page = await visit({ locale });
      await expect(page.getByRole('heading', { level: 1 })).toHaveText(title);
      await expect(page.locator('html')).toHaveAttribute('dir', direction);
      await expect(page).toHaveTitle(new RegExp(title));
    });
  }

  test('is the one that was picked, also after coming back, and keeps the draft', async ({ visit }) => {
    await api('PUT', openRouter);
    const page = await visit();
    await model(page).fill('mine');
    await page.getByLabel('Language').selectOption('de');
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('KI-Modell');
    await expect(model(page)).toHaveValue('mine');
    await button(page, 'Änderungen verwerfen').click();
    await page.reload();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('KI-Modell');
  });

  test('that does not load leaves the page in English, and says so', async ({ visit }) => {
    const page = await visit({
      locale: 'de',
      before: (opened) => opened.route('**/assets/de-*', (route) => route.abort()),
    });
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('AI model');
    await expect(page.getByText('I couldn’t load Deutsch. Check your connection, then choose it again.')).toBeVisible();
    await page.unroute('**/assets/de-*');
    await page.getByLabel('Language').selectOption('de');
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('KI-Modell');
    await expect(page.getByText('I couldn’t load Deutsch.')).toBeHidden();
  });
});
