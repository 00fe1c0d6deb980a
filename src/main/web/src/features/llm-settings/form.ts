import type {
  FieldErrorCode,
  LlmSettingsProblem,
  LlmSettingsUpdate,
  Provider,
  StoredLlmSettings,
} from '@carol/llm-settings-client';
import { originOf, spellingsOf } from './address';
import type { CheckResult } from './checking';
import {
  type Destination,
  keyIsRequired,
  type KeyIntent,
  type KeyPlace,
  keyToSend,
  type KeyView,
  keyView,
} from './key';
import { mend, mendAddress, type Mending } from './mending';
import { type Service, serviceOf } from './services';

/** The fields from top to bottom, named as in the contract. */
export const fields = ['provider', 'baseUrl', 'apiKey', 'model'] as const;
export type Field = (typeof fields)[number];
export type TextField = Exclude<Field, 'provider'>;

export type Notice = 'saved' | 'removed' | 'discarded' | 'newer' | 'alreadySaved';
export type Action = 'saving' | 'removing' | 'checking';

/** What is entered for a service. */
export interface Draft {
  provider: Provider;
  baseUrl: string;
  model: string;
}

/** Does it work? The answer counts until the next change of what was tried. */
export type Trial = { phase: 'none' } | { phase: 'running'; run: number } | { phase: 'done'; result: CheckResult };

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
  problem: { during: Action; cause: LlmSettingsProblem } | null;
  notice: Notice | null;
  trial: Trial;
  /** The models that a service said it has, and which destination that was. */
  offered: { at: Destination; models: readonly string[] } | null;
  /** Where the focus is to go, once for each object. Only what the person asked for moves it. */
  focus: { target: Field | 'keyActions' | 'notice' } | null;
}

export type FormEvent =
  | { type: 'serviceChosen'; service: Service }
  | { type: 'providerChosen'; provider: Provider }
  | { type: 'typed'; field: TextField; text: string }
  | { type: 'mended'; field?: TextField }
  | { type: 'keyEntryOpened' | 'keyKept' | 'keyRemoved' | 'keyBroughtHere' | 'discarded' }
  | { type: 'spelled'; baseUrl: string }
  | { type: 'incomplete'; errors: FormState['errors'] }
  | { type: 'saveStarted' | 'removeStarted' | 'removed' }
  | { type: 'saved'; stored: StoredLlmSettings }
  | { type: 'failed'; during: Action; cause: LlmSettingsProblem }
  | { type: 'read'; stored: StoredLlmSettings | null }
  | { type: 'newerTaken' | 'newerSetAside' }
  | { type: 'checkStarted'; run: number }
  | { type: 'checked'; run: number; result: CheckResult }
  | { type: 'checkEnded'; run: number };

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

function unedited(stored: StoredLlmSettings | null, service: Service): Draft {
  return stored && serviceOf(stored) === service
    ? { provider: stored.provider, baseUrl: stored.baseUrl ?? '', model: stored.model }
    : { provider: service.provider, baseUrl: service.baseUrl, model: service.models[0] ?? '' };
}

export function destinationOf({ provider, baseUrl }: Pick<Draft, 'provider' | 'baseUrl'>): Destination {
  // Without a scheme the address is told apart by its host alone, until the service has said which scheme fits.
  return `${provider} ${originOf(baseUrl) ?? baseUrl.trim().replace(/\/.*/s, '')}`;
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
  const update = updateIn(state);
  return update !== null && differs(update, state.stored);
}

function differs(update: LlmSettingsUpdate, stored: StoredLlmSettings | null): boolean {
  return (
    update.provider !== stored?.provider ||
    update.model !== stored.model ||
    (update.baseUrl ?? null) !== stored.baseUrl ||
    update.apiKey !== undefined
  );
}

