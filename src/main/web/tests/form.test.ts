import { describe, expect, it } from 'vitest';
import { type LlmCheck, LlmSettingsProblem, type StoredLlmSettings } from '@carol/llm-settings-client';
import {
  draftIn,
  formOf,
  type FormState,
  isDirty,
  keyIsRequiredIn,
  keyViewIn,
  missingIn,
  serviceIn,
  updateIn,
} from '../src/features/llm-settings/form';
import { differencesIn } from '../src/features/llm-settings/newer';
import { type FormEvent, reduce } from '../src/features/llm-settings/reducer';
import { serviceById, services } from '../src/features/llm-settings/services';
import { after, choose, claude, ollama, openRouter, refusal, typeAddress, typeKey, typeModel } from './settings';

const failed = (cause: LlmSettingsProblem) => ({ type: 'failed', during: 'saving', cause }) satisfies FormEvent;
const networkLost = failed(new LlmSettingsProblem({ code: 'network_error', detail: 'lost' }));
const outdated = failed(new LlmSettingsProblem({ code: 'precondition_failed', detail: 'changed', status: 412 }));
const signedOut = failed(new LlmSettingsProblem({ code: 'unauthenticated', detail: 'ended', status: 401 }));
const draft = (state: FormState) => draftIn(state, serviceIn(state)!);

describe('the first visit', () => {
  it('starts with no service chosen, and nothing to save', () => {
    const state = formOf(null);
    expect(serviceIn(state)).toBeNull();
    expect(isDirty(state)).toBe(false);
    expect(missingIn(state)).toEqual({});
  });

  it('needs no more than the choice for Ollama', () => {
    const state = after(null, choose('ollama'));
    expect(isDirty(state)).toBe(true);
    expect(missingIn(state)).toEqual({});
    expect(updateIn(state)).toEqual({
      provider: 'openai_compatible',
      model: 'llama3.2',
      baseUrl: 'http://localhost:11434/v1',
    });
  });

  it('needs the key alone for OpenRouter', () => {
    const state = after(null, choose('openrouter'));
    expect(missingIn(state)).toEqual({ apiKey: 'api_key_required' });
    const entered = reduce(state, typeKey('sk-FAKE'));
    expect(missingIn(entered)).toEqual({});
    expect(updateIn(entered)).toEqual({
      provider: 'openai_compatible',
      model: 'anthropic/claude-sonnet-4.5',
      baseUrl: 'https://openrouter.ai/api/v1',
      apiKey: 'sk-FAKE',
    });
  });

  it('sends no address for Anthropic', () => {
    expect(updateIn(after(null, choose('anthropic'), typeKey('sk-FAKE')))).toEqual({
      provider: 'anthropic',
      model: 'claude-sonnet-4-5',
      apiKey: 'sk-FAKE',
    });
  });

  it('sends an address of the Anthropic protocol', () => {
    const state = after(
      null,
      choose('other'),
      { type: 'providerChosen', provider: 'anthropic' },
      typeAddress('https://gateway.example'),
      typeModel('claude'),
    );
    expect(updateIn(state)).toEqual({ provider: 'anthropic', model: 'claude', baseUrl: 'https://gateway.example' });
    expect(missingIn(state)).toEqual({});
  });

  it('misses an address and a model where there are none to begin with', () => {
    expect(missingIn(after(null, choose('other')))).toEqual({ baseUrl: 'base_url_required', model: 'required' });
    expect(missingIn(after(null, choose('vllm')))).toEqual({ model: 'required' });
  });
});

