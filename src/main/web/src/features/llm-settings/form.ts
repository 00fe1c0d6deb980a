import type {
  FieldErrorCode,
  LlmSettingsProblem,
  LlmSettingsUpdate,
  Provider,
  StoredLlmSettings,
} from '@carol/llm-settings-client';
import { type Healing, healAddress, healKey } from './healing';
import { blank, originOf, type Preset } from './presets';

/** The fields from top to bottom, named as in the contract. */
export const fields = ['provider', 'baseUrl', 'model', 'apiKey'] as const;
export type Field = (typeof fields)[number];

export type KeyAction = 'keep' | 'replace' | 'remove';

/**
 * What the form shows in the place of the key.
 *
 * - `none`: no key is stored; a field for one.
 * - `saved`: a key is stored and stays.
 * - `replacing`: a field for the key that takes the place of the stored one.
 * - `removing`: the stored key goes with the next save.
 * - `required`: the destination changes, so the stored key cannot stay; a field for the new one.
 */
export type KeyMode = 'none' | 'saved' | 'replacing' | 'removing' | 'required';

export type Notice = 'saved' | 'removed' | 'reloaded' | 'discarded' | 'nothingToSave';

export interface FormState {
  /** What the service has, as far as this form has seen it. */
  stored: StoredLlmSettings | null;
  provider: Provider;
  baseUrl: string;
  /** One for each provider: trying the other one out loses nothing. */
  models: Record<Provider, string>;
  keyAction: KeyAction;
  keyText: string;
  /** The destination whose key was asked for last. Once is enough: the person may want to fill in the model first. */
  askedFor: string | null;
  healings: { baseUrl: Healing[]; apiKey: Healing[] };
  errors: Partial<Record<Field, FieldErrorCode>>;
  phase: 'editing' | 'saving' | 'removing';
  /** Why the last attempt failed. */
  problem: { during: 'saving' | 'removing' | 'reloading'; cause: LlmSettingsProblem } | null;
  notice: Notice | null;
  /** Where the focus is to go, once for each object. */
  focus: { target: Field | 'keyActions' | 'save' } | null;
}

export type FormEvent =
  | { type: 'providerChosen'; provider: Provider }
  | { type: 'presetChosen'; preset: Preset }
  | { type: 'addressTyped'; text: string }
  | { type: 'addressEntered'; text: string }
  | { type: 'addressLeft' }
  | { type: 'modelTyped'; text: string }
  | { type: 'keyTyped'; text: string }
  | { type: 'keyEntered'; text: string }
  | { type: 'keyActionChosen'; action: KeyAction }
  | { type: 'discarded' }
  | { type: 'saveStarted' }
  | { type: 'saved'; stored: StoredLlmSettings }
  | { type: 'nothingToSave' }
  | { type: 'removeStarted' }
  | { type: 'removed' }
  | { type: 'failed'; during: 'saving' | 'removing' | 'reloading'; cause: LlmSettingsProblem }
  | { type: 'reloaded'; stored: StoredLlmSettings | null };

export function formOf(stored: StoredLlmSettings | null): FormState {
  const provider = stored?.provider ?? 'anthropic';
  return {
    stored,
    provider,
    baseUrl: stored?.baseUrl ?? '',
    models: { anthropic: '', openai_compatible: '', [provider]: stored?.model ?? '' },
    keyAction: 'keep',
    keyText: '',
    askedFor: null,
    healings: { baseUrl: [], apiKey: [] },
    errors: {},
    phase: 'editing',
    problem: null,
    notice: null,
    focus: null,
  };
}

export const modelOf = (state: FormState): string => state.models[state.provider];

export function keyMode(state: FormState): KeyMode {
  if (!state.stored?.keyConfigured) {
    return 'none';
  }
  if (state.keyAction === 'remove') {
    return 'removing';
  }
  if (destinationOf(state) !== destinationOf(formOf(state.stored))) {
    return 'required';
  }
  return state.keyAction === 'replace' ? 'replacing' : 'saved';
}

export function isDirty(state: FormState): boolean {
  const saved = formOf(state.stored);
  return (
    state.provider !== saved.provider ||
    modelOf(state) !== modelOf(saved) ||
    (state.provider === 'openai_compatible' && state.baseUrl !== saved.baseUrl) ||
    state.keyAction === 'remove' ||
    state.keyText !== ''
  );
}

/** The body of the PUT: a key that is left out stays as it is. */
export function updateOf(state: FormState): LlmSettingsUpdate {
  const { provider, baseUrl } = state;
  const model = modelOf(state);
  const update: LlmSettingsUpdate = provider === 'anthropic' ? { provider, model } : { provider, model, baseUrl };
  if (state.keyAction === 'remove') {
    update.apiKey = null;
  } else if (state.keyText !== '') {
    update.apiKey = state.keyText;
  }
  return update;
}

