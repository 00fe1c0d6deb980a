import {
  type LlmSettingsClient,
  LlmSettingsProblem,
  type LlmSettingsUpdate,
  type LlmStatus,
  type StoredLlmSettings,
} from '@carol/llm-settings-client';
import { llmSettingsOptions, llmSettingsQueryKey, llmStatusQueryKey } from '@carol/llm-settings-client/react-query';
import { useQueryClient } from '@tanstack/react-query';
import { type SubmitEvent, useEffect, useMemo, useReducer, useRef, useState } from 'react';
import { spellingsOf } from './address';
import { AddressField } from './AddressField';
import { draftIn, fields, formOf, type FormState, isDirty, missingIn, serviceIn, updateIn } from './form';
import { FormContext } from './FormContext';
import { KeyField } from './KeyField';
import { ModelField } from './ModelField';
import { isSame } from './newer';
import { NewerSettings } from './NewerSettings';
import { type FormEvent, reduce } from './reducer';
import { RemoveEverything } from './RemoveEverything';
import { SaveBar } from './SaveBar';
import { ProtocolField, ServiceField } from './ServiceField';
import { otherService } from './services';
import { Standing } from './Standing';
import { TryIt } from './TryIt';
import { useFocus } from './useFocus';

/** The list of a service is the same whichever model is asked for, and the service under test wants one. */
const ANY_MODEL = 'any';

interface SettingsFormProps {
  client: LlmSettingsClient;
  /** What the service has, as of the last time it was asked. */
  latest: StoredLlmSettings | null;
  /** When that was, in milliseconds. */
  latestAt: number;
  /** What is known of the latest key; null where the service does not say. */
  status: LlmStatus | null;
  signInUrl: string | undefined;
  /** The person pressed a button that this form takes the place of, and hears where that has led. */
  asked: boolean;
}

