import { describe, expect, it } from 'vitest';
import { LlmSettingsProblem, type FieldErrorCode, type StoredLlmSettings } from '@carol/llm-settings-client';
import {
  type FormEvent,
  formOf,
  type FormState,
  isDirty,
  keyMode,
  modelOf,
  reduce,
  updateOf,
} from '../src/features/llm-settings/form';
import { presets } from '../src/features/llm-settings/presets';

const openRouter: StoredLlmSettings = {
  provider: 'openai_compatible',
  model: 'mistralai/mistral-large',
  baseUrl: 'https://openrouter.ai/api/v1',
  keyConfigured: true,
  etag: '"1"',
};
const ollama: StoredLlmSettings = {
  ...openRouter,
  model: 'llama3.2',
  baseUrl: 'http://localhost:11434/v1',
  keyConfigured: false,
};
const claude: StoredLlmSettings = { ...openRouter, provider: 'anthropic', model: 'claude-sonnet-4-5', baseUrl: null };

const after = (stored: StoredLlmSettings | null, ...events: FormEvent[]): FormState =>
  events.reduce(reduce, formOf(stored));
const preset = (name: string): FormEvent => ({ type: 'presetChosen', preset: presets.find((p) => p.name === name)! });
const typeAddress = (text: string): FormEvent => ({ type: 'addressTyped', text });
const enterAddress = (text: string): FormEvent => ({ type: 'addressEntered', text });
const typeKey = (text: string): FormEvent => ({ type: 'keyTyped', text });
const choose = (action: 'keep' | 'replace' | 'remove'): FormEvent => ({ type: 'keyActionChosen', action });
const refused = (errors: { pointer: string; code: FieldErrorCode }[]): FormEvent => ({
  type: 'failed',
  during: 'saving',
  cause: new LlmSettingsProblem({
    code: 'invalid',
    detail: 'refused',
    status: 422,
    errors: errors.map((error) => ({ ...error, detail: 'refused' })),
  }),
});
const networkLost: FormEvent = {
  type: 'failed',
  during: 'saving',
  cause: new LlmSettingsProblem({ code: 'network_error', detail: 'lost' }),
};

describe('the first visit', () => {
  it('starts clean, with a field for the key', () => {
    expect(isDirty(formOf(null))).toBe(false);
    expect(keyMode(formOf(null))).toBe('none');
  });

  it('sends no key when none was typed', () => {
    const state = after(null, preset('Ollama'), { type: 'modelTyped', text: 'llama3.2' });
    expect(updateOf({ ...state, provider: 'openai_compatible' })).toEqual({
      provider: 'openai_compatible',
      model: '',
      baseUrl: 'http://localhost:11434/v1',
    });
  });

  it('sends what was chosen and typed', () => {
    const state = after(
      null,
      { type: 'providerChosen', provider: 'openai_compatible' },
      preset('OpenRouter'),
      { type: 'modelTyped', text: 'm' },
      typeKey('sk-FAKE'),
    );
    expect(updateOf(state)).toEqual({
      provider: 'openai_compatible',
      model: 'm',
      baseUrl: 'https://openrouter.ai/api/v1',
      apiKey: 'sk-FAKE',
    });
  });

  it('sends no address for Anthropic, whatever was typed before', () => {
    const state = after(
      null,
      { type: 'providerChosen', provider: 'openai_compatible' },
      typeAddress('https://h.example/v1'),
      { type: 'providerChosen', provider: 'anthropic' },
      { type: 'modelTyped', text: 'claude' },
    );
    expect(updateOf(state)).toEqual({ provider: 'anthropic', model: 'claude' });
  });
});

