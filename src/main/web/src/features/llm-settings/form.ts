import type {
  FieldErrorCode,
  LlmCheck,
  LlmSettingsProblem,
  LlmSettingsUpdate,
  Provider,
  StoredLlmSettings,
} from '@carol/llm-settings-client';
import { originOf, spellingsOf } from './address';
import {
  type Destination,
  keyIsRequired,
  type KeyIntent,
  type KeyPlace,
  keyToSend,
  type KeyView,
  keyView,
} from './key';
import { mendAddress, type Mending } from './mending';
import { type Service, serviceOf } from './services';

/** The fields from top to bottom, named as in the contract. */
export const fields = ['provider', 'baseUrl', 'apiKey', 'model'] as const;
export type Field = (typeof fields)[number];
export type TextField = Exclude<Field, 'provider'>;

export type Notice = 'saved' | 'removed' | 'notRemoved' | 'discarded' | 'newer' | 'gone' | 'alreadySaved';
/** `reading` is that of newer settings, which the person asked for. */
export type Action = 'saving' | 'removing' | 'checking' | 'reading';

/** What is entered for a service. */
export interface Draft {
  provider: Provider;
  baseUrl: string;
  model: string;
}

/** Does it work? The answer counts until the next change of what was tried. */
export type Trial = { phase: 'none' } | { phase: 'running'; run: number } | { phase: 'done'; result: LlmCheck };

/**
 * What the person did, and what was read from the service. Everything on show is derived from the two, so that newer
 * settings from the service replace what was not edited, and nothing else.
 */
export interface FormState {
  /** What the service has, as far as this form has shown it. */
  stored: StoredLlmSettings | null;
  /** Something newer that the service has, and that the person has not decided on; undefined: nothing newer is known. */
  newer: StoredLlmSettings | null | undefined;
  /** The service that the person chose; null: that of the stored settings. */
  chosen: Service | null;
  /** What was entered for each service: choosing another one and coming back loses nothing. */
  edits: Partial<Record<string, Partial<Draft>>>;
  key: KeyIntent;
  mendings: Partial<Record<TextField, Mending[]>>;
  errors: Partial<Record<Field, FieldErrorCode>>;
  phase: 'editing' | 'saving' | 'removing';
  /** With `removal` set, the person is still to be told what became of a removal. */
  problem: { during: Action; cause: LlmSettingsProblem; removal: boolean } | null;
  /** What an earlier save may have stored, without its key: newer settings like it may be the person's own. */
  maybeSaved: Draft | null;
  notice: Notice | null;
  trial: Trial;
  /** The models that a service said it has, and which destination that was. */
  offered: { at: Destination; models: readonly string[] } | null;
  /** Where the focus is to go, once for each object. Only what the person asked for moves it. */
  focus: { target: Field | 'keyActions' | 'trial' | 'notice' | 'newer' | 'standing' } | null;
}

export function formOf(stored: StoredLlmSettings | null): FormState {
  return {
    stored,
    newer: undefined,
    chosen: null,
    edits: {},
    key: { kind: 'keep' },
    mendings: {},
    errors: {},
    phase: 'editing',
    problem: null,
    maybeSaved: null,
    notice: null,
    trial: { phase: 'none' },
    offered: null,
    focus: null,
  };
}

/** The service on show; null until one is chosen, and for stored settings of a provider that this page does not know. */
export function serviceIn({ chosen, stored }: FormState): Service | null {
  return chosen ?? (stored && serviceOf(stored));
}

export function draftIn(state: FormState, service: Service): Draft {
  return { ...unedited(state.stored, service), ...state.edits[service.id] };
}

/** What the form has for a service before anything is entered. */
export function unedited(stored: StoredLlmSettings | null, service: Service): Draft {
  return stored && serviceOf(stored) === service
    ? { provider: stored.provider, baseUrl: stored.baseUrl ?? '', model: stored.model }
    : { provider: service.provider, baseUrl: service.baseUrl, model: service.models[0] ?? '' };
}

/** Where Anthropic's API is when there is no address. */
const ANTHROPIC_ORIGIN = 'https://api.anthropic.com';

export function destinationOf({ provider, baseUrl }: Pick<Draft, 'provider' | 'baseUrl'>): Destination {
  // Without a scheme the address is told apart by its host alone, until the service has said which scheme fits.
  const at = originOf(baseUrl) ?? baseUrl.trim().replace(/\/.*/s, '');
  return `${provider} ${provider === 'anthropic' && at === ANTHROPIC_ORIGIN ? '' : at}`;
}

/** The destination of the stored key; null when none is stored. */
function keyDestination(stored: StoredLlmSettings | null): Destination | null {
  return stored?.keyConfigured ? destinationOf({ provider: stored.provider, baseUrl: stored.baseUrl ?? '' }) : null;
}

export function keyPlaceIn(state: FormState, service: Service): KeyPlace {
  const { stored } = state;
  const here = destinationOf(draftIn(state, service));
  const storedWithoutKey =
    stored?.keyConfigured === false && here === destinationOf({ ...stored, baseUrl: stored.baseUrl ?? '' });
  // Settings that are stored without a key have been saved like that once, and may be again.
  const policy = storedWithoutKey && service.key === 'required' ? 'optional' : service.key;
  return { here, storedAt: keyDestination(stored), policy };
}

export function keyViewIn(state: FormState, service: Service): KeyView {
  return keyView(state.key, keyPlaceIn(state, service));
}

export function keyIsRequiredIn(state: FormState, service: Service): boolean {
  // Whether an address without a scheme is that of the stored key only the service can tell.
  const spelled = spellingsOf(draftIn(state, service).baseUrl).length === 1;
  return (spelled || state.stored === null) && keyIsRequired(state.key, keyPlaceIn(state, service));
}

/** The body of the PUT; null while no service is chosen. */
export function updateIn(state: FormState): LlmSettingsUpdate | null {
  const service = serviceIn(state);
  if (service === null) {
    return null;
  }
  const { provider, baseUrl, model } = draftIn(state, service);
  const apiKey = keyToSend(state.key, keyPlaceIn(state, service));
  return {
    model,
    ...(provider === 'anthropic' ? { provider, ...(baseUrl !== '' && { baseUrl }) } : { provider, baseUrl }),
    ...(apiKey !== undefined && { apiKey }),
  };
}

/** Whether there is anything to save. */
export function isDirty(state: FormState): boolean {
  const service = serviceIn(state);
  return service !== null && (differs(draftIn(state, service), state.stored) || updateIn(state)?.apiKey !== undefined);
}

/** Whether a draft is another than what is stored, as it is entered and as it would be sent. The key is left out. */
export function differs({ provider, baseUrl, model }: Draft, stored: StoredLlmSettings | null): boolean {
  return (
    provider !== stored?.provider ||
    model !== stored.model ||
    ![baseUrl, mendAddress(baseUrl, provider).text].includes(stored.baseUrl ?? '')
  );
}

/** What the person has to enter before there is anything to send. */
export function missingIn(state: FormState): FormState['errors'] {
  const service = serviceIn(state);
  if (service === null) {
    return {};
  }
  const { baseUrl, model } = draftIn(state, service);
  return {
    ...(service.showsAddress && baseUrl === '' && { baseUrl: 'base_url_required' as const }),
    ...(model === '' && { model: 'required' as const }),
    ...(keyIsRequiredIn(state, service) && keyTextIn(state, service) === '' && { apiKey: 'api_key_required' as const }),
  };
}

export function keyTextIn(state: FormState, service: Service): string {
  const view = keyViewIn(state, service);
  return view.show === 'field' ? view.text : '';
}
