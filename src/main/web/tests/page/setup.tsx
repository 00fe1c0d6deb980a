import { readFileSync } from 'node:fs';
import { act, cleanup, configure, render, screen, waitFor, within } from '@testing-library/react';
import userEvent, { type UserEvent } from '@testing-library/user-event';
import { afterEach, beforeEach, expect, vi } from 'vitest';
import type { LlmSettings } from '@carol/llm-settings-client';
import { App } from '../../src/App';
import { type Answer, Stub } from '../stub';

/** What tests of the page start from: the page in jsdom, a stub of the service and a user, all new for each test. */
export let stub: Stub;
export let user: UserEvent;

export const SETTINGS = '/api/settings/llm';
export const CHECK = `POST ${SETTINGS}/check`;
export const STATUS = `GET ${SETTINGS}/status`;

export const openRouter = {
  provider: 'openai_compatible',
  model: 'mistralai/mistral-large',
  baseUrl: 'https://openrouter.ai/api/v1',
  keyConfigured: true,
} satisfies LlmSettings;

// One second, which is the default, is not enough on a machine that is busy.
configure({ asyncUtilTimeout: 15_000 });

// jsdom scrolls nothing, shows no dialog, and has no CSS object, which user-event needs to walk radio buttons by arrow keys.
Element.prototype.scrollIntoView = () => {};
HTMLDialogElement.prototype.showModal = function () {
  this.open = true;
};
HTMLDialogElement.prototype.close = function () {
  this.open = false;
};
vi.stubGlobal('CSS', { escape: (text: string) => text });

// Nothing listens where jsdom says that the page is from. The files of the page are those of this folder.
const { fetch } = globalThis;
vi.stubGlobal('fetch', (input: RequestInfo | URL, init?: RequestInit) =>
  input instanceof URL && input.origin === location.origin
    ? Promise.resolve(new Response(readFileSync(`.${input.pathname}`)))
    : fetch(input, init),
);

beforeEach(async () => {
  stub = await Stub.start();
  user = userEvent.setup();
  localStorage.clear();
});

afterEach(() => {
  cleanup();
  stub.stop();
});

export async function open(signInUrl?: string) {
  render(<App client={stub.client()} signInUrl={signInUrl} />);
  await waitFor(() => {
    expect(screen.queryByText(/I’m loading/)).toBeNull();
  });
}

export const button = (name: string | RegExp) => screen.getByRole('button', { name });
export const text = (name: string) => screen.getByLabelText<HTMLInputElement>(name);
export const service = (name: RegExp) => screen.getByRole<HTMLInputElement>('radio', { name });
export const model = () => screen.getByRole<HTMLInputElement>('combobox', { name: 'Model' });
export const save = () => user.click(button('Save'));
export const removeEverything = async () => {
  await user.click(button('Remove everything'));
  await user.click(within(screen.getByRole('alertdialog')).getByRole('button', { name: 'Remove everything' }));
};
export const options = () => within(screen.getByRole('listbox')).queryAllByRole('option');
export const appears = (what: string | RegExp) => screen.findByText(what);
export const alertSays = (what: RegExp) =>
  waitFor(() => {
    const alerts = screen.getAllByRole('alert').map((alert) => alert.textContent);
    expect(alerts.join(' ')).toMatch(what);
  });
/** The focus moves after the answer of the service is on show. */
export const hasFocus = (element: () => HTMLElement) =>
  waitFor(() => {
    expect(document.activeElement).toBe(element());
  });
export const comeBack = () =>
  act(() => {
    document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
  });
export const checkAnswer = (more: object): Answer => ({
  status: 200,
  body: { verdict: 'works', reason: null, key: 'accepted', model: 'listed', models: [], ...more },
});
