// @vitest-environment jsdom
import { act, cleanup, configure, render, screen, waitFor, within } from '@testing-library/react';
import userEvent, { type UserEvent } from '@testing-library/user-event';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { LlmSettings, LlmSettingsClient } from '@carol/llm-settings-client';
import { AccountPage } from '../examples/account-page';
import { App } from '../src/App';
import { ErrorBoundary } from '../src/ErrorBoundary';
import { LlmSettings as Form } from '../src/features/llm-settings';
import { type Answer, invalid, problem, Stub } from './stub';

const SETTINGS = '/api/settings/llm';
const CHECK = `POST ${SETTINGS}/check`;
const STATUS = `GET ${SETTINGS}/status`;

const openRouter: LlmSettings = {
  provider: 'openai_compatible',
  model: 'mistralai/mistral-large',
  baseUrl: 'https://openrouter.ai/api/v1',
  keyConfigured: true,
};

let stub: Stub;
let user: UserEvent;

// One second, which is the default, is not enough on a machine that is busy.
configure({ asyncUtilTimeout: 15_000 });

// jsdom scrolls nothing, and has no CSS object, which user-event needs to walk radio buttons by arrow keys.
Element.prototype.scrollIntoView = () => {};
vi.stubGlobal('CSS', { escape: (text: string) => text });

beforeEach(async () => {
  stub = await Stub.start();
  user = userEvent.setup();
  localStorage.clear();
});

afterEach(() => {
  cleanup();
  stub.stop();
});

async function open(signInUrl?: string) {
  render(<App client={stub.client()} signInUrl={signInUrl} />);
  await waitFor(() => {
    expect(screen.queryByText(/I’m loading/)).toBeNull();
  });
}

const button = (name: string | RegExp) => screen.getByRole('button', { name });
const text = (name: string) => screen.getByLabelText<HTMLInputElement>(name);
const service = (name: RegExp) => screen.getByRole<HTMLInputElement>('radio', { name });
const model = () => screen.getByRole<HTMLInputElement>('combobox', { name: 'Model' });
const save = () => user.click(button('Save'));
const options = () => within(screen.getByRole('listbox')).queryAllByRole('option');
const appears = (what: string | RegExp) => screen.findByText(what);
const alertSays = (what: RegExp) =>
  waitFor(() => {
    const alerts = screen.getAllByRole('alert').map((alert) => alert.textContent);
    expect(alerts.join(' ')).toMatch(what);
  });
/** The focus moves after the answer of the service is on show. */
const hasFocus = (element: () => HTMLElement) =>
  waitFor(() => {
    expect(document.activeElement).toBe(element());
  });
const comeBack = () =>
  act(() => {
    document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
  });
const checkAnswer = (more: object): Answer => ({
  status: 200,
  body: { verdict: 'works', reason: null, key: 'accepted', model: 'listed', models: [], ...more },
});

describe('the first visit', () => {
  it('asks for the service, and for nothing else until that is chosen', async () => {
    await open();
    expect(screen.getByText(/I have no AI model yet/)).toBeTruthy();
    expect(screen.getAllByRole('radio').map((radio) => radio.parentElement?.textContent)).toEqual([
      ...['Anthropic', 'OpenAI', 'OpenRouter', 'Groq', 'Mistral', 'Together', 'DeepSeek', 'Google Gemini'],
      ...['Azure OpenAI', 'Ollamalocal', 'LM Studiolocal', 'vLLMlocal', 'Another address'],
    ]);
    expect(screen.queryByRole('textbox')).toBeNull();
    expect(screen.queryByRole('button', { name: 'Save' })).toBeNull();
  });

  it('reads once, and saves provided that there still is nothing', async () => {
    await open();
    expect(stub.received.map(({ call }) => call)).toEqual([`GET ${SETTINGS}`]);
    await user.click(service(/Ollama/));
    await save();
    await appears('Saved.');
    expect(stub.puts()).toMatchObject([
      {
        headers: { 'if-none-match': '*' },
        body: { provider: 'openai_compatible', model: 'llama3.2', baseUrl: 'http://localhost:11434/v1' },
      },
    ]);
  });

  it('hides the address where it is known, and links to where the keys are made', async () => {
    await open();
    await user.click(service(/Groq/));
    expect(screen.queryByLabelText('Address')).toBeNull();
    expect(screen.getByRole<HTMLAnchorElement>('link', { name: 'Get a key from Groq' }).href).toBe(
      'https://console.groq.com/keys',
    );
    await user.click(service(/Another address/));
    expect(text('Address').value).toBe('');
    expect(screen.getByRole('radio', { name: 'OpenAI-compatible' })).toMatchObject({ checked: true });
  });

  it('marks what is missing, says so, and goes there', async () => {
    await open();
    await user.click(service(/Another address/));
    await save();
    expect(document.activeElement).toBe(text('Address'));
    expect(text('Address').getAttribute('aria-invalid')).toBe('true');
    expect(screen.getByText('Enter the address.')).toBeTruthy();
    expect(screen.getByText('Enter a model.')).toBeTruthy();
    expect(stub.puts()).toEqual([]);
  });
});

