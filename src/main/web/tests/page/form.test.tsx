// @vitest-environment jsdom
import { screen, waitFor } from '@testing-library/react';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { type Answer, invalid, problem } from '../stub';
import {
  alertSays,
  appears,
  button,
  comeBack,
  hasFocus,
  model,
  open,
  openRouter,
  removeEverything,
  save,
  service,
  SETTINGS,
  stub,
  text,
  user,
} from './setup';

/** What a screen reader says of a field after its name. */
const described = (input: HTMLInputElement) =>
  (input.getAttribute('aria-describedby') ?? '')
    .split(' ')
    .map((id) => document.getElementById(id)?.textContent)
    .join(' ');

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
    // It was not tried.
    expect(screen.getByText('Saved.').closest('[data-tone]')?.getAttribute('data-tone')).toBe('idle');
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

  it('moves the focus with what the user asks for alone', async () => {
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
    // What is said in an element that was not there before is not read out.
    const region = screen.getByText('Key saved').closest('[role=status]');
    await user.click(service(/Groq/));
    expect(region?.textContent).toMatch(/The saved key is for OpenRouter, so I don’t use it for Groq/);
    expect(text('API key').getAttribute('aria-required')).toBe('true');
    expect(described(text('API key'))).toMatch(/The saved key is for OpenRouter/);
    await user.click(service(/Ollama/));
    expect(region?.textContent).toMatch(/Saving removes the saved key for OpenRouter/);
    expect(region?.isConnected).toBe(true);
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
    expect(described(text('API key'))).toContain('This is a placeholder');
    expect(described(model())).toContain('stray characters');
  });

  it('says which part was refused when that is no field of the form', async () => {
    stub.prepare(`PUT ${SETTINGS}`, invalid(['/temperature', 'unknown_field']));
    await user.type(model(), '2');
    await save();
    await alertSays(/a part that this page doesn’t show.*\/temperature.*request-1/);
  });

  it.each<[string, Answer, RegExp]>([
    ['signed out', problem(401, 'unauthenticated'), /You are signed out.*still here/],
    ['no database', problem(503, 'database_unavailable'), /can’t answer right now.*may or may not have been saved/],
    ['no encryption key', problem(503, 'encryption_key_missing'), /API keys can’t be saved yet.*Nothing was saved/],
    ['another encryption key', problem(503, 'encryption_key_foreign'), /wrong encryption key.*request-1/],
    ['a retired encryption key', problem(503, 'encryption_key_retired'), /wrong encryption key/],
    ['a code newer than the page, 409', problem(409, 'model_in_use'), /The server refused this.*request-1/],
    ['a code newer than the page, 503', problem(503, 'brown_out'), /can’t answer right now.*request-1/],
    ['a time to wait', problem(429, 'rate_limited', {}, { 'Retry-After': '42' }), /Wait 42 seconds, then/],
    ['a long time to wait', problem(503, 'brown_out', {}, { 'Retry-After': '600' }), /Wait 10 minutes, then/],
    [
      'HTML',
      { status: 200, body: '<h1>Sign in</h1>' },
      /Something other than Carol answered.*may or may not have been saved/,
    ],
  ])('keeps the draft and says what to do: %s', async (_what, answer, what) => {
    stub.prepare(`PUT ${SETTINGS}`, answer);
    await user.type(model(), '-mine');
    await save();
    await alertSays(what);
    expect(model().value).toBe('mistralai/mistral-large-mine');
    await save();
    await appears('Saved.');
  });

  it.each<[string, Answer, RegExp]>([
    ['nothing was removed', problem(429, 'rate_limited'), /Too many requests.*Nothing was removed/],
    ['the removal is open', problem(503, 'database_unavailable'), /can’t answer.*may or may not have been removed/],
  ])('says after a removal that failed: %s', async (_what, answer, what) => {
    stub.prepare(`DELETE ${SETTINGS}`, answer);
    await removeEverything();
    await alertSays(what);
    expect(screen.queryByText(/have been saved|is still here/)).toBeNull();
    stub.stored = null;
    comeBack();
    await appears('Removed. I have no AI model now.');
    expect(screen.getAllByRole('alert').map((alert) => alert.textContent)).toEqual(['']);
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
    // Some screen readers hide what is busy, and with it the words that it is being saved.
    expect(document.querySelector('[aria-busy]')).toBeNull();
    release();
    await alertSays(/can’t be reached/);
    expect(model().readOnly).toBe(false);
    vi.restoreAllMocks();
  });

  it('without the key that the service wants can be saved, and calls the key missing, not optional', async () => {
    await user.click(button('Remove'));
    await save();
    await appears(/The key is missing. Enter it below/);
    expect(screen.queryByText('optional')).toBeNull();
    await user.click(service(/Ollama/));
    expect(screen.queryByText(/Enter it below/)).toBeNull();
  });

  it('says that a key is lost for good, where one is stored', async () => {
    const warning = () => screen.queryByText(/The key can’t be brought back/);
    expect(warning()).not.toBeNull();
    await user.click(button('Remove'));
    await save();
    await appears('Saved.');
    expect(warning()).toBeNull();
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
    await appears('Changes discarded.');
  });

  it('takes the draft along into another language', async () => {
    await user.type(model(), '-mine');
    await user.selectOptions(screen.getByLabelText('Language'), 'ar');
    expect((await screen.findByRole<HTMLInputElement>('combobox', { name: 'النموذج' })).value).toBe(
      'mistralai/mistral-large-mine',
    );
    expect(document.documentElement).toMatchObject({ lang: 'ar', dir: 'rtl' });
    expect(screen.getByRole('banner').textContent).toContain('كارول');
  });
});