describe('choosing a service', () => {
  it.each(services.map(({ id }) => [id]))('%s asks for the focus never', (id) => {
    expect(after(openRouter, choose(id)).focus).toBeNull();
  });

  it('remembers model and address of each', () => {
    const state = after(
      openRouter,
      typeModel('mine'),
      choose('ollama'),
      typeAddress('http://nas:11434/v1'),
      typeModel('qwen3'),
      choose('groq'),
      choose('ollama'),
    );
    expect(draft(state)).toMatchObject({ baseUrl: 'http://nas:11434/v1', model: 'qwen3' });
    expect(draft(reduce(state, choose('openrouter'))).model).toBe('mine');
  });

  it('remembers what was stored before the last save', () => {
    const saved: FormEvent = { type: 'saved', stored: ollama };
    const state = after(openRouter, choose('ollama'), { type: 'saveStarted' }, saved, choose('openrouter'));
    expect(draft(state).model).toBe(openRouter.model);
  });

  it('and coming back leaves nothing to save', () => {
    expect(isDirty(after(openRouter, choose('anthropic'), choose('openrouter')))).toBe(false);
  });
});

describe('a key', () => {
  it.each([
    ['for a service that needs one', after(null, choose('groq')), true],
    ['for a service on the own computer', after(null, choose('ollama'), { type: 'keyEntryOpened' }), false],
    ['for another address', after(null, choose('other')), false],
    ['for another address while one is stored', after(openRouter, choose('other'), typeAddress('https://h')), true],
    ['in place of the stored one', after(openRouter, { type: 'keyEntryOpened' }), false],
    ['for settings that were stored without one', formOf({ ...claude, keyConfigured: false }), false],
    ['for an address whose scheme is open', after(openRouter, choose('other'), typeAddress('h:1/v1')), false],
  ])('%s is required or not', (_which, state, required) => {
    expect(keyIsRequiredIn(state, serviceIn(state)!)).toBe(required);
  });
});

describe('mending', () => {
  it('happens to a field that was pasted into, or to all before they are sent', () => {
    const typed = after(
      null,
      choose('other'),
      typeAddress(' https://h.example/v1/chat/completions '),
      typeKey(' sk-FAKE\n'),
      typeModel('\u200bgpt-4o\u00a0'),
    );
    const one = reduce(typed, { type: 'mended', field: 'model' });
    expect(updateIn(one)).toMatchObject({ model: 'gpt-4o', apiKey: ' sk-FAKE\n' });
    const all = reduce(typed, { type: 'mended' });
    expect(updateIn(all)).toEqual({
      provider: 'openai_compatible',
      baseUrl: 'https://h.example/v1',
      model: 'gpt-4o',
      apiKey: 'sk-FAKE',
    });
    expect(all.mendings.baseUrl).toEqual([{ kind: 'unseen' }, { kind: 'endpoint', cut: '/chat/completions' }]);
    expect(reduce(all, typeAddress('https://h')).mendings.baseUrl).toBeUndefined();
  });

  it('that gives the stored address leaves nothing to save', () => {
    const own = { ...ollama, baseUrl: 'https://h.example/v1' };
    expect(isDirty(after(own, typeAddress('https://h.example/v1/')))).toBe(false);
    expect(isDirty(after(own, typeAddress('https://h.example/v2/')))).toBe(true);
    expect(isDirty(formOf({ ...own, baseUrl: 'https://h.example/v1/' }))).toBe(false);
  });
});

