import { api, openRouter, service } from './service';
import {
  address,
  alerts,
  button,
  expect,
  isSaved,
  key,
  model,
  type Page,
  problemAnswer,
  save,
  serviceNamed,
  type Visit,
} from './test';

const SETTINGS = '**/api/settings/llm';
const CHECK = '**/api/settings/llm/check';

/** Answers of the service that depend on a provider, which cannot be had here at will. */
export const checkAnswers = {
  works: {
    verdict: 'works',
    reason: null,
    key: 'accepted',
    model: 'listed',
    models: [openRouter.model, 'openai/gpt-5'],
  },
  notListed: {
    verdict: 'unsure',
    reason: null,
    key: 'accepted',
    model: 'not_listed',
    models: ['mistralai/mistral-large-2411', 'mistralai/mistral-small', 'openai/gpt-5'],
  },
  refused: { verdict: 'fails', reason: 'key_refused', key: 'refused', model: 'unjudged', models: [] },
  nobody: { verdict: 'fails', reason: 'connection_refused', key: 'none', model: 'unjudged', models: [] },
  few: { verdict: 'unsure', reason: null, key: 'none', model: 'not_listed', models: ['qwen3-8b', 'llama-3.3-70b'] },
  noCredit: { verdict: 'fails', reason: 'no_credit', key: 'accepted', model: 'unjudged', models: [] },
};

async function tried(page: Page, answer: object) {
  await page.route(CHECK, (route) => route.fulfill({ contentType: 'application/json', body: JSON.stringify(answer) }));
  // The words differ from one language to the other.
  await page
    .locator('form button')
    .filter({ hasText: /Try it|Ausprobieren|Essayer|تجربة/ })
    .click();
  await page.locator('[data-tone=ok],[data-tone=attention],[data-tone=error]').last().waitFor();
}

const withStatus = (status: object): Visit => ({
  before: (page) =>
    page.route('**/api/settings/llm/status', (route) =>
      route.fulfill({ contentType: 'application/json', body: JSON.stringify(status) }),
    ),
});

const submit = (page: Page) => page.locator('[type=submit]').click();

async function conflict(page: Page) {
  await model(page).fill('my-own-choice');
  await api('PUT', openRouter);
  await submit(page);
  await page.locator('table').waitFor();
}

async function firstVisit(page: Page) {
  await api('DELETE');
  await page.reload();
  await page.locator('form').waitFor();
}

async function failing(page: Page, status: number, code: string) {
  await page.route(SETTINGS, (route) => route.fulfill(problemAnswer(status, code)));
  await page.reload();
  await alerts(page).waitFor();
}

export interface State {
  name: string;
  /** Starts with stored settings and a key. */
  reach: (page: Page) => Promise<unknown>;
  visit?: Visit;
}