describe('a form with stored settings', () => {
  beforeEach(async () => {
    stub.stored = openRouter;
    await open();
  });

  it('shows what is stored, and the key only as saved', () => {
    expect(service(/OpenRouter/).checked).toBe(true);
    expect(model().value).toBe(openRouter.model);
    expect(screen.getByText('Key saved')).toBeTruthy();
    expect(document.querySelector('[name=llm-api-key]')).toBeNull();
    expect(screen.getByText(/Your settings are saved/)).toBeTruthy();
  });

  it('offers Save with the first change, and sends one PUT for a double click', async () => {
    expect(screen.queryByRole('button', { name: 'Save' })).toBeNull();
    await user.type(model(), '-2');
    await user.dblClick(button('Save'));
    await appears('Saved.');
    expect(stub.puts()).toHaveLength(1);
    expect(stub.puts()[0]).toMatchObject({ headers: { 'if-match': '"v1"' } });
    expect(stub.puts()[0]?.body).not.toHaveProperty('apiKey');
    expect(screen.queryByRole('button', { name: 'Save' })).toBeNull();
    await user.type(model(), '3');
    await save();
    await waitFor(() => {
      expect(stub.puts().map(({ headers }) => headers['if-match'])).toEqual(['"v1"', '"v2"']);
    });
  });

  it('moves the focus with what the person asks for alone', async () => {
    await user.click(button('Remove'));
    expect(document.activeElement).toBe(button('Undo'));
    await user.click(button('Undo'));
    expect(document.activeElement).toBe(button('Replace'));
    await user.click(button('Replace'));
    expect(document.activeElement).toBe(text('API key'));
    await user.click(button('Keep the saved key'));
    expect(document.activeElement).toBe(button('Replace'));
    await user.click(service(/OpenRouter/));
    await user.keyboard('{ArrowRight}{ArrowRight}');
    expect(service(/Mistral/).checked).toBe(true);
    expect(document.activeElement).toBe(service(/Mistral/));
    await user.keyboard('{ArrowLeft}{ArrowLeft}');
    expect(screen.getByText('Key saved')).toBeTruthy();
  });

  it('says beside the key why another one is needed, also to screen readers', async () => {
    await user.click(service(/Groq/));
    const reason = screen.getByText(/The saved key is for OpenRouter, so I don’t use it for Groq/);
    expect(reason.closest('[role=status]')).toBeTruthy();
    expect(text('API key').getAttribute('aria-required')).toBe('true');
  });

  it('says before it is saved that a service without a key removes the stored one', async () => {
    await user.click(service(/Ollama/));
    expect(screen.getAllByText('Saving removes the saved key for OpenRouter.')).toHaveLength(2);
  });

  it('shows the errors of the service where they belong, and goes to the first', async () => {
    stub.prepare(`PUT ${SETTINGS}`, invalid(['/model', 'unsupported_value'], ['/apiKey', 'api_key_masked']));
    await user.click(button('Replace'));
    await user.type(text('API key'), '****');
    await save();
    await alertSays(/Some entries can’t be used/);
    await hasFocus(() => text('API key'));
    const described = (input: HTMLInputElement) =>
      (input.getAttribute('aria-describedby') ?? '').split(' ').map((id) => document.getElementById(id)?.textContent);
    expect(described(text('API key')).join()).toContain('This is a placeholder');
    expect(described(model()).join()).toContain('stray characters');
  });

  it('says which part was refused when that is no field of the form', async () => {
    stub.prepare(`PUT ${SETTINGS}`, invalid(['/temperature', 'unknown_field']));
    await user.type(model(), '2');
    await save();
    await alertSays(/a part that this page doesn’t show.*\/temperature.*request-1/);
  });

  it.each<[string, Answer, RegExp]>([
    ['signed out', problem(401, 'unauthenticated'), /You are signed out.*still here/],
    ['no encryption key', problem(503, 'encryption_key_missing'), /API keys can’t be saved yet/],
    ['another encryption key', problem(503, 'encryption_key_foreign'), /wrong encryption key.*request-1/],
    ['a retired encryption key', problem(503, 'encryption_key_retired'), /wrong encryption key/],
    ['a code newer than the page, 409', problem(409, 'model_in_use'), /The server refused this.*request-1/],
    ['a code newer than the page, 503', problem(503, 'brown_out'), /can’t answer right now/],
    ['a time to wait', problem(429, 'rate_limited', {}, { 'Retry-After': '42' }), /Wait 42 seconds, then/],
    ['a long time to wait', problem(503, 'brown_out', {}, { 'Retry-After': '600' }), /Wait 10 minutes, then/],
    ['HTML', { status: 200, body: '<h1>Sign in</h1>' }, /Something other than Carol answered.*may have been saved/],
  ])('keeps the draft and says what to do: %s', async (_what, answer, what) => {
    stub.prepare(`PUT ${SETTINGS}`, answer);
    await user.type(model(), '-mine');
    await save();
    await alertSays(what);
    expect(model().value).toBe('mistralai/mistral-large-mine');
    await save();
    await appears('Saved.');
  });

  it('cannot be changed while it is being saved', async () => {
    let release = () => {};
    vi.spyOn(globalThis, 'fetch').mockImplementationOnce(
      () =>
        new Promise(
          (_done, fail) =>
            (release = () => {
              fail(new TypeError('lost'));
            }),
        ),
    );
    await user.type(model(), '2');
    await save();
    await appears('Saving…');
    expect(model().readOnly).toBe(true);
    expect(service(/Groq/).disabled).toBe(true);
    expect(button('Save').getAttribute('aria-disabled')).toBe('true');
    release();
    await alertSays(/can’t be reached/);
    expect(model().readOnly).toBe(false);
    vi.restoreAllMocks();
  });

  it('asks before the page is left, only while something is unsaved', async () => {
    const leave = () => {
      const event = new Event('beforeunload', { cancelable: true });
      window.dispatchEvent(event);
      return event.defaultPrevented;
    };
    expect(leave()).toBe(false);
    await user.type(model(), '-mine');
    expect(leave()).toBe(true);
    await user.click(button('Discard changes'));
    expect(leave()).toBe(false);
    await appears('These are the saved settings again.');
  });

  it('takes the draft along into another language', async () => {
    await user.type(model(), '-mine');
    await user.selectOptions(screen.getByLabelText('Language'), 'ar');
    expect((await screen.findByRole<HTMLInputElement>('combobox', { name: 'النموذج' })).value).toBe(
      'mistralai/mistral-large-mine',
    );
    expect(document.documentElement).toMatchObject({ lang: 'ar', dir: 'rtl' });
  });
});