describe('saving', () => {
  const saving = after(openRouter, { type: 'keyEntryOpened' }, typeKey('sk-NEW'), { type: 'saveStarted' });

  it('lets nothing change what is on its way', () => {
    expect(reduce(saving, typeKey('sk-OTHER'))).toBe(saving);
    expect(reduce(saving, { type: 'discarded' })).toBe(saving);
    expect(reduce(saving, { type: 'read', stored: ollama, focused: false })).toBe(saving);
  });

  it('that worked leaves a clean form without the key', () => {
    const state = reduce(saving, { type: 'saved', stored: { ...openRouter, etag: '"2"' } });
    expect(state).toMatchObject({ phase: 'editing', notice: 'saved' });
    expect(isDirty(state)).toBe(false);
    expect(JSON.stringify(state)).not.toContain('sk-NEW');
  });

  it('that failed keeps the draft', () => {
    const state = reduce(saving, networkLost);
    expect(state).toMatchObject({ phase: 'editing' });
    expect(updateIn(state)?.apiKey).toBe('sk-NEW');
  });

  it('that failed and may have been made keeps what was sent, without the key', () => {
    const { provider, baseUrl, model } = openRouter;
    expect(reduce(saving, networkLost).maybeSaved).toEqual({ provider, baseUrl, model });
    expect(reduce(saving, signedOut).maybeSaved).toBeNull();
  });

  it('that was refused marks the fields and goes to the first', () => {
    const cause = refusal(['/apiKey', 'api_key_masked'], ['/model', 'required'], ['/temperature', 'unknown_field']);
    const state = reduce(saving, failed(cause));
    expect(state.errors).toEqual({ apiKey: 'api_key_masked', model: 'required' });
    expect(state.focus).toEqual({ target: 'apiKey' });
    expect(reduce(state, typeModel('m')).errors).toEqual({ apiKey: 'api_key_masked', model: undefined });
  });

  it('that was refused for the address of a service marks the service, which has no field for it', () => {
    const state = after(openRouter, typeModel('m'), failed(refusal(['/baseUrl', 'base_url_forbidden_host'])));
    expect(state.errors.provider).toBe('base_url_forbidden_host');
    expect(state.focus).toEqual({ target: 'provider' });
  });

  it('that was refused for want of a key shows the field for it', () => {
    const state = after(openRouter, typeModel('m'), failed(refusal(['/apiKey', 'api_key_required'])));
    expect(keyViewIn(state, serviceById('openrouter'))).toEqual({ show: 'field', text: '' });
    expect(updateIn(state)).not.toHaveProperty('apiKey');
  });
});

describe('a problem', () => {
  it('is over once the service has answered, unless a save may have been made', () => {
    const answered: FormEvent = { type: 'answered' };
    expect(after(openRouter, typeModel('m'), signedOut, answered).problem).toBeNull();
    expect(after(openRouter, typeModel('m'), networkLost, answered).problem).not.toBeNull();
  });

  it('with what was entered is over when nothing is marked any more', () => {
    const refused = after(openRouter, typeModel('a b'), failed(refusal(['/model', 'unsupported_value'])));
    expect(reduce(refused, typeKey('sk-FAKE')).problem).not.toBeNull();
    expect(reduce(refused, typeModel('ab')).problem).toBeNull();
    const unshown = after(openRouter, typeModel('m'), failed(refusal(['/temperature', 'unknown_field'])));
    expect(reduce(unshown, typeModel('n')).problem).not.toBeNull();
  });
});

