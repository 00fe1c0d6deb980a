import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LlmSettingsUpdate, StoredLlmSettings } from '@carol/llm-settings-client';
import {
  destinationOf,
  draftIn,
  formOf,
  type FormState,
  isDirty,
  keyPlaceIn,
  keyTextIn,
  keyViewIn,
  serviceIn,
  updateIn,
} from '../src/features/llm-settings/form';
import { type FormEvent, reduce } from '../src/features/llm-settings/reducer';
import { services } from '../src/features/llm-settings/services';
import { after, choose, claude, ollama, openRouter, typeAddress, typeKey, typeModel } from './settings';

const remove: FormEvent = { type: 'keyRemoved' };
const open: FormEvent = { type: 'keyEntryOpened' };
const keep: FormEvent = { type: 'keyKept' };

const shown = (state: FormState) => keyViewIn(state, serviceIn(state)!).show;

describe('a stored key', () => {
  it('stays when nothing is said about it', () => {
    const state = after(openRouter, typeModel('other'));
    expect(shown(state)).toBe('saved');
    expect(updateIn(state)).not.toHaveProperty('apiKey');
  });

  it('stays after another service was chosen that needs no key, and then its own again', () => {
    const state = after(openRouter, choose('ollama'), remove, choose('openrouter'), typeModel('openai/gpt-5'));
    expect(shown(state)).toBe('saved');
    expect(updateIn(state)).not.toHaveProperty('apiKey');
  });

  it('stays after another address was entered that needs no key, and then its own again', () => {
    const state = after(
      { ...openRouter, baseUrl: 'https://gateway.example/v1' },
      typeAddress('https://elsewhere.example/v1'),
      remove,
      typeAddress('https://gateway.example/v1'),
    );
    expect(shown(state)).toBe('saved');
    expect(isDirty(state)).toBe(false);
  });

  it('is not replaced by a key that was entered for another service', () => {
    const state = after(openRouter, choose('groq'), typeKey('sk-GROQ'), choose('openrouter'));
    expect(shown(state)).toBe('saved');
    expect(isDirty(state)).toBe(false);
    expect(updateIn(reduce(state, choose('groq')))?.apiKey).toBe('sk-GROQ');
  });

  it('stays when Replace was chosen and nothing entered', () => {
    const state = after(openRouter, open);
    expect(shown(state)).toBe('field');
    expect(isDirty(state)).toBe(false);
  });

  it('is replaced by what was entered, or stays after all', () => {
    const state = after(openRouter, open, typeKey('sk-NEW'));
    expect(updateIn(state)?.apiKey).toBe('sk-NEW');
    expect(isDirty(reduce(state, keep))).toBe(false);
  });

  it('is removed when the person asks for it, and stays after Undo', () => {
    const state = after(openRouter, remove);
    expect(shown(state)).toBe('removing');
    expect(updateIn(state)?.apiKey).toBeNull();
    expect(isDirty(reduce(state, keep))).toBe(false);
  });

  it('is asked to be replaced at another service that takes keys', () => {
    const state = after(openRouter, choose('anthropic'));
    expect(shown(state)).toBe('field');
    expect(updateIn(state)).not.toHaveProperty('apiKey');
  });

  it('does not go to a local service, which starts without one', () => {
    const state = after(openRouter, choose('ollama'));
    expect(shown(state)).toBe('none');
    expect(updateIn(state)).toMatchObject({ baseUrl: 'http://localhost:11434/v1', apiKey: null });
  });

  it('stays when Anthropic’s own address is written out, or left out again', () => {
    const anthropic: FormEvent = { type: 'providerChosen', provider: 'anthropic' };
    const own = typeAddress('https://api.anthropic.com');
    expect(shown(after(claude, choose('other'), anthropic, own))).toBe('saved');
    expect(shown(after({ ...claude, baseUrl: 'https://API.anthropic.com:443' }, choose('anthropic')))).toBe('saved');
    expect(shown(after(claude, choose('other'), own))).toBe('field');
  });

  it('stays at the same origin, whatever the path', () => {
    const gateway = { ...openRouter, baseUrl: 'https://gateway.example/v1' };
    expect(shown(after(gateway, typeAddress('https://GATEWAY.example:443/v2')))).toBe('saved');
    for (const other of ['http://gateway.example/v1', 'https://gateway.example:8443/v1', 'https://gateway.exampl/v1']) {
      expect(shown(after(gateway, typeAddress(other))), other).toBe('field');
    }
  });
});

describe('an entered key', () => {
  it('does not come along to another address, until the person brings it there', () => {
    const entered = after(
      null,
      choose('other'),
      typeAddress('https://a.example/v1'),
      typeKey('sk-A'),
      typeAddress('https://b.example/v1'),
    );
    expect(updateIn(entered)).not.toHaveProperty('apiKey');
    expect(updateIn(reduce(entered, { type: 'keyBroughtHere' }))?.apiKey).toBe('sk-A');
    expect(updateIn(reduce(entered, typeAddress('https://a.example/v1')))?.apiKey).toBe('sk-A');
  });

  it('stays when the address gets its scheme from the service', () => {
    const state = after(null, choose('other'), typeAddress('ollama:11434/v1'), typeKey('sk-A'), {
      type: 'spelled',
      baseUrl: 'http://ollama:11434/v1',
    });
    expect(updateIn(state)).toMatchObject({ baseUrl: 'http://ollama:11434/v1', apiKey: 'sk-A' });
  });
});

