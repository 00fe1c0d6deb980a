/**
 * Try it and the status of the key, by answers that this file makes up: providers and agents that give them cannot be had
 * at will. The answers of the service itself are in provider.spec.ts.
 */
import type { Route } from '@playwright/test';
import { api, openRouter } from './service';
import {
  alerts,
  bodyOf,
  button,
  expect,
  isSaved,
  key,
  model,
  type Page,
  problemAnswer,
  save,
  serviceNamed,
  test,
} from './test';

const CHECK = '**/api/settings/llm/check';
const STATUS = '**/api/settings/llm/status';

const works = {
  verdict: 'works',
  reason: null,
  key: 'accepted',
  model: 'listed',
  models: ['mistralai/mistral-large', 'openai/gpt-5'],
};
const json = (body: object) => ({ contentType: 'application/json', body: JSON.stringify(body) });
const answers = (body: object) => (page: Page) => page.route(CHECK, (route: Route) => route.fulfill(json(body)));

test.beforeEach(async () => {
  await api('PUT', openRouter);
});

test('what is stored is tried as it is, and then shown as good', async ({ visit }) => {
  const page = await visit({ before: answers(works) });
  const asked = page.waitForRequest(CHECK);
  await button(page, 'Try it').click();
  expect((await asked).postData()).toBeNull();
  await expect(page.getByText('It works. OpenRouter accepts the key and has mistralai/mistral-large.')).toBeVisible();
  await expect(page.getByText('Just tried: it works.')).toBeVisible();
});

test('changes are tried before they are saved, and the answer holds after that', async ({ visit }) => {
  const page = await visit({ before: answers(works) });
  await serviceNamed(page, 'Mistral').check();
  await key(page).fill('sk-FAKE');
  const asked = page.waitForRequest(CHECK);
  await button(page, 'Try it').click();
  expect(bodyOf(await asked)).toEqual({
    provider: 'openai_compatible',
    model: 'mistral-large-latest',
    baseUrl: 'https://api.mistral.ai/v1',
    apiKey: 'sk-FAKE',
  });
  await expect(page.getByText(/It works. Mistral accepts the key/)).toBeVisible();
  await save(page);
  await isSaved(page);
  await expect(page.getByText('Just tried: it works.')).toBeVisible();
});

test('the answer is gone with the next change', async ({ visit }) => {
  const page = await visit({ before: answers(works) });
  await button(page, 'Try it').click();
  await expect(page.getByText(/It works/)).toBeVisible();
  await model(page).fill('other');
  await expect(page.getByText(/It works/)).toBeHidden();
});

test('a model that is not listed gets the nearest names, and the list to choose from', async ({ visit }) => {
  const models = [
    'mistralai/mistral-large-2411',
    'openai/gpt-5',
    ...Array.from({ length: 80 }, (_, n) => `vendor/m${n}`),
  ];
  const page = await visit({ before: answers({ ...works, verdict: 'unsure', model: 'not_listed', models }) });
  await button(page, 'Try it').click();
  await expect(
    page.getByText(
      'OpenRouter answers, but doesn’t list mistralai/mistral-large. Check the name, or choose one from the list.',
    ),
  ).toBeVisible();
  await button(page, 'Show models').click();
  await model(page).fill('vendor');
  await expect(page.getByRole('listbox').getByRole('option')).toHaveCount(50);
  await expect(page.getByText('30 more. Type to find them.')).toBeVisible();
  await page.keyboard.press('Escape');
  await model(page).fill('mistralai/mistral-large');
  await button(page, 'Try it').click();
  await button(page, 'mistralai/mistral-large-2411').click();
  await expect(model(page)).toHaveValue('mistralai/mistral-large-2411');
});

test('a service on localhost that does not answer explains containers', async ({ visit }) => {
  const refused = {
    ...works,
    verdict: 'fails',
    reason: 'connection_refused',
    key: 'unjudged',
    model: 'unjudged',
    models: [],
  };
  const page = await visit({ before: answers(refused) });
  await serviceNamed(page, 'Ollama local').check();
  await button(page, 'Try it').click();
  await expect(page.getByText(/Nothing answers at localhost:11434 .* use host.docker.internal/)).toBeVisible();
});

test('where nothing is stored any more, the button stays', async ({ visit }) => {
  const page = await visit({
    before: (opened) => opened.route(CHECK, (route) => route.fulfill(problemAnswer(404, 'not_configured'))),
  });
  await api('DELETE');
  await button(page, 'Try it').click();
  await expect(page.getByText('I have no AI model yet. Choose a service to begin.')).toBeVisible();
  await serviceNamed(page, 'Ollama local').check();
  await expect(button(page, 'Try it')).toBeVisible();
  await expect(alerts(page)).toHaveCount(0);
});

test('where the server does not have it, the button goes', async ({ visit }) => {
  const page = await visit({
    before: (opened) => opened.route(CHECK, (route) => route.fulfill(problemAnswer(404, 'not_found'))),
  });
  await button(page, 'Try it').click();
  await expect(page.getByText('Trying it is switched off here.')).toBeVisible();
  await expect(button(page, 'Try it')).toBeHidden();
});

test('too many tries say how long to wait', async ({ visit }) => {
  const limited = problemAnswer(429, 'rate_limited', { 'Retry-After': '30' });
  const page = await visit({ before: (opened) => opened.route(CHECK, (route) => route.fulfill(limited)) });
  await button(page, 'Try it').click();
  await expect(alerts(page)).toContainText('Wait 30 seconds, then try again.');
});

for (const [status, text] of [
  [
    { key: 'stored', lastUsedAt: '2026-05-04T10:00:00Z', lastOutcome: 'accepted', lastOutcomeAt: null },
    /Last used on May 4, 2026/,
  ],
  [
    { key: 'stored', lastUsedAt: null, lastOutcome: 'refused', lastOutcomeAt: '2026-05-04T10:00:00Z' },
    /OpenRouter refused the key on May 4, 2026/,
  ],
  [
    { key: 'unreadable', lastUsedAt: null, lastOutcome: null, lastOutcomeAt: null },
    /can’t read the saved key any more/,
  ],
] as const) {
  test(`the status line says what is known of the key: ${String(text)}`, async ({ visit }) => {
    const page = await visit({ before: (opened) => opened.route(STATUS, (route) => route.fulfill(json(status))) });
    await expect(page.getByText(text)).toBeVisible();
  });
}
