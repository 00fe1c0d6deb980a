import type { LlmCheck, LlmSettingsProblem, Provider, StoredLlmSettings } from '@carol/llm-settings-client';
import {
  type Action,
  type Draft,
  draftIn,
  fields,
  formOf,
  type FormState,
  isDirty,
  keyPlaceIn,
  keyTextIn,
  keyViewIn,
  serviceIn,
  type TextField,
  unedited,
} from './form';
import type { KeyIntent } from './key';
import { mend, mendAddress, mendModel } from './mending';
import { differencesIn, isOutdated, isSame, setAside } from './newer';
import { isOpen, isOver, leavesOpen, problemText } from './problems';
import { type Service, serviceOf } from './services';

/** What the person does, and what comes back from the service. */
export type FormEvent =
  | { type: 'serviceChosen'; service: Service }
  | { type: 'providerChosen'; provider: Provider }
  | { type: 'typed'; field: TextField; text: string }
  | { type: 'modelPicked'; name: string }
  | { type: 'mended'; field?: TextField }
  | { type: 'keyEntryOpened' | 'keyKept' | 'keyRemoved' | 'keyBroughtHere' | 'discarded' }
  | { type: 'spelled'; baseUrl: string }
  | { type: 'incomplete'; errors: FormState['errors'] }
  | { type: 'saveStarted' | 'removeStarted' | 'removed' }
  | { type: 'saved'; stored: StoredLlmSettings }
  | { type: 'failed'; during: 'saving' | 'removing' | 'reading'; cause: LlmSettingsProblem }
  /** With `focused`, something has the focus that the newer settings may take the place of. */
  | { type: 'read'; stored: StoredLlmSettings | null; focused: boolean }
  | { type: 'answered' | 'newerTaken' | 'newerSetAside' }
  | { type: 'checkStarted'; run: number }
  | { type: 'checked'; run: number; result: LlmCheck }
  | { type: 'checkFailed'; run: number; cause: LlmSettingsProblem }
  | { type: 'checkEnded'; run: number };

/** What comes back from the service, also while something is on its way to it. */
const ANSWERS = new Set<FormEvent['type']>([
  'saved',
  'removed',
  'failed',
  'spelled',
  'checked',
  'checkFailed',
  'checkEnded',
]);

export function reduce(state: FormState, event: FormEvent): FormState {
  // What is on its way to the service does not change under it.
  if (state.phase !== 'editing' && !ANSWERS.has(event.type)) {
    return state;
  }
  switch (event.type) {
    case 'serviceChosen':
      return edited(state, { chosen: event.service, errors: {}, mendings: {} });
    case 'providerChosen':
      return edited(entered(state, { provider: event.provider }), { errors: {} });
    case 'typed':
      return typed(state, event.field, event.text);
    case 'modelPicked':
      // What was pressed is gone with the answer that offered it.
      return { ...typed(state, 'model', event.name), focus: { target: 'model' } };
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
      return read(state, event.stored, event.focused);
    case 'answered':
      return state.problem !== null && isOver(state.problem) ? { ...state, problem: null } : state;
    case 'newerTaken':
      return state.newer === undefined
        ? state
        : { ...formOf(state.newer), notice: newerNotice(state.newer), focus: { target: 'notice' } };
    case 'newerSetAside':
      return setAside(state);
    case 'checkStarted':
      return { ...state, errors: {}, problem: null, notice: null, trial: { phase: 'running', run: event.run } };
    case 'checked':
      return isRunning(state, event.run) ? checked(state, event.result) : state;
    case 'checkFailed':
      return isRunning(state, event.run) ? failed(state, 'checking', event.cause) : state;
    case 'checkEnded':
      return isRunning(state, event.run) ? { ...state, trial: { phase: 'none' }, focus: { target: 'trial' } } : state;
  }
}

/** A change by the person: what was said about the settings before it does not hold any more. */
function edited(state: FormState, change: Partial<FormState>): FormState {
  const next: FormState = { ...state, notice: null, focus: null, trial: { phase: 'none' }, ...change };
  const refused = next.problem !== null && problemText(next.problem.cause) === 'invalid';
  return refused && !fields.some((field) => next.errors[field]) ? { ...next, problem: null } : next;
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
  const results = {
    baseUrl: mendAddress(baseUrl, provider, only !== undefined),
    model: mendModel(model),
    apiKey: mend(key),
  };
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
  // The stored settings are the only place where they were.
  const edits = before ? { ...state.edits, [before.id]: unedited(state.stored, before) } : state.edits;
  // What was tried is what is stored now.
  const { trial, offered, mendings } = state;
  return { ...replaced(edits, stored), trial, offered, mendings, notice: 'saved', focus: { target: 'notice' } };
}

/** What is stored now, without what was edited at its service; what was edited at any other stays. */
function replaced(edits: FormState['edits'], stored: StoredLlmSettings | null): FormState {
  const now = stored && serviceOf(stored);
  return { ...formOf(stored), edits: now ? { ...edits, [now.id]: undefined } : edits };
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
  const removal = during === 'removing' || (during === 'reading' && state.problem?.removal === true);
  const next: FormState = {
    ...state,
    errors,
    phase: during === 'saving' || during === 'removing' ? 'editing' : state.phase,
    trial: { phase: 'none' },
    problem: { during, cause, removal },
    maybeSaved: during === 'saving' && shown && leavesOpen(cause) ? draftIn(state, shown) : state.maybeSaved,
    notice: null,
    // The button that had the focus may be gone, with the newer settings it stood beside.
    focus: firstOf(errors) ?? { target: 'notice' },
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
function read(state: FormState, stored: StoredLlmSettings | null, focused: boolean): FormState {
  if (isSame(stored, state.stored)) {
    return { ...state, newer: undefined };
  }
  const { problem } = state;
  const told = problem?.removal ? (stored === null ? 'removed' : 'notRemoved') : null;
  // What the newer settings say themselves: that they are newer, or what became of a save or a removal.
  const settled = told !== null || isOutdated(state) || (problem !== null && isOpen(problem));
  const next = { ...state, newer: stored, problem: settled ? null : problem };
  if (isDirty(state) && differencesIn(next).length > 0) {
    const focus = settled || focused ? { target: 'newer' as const } : next.focus;
    return { ...next, notice: settled ? told : next.notice, focus };
  }
  const notice = told ?? (isDirty(state) ? 'alreadySaved' : settled ? newerNotice(stored) : null);
  const shown = replaced(state.edits, stored);
  return notice === null ? shown : { ...shown, notice, focus: { target: 'notice' } };
}

const newerNotice = (stored: StoredLlmSettings | null) => (stored === null ? 'gone' : 'newer');

function isRunning({ trial }: FormState, run: number): boolean {
  return trial.phase === 'running' && trial.run === run;
}

function checked(state: FormState, result: LlmCheck): FormState {
  const service = serviceIn(state);
  const offered =
    service && result.models.length > 0
      ? { at: keyPlaceIn(state, service).here, models: result.models }
      : state.offered;
  return { ...state, offered, trial: { phase: 'done', result } };
}