describe('a stored key', () => {
  it('stays when nothing is said about it', () => {
    const state = after(openRouter, { type: 'modelTyped', text: 'other' });
    expect(keyMode(state)).toBe('saved');
    expect(updateOf(state)).not.toHaveProperty('apiKey');
  });

  it('stays when Replace was chosen and nothing typed', () => {
    const state = after(openRouter, choose('replace'));
    expect(keyMode(state)).toBe('replacing');
    expect(isDirty(state)).toBe(false);
    expect(updateOf(state)).not.toHaveProperty('apiKey');
  });

  it('keeps its field while what was typed is taken back', () => {
    expect(keyMode(after(openRouter, choose('replace'), typeKey('s'), typeKey('')))).toBe('replacing');
  });

  it('is replaced by what was typed', () => {
    expect(updateOf(after(openRouter, choose('replace'), typeKey('sk-NEW'))).apiKey).toBe('sk-NEW');
  });

  it('stays after all when Replace is taken back', () => {
    const state = after(openRouter, choose('replace'), typeKey('sk-NEW'), choose('keep'));
    expect(keyMode(state)).toBe('saved');
    expect(state.keyText).toBe('');
    expect(isDirty(state)).toBe(false);
  });

  it('is removed when that was chosen, and stays after Undo', () => {
    const removing = after(openRouter, choose('remove'));
    expect(keyMode(removing)).toBe('removing');
    expect(isDirty(removing)).toBe(true);
    expect(updateOf(removing).apiKey).toBeNull();
    expect(isDirty(reduce(removing, choose('keep')))).toBe(false);
  });

  it('sends the focus along with the choice', () => {
    expect(after(openRouter, choose('replace')).focus).toEqual({ target: 'apiKey' });
    expect(after(openRouter, choose('remove')).focus).toEqual({ target: 'keyActions' });
    expect(after(openRouter, choose('remove'), choose('keep')).focus).toEqual({ target: 'keyActions' });
  });
});

describe('another destination', () => {
  it.each([
    ['another provider', { type: 'providerChosen', provider: 'anthropic' } as FormEvent],
    ['a preset', preset('Groq')],
    ['a pasted host', enterAddress('https://api.groq.com/openai/v1')],
    ['a pasted port', enterAddress('https://openrouter.ai:8443/api/v1')],
    ['a pasted scheme', enterAddress('http://openrouter.ai/api/v1')],
  ])('by %s asks for the key at once', (_how, event) => {
    const state = after(openRouter, event);
    expect(keyMode(state)).toBe('required');
    expect(state.focus).toEqual({ target: 'apiKey' });
    expect(updateOf(state)).not.toHaveProperty('apiKey');
  });

  it('asks while it is typed, but leaves the focus where it is', () => {
    const state = after(openRouter, typeAddress('https://openrouter.a'));
    expect(keyMode(state)).toBe('required');
    expect(state.focus).toBeNull();
  });

  it.each(['https://openrouter.ai/other', 'https://OPENROUTER.ai:443/api/v1'])('is not %s', (address) => {
    expect(keyMode(after(openRouter, enterAddress(address)))).toBe('saved');
  });

  it('asks for nothing when no key is stored', () => {
    const state = after(ollama, preset('OpenRouter'));
    expect(keyMode(state)).toBe('none');
    expect(state.focus).toBeNull();
  });

  it('is forgotten with the way back', () => {
    expect(keyMode(after(openRouter, preset('Groq'), typeAddress(openRouter.baseUrl!)))).toBe('saved');
  });

  it('can go without a key', () => {
    const state = after(openRouter, preset('Ollama'), choose('remove'));
    expect(keyMode(state)).toBe('removing');
    expect(updateOf(state).apiKey).toBeNull();
    expect(keyMode(reduce(state, choose('keep')))).toBe('required');
  });

  it('does not get a key that was typed for the one before', () => {
    const first: FormEvent[] = [
      { type: 'providerChosen', provider: 'openai_compatible' },
      preset('OpenAI'),
      typeKey('sk-OPENAI'),
    ];
    expect(after(null, ...first, preset('Groq')).keyText).toBe('');
    expect(after(null, ...first, { type: 'providerChosen', provider: 'anthropic' }).keyText).toBe('');
    expect(after(null, ...first, preset('OpenAI')).keyText).toBe('sk-OPENAI');
  });

  it('gets a key that was typed before there was an address', () => {
    const state = after(
      null,
      { type: 'providerChosen', provider: 'openai_compatible' },
      typeKey('sk-X'),
      preset('OpenAI'),
    );
    expect(state.keyText).toBe('sk-X');
  });

  it('has models of its own', () => {
    expect(modelOf(after(openRouter, preset('Groq')))).toBe('');
    expect(modelOf(after(openRouter, preset('OpenRouter')))).toBe('mistralai/mistral-large');
  });

  it('with a part to fill in gets the focus there', () => {
    expect(after(openRouter, preset('Azure OpenAI')).focus).toEqual({ target: 'baseUrl' });
  });
});