/** What the person has to enter before there is anything to send. */
export function missingIn(state: FormState): FormState['errors'] {
  const service = serviceIn(state);
  if (service === null) {
    return { provider: 'required' };
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

export function reduce(state: FormState, event: FormEvent): FormState {
  // What is on its way to the service does not change under it.
  if (state.phase !== 'editing' && !['saved', 'removed', 'failed', 'spelled'].includes(event.type)) {
    return state;
  }
  switch (event.type) {
    case 'serviceChosen':
      return edited(state, { chosen: event.service, errors: {}, mendings: {} });
    case 'providerChosen':
      return edited(entered(state, { provider: event.provider }), { errors: {} });
    case 'typed':
      return typed(state, event.field, event.text);
    case 'mended':
      return mended(state, event.field);
    case 'keyEntryOpened':
    case 'keyKept':
    case 'keyRemoved':
    case 'keyBroughtHere':
      return keyDecided(state, event.type);
    case 'discarded':
      return { ...formOf(state.stored), notice: 'discarded', focus: { target: 'notice' } };
    case 'spelled':
      return spelled(state, event.baseUrl);
    case 'incomplete':
      return { ...state, errors: event.errors, problem: null, notice: null, focus: firstOf(event.errors) };
    case 'saveStarted':
      return { ...state, errors: {}, phase: 'saving', problem: null, notice: null, focus: null };
    case 'saved':
      return saved(state, event.stored);
    case 'removeStarted':
      return { ...state, phase: 'removing', problem: null, notice: null, focus: null };
    case 'removed':
      return { ...formOf(null), notice: 'removed', focus: { target: 'notice' } };
    case 'failed':
      return failed(state, event.during, event.cause);
    case 'read':
      return read(state, event.stored);
    case 'newerTaken':
      return state.newer === undefined
        ? state
        : { ...formOf(state.newer), notice: 'newer', focus: { target: 'notice' } };
    case 'newerSetAside':
      return setAside(state);
    case 'checkStarted':
      return { ...state, errors: {}, problem: null, notice: null, trial: { phase: 'running', run: event.run } };
    case 'checked':
      return isRunning(state, event.run) ? checked(state, event.result) : state;
    case 'checkEnded':
      return isRunning(state, event.run) ? { ...state, trial: { phase: 'none' } } : state;
  }
}

/** A change by the person: what was said about the settings before it does not hold any more. */
function edited(state: FormState, change: Partial<FormState>): FormState {
  return { ...state, notice: null, focus: null, trial: { phase: 'none' }, ...change };
}

function entered(state: FormState, change: Partial<Draft>): FormState {
  const service = serviceIn(state);
  return service === null
    ? state
    : { ...state, edits: { ...state.edits, [service.id]: { ...state.edits[service.id], ...change } } };
}

function typed(state: FormState, field: TextField, text: string): FormState {
  const service = serviceIn(state);
  if (service === null) {
    return state;
  }
  const change = {
    errors: { ...state.errors, [field]: undefined },
    mendings: { ...state.mendings, [field]: undefined },
  };
  if (field === 'apiKey') {
    const at = keyPlaceIn(state, service).here;
    return edited(state, { ...change, key: { kind: 'replace', at, text } });
  }
  return edited(entered(state, { [field]: text }), change);
}

/** Mends one field, or all of them. */
function mended(state: FormState, only?: TextField): FormState {
  const service = serviceIn(state);
  if (service === null) {
    return state;
  }
  const { provider, baseUrl, model } = draftIn(state, service);
  const key = keyTextIn(state, service);
  const results = { baseUrl: mendAddress(baseUrl, provider), model: mend(model), apiKey: mend(key) };
  const before = { baseUrl, model, apiKey: key };
  let next = state;
  for (const field of ['baseUrl', 'model', 'apiKey'] as const) {
    const { text, mendings } = results[field];
    if ((only ?? field) === field && text !== before[field]) {
      next = { ...next, ...textIn(next, field, text), mendings: { ...next.mendings, [field]: mendings } };
    }
  }
  return next;
}

function textIn(state: FormState, field: TextField, text: string): FormState {
  if (field !== 'apiKey') {
    return moved(state, entered(state, { [field]: text }));
  }
  return state.key.kind === 'replace' ? { ...state, key: { ...state.key, text } } : state;
}

/** The same address in another spelling: what was said about the key holds for it as well. */
function moved(from: FormState, to: FormState): FormState {
  const service = serviceIn(from);
  if (service === null || from.key.kind === 'keep' || from.key.at !== keyPlaceIn(from, service).here) {
    return to;
  }
  return { ...to, key: { ...from.key, at: keyPlaceIn(to, service).here } };
}

function spelled(state: FormState, baseUrl: string): FormState {
  const service = serviceIn(state);
  if (service === null || draftIn(state, service).baseUrl === baseUrl) {
    return state;
  }
  const next = moved(state, entered(state, { baseUrl }));
  return { ...next, mendings: { ...next.mendings, baseUrl: [...(state.mendings.baseUrl ?? []), { kind: 'scheme' }] } };
}

function keyDecided(state: FormState, decision: 'keyEntryOpened' | 'keyKept' | 'keyRemoved' | 'keyBroughtHere') {
  const service = serviceIn(state);
  if (service === null) {
    return state;
  }
  const at = keyPlaceIn(state, service).here;
  const text = decision === 'keyBroughtHere' && state.key.kind === 'replace' ? state.key.text : '';
  const key: KeyIntent =
    decision === 'keyKept'
      ? { kind: 'keep' }
      : decision === 'keyRemoved'
        ? { kind: 'remove', at }
        : { kind: 'replace', at, text };
  const change = {
    key,
    errors: { ...state.errors, apiKey: undefined },
    mendings: { ...state.mendings, apiKey: undefined },
  };
  const next = edited(state, change);
  const hasField = keyViewIn(next, service).show === 'field';
  return { ...next, focus: { target: hasField ? ('apiKey' as const) : ('keyActions' as const) } };
}

function saved(state: FormState, stored: StoredLlmSettings): FormState {
  const before = state.stored && serviceOf(state.stored);
  const edits = { ...state.edits };
  if (before) {
    // The stored settings are the only place where they were.
    edits[before.id] = unedited(state.stored, before);
  }
  const now = serviceOf(stored);
  if (now) {
    edits[now.id] = undefined;
  }
  // What was tried is what is stored now.
  const { trial, offered, mendings } = state;
  return { ...formOf(stored), edits, trial, offered, mendings, notice: 'saved', focus: { target: 'notice' } };
}

function failed(state: FormState, during: Action, cause: LlmSettingsProblem): FormState {
  const errors: FormState['errors'] = {};
  for (const { pointer, code } of cause.errors) {
    const field = fields.find((name) => pointer === `/${name}`);
    if (field) {
      errors[field] ??= code;
    }
  }
  const shown = serviceIn(state);
  if (errors.baseUrl !== undefined && shown?.showsAddress === false) {
    // The address is that of the service, and there is no other field for it.
    errors.provider ??= errors.baseUrl;
  }
  const next: FormState = {
    ...state,
    errors,
    phase: 'editing',
    trial: { phase: 'none' },
    problem: { during, cause },
    notice: null,
    focus: firstOf(errors),
  };
  const service = serviceIn(next);
  if (errors.apiKey === 'api_key_required' && service && keyViewIn(next, service).show !== 'field') {
    // The service knows better than this form that the destination changes.
    return { ...next, key: { kind: 'replace', at: keyPlaceIn(next, service).here, text: '' } };
  }
  return next;
}

function firstOf(errors: FormState['errors']): FormState['focus'] {
  const target = fields.find((field) => errors[field]);
  return target ? { target } : null;
}

/** The service was asked again. A form without changes shows what it has; one with changes leaves that to the person. */
function read(state: FormState, stored: StoredLlmSettings | null): FormState {
  if (isSame(stored, state.stored)) {
    return { ...state, newer: undefined };
  }
  if (!isDirty(state)) {
    return { ...formOf(stored), edits: state.edits };
  }
  // That it was refused for being older is what the newer settings say themselves.
  const problem = state.problem?.cause.code === 'precondition_failed' ? null : state.problem;
  const next = { ...state, newer: stored, problem };
  return differencesIn(next).length > 0
    ? next
    : { ...formOf(stored), edits: state.edits, notice: 'alreadySaved', focus: { target: 'notice' } };
}

/** The draft on top of the newer settings: what was edited stays, the rest follows. */
function setAside(state: FormState): FormState {
  const service = serviceIn(state);
  if (state.newer === undefined || service === null) {
    return state;
  }
  const follows = state.newer !== null && serviceOf(state.newer) === service;
  const edits = follows ? state.edits : { ...state.edits, [service.id]: draftIn(state, service) };
  return { ...state, stored: state.newer, newer: undefined, chosen: service, edits, problem: null };
}

function isSame(one: StoredLlmSettings | null, other: StoredLlmSettings | null): boolean {
  return one === null || other === null
    ? one === other
    : one.etag !== null && other.etag !== null
      ? one.etag === other.etag
      : one.provider === other.provider &&
        one.baseUrl === other.baseUrl &&
        one.model === other.model &&
        one.keyConfigured === other.keyConfigured;
}

function isRunning({ trial }: FormState, run: number): boolean {
  return trial.phase === 'running' && trial.run === run;
}

function checked(state: FormState, result: CheckResult): FormState {
  const service = serviceIn(state);
  const offered =
    service && result.models.length > 0
      ? { at: keyPlaceIn(state, service).here, models: result.models }
      : state.offered;
  return { ...state, offered, trial: { phase: 'done', result } };
}
