// @vitest-environment jsdom
import { screen, waitFor } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { LlmSettings } from '@carol/llm-settings-client';
import { type Answer, problem } from '../stub';
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
  SETTINGS,
  STATUS,
  stub,
  text,
  user,
} from './setup';

describe('settings that were changed elsewhere', () => {
  beforeEach(async () => {
    stub.stored = openRouter;
    await open();
  });

  afterEach(() => {
    vi.restoreAllMocks();
  });

  const elsewhere = (change: Partial<LlmSettings> | null) => {
    stub.stored = change && ({ ...openRouter, ...change } as LlmSettings);
    stub.version += 1;
  };

  /** Answers the button for the newer settings; the second attempt to read them has the answer given. */
  const saveTooLateWithNewerUnread = async (...secondAnswer: Answer[]) => {
    stub.prepare(`PUT ${SETTINGS}`, problem(412, 'precondition_failed'));
    stub.prepare(`GET ${SETTINGS}`, problem(500, 'internal'), ...secondAnswer);
    await user.type(model(), '-mine');
    elsewhere({ model: 'newer' });
    await save();
    return screen.findByRole('button', { name: 'Load the newer settings' });
  };

  it('are shown when the user comes back to a form without changes', async () => {
    elsewhere({ model: 'newer' });
    comeBack();
    await waitFor(() => {
      expect(model().value).toBe('newer');
    });
    elsewhere(null);
    comeBack();
    await appears(/I have no AI model yet/);
  });

  it('are offered when the user comes back to a form with changes', async () => {
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

  it('leave the focus where it is, unless what had it is gone', async () => {
    await user.type(model(), '-mine');
    elsewhere({ model: 'newer' });
    comeBack();
    await alertSays(/changed elsewhere/);
    expect(document.activeElement).toBe(model());
    await user.click(button('Use the newer settings'));
    await user.type(model(), '-mine');
    button('Save').focus();
    elsewhere({ model: 'newest' });
    comeBack();
    await hasFocus(() => screen.getByText('The settings were changed elsewhere.'));
  });

  it('get no focus where nothing had it', async () => {
    await user.type(model(), '-mine');
    model().blur();
    elsewhere({ model: 'newer' });
    comeBack();
    await alertSays(/changed elsewhere/);
    expect(document.activeElement).toBe(document.body);
  });

  it('are called removed where nothing is left of them', async () => {
    await user.type(model(), '-mine');
    elsewhere(null);
    comeBack();
    await alertSays(/The settings were removed/);
    await user.click(button('Leave them removed'));
    await appears('The settings were removed. I have no AI model now.');
  });

  it('are offered first when a save comes too late, and can be replaced', async () => {
    stub.prepare(`PUT ${SETTINGS}`, problem(412, 'precondition_failed'));
    await user.type(model(), '-mine');
    elsewhere({ model: 'newer' });
    await save();
    await alertSays(/changed elsewhere/);
    // Save, which had the focus, is gone, and the next stop is to be the first choice.
    await hasFocus(() => screen.getByText('The settings were changed elsewhere.'));
    await user.tab();
    expect(document.activeElement).toBe(button('Use the newer settings'));
    await user.click(await screen.findByRole('button', { name: 'Save mine instead' }));
    await appears('Saved.');
    expect(stub.puts().at(-1)).toMatchObject({
      headers: { 'if-match': '"v2"' },
      body: { model: 'mistralai/mistral-large-mine' },
    });
  });

  it('leave the focus at the bar when the save in their place fails', async () => {
    stub.prepare(`PUT ${SETTINGS}`, problem(412, 'precondition_failed'), problem(503, 'database_unavailable'));
    await user.type(model(), '-mine');
    elsewhere({ model: 'newer' });
    await save();
    await user.click(await screen.findByRole('button', { name: 'Save mine instead' }));
    await alertSays(/may or may not have been saved/);
    expect(document.activeElement).not.toBe(document.body);
  });

  it('are offered as well when they came in during a save that then fails', async () => {
    let lose = () => {};
    const lost = new Promise<Response>((_done, fail) => {
      lose = () => {
        fail(new TypeError('lost'));
      };
    });
    await user.type(model(), '-mine');
    vi.spyOn(globalThis, 'fetch').mockReturnValueOnce(lost);
    await save();
    await appears('Saving…');
    elsewhere({ model: 'newer' });
    comeBack();
    // Newer settings have a status of their own, for which the page asks once it has them.
    await waitFor(() => {
      expect(stub.received.filter(({ call }) => call === STATUS)).toHaveLength(2);
    });
    lose();
    await alertSays(/changed elsewhere/);
    await user.click(await screen.findByRole('button', { name: 'Use the newer settings' }));
    expect(model().value).toBe('newer');
  });

  it('are not what was read during a save and comes in after it', async () => {
    const answerWith: ((response: Response) => void)[] = [];
    const next = () => new Promise<Response>((done) => answerWith.push(done));
    const answer = (settings: LlmSettings, etag: string) =>
      Response.json(settings, { headers: { ETag: etag, 'Content-Type': 'application/json' } });
    vi.spyOn(globalThis, 'fetch').mockReturnValueOnce(next()).mockReturnValueOnce(next());
    await user.type(model(), '-mine');
    await save();
    await appears('Saving…');
    comeBack();
    answerWith[0]!(answer({ ...openRouter, model: 'mine' }, '"mine"'));
    await appears('Saved.');
    answerWith[1]!(answer(openRouter, '"v1"'));
    await user.type(model(), '-too');
    await save();
    expect(stub.puts().at(-1)).toMatchObject({ headers: { 'if-match': '"mine"' }, body: { model: 'mine-too' } });
  });

  it('do not replace what was saved while they were being read', async () => {
    const refused = Response.json(problem(412, 'precondition_failed').body, { status: 412 });
    const answerWith: ((response: Response) => void)[] = [];
    const fetch = vi
      .spyOn(globalThis, 'fetch')
      .mockResolvedValueOnce(refused)
      .mockReturnValueOnce(new Promise<Response>((done) => answerWith.push(done)));
    await user.type(model(), '-mine');
    elsewhere({ model: 'newer' });
    await save();
    await waitFor(() => {
      expect(fetch).toHaveBeenCalledTimes(2);
    });
    comeBack();
    await user.click(await screen.findByRole('button', { name: 'Save mine instead' }));
    await appears('Saved.');
    answerWith[0]!(Response.json({ ...openRouter, model: 'newer' }, { headers: { ETag: '"v2"' } }));
    await user.type(model(), '-too');
    await save();
    await appears('Saved.');
    expect(stub.puts().at(-1)).toMatchObject({
      headers: { 'if-match': '"v3"' },
      body: { model: 'mistralai/mistral-large-mine-too' },
    });
  });

  it('are not called unread after a save, when reading them was under way and then fails', async () => {
    const load = await saveTooLateWithNewerUnread();
    let lose = () => {};
    const lost = new Promise<Response>((_done, fail) => {
      lose = () => {
        fail(new TypeError('lost'));
      };
    });
    vi.spyOn(globalThis, 'fetch').mockReturnValueOnce(lost);
    await user.click(load);
    comeBack();
    await user.click(await screen.findByRole('button', { name: 'Save mine instead' }));
    await appears('Saved.');
    lose();
    await user.type(model(), '-too');
    await save();
    await appears('Saved.');
    expect(stub.puts().at(-1)?.body).toMatchObject({ model: 'mistralai/mistral-large-mine-too' });
  });

  it('can be read later where that fails', async () => {
    await user.click(await saveTooLateWithNewerUnread());
    // The button that had the focus is gone.
    await hasFocus(() => screen.getByText('The settings were changed elsewhere.'));
    await user.click(button('Use the newer settings'));
    expect(model().value).toBe('newer');
  });

  it.each<[string, Answer, RegExp]>([
    ['the session has ended', problem(401, 'unauthenticated'), /You are signed out/],
    ['the service is away', problem(503, 'database_unavailable'), /can’t answer right now/],
  ])('can be asked for again, with the reason on show, where %s', async (_why, answer, what) => {
    const load = await saveTooLateWithNewerUnread(answer);
    await user.click(load);
    await alertSays(what);
    expect(screen.queryByRole('button', { name: 'Save' })).toBeNull();
    await user.click(load);
    await user.click(await screen.findByRole('button', { name: 'Use the newer settings' }));
    expect(model().value).toBe('newer');
  });

  it('are being loaded while the button for it says so', async () => {
    const load = await saveTooLateWithNewerUnread();
    vi.spyOn(globalThis, 'fetch').mockReturnValueOnce(new Promise(() => {}));
    await user.click(load);
    expect(load.getAttribute('aria-disabled')).toBe('true');
    expect(screen.getByText(/I’m loading/)).toBeTruthy();
    // What fails in the same way again is told again only where it was gone in between.
    expect(screen.getAllByRole('alert').map((alert) => alert.textContent)).toEqual(['']);
  });

  it('are not removed, and the person is told', async () => {
    stub.prepare(`DELETE ${SETTINGS}`, problem(412, 'precondition_failed'));
    elsewhere({ model: 'newer' });
    await removeEverything();
    await appears('Not removed: the settings were changed elsewhere. Here are the newer ones.');
    expect(model().value).toBe('newer');
  });

  it('are called removed where the user removed them', async () => {
    stub.prepare(`DELETE ${SETTINGS}`, problem(503, 'database_unavailable'));
    await user.type(model(), '-mine');
    await removeEverything();
    await alertSays(/may or may not have been removed/);
    elsewhere(null);
    comeBack();
    await appears('Removed. I have no AI model now.');
    await alertSays(/The settings were removed/);
    expect(screen.queryByText(/elsewhere/)).toBeNull();
  });

  it('may be those of an earlier try, whatever was typed since', async () => {
    stub.prepare(`PUT ${SETTINGS}`, problem(503, 'database_unavailable'));
    await user.type(model(), '-mine');
    await save();
    await alertSays(/may or may not have been saved/);
    elsewhere({ model: 'mistralai/mistral-large-mine' });
    await user.type(model(), '-too');
    comeBack();
    await alertSays(/These may be your own changes/);
    expect(screen.queryByText(/have been saved/)).toBeNull();
  });

  it('may be those of an earlier try with a key that cannot be compared', async () => {
    stub.prepare(`PUT ${SETTINGS}`, problem(503, 'database_unavailable'), problem(412, 'precondition_failed'));
    await user.click(button('Replace'));
    await user.type(text('API key'), 'sk-NEW');
    await save();
    await alertSays(/may or may not have been saved/);
    elsewhere({});
    await save();
    await alertSays(/These may be your own changes/);
    await user.type(model(), '-mine');
    expect(screen.queryByText(/changed elsewhere/)).toBeNull();
    await user.click(button('Save mine instead'));
    await appears('Saved.');
  });

  it('are nothing to decide on when an earlier try did get through', async () => {
    stub.prepare(`PUT ${SETTINGS}`, problem(412, 'precondition_failed'));
    await user.type(model(), '-mine');
    elsewhere({ model: 'mistralai/mistral-large-mine' });
    await save();
    await appears('Your changes are saved already.');
  });
});