describe('settings that were changed elsewhere', () => {
  const newer = { ...openRouter, model: 'newer', etag: '"2"' };
  const read = (stored: StoredLlmSettings | null): FormEvent => ({ type: 'read', stored, focused: false });

  it('are shown at once where nothing was edited', () => {
    expect(draft(after(openRouter, read(newer))).model).toBe('newer');
    expect(serviceIn(after(openRouter, read(null)))).toBeNull();
  });

  it.each<[string, FormState]>([
    ['what was edited and changed back', after(openRouter, typeModel('mine'), typeModel(openRouter.model))],
    ['what was edited there before', after(claude, choose('openrouter'), typeModel('mine'), choose('anthropic'))],
    ['what was edited and then stored', after(openRouter, typeModel('mine'), read({ ...newer, model: 'mine' }))],
  ])('are shown without %s', (_what, state) => {
    const now = reduce(state, read({ ...newer, etag: '"3"' }));
    expect(draft(now).model).toBe('newer');
    expect(isDirty(now)).toBe(false);
  });

  it.each<[string, StoredLlmSettings | null, FormState['notice']]>([
    ['was made', null, 'removed'],
    ['was not made', newer, 'notRemoved'],
  ])('say that a removal %s, also beside a draft', (_what, stored, notice) => {
    const removal: FormEvent[] = [{ type: 'removeStarted' }, { ...networkLost, during: 'removing' }, read(stored)];
    expect(after(openRouter, ...removal)).toMatchObject({ stored, notice, problem: null });
    expect(after(openRouter, typeModel('mine'), ...removal)).toMatchObject({ newer: stored, notice, problem: null });
  });

  it('say that a removal came too late, also when reading them has failed first', () => {
    const late: FormEvent[] = [{ type: 'removeStarted' }, { ...outdated, during: 'removing' }];
    const unread: FormEvent = { ...networkLost, during: 'reading' };
    expect(after(openRouter, ...late, unread, read(newer)).notice).toBe('notRemoved');
    expect(after(openRouter, typeModel('mine'), ...late, read(newer)).notice).toBe('notRemoved');
  });

  it('are offered where something was edited, with what differs', () => {
    const state = after(openRouter, typeModel('mine'), read(newer));
    expect(draft(state).model).toBe('mine');
    expect(differencesIn(state)).toEqual([{ field: 'model', newer: 'newer', mine: 'mine' }]);
  });

  it('can be taken, which drops the draft', () => {
    const state = after(openRouter, typeModel('mine'), read(newer), { type: 'newerTaken' });
    expect(state).toEqual({ ...formOf(newer), notice: 'newer', focus: { target: 'notice' } });
  });

  it('are not called newer where nothing is left of them', () => {
    const taken = after(openRouter, typeModel('mine'), read(null), { type: 'newerTaken' });
    expect(taken).toMatchObject({ stored: null, notice: 'gone' });
    const shown = after(openRouter, typeModel('mine'), networkLost, typeModel(openRouter.model), read(null));
    expect(shown).toMatchObject({ stored: null, notice: 'gone' });
  });

  it('can be replaced: then what was not edited follows them', () => {
    const moved = { ...ollama, baseUrl: 'http://nas:11434/v1', etag: '"2"' };
    const state = after(ollama, typeModel('mine'), read(moved), { type: 'newerSetAside' });
    expect(state.stored).toBe(moved);
    expect(updateIn(state)).toMatchObject({ baseUrl: 'http://nas:11434/v1', model: 'mine' });
  });

  it('leave the service that the person was at', () => {
    const state = after(openRouter, typeModel('mine'), read({ ...claude, etag: '"2"' }));
    expect(differencesIn(state)).toEqual([
      { field: 'service', newer: 'anthropic', mine: 'openrouter' },
      { field: 'baseUrl', newer: null, mine: openRouter.baseUrl },
      { field: 'model', newer: claude.model, mine: 'mine' },
    ]);
    expect(updateIn(reduce(state, { type: 'newerSetAside' }))).toMatchObject({ baseUrl: openRouter.baseUrl });
  });

  it('name an entered key, and never show it', () => {
    const state = after(openRouter, { type: 'keyEntryOpened' }, typeKey('sk-NEW'), read(newer));
    expect(differencesIn(state)).toContainEqual({ field: 'apiKey', newer: 'stored', mine: 'entered' });
    expect(JSON.stringify(differencesIn(state))).not.toContain('sk-NEW');
  });

  it('are nothing to decide on when they are what was edited', () => {
    const state = after(openRouter, typeModel('newer'), outdated, read(newer));
    expect(state).toMatchObject({ stored: newer, newer: undefined, notice: 'alreadySaved', problem: null });
  });

  it.each([
    ['the refusal that led to them', outdated],
    ['a save that was open', networkLost],
  ])('take the place of %s', (_what, failure) => {
    const state = after(openRouter, typeModel('mine'), failure, read(newer));
    expect(state).toMatchObject({ problem: null, focus: { target: 'newer' } });
  });

  it('are told apart by their version, else by what they say', () => {
    const same = { ...openRouter, etag: null };
    expect(after(openRouter, typeModel('mine'), read(same)).newer).toBeUndefined();
    expect(after(same, typeModel('mine'), read({ ...same, model: 'newer' })).newer).toMatchObject({ model: 'newer' });
  });
});