/** Every state a person can see, by how to get there. */
export const states: State[] = [
  { name: 'saved', reach: (page) => page.locator('form').waitFor() },
  { name: 'first-visit', reach: firstVisit },
  {
    name: 'first-choice',
    reach: async (page) => {
      await firstVisit(page);
      await serviceNamed(page, 'OpenAI').check();
    },
  },
  { name: 'local', reach: (page) => page.getByRole('radio', { name: 'Ollama' }).check() },
  {
    name: 'other-address',
    reach: async (page) => {
      await page.getByRole('radio').last().check();
    },
  },
  { name: 'key-replaced', reach: (page) => button(page, 'Replace').click() },
  { name: 'key-removed', reach: (page) => button(page, 'Remove').click() },
  { name: 'key-asked-for', reach: (page) => serviceNamed(page, 'Groq').check() },
  {
    name: 'mended',
    reach: async (page) => {
      await serviceNamed(page, 'Another address').check();
      await address(page).fill('https://llm.münchen.example/v1/chat/completions ');
      await key(page).fill(' sk-FAKE ');
      await model(page).fill('');
      await save(page);
    },
  },
  { name: 'models', reach: (page) => button(page, 'Show models').click() },
  { name: 'works', reach: (page) => tried(page, checkAnswers.works) },
  { name: 'not-listed', reach: (page) => tried(page, checkAnswers.notListed) },
  { name: 'key-refused', reach: (page) => tried(page, checkAnswers.refused) },
  {
    name: 'nobody-there',
    reach: async (page) => {
      await page.getByRole('radio', { name: 'Ollama' }).check();
      await tried(page, checkAnswers.nobody);
    },
  },
  {
    name: 'choose-model',
    reach: async (page) => {
      await page.getByRole('radio', { name: 'vLLM' }).check();
      await tried(page, checkAnswers.few);
    },
  },
  { name: 'no-credit', reach: (page) => tried(page, checkAnswers.noCredit) },
  {
    name: 'tried-too-often',
    reach: async (page) => {
      await page.route(CHECK, (route) => route.fulfill(problemAnswer(429, 'rate_limited', { 'Retry-After': '30' })));
      await button(page, 'Try it').click();
      await alerts(page).waitFor();
    },
  },
  {
    name: 'check-off',
    reach: async (page) => {
      await page.route(CHECK, (route) => route.fulfill(problemAnswer(404, 'not_found')));
      await button(page, 'Try it').click();
      await page.getByText('Trying it is switched off here.').waitFor();
    },
  },
  {
    name: 'unreadable',
    visit: withStatus({ key: 'unreadable', lastUsedAt: null, lastOutcome: null, lastOutcomeAt: null }),
    reach: (page) => page.getByText('Key can’t be read').waitFor(),
  },
  {
    name: 'used',
    visit: withStatus({
      key: 'stored',
      lastUsedAt: '2026-05-04T10:00:00Z',
      lastOutcome: 'accepted',
      lastOutcomeAt: '2026-05-04T10:00:00Z',
    }),
    reach: (page) => page.getByText('Last used on').waitFor(),
  },
  {
    name: 'key-refused-in-use',
    visit: withStatus({
      key: 'stored',
      lastUsedAt: '2026-05-04T10:00:00Z',
      lastOutcome: 'refused',
      lastOutcomeAt: '2026-05-04T10:00:00Z',
    }),
    reach: (page) => page.getByText('refused the key on').waitFor(),
  },
  {
    name: 'refused',
    reach: async (page) => {
      await page.getByRole('radio').last().check();
      await address(page).fill('http://h.example/v1');
      await model(page).fill('m\u202en');
      await key(page).fill('****');
      await submit(page);
      await alerts(page).waitFor();
    },
  },
  {
    name: 'just-saved',
    reach: async (page) => {
      await model(page).fill('other');
      await save(page);
      await isSaved(page);
    },
  },
  { name: 'changed-elsewhere', reach: conflict },
  { name: 'about-to-remove', reach: (page) => button(page, 'Remove everything').click() },
  { name: 'signed-out', visit: { session: null }, reach: (page) => alerts(page).waitFor() },
  {
    name: 'no-key-storage',
    visit: { url: service.urlWithoutKey },
    reach: async (page) => {
      await button(page, 'Replace').click();
      await key(page).fill('sk-FAKE');
      await save(page);
      await expect(alerts(page)).toContainText('API keys can’t be saved yet');
    },
  },
  {
    name: 'lost-while-saving',
    reach: async (page) => {
      await model(page).fill('mine');
      await page.route(SETTINGS, (route) => route.abort('connectionreset'));
      await save(page);
      await alerts(page).waitFor();
    },
  },
  { name: 'database-away', reach: (page) => failing(page, 503, 'database_unavailable') },
  { name: 'server-fault', reach: (page) => failing(page, 500, 'internal') },
  {
    name: 'loading',
    reach: async (page) => {
      await page.route(SETTINGS, () => {});
      await page.reload();
      await page.getByText('I’m loading your settings').waitFor();
    },
  },
];

export function stateNamed(name: string): State {
  const state = states.find((one) => one.name === name);
  if (state === undefined) {
    throw new Error(`There is no state ${name}.`);
  }
  return state;
}