export function reduce(state: FormState, event: FormEvent): FormState {
  // What is on its way to the service is not to change under it.
  if (state.phase !== 'editing' && !['saved', 'removed', 'failed'].includes(event.type)) {
    return state;
  }
  switch (event.type) {
    case 'providerChosen':
      return askForKey(moved(state, { provider: event.provider }));
    case 'presetChosen':
      return presetChosen(state, event.preset);
    case 'addressTyped':
      return edited(state, 'baseUrl', { baseUrl: event.text, healings: { ...state.healings, baseUrl: [] } });
    case 'addressEntered':
      return addressEntered(state, event.text);
    case 'addressLeft':
      return healed(state);
    case 'modelTyped':
      return edited(state, 'model', { models: { ...state.models, [state.provider]: event.text } });
    case 'keyTyped':
      return edited(state, 'apiKey', { ...keyTyped(event.text), healings: { ...state.healings, apiKey: [] } });
    case 'keyEntered':
      return healed(edited(state, 'apiKey', keyTyped(event.text)));
    case 'keyActionChosen':
      return keyActionChosen(state, event.action);
    case 'discarded':
      return { ...formOf(state.stored), notice: 'discarded' };
    case 'saveStarted':
      return { ...healed(state), errors: {}, phase: 'saving', problem: null, notice: null, focus: null };
    case 'saved':
      return { ...formOf(event.stored), notice: 'saved', focus: { target: 'save' } };
    case 'nothingToSave':
      return { ...state, problem: null, notice: 'nothingToSave' };
    case 'removeStarted':
      return { ...state, phase: 'removing', problem: null, notice: null, focus: null };
    case 'removed':
      return { ...formOf(null), notice: 'removed', focus: { target: 'provider' } };
    case 'failed':
      return failed(state, event.during, event.cause);
    case 'reloaded':
      return { ...rebased(state, event.stored), notice: 'reloaded', focus: { target: 'save' } };
  }
}

function edited(state: FormState, field: Field, change: Partial<FormState>): FormState {
  return { ...state, ...change, errors: { ...state.errors, [field]: undefined }, notice: null, focus: null };
}

/** The whole address, by pasting it or by going on from its field. */
function addressEntered(state: FormState, text: string): FormState {
  const changed = text === state.baseUrl ? { ...state, focus: null } : edited(state, 'baseUrl', { baseUrl: text });
  const next = healed(changed);
  return originOf(next.baseUrl) === null ? next : askForKey(next);
}

const keyTyped = (text: string) => ({ keyAction: 'replace' as const, keyText: text });

/** To another destination in one step. A key that was typed for the first one does not come along. */
function moved(state: FormState, change: Partial<FormState>): FormState {
  const next = { ...state, ...change, errors: {}, healings: { baseUrl: [], apiKey: [] }, notice: null, focus: null };
  const from = destinationOf(state);
  return from !== null && from !== destinationOf(next) ? { ...next, keyText: '' } : next;
}

function presetChosen(state: FormState, preset: Preset): FormState {
  const sameOrigin = originOf(preset.baseUrl) === originOf(state.baseUrl);
  const next = moved(state, {
    baseUrl: preset.baseUrl,
    // Names of models differ from place to place.
    models: sameOrigin ? state.models : { ...state.models, openai_compatible: '' },
  });
  return preset.baseUrl.includes(blank) ? { ...next, focus: { target: 'baseUrl' } } : askForKey(next);
}

function askForKey(state: FormState): FormState {
  const destination = destinationOf(state);
  return keyMode(state) === 'required' && state.keyText === '' && state.askedFor !== destination
    ? { ...state, askedFor: destination, focus: { target: 'apiKey' } }
    : state;
}

function keyActionChosen(state: FormState, action: KeyAction): FormState {
  const next = edited(state, 'apiKey', { keyAction: action, keyText: '', healings: { ...state.healings, apiKey: [] } });
  const hasField = ['replacing', 'required', 'none'].includes(keyMode(next));
  return { ...next, focus: { target: hasField ? 'apiKey' : 'keyActions' } };
}

/** Mends what was typed or pasted. Notes of an earlier mending stay until the field is edited. */
function healed(state: FormState): FormState {
  const untouched = state.baseUrl === formOf(state.stored).baseUrl;
  const address = untouched ? { text: state.baseUrl, healings: [] } : healAddress(state.baseUrl);
  const key = healKey(state.keyText);
  return {
    ...state,
    baseUrl: address.text,
    keyText: key.text,
    healings: {
      baseUrl: address.healings.length > 0 ? address.healings : state.healings.baseUrl,
      apiKey: key.healings.length > 0 ? key.healings : state.healings.apiKey,
    },
  };
}

function failed(state: FormState, during: 'saving' | 'removing' | 'reloading', cause: LlmSettingsProblem): FormState {
  const errors: FormState['errors'] = {};
  for (const { pointer, code } of cause.errors) {
    const field = fields.find((name) => pointer === `/${name}`);
    if (field && !errors[field]) {
      errors[field] = code;
    }
  }
  const first = fields.find((field) => errors[field]);
  return {
    ...state,
    errors,
    // The service may know better than this form that the destination changes.
    keyAction: errors.apiKey === 'api_key_required' ? 'replace' : state.keyAction,
    phase: 'editing',
    problem: { during, cause },
    notice: null,
    focus: first ? { target: first } : null,
  };
}

/**
 * The draft on top of what is stored now: what the person edited stays, the rest follows. Address and key are one
 * thing: a key that was typed for the address on show must not end up at another one.
 */
function rebased(state: FormState, stored: StoredLlmSettings | null): FormState {
  const before = formOf(state.stored);
  const after = formOf(stored);
  const movedByPerson = state.provider !== before.provider || state.baseUrl !== before.baseUrl || state.keyText !== '';
  const { provider, baseUrl } = movedByPerson ? state : after;
  const keepsModel = modelOf(state) !== modelOf(before) || provider !== after.provider;
  const model = keepsModel ? modelOf(state) : after.models[provider];
  return {
    ...after,
    provider,
    baseUrl,
    models: { ...after.models, [provider]: model },
    keyAction: state.keyAction === 'remove' && !stored?.keyConfigured ? 'keep' : state.keyAction,
    keyText: state.keyText,
  };
}

/** Provider and origin together; null while the address is not a whole URL. */
function destinationOf({ provider, baseUrl }: FormState): string | null {
  return provider === 'anthropic' ? provider : originOf(baseUrl);
}
