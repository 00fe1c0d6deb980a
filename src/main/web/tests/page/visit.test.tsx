// @vitest-environment jsdom
import { render, screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it, vi } from 'vitest';
import type { LlmSettingsClient } from '@carol/llm-settings-client';
import { App } from '../../src/App';
import { ErrorBoundary } from '../../src/ErrorBoundary';
import { type Answer, problem } from '../stub';
import {
  alertSays,
  appears,
  button,
  comeBack,
  model,
  open,
  openRouter,
  save,
  service,
  SETTINGS,
  stub,
  text,
  user,
} from './setup';

describe('the first visit', () => {
  it('asks for the service, and for nothing else until that is chosen', async () => {
    await open();
    expect(screen.getByText('I have no AI model yet. Choose a service to begin.')).toBeTruthy();
    expect(screen.getAllByRole('radio').map((radio) => radio.parentElement?.textContent)).toEqual([
      ...['Anthropic', 'OpenAI', 'OpenRouter', 'Groq', 'Mistral', 'Together', 'DeepSeek', 'Google Gemini'],
      ...['Azure OpenAI', 'Ollamalocal', 'LM Studiolocal', 'vLLMlocal', 'Another address'],
    ]);
    expect(screen.queryByRole('textbox')).toBeNull();
    expect(screen.queryByRole('button', { name: 'Save' })).toBeNull();
    await user.click(service(/Ollama/));
    expect(screen.getByText('I have no AI model yet.')).toBeTruthy();
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

  it('says what is missing also where the focus is there already', async () => {
    await open();
    await user.click(service(/vLLM/));
    await user.click(model());
    const regions = screen.getAllByRole('status');
    await user.keyboard('{Enter}');
    expect(regions).toContain(screen.getByText('Enter a model.').closest('[role=status]'));
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
    // The button that had the focus is gone.
    await waitFor(() => {
      expect(document.activeElement?.textContent).toMatch(/^I use mistralai/);
    });
  });

  it('does not ask to wait for what it tries again by itself', async () => {
    stub.prepare(`GET ${SETTINGS}`, problem(503, 'database_unavailable', {}, { 'Retry-After': '30' }));
    await open();
    await alertSays(/can’t answer right now.*I keep trying/);
    expect(screen.getByRole('alert').textContent).not.toMatch(/Wait/);
  });

  it('tries again with a sign of it, and says anew that it failed', async () => {
    stub.prepare(`GET ${SETTINGS}`, problem(500, 'internal'));
    await open();
    await alertSays(/went wrong on the server/);
    const told = screen.getByRole('alert').firstChild;
    const answerWith: ((answer: Response) => void)[] = [];
    vi.spyOn(globalThis, 'fetch').mockReturnValueOnce(new Promise((done) => answerWith.push(done)));
    await user.click(button('Try again'));
    expect(button('Try again').getAttribute('aria-disabled')).toBe('true');
    answerWith[0]!(Response.json(problem(500, 'internal').body, { status: 500 }));
    await waitFor(() => {
      expect(screen.getByRole('alert').firstChild).not.toBe(told);
    });
    expect(screen.getByRole('alert').textContent).toMatch(/went wrong on the server/);
    expect(button('Try again').getAttribute('aria-disabled')).toBe('false');
    vi.restoreAllMocks();
  });

  it('links to where to sign in, and goes on when the user comes back', async () => {
    stub.stored = openRouter;
    stub.prepare(`GET ${SETTINGS}`, problem(401, 'unauthenticated'));
    await open('https://carol.example/sign-in?to=settings');
    await alertSays(/signed out/);
    // In a window of its own: a draft, with its key, would be lost with the page.
    expect(screen.getByRole('link', { name: 'Sign in' })).toMatchObject({
      href: 'https://carol.example/sign-in?to=settings',
      target: '_blank',
      rel: 'noreferrer',
    });
    comeBack();
    await appears('Key saved');
    expect(document.activeElement).toBe(document.body);
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
    expect(within(screen.getByRole('main')).getByRole('button').closest('[role=alert]')).toBeNull();
    vi.restoreAllMocks();
  });

  it('says it in the language of the person', async () => {
    vi.spyOn(console, 'error').mockReturnValue();
    localStorage.setItem('carol.locale', 'de');
    render(<App client={undefined as unknown as LlmSettingsClient} />);
    await alertSays(/Diese Seite funktioniert nicht mehr/);
    expect(document.documentElement.lang).toBe('de');
    vi.restoreAllMocks();
  });
});