export function SettingsForm({ client, latest, latestAt, status: latestStatus, signInUrl, asked }: SettingsFormProps) {
  const [state, dispatch] = useReducer(reduce, latest, (stored) => ({
    ...formOf(stored),
    focus: asked ? { target: 'standing' as const } : null,
  }));
  const [canTry, setCanTry] = useState(true);
  const [status, setStatus] = useState(latestStatus);
  const queries = useQueryClient();
  // The state that a handler sees is the one on show: two clicks in a row see the same.
  const sending = useRef(false);
  const runs = useRef(0);
  const focusRef = useFocus(state.focus);
  const dirty = isDirty(state);
  const busy = state.phase !== 'editing';

  // While newer settings wait to be decided on, those on show keep the status that they had.
  if (status !== latestStatus && isSame(latest, state.stored)) {
    setStatus(latestStatus);
  }

  useEffect(() => {
    dispatch(readOf(latest));
  }, [latest]);

  useEffect(() => {
    dispatch({ type: 'answered' });
  }, [latestAt]);

  useEffect(() => {
    if (!dirty) {
      return undefined;
    }
    const ask = (event: BeforeUnloadEvent) => {
      event.preventDefault();
    };
    window.addEventListener('beforeunload', ask);
    return () => {
      window.removeEventListener('beforeunload', ask);
    };
  }, [dirty]);

  /** @param action changes the settings, and gives what is stored then */
  async function send(during: 'saving' | 'removing', action: () => Promise<StoredLlmSettings | null>) {
    if (sending.current) {
      return;
    }
    sending.current = true;
    try {
      const stored = await action();
      // A reading that is under way, of the status too, may bring what was stored before.
      await queries.cancelQueries({ queryKey: llmSettingsQueryKey(client) });
      queries.setQueryData(llmSettingsQueryKey(client), stored);
      if (stored?.etag === null) {
        // Without an entity tag nothing tells the status of these settings from that of the ones before.
        void queries.invalidateQueries({ queryKey: llmStatusQueryKey(client) });
      }
    } catch (cause) {
      if (!(cause instanceof LlmSettingsProblem)) {
        throw cause;
      }
      dispatch({ type: 'failed', during, cause });
      // What came in meanwhile had to wait.
      const stored = queries.getQueryData(llmSettingsOptions(client).queryKey);
      if (stored !== undefined) {
        dispatch(readOf(stored));
      }
      if (cause.code === 'precondition_failed') {
        void readNewer();
      }
    } finally {
      sending.current = false;
    }
  }

  /** @param asked the person asked for it, and is told when it fails */
  async function readNewer(asked = false) {
    const updates = () => queries.getQueryState(llmSettingsQueryKey(client))?.dataUpdateCount;
    const before = updates();
    try {
      const newer = await client.read();
      if (updates() !== before) {
        // What was saved meanwhile is newer, and what was read meanwhile is on show already.
        return;
      }
      await queries.cancelQueries({ queryKey: llmSettingsQueryKey(client), exact: true });
      queries.setQueryData(llmSettingsQueryKey(client), newer);
      dispatch(readOf(newer));
    } catch (cause) {
      if (!(cause instanceof LlmSettingsProblem)) {
        throw cause;
      }
      if (asked && updates() === before) {
        dispatch({ type: 'failed', during: 'reading', cause });
      }
    }
  }

  /** The state to send; null while something is missing, which is then marked. */
  function complete(from: FormState, toTry = false): { update: LlmSettingsUpdate; sent: FormState } | null {
    const sent = reduce(from, { type: 'mended' });
    dispatch({ type: 'mended' });
    const missing = { ...missingIn(sent), ...(toTry && { model: undefined }) };
    const update = updateIn(sent);
    if (update === null || fields.some((field) => missing[field])) {
      dispatch({ type: 'incomplete', errors: missing });
      return null;
    }
    return { update, sent };
  }

  function save(from: FormState) {
    const ready = isDirty(from) ? complete(from) : null;
    if (ready === null) {
      return;
    }
    void send('saving', async () => {
      dispatch({ type: 'saveStarted' });
      const stored = await spelledOut(ready.update, dispatch, (update) =>
        client.save(update, { expected: ready.sent.stored }),
      );
      dispatch({ type: 'saved', stored });
      return stored;
    });
  }

  function saveMine() {
    const mine = reduce(state, { type: 'newerSetAside' });
    dispatch({ type: 'newerSetAside' });
    save(mine);
  }

  function remove() {
    void send('removing', async () => {
      dispatch({ type: 'removeStarted' });
      await client.remove({ expected: state.stored });
      dispatch({ type: 'removed' });
      return null;
    });
  }

  async function tryIt() {
    const ready = complete(state, true);
    if (ready === null) {
      return;
    }
    const { model, apiKey } = ready.update;
    const usesStoredKey = apiKey === undefined && ready.sent.stored?.keyConfigured;
    const run = ++runs.current;
    dispatch({ type: 'checkStarted', run });
    try {
      // Not what is stored: another window may have changed that.
      const result = await spelledOut({ ...ready.update, model: model || ANY_MODEL }, dispatch, (update) =>
        client.check(update),
      );
      dispatch({ type: 'checked', run, result });
      if (usesStoredKey && result.key === 'none') {
        // The stored key has been removed elsewhere.
        await readNewer();
      }
    } catch (cause) {
      if (!(cause instanceof LlmSettingsProblem)) {
        throw cause;
      }
      if (cause.code === 'not_found') {
        dispatch({ type: 'checkEnded', run });
        setCanTry(false);
      } else {
        dispatch({ type: 'checkFailed', run, cause });
        if (usesStoredKey && cause.errors.some(({ code }) => code === 'api_key_required')) {
          // The stored key is for another service by now.
          await readNewer();
        }
      }
    }
  }

  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    save(state);
  };

  const service = serviceIn(state);
  const draft = service && draftIn(state, service);
  const form = useMemo(() => ({ state, dispatch, busy, focusRef }), [state, busy, focusRef]);

  return (
    <FormContext value={form}>
      <form noValidate autoComplete="off" onSubmit={submit}>
        <Standing status={status} />
        <ServiceField />
        {service && draft && (
          <>
            {service === otherService && <ProtocolField />}
            {service.showsAddress && <AddressField service={service} draft={draft} />}
            <KeyField service={service} status={status} />
            <ModelField service={service} draft={draft} />
            <TryIt
              service={service}
              draft={draft}
              available={canTry}
              onTry={() => {
                void tryIt();
              }}
            />
          </>
        )}
        {state.newer !== undefined && <NewerSettings onSaveMine={saveMine} />}
        <SaveBar signInUrl={signInUrl} onRead={() => readNewer(true)} />
        {state.stored && <RemoveEverything onConfirm={remove} />}
      </form>
    </FormContext>
  );
}

/**
 * Sends settings whose address may lack its scheme: which one fits is asked of the service, by sending the address with
 * http first. It takes that for private hosts alone; for any other the address is sent again with https.
 */
async function spelledOut<T>(
  settings: LlmSettingsUpdate,
  dispatch: (event: FormEvent) => void,
  call: (settings: LlmSettingsUpdate) => Promise<T>,
): Promise<T> {
  const spellings = spellingsOf(settings.baseUrl ?? '');
  if (spellings.length === 1) {
    return call(settings);
  }
  for (const baseUrl of spellings) {
    try {
      const answer = await call({ ...settings, baseUrl });
      dispatch({ type: 'spelled', baseUrl });
      return answer;
    } catch (cause) {
      const refusal =
        cause instanceof LlmSettingsProblem ? cause.errors.find(({ pointer }) => pointer === '/baseUrl') : undefined;
      if (refusal?.code === 'base_url_insecure' && baseUrl !== spellings.at(-1)) {
        continue;
      }
      if (cause instanceof LlmSettingsProblem && cause.code === 'invalid' && refusal === undefined) {
        // Something else was refused, so the address is good like this.
        dispatch({ type: 'spelled', baseUrl });
      }
      throw cause;
    }
  }
  throw new Error('An address has at least one spelling.');
}

/** Something that has the focus may have to go for what was read. */
function readOf(stored: StoredLlmSettings | null): FormEvent {
  return { type: 'read', stored, focused: document.activeElement !== document.body };
}
