// @vitest-environment jsdom
import { screen, waitFor } from '@testing-library/react';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { LlmSettings } from '@carol/llm-settings-client';
import { invalid, problem } from '../stub';
import {
  alertSays,
  appears,
  button,
  CHECK,
  checkAnswer,
  comeBack,
  hasFocus,
  model,
  open,
  openRouter,
  options,
  save,
  service,
  STATUS,
  stub,
  text,
  user,
} from './setup';

describe('Try it', () => {
  beforeEach(async () => {
    stub.stored = openRouter;
    await open();
  });

  it('asks about the settings on show with the stored key, and says that they work', async () => {
    stub.stored = { ...openRouter, model: 'saved-by-another-window' };
    stub.prepare(CHECK, checkAnswer({ models: [openRouter.model] }));
    await user.click(button('Try it'));
    await appears('It works. OpenRouter accepts the key and has mistralai/mistral-large.');
    expect(stub.received.find(({ call }) => call === CHECK)?.body).toEqual({
      provider: openRouter.provider,
      model: openRouter.model,
      baseUrl: openRouter.baseUrl,
    });
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

  it('says that it is at work, and what it does to those who look alone', async () => {
    expect(screen.getByText(/I ask the service for its models/).closest('[role=status]')).toBeNull();
    const regions = screen.getAllByRole('status');
    vi.spyOn(globalThis, 'fetch').mockReturnValueOnce(new Promise(() => {}));
    await user.click(button('Try it'));
    expect(regions).toContain(screen.getByText('Trying it…').closest('[role=status]'));
    expect(button('Try it').getAttribute('aria-disabled')).toBe('true');
    vi.restoreAllMocks();
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

  it.each<[string, LlmSettings | null, RegExp]>([
    ['the settings were', null, /I have no AI model yet/],
    ['the key was', { ...openRouter, keyConfigured: false }, /The key is missing/],
  ])('shows what is stored when %s removed elsewhere', async (_what, stored, standing) => {
    stub.stored = stored;
    stub.version += 1;
    stub.prepare(
      CHECK,
      checkAnswer({ verdict: 'fails', reason: 'key_refused', key: 'none', model: 'unjudged', models: [] }),
    );
    await user.click(button('Try it'));
    await appears(standing);
    expect(screen.getAllByRole('alert').map((alert) => alert.textContent)).toEqual(['']);
    await user.click(service(/Ollama/));
    expect(button('Try it')).toBeTruthy();
  });

  it('shows what is stored when another service was saved elsewhere', async () => {
    stub.stored = { ...openRouter, baseUrl: 'http://localhost:11434/v1', model: 'llama3.2' };
    stub.version += 1;
    stub.prepare(CHECK, invalid(['/apiKey', 'api_key_required']));
    await user.click(button('Try it'));
    await waitFor(() => {
      expect(model().value).toBe('llama3.2');
    });
    expect(screen.queryByText(/Enter the key/)).toBeNull();
  });

  it('is gone where the server does not have it', async () => {
    await user.click(button('Try it'));
    await appears('Trying it is switched off here.');
    expect(screen.queryByRole('button', { name: 'Try it' })).toBeNull();
    await hasFocus(() => screen.getByText('Trying it is switched off here.'));
  });

  it('that failed for want of a session says so until the user comes back with one', async () => {
    stub.prepare(CHECK, problem(401, 'unauthenticated'));
    await user.click(button('Try it'));
    await alertSays(/You are signed out/);
    comeBack();
    await waitFor(() => {
      expect(screen.getAllByRole('alert').map((alert) => alert.textContent)).toEqual(['']);
    });
  });
});

describe('the status of the key', () => {
  const at = '2026-05-04T10:00:00Z';
  it.each<[object, RegExp]>([
    [{ key: 'stored', lastUsedAt: null, lastOutcome: null, lastOutcomeAt: null }, /Saved, not tried yet/],
    [{ key: 'stored', lastUsedAt: at, lastOutcome: 'accepted', lastOutcomeAt: at }, /Last used on May 4, 2026/],
    [
      { key: 'stored', lastUsedAt: at, lastOutcome: 'refused', lastOutcomeAt: at },
      /OpenRouter refused the key on May 4, 2026 at /,
    ],
    [
      { key: 'stored', lastUsedAt: at, lastOutcome: 'no_credit', lastOutcomeAt: at },
      /no credit left. Add credit there/,
    ],
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

  it.each([
    ['', true],
    [', also behind a proxy that removes entity tags', false],
  ])('is not the one of the settings before%s', async (_where, entityTags) => {
    stub.entityTags = entityTags;
    stub.stored = openRouter;
    stub.prepare(STATUS, {
      status: 200,
      body: { key: 'stored', lastUsedAt: at, lastOutcome: 'refused', lastOutcomeAt: at },
    });
    await open();
    await appears(/OpenRouter refused the key/);
    stub.prepare(STATUS, {
      status: 200,
      body: { key: 'stored', lastUsedAt: null, lastOutcome: null, lastOutcomeAt: null },
    });
    await user.click(button('Replace'));
    await user.type(text('API key'), 'sk-NEW');
    await save();
    await appears(/Saved, not tried yet/);
  });

  it('is asked for again when the user comes back after it could not be had', async () => {
    stub.stored = openRouter;
    stub.prepare(STATUS, problem(500, 'internal'), {
      status: 200,
      body: { key: 'stored', lastUsedAt: at, lastOutcome: 'accepted', lastOutcomeAt: at },
    });
    await open();
    await waitFor(() => {
      comeBack();
      expect(screen.getByText(/Last used on May 4, 2026/)).toBeTruthy();
    });
  });

  it('is not the one of newer settings that the user has not decided on', async () => {
    stub.stored = openRouter;
    await open();
    // The answer that is prepared below is for the status of the newer settings.
    await waitFor(() => {
      expect(stub.received.map(({ call }) => call)).toContain(STATUS);
    });
    await user.type(model(), '-mine');
    stub.stored = { ...openRouter, baseUrl: 'http://ollama:11434/v1', model: 'newer' };
    stub.version += 1;
    stub.prepare(STATUS, {
      status: 200,
      body: { key: 'stored', lastUsedAt: at, lastOutcome: 'refused', lastOutcomeAt: at },
    });
    comeBack();
    await alertSays(/changed elsewhere/);
    stub.prepare(CHECK, checkAnswer({}));
    await user.click(button('Try it'));
    await appears(/It works/);
    expect(stub.received.filter(({ call }) => call === STATUS)).toHaveLength(2);
    expect(screen.queryByText(/refused the key/)).toBeNull();
    await user.click(button('Use the newer settings'));
    await appears(/Ollama refused the key/);
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

  it.each([
    ['was used', 'ok', { lastUsedAt: at, lastOutcome: 'accepted', lastOutcomeAt: at }, /Last used/],
    ['was refused', 'attention', { lastUsedAt: at, lastOutcome: 'refused', lastOutcomeAt: at }, /refused the key/],
    ['was never tried', 'idle', { lastUsedAt: null, lastOutcome: null, lastOutcomeAt: null }, /not tried/],
  ])('that %s is shown as %s', async (_what, tone, used, standing) => {
    stub.stored = openRouter;
    stub.prepare(STATUS, { status: 200, body: { key: 'stored', ...used } });
    await open();
    await appears(standing);
    expect(screen.getByText('Key saved').closest('[data-tone]')?.getAttribute('data-tone')).toBe(tone);
  });

  it('that cannot be read asks for the key again', async () => {
    stub.stored = openRouter;
    stub.prepare(STATUS, { status: 200, body: { key: 'unreadable' } });
    await open();
    await appears('Key can’t be read');
  });

  it('that cannot be read is shown while newer settings wait for a decision', async () => {
    stub.stored = openRouter;
    stub.prepare(STATUS, { status: 200, body: { key: 'unreadable' } });
    await open();
    await appears('Key can’t be read');
    await user.type(model(), '-mine');
    stub.stored = { ...openRouter, model: 'newer' };
    stub.version += 1;
    comeBack();
    await alertSays(/changed elsewhere/);
    expect(screen.getByText('Key can’t be read')).toBeTruthy();
    expect(screen.queryByText('Key saved')).toBeNull();
  });
});