describe('settings that were changed elsewhere', () => {
  beforeEach(async () => {
    stub.stored = openRouter;
    await open();
  });

  const elsewhere = (change: Partial<LlmSettings> | null) => {
    stub.stored = change && ({ ...openRouter, ...change } as LlmSettings);
    stub.version += 1;
  };

  it('are shown when the person comes back to a form without changes', async () => {
    elsewhere({ model: 'newer' });
    comeBack();
    await waitFor(() => {
      expect(model().value).toBe('newer');
    });
    elsewhere(null);
    comeBack();
    await appears(/I have no AI model yet/);
  });

  it('are offered when the person comes back to a form with changes', async () => {
    await user.type(model(), '-mine');
    elsewhere({ model: 'newer' });
    comeBack();
    await alertSays(/changed elsewhere/);
    const rows = screen.getAllByRole('row').map((row) => [...row.children].map((cell) => cell.textContent));
    expect(rows).toEqual([
      ['', 'Saved now', 'Yours'],
      ['Model', 'newer', 'mistralai/mistral-large-mine'],
    ]);
    expect(screen.queryByRole('button', { name: 'Save' })).toBeNull();
    await user.click(button('Use the newer settings'));
    expect(model().value).toBe('newer');
    await appears('These are the newer settings.');
  });

  it('are offered first when a save comes too late, and can be replaced', async () => {
    stub.prepare(`PUT ${SETTINGS}`, problem(412, 'precondition_failed'));
    await user.type(model(), '-mine');
    elsewhere({ model: 'newer' });
    await save();
    await alertSays(/changed elsewhere/);
    await user.click(await screen.findByRole('button', { name: 'Save mine instead' }));
    await appears('Saved.');
    expect(stub.puts().at(-1)).toMatchObject({
      headers: { 'if-match': '"v2"' },
      body: { model: 'mistralai/mistral-large-mine' },
    });
  });

  it('can be read later where that fails', async () => {
    stub.prepare(`PUT ${SETTINGS}`, problem(412, 'precondition_failed'));
    stub.prepare(`GET ${SETTINGS}`, problem(500, 'internal'));
    await user.type(model(), '-mine');
    elsewhere({ model: 'newer' });
    await save();
    await user.click(await screen.findByRole('button', { name: 'Load the newer settings' }));
    await user.click(await screen.findByRole('button', { name: 'Use the newer settings' }));
    expect(model().value).toBe('newer');
  });

  it('are nothing to decide on when an earlier try did get through', async () => {
    stub.prepare(`PUT ${SETTINGS}`, problem(412, 'precondition_failed'));
    await user.type(model(), '-mine');
    elsewhere({ model: 'mistralai/mistral-large-mine' });
    await save();
    await appears('Your changes are saved already.');
  });
});