describe('the other provider', () => {
  it('can be looked at without losing anything', () => {
    const state = after(
      openRouter,
      { type: 'providerChosen', provider: 'anthropic' },
      { type: 'modelTyped', text: 'claude' },
      { type: 'providerChosen', provider: 'openai_compatible' },
    );
    expect(isDirty(state)).toBe(false);
    expect(modelOf(reduce(state, { type: 'providerChosen', provider: 'anthropic' }))).toBe('claude');
  });
});

describe('mending', () => {
  it('happens to what is pasted, and is said', () => {
    const state = after(ollama, enterAddress('api.openai.com/v1/chat/completions'));
    expect(state.baseUrl).toBe('https://api.openai.com/v1');
    expect(state.healings.baseUrl).toEqual(['endpoint', 'scheme']);
  });

  it('happens to what was typed when the field is left, not before', () => {
    const typed = after(ollama, typeAddress('https://h.example/v1/'));
    expect(typed.baseUrl).toBe('https://h.example/v1/');
    expect(reduce(typed, { type: 'addressLeft' }).baseUrl).toBe('https://h.example/v1');
  });

  it('happens before saving', () => {
    const state = after(ollama, typeAddress(' https://h.example/v1'), typeKey('Bearer sk-FAKE'), {
      type: 'saveStarted',
    });
    expect(updateOf(state)).toMatchObject({ baseUrl: 'https://h.example/v1', apiKey: 'sk-FAKE' });
  });

  it('leaves alone what is stored', () => {
    const slash = { ...ollama, baseUrl: 'http://localhost:11434/v1/' };
    expect(isDirty(after(slash, { type: 'addressLeft' }))).toBe(false);
  });

  it('is said until the field is edited', () => {
    const mended = after(null, { type: 'keyEntered', text: '"sk-FAKE"' }, { type: 'addressLeft' });
    expect(mended.healings.apiKey).toEqual(['quotes']);
    expect(reduce(mended, typeKey('sk-FAKE2')).healings.apiKey).toEqual([]);
  });
});

describe('saving', () => {
  const saving = after(openRouter, choose('replace'), typeKey('sk-NEW'), { type: 'saveStarted' });

  it('lets nothing change what is on its way', () => {
    expect(reduce(saving, typeKey('sk-OTHER'))).toBe(saving);
    expect(reduce(saving, { type: 'discarded' })).toBe(saving);
  });

  it('that worked leaves a clean form without the key', () => {
    const state = reduce(saving, { type: 'saved', stored: { ...openRouter, etag: '"2"' } });
    expect(state).toMatchObject({ phase: 'editing', notice: 'saved', keyText: '' });
    expect(isDirty(state)).toBe(false);
    expect(JSON.stringify(state)).not.toContain('sk-NEW');
  });

  it('that failed keeps the draft', () => {
    const state = reduce(saving, networkLost);
    expect(state).toMatchObject({ phase: 'editing', keyText: 'sk-NEW', keyAction: 'replace', focus: null });
    expect(isDirty(state)).toBe(true);
  });

  it('that was refused marks the fields and goes to the first', () => {
    const state = reduce(
      saving,
      refused([
        { pointer: '/apiKey', code: 'api_key_masked' },
        { pointer: '/model', code: 'required' },
        { pointer: '/temperature', code: 'unknown_field' },
      ]),
    );
    expect(state.errors).toEqual({ apiKey: 'api_key_masked', model: 'required' });
    expect(state.focus).toEqual({ target: 'model' });
    expect(state.problem?.cause.code).toBe('invalid');
  });

  it('that was refused for want of a key shows the field for it', () => {
    const state = after(
      openRouter,
      { type: 'modelTyped', text: 'm' },
      { type: 'saveStarted' },
      refused([{ pointer: '/apiKey', code: 'api_key_required' }]),
    );
    expect(keyMode(state)).toBe('replacing');
    expect(state.focus).toEqual({ target: 'apiKey' });
  });

  it('takes the mark off a field that is edited, and only off that', () => {
    const state = after(
      openRouter,
      refused([
        { pointer: '/model', code: 'required' },
        { pointer: '/baseUrl', code: 'base_url_insecure' },
      ]),
      { type: 'modelTyped', text: 'm' },
    );
    expect(state.errors.model).toBeUndefined();
    expect(state.errors.baseUrl).toBe('base_url_insecure');
  });
});

