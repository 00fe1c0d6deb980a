import type { StoredLlmSettings } from '@carol/llm-settings-client';
import { draftIn, type FormState, serviceIn, type TextField, updateIn } from './form';
import { serviceOf } from './services';

/** The draft on top of the newer settings: what was edited stays, the rest follows. */
export function setAside(state: FormState): FormState {
  const service = serviceIn(state);
  if (state.newer === undefined || service === null) {
    return state;
  }
  const follows = state.newer !== null && serviceOf(state.newer) === service;
  const edits = follows ? state.edits : { ...state.edits, [service.id]: draftIn(state, service) };
  return { ...state, stored: state.newer, newer: undefined, chosen: service, edits, problem: null };
}

/** Whether newer settings are known to be there, and have not been read yet. */
export function isOutdated({ problem }: FormState): boolean {
  return problem?.cause.code === 'precondition_failed' || problem?.during === 'reading';
}

/** Something that saving the draft would change; null where there is nothing. */
export interface Difference {
  field: 'service' | TextField;
  /** For the key `stored`, never anything of it. */
  newer: string | null;
  /** For the key `stored` or `entered`, never anything of it. */
  mine: string | null;
}

/** What saving the draft on top of the newer settings would change. */
export function differencesIn(state: FormState): Difference[] {
  const mine = setAside(state);
  const newer = mine.stored;
  const update = updateIn(mine);
  if (update === null) {
    return [];
  }
  const newerKey = newer?.keyConfigured ? 'stored' : null;
  const all: Difference[] = [
    {
      field: 'service',
      newer: newer && (serviceOf(newer)?.id ?? newer.provider),
      mine: serviceIn(mine)?.id ?? null,
    },
    { field: 'baseUrl', newer: newer?.baseUrl ?? null, mine: update.baseUrl ?? null },
    {
      field: 'apiKey',
      newer: newerKey,
      mine: update.apiKey === undefined ? newerKey : update.apiKey === null ? null : 'entered',
    },
    { field: 'model', newer: newer?.model ?? null, mine: update.model },
  ];
  return all.filter((difference) => difference.newer !== difference.mine);
}

export function isSame(one: StoredLlmSettings | null, other: StoredLlmSettings | null): boolean {
  return one === null || other === null
    ? one === other
    : one.etag !== null && other.etag !== null
      ? one.etag === other.etag
      : one.provider === other.provider &&
        one.baseUrl === other.baseUrl &&
        one.model === other.model &&
        one.keyConfigured === other.keyConfigured;
}