describe('the key', () => {
  it('is left alone by password managers, and shows only what was entered', async () => {
    await open();
    await user.click(service(/^OpenAI/));
    const key = text('API key');
    expect(key).toMatchObject({ type: 'password', autocomplete: 'new-password' });
    expect(key.dataset).toMatchObject({ lpignore: 'true', '1pIgnore': 'true', bwignore: 'true', formType: 'other' });
    expect(screen.queryByRole('button', { name: 'Show' })).toBeNull();
    await user.type(key, 'sk-FAKE');
    await user.click(button('Show'));
    expect(key.type).toBe('text');
    await user.click(button('Hide'));
    expect(key.type).toBe('password');
  });

  it('is mended at once when it is pasted, and as it is sent when it is typed', async () => {
    await open();
    await user.click(service(/^OpenAI/));
    await user.click(text('API key'));
    await user.paste(' sk-FAKE\u200b');
    expect(text('API key').value).toBe('sk-FAKE');
    expect(screen.getByText('I removed spaces around it.')).toBeTruthy();
    await user.type(text('API key'), '-2 ');
    expect(text('API key').value).toBe('sk-FAKE-2 ');
    await save();
    await appears('Saved.');
    expect(stub.puts()[0]?.body).toMatchObject({ apiKey: 'sk-FAKE-2' });
    expect(document.documentElement.outerHTML).not.toContain('sk-FAKE');
  });
});

