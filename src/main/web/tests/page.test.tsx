// @vitest-environment jsdom
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { cleanup, render, screen, waitFor } from '@testing-library/react';
import userEvent, { type UserEvent } from '@testing-library/user-event';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createLlmSettingsClient, type LlmSettings, type LlmSettingsUpdate } from '@carol/llm-settings-client';
import { LlmSettingsPage } from '../src/features/llm-settings/LlmSettingsPage';
import { showIn } from '../src/i18n';

const openRouter: LlmSettings = {
  provider: 'openai_compatible',
  model: 'mistralai/mistral-large',
  baseUrl: 'https://openrouter.ai/api/v1',
  keyConfigured: true,
};

interface Answer {
  status: number;
  body?: object | string;
}

/** What the service answers next; without an answer prepared it keeps what is put. */
let stored: LlmSettings | null;
let version: number;
let prepared: Answer[];
let requests: {
  method: string;
  ifMatch: string | undefined;
  ifNoneMatch: string | undefined;
  body: LlmSettingsUpdate;
}[];
let server: Server;
let user: UserEvent;

beforeAll(async () => {
  // jsdom lays nothing out.
  globalThis.ResizeObserver = class {
    observe() {}
    unobserve() {}
    disconnect() {}
  };
  await showIn('en');
});

beforeEach(async () => {
  stored = null;
  version = 1;
  prepared = [];
  requests = [];
  user = userEvent.setup();
  server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) {
      text += chunk;
    }
    const body = text ? (JSON.parse(text) as LlmSettingsUpdate) : ({} as LlmSettingsUpdate);
    const { 'if-match': ifMatch, 'if-none-match': ifNoneMatch } = request.headers;
    requests.push({ method: request.method!, ifMatch, ifNoneMatch, body });
    const answer = prepared.shift() ?? serve(request.method!, body);
    const html = typeof answer.body === 'string';
    response.writeHead(answer.status, {
      'Content-Type': html ? 'text/html' : answer.status < 400 ? 'application/json' : 'application/problem+json',
      ETag: `"v${version}"`,
      // The page under test has an origin of its own.
      'Access-Control-Allow-Origin': '*',
    });
    response.end(html ? answer.body : answer.body && JSON.stringify(answer.body));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
});

afterEach(() => {
  cleanup();
  server.closeAllConnections();
  server.close();
});

function serve(method: string, { provider, model, baseUrl, apiKey }: LlmSettingsUpdate): Answer {
  if (method === 'PUT') {
    version += 1;
    const keyConfigured = apiKey === undefined ? stored?.keyConfigured === true : apiKey !== null;
    stored = { provider, model, baseUrl: baseUrl ?? null, keyConfigured } as LlmSettings;
  } else if (method === 'DELETE') {
    stored = null;
    return { status: 204 };
  }
  return stored ? { status: 200, body: stored } : problem(404, 'not_configured');
}

function problem(status: number, code: string, more = {}): Answer {
  return { status, body: { type: 't', title: 't', status, detail: 'd', code, requestId: 'request-1', ...more } };
}

const invalid = (...errors: [pointer: string, code: string][]): Answer =>
  problem(422, 'invalid', { errors: errors.map(([pointer, code]) => ({ pointer, code, detail: 'd' })) });