/** What the service stores. */
const serve = (update: LlmSettingsUpdate, before: StoredLlmSettings | null, etag: string): StoredLlmSettings => {
  const keyConfigured = update.apiKey === undefined ? before?.keyConfigured === true : update.apiKey !== null;
  return {
    provider: update.provider,
    model: update.model,
    baseUrl: update.baseUrl ?? null,
    keyConfigured,
    etag,
  } as StoredLlmSettings;
};

const addresses = ['https://a.example/v1', 'https://a.example/v2/', 'https://b.example', 'b.example/v1', ''];
const step: fc.Arbitrary<FormEvent | 'save'> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom(...services).map((service): FormEvent => ({ type: 'serviceChosen', service })),
  },
  { weight: 3, arbitrary: fc.constantFrom(...addresses).map(typeAddress) },
  { weight: 3, arbitrary: fc.constantFrom('sk-1', ' sk-2 ', '').map(typeKey) },
  { weight: 4, arbitrary: fc.constantFrom(remove, open, keep, { type: 'keyBroughtHere' } as const) },
  fc.constantFrom<FormEvent[]>(
    typeModel('m'),
    { type: 'modelPicked', name: 'n' },
    { type: 'mended' },
    { type: 'discarded' },
    { type: 'providerChosen', provider: 'anthropic' },
    { type: 'providerChosen', provider: 'openai_compatible' },
    { type: 'newerTaken' },
    { type: 'newerSetAside' },
  ),
  fc.constantFrom(openRouter, ollama, claude, null).chain((stored) =>
    fc.nat(99).map((version): FormEvent => ({
      type: 'read',
      stored: stored && { ...stored, etag: `"${version}"` },
      focused: false,
    })),
  ),
  fc.constant('save' as const),
);

/** What the person asked for, written down as it happens. */
class Person {
  lastAct = new Map<string, string>();
  entered: { at: string; text: string } | null = null;

  does(event: FormEvent, before: FormState, now: FormState) {
    const service = serviceIn(before);
    const here = service && destinationOf(draftIn(before, service));
    if (event.type === 'typed' && event.field === 'apiKey' && here) {
      this.lastAct.set(here, 'enter');
      this.entered = { at: here, text: event.text };
    } else if (event.type === 'keyRemoved' && here) {
      this.lastAct.set(here, 'remove');
    } else if ((event.type === 'keyKept' || event.type === 'keyEntryOpened') && here) {
      this.lastAct.set(here, 'keep');
    } else if (event.type === 'keyBroughtHere' && here) {
      this.lastAct.set(here, 'enter');
      this.entered &&= { ...this.entered, at: here };
    } else if (event.type === 'mended' && this.entered?.at === here) {
      this.entered = { ...this.entered, text: this.entered.text.trim() };
    }
    if (now.stored !== before.stored && now.key.kind === 'keep') {
      this.lastAct.clear();
      this.entered = null;
    }
  }
}

describe('whatever the person does', () => {
  it('a key is removed or sent only where the person asked for just that', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(openRouter, ollama, claude, null),
        fc.array(step, { maxLength: 30 }),
        (stored, steps) => {
          const person = new Person();
          let state = formOf(stored);
          for (const [index, next] of steps.entries()) {
            const before = state;
            const update = updateIn(state);
            if (next === 'save') {
              if (update && state.newer === undefined) {
                state = reduce(reduce(state, { type: 'saveStarted' }), {
                  type: 'saved',
                  stored: serve(update, state.stored, `"s${index}"`),
                });
                person.does({ type: 'discarded' }, before, state);
              }
            } else {
              state = reduce(state, next);
              person.does(next, before, state);
            }
            check(state, person);
          }
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('choosing another service and coming back changes nothing', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(openRouter, ollama, claude),
        fc.array(
          step.filter((event) => event !== 'save'),
          { maxLength: 12 },
        ),
        fc.array(fc.constantFrom(...services), { maxLength: 5 }),
        (stored, steps, detour) => {
          const state = steps.reduce(reduce, formOf(stored));
          const back = [...detour, serviceIn(state)!].reduce(
            (now, service) => reduce(now, { type: 'serviceChosen', service }),
            state,
          );
          expect(updateIn(back)).toEqual(updateIn(state));
          expect(isDirty(back)).toBe(isDirty(state));
        },
      ),
      { numRuns: 1000 },
    );
  });
});

function check(state: FormState, person: Person) {
  const service = serviceIn(state);
  const update = updateIn(state);
  if (service === null || update === null) {
    return;
  }
  const { here, storedAt } = keyPlaceIn(state, service);
  if (update.apiKey === null) {
    const asked = person.lastAct.get(here) === 'remove';
    const goesWithout = here !== storedAt && service.key === 'none';
    expect(asked || goesWithout, `a key at ${storedAt} is removed at ${here}`).toBe(true);
    expect(storedAt).not.toBeNull();
  } else if (update.apiKey !== undefined) {
    expect({ at: here, text: update.apiKey }).toEqual(person.entered);
    expect(keyTextIn(state, service)).toBe(update.apiKey);
  } else if (here !== storedAt && storedAt !== null) {
    // Nothing is sent: the service refuses that, so the form has to show the field.
    expect(keyViewIn(state, service).show).toBe('field');
  }
}