describe('the address without a scheme', () => {
  it('gets the one that the service takes', async () => {
    await open();
    stub.prepare(`PUT ${SETTINGS}`, invalid(['/baseUrl', 'base_url_insecure']));
    await user.click(service(/Another address/));
    await user.type(text('Address'), 'h.example/v1');
    await user.type(model(), 'm');
    await save();
    await appears('Saved.');
    expect(stub.puts().map(({ body }) => body?.baseUrl)).toEqual(['http://h.example/v1', 'https://h.example/v1']);
    expect(text('Address').value).toBe('https://h.example/v1');
    expect(screen.getByText(/I added the http:\/\/ or https:\/\/ that fits/)).toBeTruthy();
  });

  it('stays as it was entered when the service refuses it either way', async () => {
    await open();
    const refused = invalid(['/baseUrl', 'base_url_forbidden_host']);
    stub.prepare(`PUT ${SETTINGS}`, refused);
    await user.click(service(/Another address/));
    await user.type(text('Address'), '169.254.169.254');
    await user.type(model(), 'm');
    await save();
    await appears('I may not connect to this host.');
    expect(text('Address').value).toBe('169.254.169.254');
  });
});

describe('the model', () => {
  it('is free text with suggestions: nothing is chosen by leaving the field or by Escape', async () => {
    await open();
    await user.click(service(/^OpenAI/));
    await user.clear(model());
    await user.type(model(), 'gpt-5');
    expect(screen.queryByRole('listbox')).toBeNull();
    await user.click(button('Show models'));
    expect(options().map((option) => option.textContent)).toEqual(['gpt-5', 'gpt-5-mini', 'gpt-4.1']);
    await user.keyboard('{ArrowDown}{ArrowDown}');
    await user.tab();
    expect(model().value).toBe('gpt-5');
    expect(screen.queryByRole('listbox')).toBeNull();
    await user.type(model(), '-m');
    await user.keyboard('{Escape}{Escape}');
    expect(model().value).toBe('gpt-5-m');
    await user.keyboard('{ArrowDown}{ArrowDown}{Enter}');
    expect(model().value).toBe('gpt-5-mini');
    expect(stub.puts()).toEqual([]);
  });

  it('says when no suggestion matches, and can be used all the same', async () => {
    await open();
    await user.click(service(/^OpenAI/));
    await user.type(model(), '-of-my-own');
    await user.click(button('Show models'));
    expect(screen.getByText(/No model in the list/)).toBeTruthy();
  });
});

describe('Try it', () => {
  beforeEach(async () => {
    stub.stored = openRouter;
    await open();
  });

  it('asks about the stored settings, and says that they work', async () => {
    stub.prepare(CHECK, checkAnswer({ models: [openRouter.model] }));
    await user.click(button('Try it'));
    await appears('It works. OpenRouter accepts the key and has mistralai/mistral-large.');
    expect(stub.received.find(({ call }) => call === CHECK)?.body).toBeUndefined();
    expect(screen.getByText(/Just tried: it works/)).toBeTruthy();
  });

  it('asks about changes before they are saved, offers the models, and names similar ones', async () => {
    stub.prepare(
      CHECK,
      checkAnswer({ verdict: 'unsure', model: 'not_listed', models: ['mistralai/mistral-large-2411', 'openai/gpt-5'] }),
    );
    await user.type(model(), '-2412');
    await user.click(button('Try it'));
    await appears(/doesn’t list mistralai\/mistral-large-2412/);
    expect(stub.received.find(({ call }) => call === CHECK)?.body).toMatchObject({
      model: 'mistralai/mistral-large-2412',
    });
    expect(stub.puts()).toEqual([]);
    await user.click(button('mistralai/mistral-large-2411'));
    expect(model().value).toBe('mistralai/mistral-large-2411');
    expect(document.activeElement).toBe(model());
    await user.click(button('Show models'));
    expect(options()).toHaveLength(2);
  });

  it('marks the field of what the service refuses', async () => {
    stub.prepare(CHECK, invalid(['/apiKey', 'api_key_malformed']));
    await user.click(button('Replace'));
    await user.type(text('API key'), 'a b');
    await user.click(button('Try it'));
    await appears(/A key has no spaces/);
    await hasFocus(() => text('API key'));
  });

  it('believes how long to wait', async () => {
    stub.prepare(CHECK, problem(429, 'rate_limited', {}, { 'Retry-After': '30' }));
    await user.click(button('Try it'));
    await alertSays(/Wait 30 seconds/);
  });

  it('asks a service for its models before one is chosen', async () => {
    stub.prepare(CHECK, checkAnswer({ verdict: 'unsure', key: 'none', model: 'not_listed', models: ['qwen3-8b'] }));
    await user.click(service(/vLLM/));
    expect(model().value).toBe('');
    await user.click(button('Try it'));
    await appears(/vLLM answers. Choose a model./);
    await user.click(button('qwen3-8b'));
    expect(model().value).toBe('qwen3-8b');
    await save();
    await appears('Saved.');
    expect(stub.puts()[0]?.body).toMatchObject({ model: 'qwen3-8b', apiKey: null });
  });

  it('names the service that a refused key is likely to be for', async () => {
    stub.prepare(CHECK, checkAnswer({ verdict: 'fails', reason: 'key_refused', key: 'refused', model: 'unjudged' }));
    await user.click(button('Replace'));
    await user.type(text('API key'), 'sk-ant-FAKE');
    await user.click(button('Try it'));
    await appears(/OpenRouter refused the key. It looks like a key for Anthropic./);
  });

  it('shows what is stored when that was removed elsewhere', async () => {
    stub.stored = null;
    stub.prepare(CHECK, problem(404, 'not_configured'));
    await user.click(button('Try it'));
    await appears(/I have no AI model yet/);
    expect(screen.getAllByRole('alert').map((alert) => alert.textContent)).toEqual(['']);
    await user.click(service(/Ollama/));
    expect(button('Try it')).toBeTruthy();
  });

  it('is gone where the server does not have it', async () => {
    await user.click(button('Try it'));
    await appears('Trying it is switched off here.');
    expect(screen.queryByRole('button', { name: 'Try it' })).toBeNull();
  });
});