async function open() {
  const client = createLlmSettingsClient({ baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
  render(
    <QueryClientProvider client={new QueryClient()}>
      <LlmSettingsPage client={client} />
    </QueryClientProvider>,
  );
  await waitFor(() => expect(screen.queryByText(/One moment/)).toBeNull());
}

const puts = () => requests.filter(({ method }) => method === 'PUT');
const button = (name: string | RegExp) => screen.getByRole('button', { name });
const save = () => user.click(button('Save'));
const status = (text: string | RegExp) =>
  waitFor(() => expect(document.querySelector('.status')?.textContent).toMatch(text));
const alertSays = (text: RegExp) => waitFor(() => expect(screen.getByRole('alert').textContent).toMatch(text));

describe('the first visit', () => {
  it('says that nothing is there, and saves with the condition that it stays so', async () => {
    await open();
    expect(screen.getByText(/I can't think yet/)).toBeTruthy();
    await user.type(screen.getByLabelText('Model'), 'claude-sonnet-4-5');
    await user.type(screen.getByLabelText('API key'), 'sk-FAKE');
    await save();
    await status('Saved');
    expect(puts()).toEqual([
      {
        method: 'PUT',
        ifMatch: undefined,
        ifNoneMatch: '*',
        body: { provider: 'anthropic', model: 'claude-sonnet-4-5', apiKey: 'sk-FAKE' },
      },
    ]);
    expect(screen.getByText('Key saved')).toBeTruthy();
    expect(document.documentElement.outerHTML).not.toContain('sk-FAKE');
  });

  it('reads once', async () => {
    await open();
    expect(requests.map(({ method }) => method)).toEqual(['GET']);
  });
});

describe('a form that was filled in', () => {
  beforeEach(async () => {
    stored = openRouter;
    await open();
  });

  it('shows what is stored, and the key only as saved', () => {
    expect(screen.getByLabelText<HTMLInputElement>('Address').value).toBe(openRouter.baseUrl);
    expect(screen.getByLabelText<HTMLInputElement>('Model').value).toBe(openRouter.model);
    expect(screen.getByText('Key saved')).toBeTruthy();
    expect(document.querySelector('[name=llm-api-key]')).toBeNull();
  });

  it('sends nothing while it is clean', async () => {
    await save();
    await status('There is nothing to save');
    expect(puts()).toEqual([]);
  });

  it('sends one PUT for a double click, with the version that was seen', async () => {
    await user.type(screen.getByLabelText('Model'), '-2');
    await user.dblClick(button('Save'));
    await status('Saved');
    expect(puts()).toMatchObject([{ ifMatch: '"v1"', body: { model: 'mistralai/mistral-large-2' } }]);
    expect(puts()[0]?.body).not.toHaveProperty('apiKey');
  });

  it('saves the next time over the version it has saved', async () => {
    await user.type(screen.getByLabelText('Model'), '2');
    await save();
    await status('Saved');
    await user.type(screen.getByLabelText('Model'), '3');
    await save();
    await waitFor(() => expect(puts().map(({ ifMatch }) => ifMatch)).toEqual(['"v1"', '"v2"']));
  });

  it('removes the key, or takes that back', async () => {
    await user.click(button('Remove'));
    expect(screen.getByText('Key will be removed')).toBeTruthy();
    expect(document.activeElement).toBe(button('Undo'));
    await user.click(button('Undo'));
    expect(document.activeElement).toBe(button('Replace'));
    await user.click(button('Remove'));
    await save();
    await status('Saved');
    expect(puts()).toMatchObject([{ body: { apiKey: null } }]);
    expect(screen.getByLabelText('API key')).toBeTruthy();
  });

  it('asks for the key when the host changes, says why and goes there', async () => {
    await user.click(button('Groq'));
    expect(document.activeElement).toBe(screen.getByLabelText('API key'));
    expect(screen.getByText(/belongs to OpenRouter/)).toBeTruthy();
  });

  it('goes to the key with the Tab key, once the host that was typed needs another', async () => {
    const address = screen.getByLabelText('Address');
    await user.clear(address);
    await user.type(address, 'https://h.example/v1');
    expect(document.activeElement).toBe(address);
    await user.tab();
    expect(document.activeElement).toBe(screen.getByLabelText('API key'));
    await user.click(address);
    await user.tab();
    expect(document.activeElement).toBe(button('OpenAI'));
  });

  it('shows the errors of the service where they belong, and goes to the first', async () => {
    prepared.push(invalid(['/model', 'unsupported_value'], ['/baseUrl', 'base_url_forbidden_host']));
    await user.type(screen.getByLabelText('Model'), '!');
    await save();
    await alertSays(/I couldn't save that/);
    const address = screen.getByLabelText('Address');
    expect(document.activeElement).toBe(address);
    expect(address.getAttribute('aria-invalid')).toBe('true');
    expect(screen.getByText("I'm not allowed to talk to this host.").id).toBe('baseUrl-error');
    expect(screen.getByText(/stray characters/).id).toBe('model-error');
  });

  it('shows an error of a code from the future in general words', async () => {
    prepared.push(invalid(['/model', 'from_the_future']));
    await user.type(screen.getByLabelText('Model'), '!');
    await save();
    expect(await screen.findByText("I couldn't accept this.")).toBeTruthy();
  });

  it.each([
    ['signed out', problem(401, 'unauthenticated'), /signed out.*still here/],
    ['no key storage', problem(503, 'encryption_key_missing'), /can't keep keys yet.*still here/],
    ['the database away', problem(503, 'database_unavailable'), /can't reach my memory.*still here/],
    ['an inner error', problem(500, 'internal'), /went wrong on my side.*still here.*request-1/],
    ['a proxy', { status: 502, body: '<h1>Bad Gateway</h1>' }, /Something else answered.*can't tell whether/],
  ])('keeps the draft: %s', async (_what, answer, text) => {
    prepared.push(answer);
    await user.type(screen.getByLabelText('Model'), '-mine');
    await save();
    await alertSays(text);
    expect(screen.getByLabelText<HTMLInputElement>('Model').value).toBe('mistralai/mistral-large-mine');
    await save();
    await status('Saved');
  });

  it('loads what is newer without losing the draft', async () => {
    prepared.push(problem(412, 'precondition_failed'));
    await user.type(screen.getByLabelText('Model'), '-mine');
    await save();
    await alertSays(/Something newer is saved/);
    stored = { ...openRouter, baseUrl: 'https://openrouter.ai/newer' };
    version = 7;
    await user.click(button('Load the newer settings'));
    await status(/your changes kept/);
    expect(screen.getByLabelText<HTMLInputElement>('Model').value).toBe('mistralai/mistral-large-mine');
    expect(screen.getByLabelText<HTMLInputElement>('Address').value).toBe('https://openrouter.ai/newer');
    await save();
    await status('Saved');
    expect(puts().at(-1)?.ifMatch).toBe('"v7"');
  });

  it('goes back to what is stored', async () => {
    await user.type(screen.getByLabelText('Model'), '-mine');
    await status('Not saved yet');
    await user.click(button('Discard'));
    expect(screen.getByLabelText<HTMLInputElement>('Model').value).toBe('mistralai/mistral-large');
    await status('Back to what is saved');
  });

  it('asks before the page is left, only while something is unsaved', async () => {
    const leave = () => {
      const event = new Event('beforeunload', { cancelable: true });
      window.dispatchEvent(event);
      return event.defaultPrevented;
    };
    expect(leave()).toBe(false);
    await user.type(screen.getByLabelText('Model'), '-mine');
    expect(leave()).toBe(true);
    await save();
    await status('Saved');
    expect(leave()).toBe(false);
  });

  it('takes in the draft when the language changes', async () => {
    await user.type(screen.getByLabelText('Model'), '-mine');
    await user.selectOptions(screen.getByLabelText('Language'), 'ar');
    expect((await screen.findByLabelText<HTMLInputElement>('النموذج')).value).toBe('mistralai/mistral-large-mine');
    expect(document.documentElement).toMatchObject({ lang: 'ar', dir: 'rtl' });
    await showIn('en');
  });
});

describe('the field for the key', () => {
  it('is left alone by password managers, and shows only what was typed', async () => {
    await open();
    const key = screen.getByLabelText<HTMLInputElement>('API key');
    expect(key.type).toBe('password');
    expect(key.autocomplete).toBe('new-password');
    expect(key.dataset).toMatchObject({ lpignore: 'true', '1pIgnore': 'true', bwignore: 'true', formType: 'other' });
    expect(screen.queryByRole('button', { name: 'Show' })).toBeNull();
    await user.type(key, 'sk-FAKE');
    await user.click(button('Show'));
    expect(key.type).toBe('text');
    await user.click(button('Hide'));
    expect(key.type).toBe('password');
  });

  it('mends what is pasted, and says so', async () => {
    await open();
    const key = screen.getByLabelText<HTMLInputElement>('API key');
    await user.click(key);
    await user.paste('export OPENAI_API_KEY="Bearer sk-FAKE"');
    expect(key.value).toBe('sk-FAKE');
    expect(screen.getByText(/I took off the name in front\./)).toBeTruthy();
  });
});

describe('the toolbar of addresses', () => {
  it('is one stop for the Tab key, with arrow keys inside', async () => {
    stored = { ...openRouter, keyConfigured: false };
    await open();
    await user.click(screen.getByLabelText('Address'));
    await user.tab();
    expect(document.activeElement).toBe(button('OpenAI'));
    await user.keyboard('{ArrowRight}{ArrowRight}');
    expect(document.activeElement).toBe(button('Groq'));
    expect(screen.getByLabelText<HTMLInputElement>('Address').value).toBe(openRouter.baseUrl);
    await user.keyboard('{End}{ArrowRight}{ArrowLeft}{Home}{ArrowRight}{ArrowRight}{Enter}');
    expect(screen.getByLabelText<HTMLInputElement>('Address').value).toBe('https://api.groq.com/openai/v1');
    await user.tab();
    expect(document.activeElement).toBe(screen.getByLabelText('Model'));
  });
});

describe('when the settings cannot be read', () => {
  it.each([
    [problem(401, 'unauthenticated'), /signed out/],
    [problem(403, 'unknown_user'), /don't know you yet/],
    [problem(503, 'database_unavailable'), /can't reach my memory.*keep trying/],
    [problem(500, 'internal'), /went wrong on my side.*request-1/],
    [{ status: 200, body: '<h1>Sign in</h1>' }, /Something else answered for me/],
  ])('says so and offers to try again: %#', async (answer, text) => {
    prepared.push(answer);
    stored = openRouter;
    await open();
    await alertSays(text);
    await user.click(button('Try again'));
    expect(await screen.findByText('Key saved')).toBeTruthy();
  });
});