describe('trying', () => {
  const result: LlmCheck = { verdict: 'works', reason: null, key: 'accepted', model: 'listed', models: ['a', 'b'] };
  const started: FormEvent = { type: 'checkStarted', run: 1 };
  const checked: FormEvent = { type: 'checked', run: 1, result };

  it('gives an answer that holds until the next change', () => {
    const state = after(openRouter, started, checked);
    expect(state.trial).toEqual({ phase: 'done', result });
    expect(reduce(state, typeModel('b')).trial).toEqual({ phase: 'none' });
    expect(reduce(state, choose('groq')).trial).toEqual({ phase: 'none' });
  });

  it('gives no answer about what has changed in the meantime', () => {
    expect(after(openRouter, started, typeModel('b'), checked).trial).toEqual({ phase: 'none' });
    expect(after(openRouter, started, { type: 'checkStarted', run: 2 }, checked).trial).toEqual({
      phase: 'running',
      run: 2,
    });
  });

  it('fails for the settings that were tried, and says nothing of what has changed in the meantime', () => {
    const fails: FormEvent = { type: 'checkFailed', run: 1, cause: refusal(['/model', 'unsupported_value']) };
    expect(after(openRouter, started, fails)).toMatchObject({
      errors: { model: 'unsupported_value' },
      problem: { during: 'checking' },
      trial: { phase: 'none' },
    });
    expect(after(openRouter, started, typeModel('b'), fails)).toMatchObject({ errors: {}, problem: null });
  });

  it('ends while the settings are being saved, which goes on', () => {
    const saving = after(openRouter, typeModel('b'), started, { type: 'saveStarted' });
    expect(reduce(saving, checked)).toMatchObject({ phase: 'saving', trial: { phase: 'done', result } });
    const cause = new LlmSettingsProblem({ code: 'network_error', detail: 'lost' });
    expect(reduce(saving, { type: 'checkFailed', run: 1, cause })).toMatchObject({
      phase: 'saving',
      trial: { phase: 'none' },
    });
  });

  it('moves the focus to the model with a name that was picked from the answer', () => {
    const state = after(openRouter, started, checked, { type: 'modelPicked', name: 'a' });
    expect(draft(state).model).toBe('a');
    expect(state).toMatchObject({ trial: { phase: 'none' }, focus: { target: 'model' } });
  });

  it('offers the models for the service that was asked', () => {
    expect(after(openRouter, started, checked).offered).toEqual({
      at: 'openai_compatible https://openrouter.ai',
      models: ['a', 'b'],
    });
  });

  it('before saving still holds after it', () => {
    const state = after(
      openRouter,
      typeModel('b'),
      started,
      checked,
      { type: 'saveStarted' },
      {
        type: 'saved',
        stored: { ...openRouter, model: 'b', etag: '"2"' },
      },
    );
    expect(state.trial).toEqual({ phase: 'done', result });
  });
});

describe('settings of a provider that is newer than this page', () => {
  const future = { ...openRouter, provider: 'titan' as 'openai_compatible' };

  it('are no service of the list, and nothing to save', () => {
    expect(serviceIn(formOf(future))).toBeNull();
    expect(isDirty(formOf(future))).toBe(false);
  });

  it('can be replaced by another service, whose key is asked for', () => {
    const state = after(future, choose('groq'));
    expect(missingIn(state)).toEqual({ apiKey: 'api_key_required' });
  });
});

it('discarding goes back to what is stored', () => {
  const state = after(openRouter, choose('groq'), typeKey('sk-X'), { type: 'discarded' });
  expect(state).toEqual({ ...formOf(openRouter), notice: 'discarded', focus: { target: 'notice' } });
});