describe('the status of the key', () => {
  const at = '2026-05-04T10:00:00Z';
  it.each<[object, RegExp]>([
    [{ key: 'stored', lastUsedAt: null, lastOutcome: null, lastOutcomeAt: null }, /Saved, not tried yet/],
    [{ key: 'stored', lastUsedAt: at, lastOutcome: 'accepted', lastOutcomeAt: at }, /Last used on May 4, 2026/],
    [
      { key: 'stored', lastUsedAt: at, lastOutcome: 'refused', lastOutcomeAt: at },
      /OpenRouter refused the key on May 4/,
    ],
    [{ key: 'stored', lastUsedAt: at, lastOutcome: 'no_credit', lastOutcomeAt: at }, /no credit left/],
    [{ key: 'stored', lastUsedAt: at, lastOutcome: null, lastOutcomeAt: null }, /Last used on May 4, 2026/],
    [
      { key: 'unreadable', lastUsedAt: at, lastOutcome: null, lastOutcomeAt: null },
      /I can’t read the saved key any more/,
    ],
  ])('%j', async (body, what) => {
    stub.stored = openRouter;
    stub.prepare(STATUS, { status: 200, body });
    await open();
    await appears(what);
  });

  it('is not the one of the settings before', async () => {
    stub.stored = openRouter;
    stub.prepare(STATUS, {
      status: 200,
      body: { key: 'stored', lastUsedAt: at, lastOutcome: null, lastOutcomeAt: null },
    });
    await open();
    await appears(/Last used on/);
    stub.prepare(STATUS, {
      status: 200,
      body: { key: 'stored', lastUsedAt: null, lastOutcome: null, lastOutcomeAt: null },
    });
    await user.type(model(), '-2');
    await save();
    await appears(/Saved, not tried yet/);
  });

  it('of settings without a key asks for one when the service wants one', async () => {
    stub.stored = { ...openRouter, baseUrl: 'http://ollama:11434/v1', keyConfigured: false };
    stub.prepare(STATUS, {
      status: 200,
      body: { key: 'none', lastUsedAt: at, lastOutcome: 'refused', lastOutcomeAt: at },
    });
    await open();
    await appears(/Ollama asked for an API key on May 4, 2026.*Add a key/);
  });

  it('that was refused is not shown as good', async () => {
    stub.stored = openRouter;
    stub.prepare(STATUS, {
      status: 200,
      body: { key: 'stored', lastUsedAt: at, lastOutcome: 'refused', lastOutcomeAt: at },
    });
    await open();
    await appears(/OpenRouter refused the key/);
    expect(screen.getByText('Key saved').closest('[data-tone]')?.getAttribute('data-tone')).toBe('attention');
  });

  it('that cannot be read asks for the key again', async () => {
    stub.stored = openRouter;
    stub.prepare(STATUS, { status: 200, body: { key: 'unreadable' } });
    await open();
    await appears('Key can’t be read');
  });
});