describe('going on from the address', () => {
  it('leaves its mark where nothing was changed', () => {
    const state = after(
      ollama,
      refused([{ pointer: '/baseUrl', code: 'base_url_forbidden_host' }]),
      enterAddress(ollama.baseUrl!),
    );
    expect(state.errors.baseUrl).toBe('base_url_forbidden_host');
  });

  it('asks for the key once for each destination', () => {
    const asked = after(openRouter, preset('Groq'));
    expect(reduce(asked, enterAddress('https://api.groq.com/openai/v1')).focus).toBeNull();
    expect(reduce(asked, enterAddress('https://h.example/v1')).focus).toEqual({ target: 'apiKey' });
  });

  it('asks for no key while the address is none', () => {
    expect(after(openRouter, enterAddress('https://')).focus).toBeNull();
  });
});

describe('discarding and removing', () => {
  it('goes back to what is stored', () => {
    const state = after(openRouter, preset('Groq'), typeKey('sk-X'), { type: 'discarded' });
    expect(state).toEqual({ ...formOf(openRouter), notice: 'discarded' });
  });

  it('leaves the form of a first visit when everything is removed', () => {
    const state = after(openRouter, { type: 'removeStarted' }, { type: 'removed' });
    expect(state).toMatchObject({ ...formOf(null), notice: 'removed', focus: { target: 'provider' } });
  });
});

describe('newer settings from elsewhere', () => {
  const newer = { ...openRouter, model: 'newer', etag: '"2"' };

  it('come in where nothing was edited', () => {
    const state = after(openRouter, typeAddress('https://openrouter.ai/api/v2'), { type: 'reloaded', stored: newer });
    expect(modelOf(state)).toBe('newer');
    expect(state.baseUrl).toBe('https://openrouter.ai/api/v2');
    expect(state.stored).toBe(newer);
    expect(isDirty(state)).toBe(true);
  });

  it('do not take away what was edited', () => {
    const state = after(openRouter, { type: 'modelTyped', text: 'mine' }, choose('remove'), {
      type: 'reloaded',
      stored: newer,
    });
    expect(modelOf(state)).toBe('mine');
    expect(keyMode(state)).toBe('removing');
  });

  it('follow to another provider, with the model that was typed', () => {
    const state = after(openRouter, { type: 'modelTyped', text: 'mine' }, { type: 'reloaded', stored: claude });
    expect(updateOf(state)).toEqual({ provider: 'anthropic', model: 'mine' });
  });

  it('never get a key that was typed for the address on show', () => {
    const elsewhere = { ...openRouter, baseUrl: 'https://elsewhere.example/v1', etag: '"2"' };
    const state = after(openRouter, choose('replace'), typeKey('sk-OPENROUTER'), {
      type: 'reloaded',
      stored: elsewhere,
    });
    expect(updateOf(state)).toMatchObject({ baseUrl: openRouter.baseUrl, apiKey: 'sk-OPENROUTER' });
    expect(keyMode(state)).toBe('required');
  });

  it('can be that everything was removed', () => {
    const state = after(openRouter, { type: 'modelTyped', text: 'mine' }, choose('remove'), {
      type: 'reloaded',
      stored: null,
    });
    expect(keyMode(state)).toBe('none');
    expect(state.keyAction).toBe('keep');
    expect(modelOf(state)).toBe('mine');
  });

  it('make the form clean when they are what was typed', () => {
    const state = after(openRouter, { type: 'modelTyped', text: 'newer' }, { type: 'reloaded', stored: newer });
    expect(isDirty(state)).toBe(false);
  });
});