describe('settings of a provider that is newer than this page', () => {
  it('are named as what they are', async () => {
    stub.stored = { ...openRouter, provider: 'titan' as 'openai_compatible' };
    await open();
    expect(screen.getByText(/a service that this page doesn’t know: titan/)).toBeTruthy();
    expect(screen.getAllByRole<HTMLInputElement>('radio').filter(({ checked }) => checked)).toEqual([]);
  });
});

describe('when the settings cannot be read', () => {
  it.each<[Answer, RegExp]>([
    [problem(401, 'unauthenticated'), /signed out/],
    [problem(403, 'unknown_user'), /account is not known here/],
    [problem(503, 'database_unavailable'), /can’t answer right now.*I keep trying/],
    [problem(500, 'internal'), /went wrong on the server.*request-1/],
    [{ status: 200, body: '<h1>Sign in</h1>' }, /Something other than Carol answered/],
  ])('says so and offers to try again: %#', async (answer, what) => {
    stub.stored = openRouter;
    stub.prepare(`GET ${SETTINGS}`, answer);
    await open();
    await alertSays(what);
    await user.click(button('Try again'));
    await appears('Key saved');
  });

  it('links to where to sign in, and goes on when the person comes back', async () => {
    stub.stored = openRouter;
    stub.prepare(`GET ${SETTINGS}`, problem(401, 'unauthenticated'));
    await open('https://carol.example/sign-in?to=settings');
    await alertSays(/signed out/);
    expect(screen.getByRole<HTMLAnchorElement>('link', { name: 'Sign in' }).href).toBe(
      'https://carol.example/sign-in?to=settings',
    );
    comeBack();
    await appears('Key saved');
  });
});

describe('a page that breaks', () => {
  it('says what to do', () => {
    vi.spyOn(console, 'error').mockReturnValue();
    const Broken = () => {
      throw new Error('broken');
    };
    render(
      <ErrorBoundary>
        <Broken />
      </ErrorBoundary>,
    );
    expect(screen.getByRole('alert').textContent).toMatch(/This page has stopped working.*Reload it/);
    vi.restoreAllMocks();
  });
});

describe('in another app', () => {
  it('the form works with the client and the language that it is given', async () => {
    stub.stored = openRouter;
    render(<AccountPage settingsUrl={stub.url} token={() => Promise.resolve('a-token')} locale="de" />);
    await appears('Schlüssel gespeichert');
    expect(stub.received.find(({ call }) => call === `GET ${SETTINGS}`)?.headers.authorization).toBe('Bearer a-token');
  });

  it('two forms of two users do not meet', async () => {
    const other = await Stub.start();
    other.stored = { ...openRouter, model: 'other' };
    stub.stored = openRouter;
    render(
      <>
        <Form client={stub.client()} />
        <Form client={other.client()} />
      </>,
    );
    await waitFor(() => {
      expect(screen.getAllByRole<HTMLInputElement>('combobox').map(({ value }) => value)).toEqual([
        openRouter.model,
        'other',
      ]);
    });
    const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    other.stop();
  });

  it('another client is another person', async () => {
    const other = await Stub.start();
    stub.stored = openRouter;
    const at = (client: LlmSettingsClient) => <Form client={client} />;
    const { rerender } = render(at(stub.client()));
    await appears('Key saved');
    rerender(at(other.client()));
    await appears(/I have no AI model yet/);
    other.stop();
  });
});
