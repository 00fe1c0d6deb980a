import { type LlmSettingsClient, LlmSettingsProblem, type StoredLlmSettings } from '@carol/llm-settings-client';
import {
  llmSettingsOptions,
  removeLlmSettingsOptions,
  saveLlmSettingsOptions,
} from '@carol/llm-settings-client/react-query';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type SubmitEvent, useEffect, useReducer, useRef } from 'react';
import { AddressField } from './AddressField';
import { formOf, isDirty, modelOf, reduce, updateOf } from './form';
import { KeyField } from './KeyField';
import { ModelField } from './ModelField';
import { ProviderField } from './ProviderField';
import { RemoveEverything } from './RemoveEverything';
import { RightNow } from './RightNow';
import { SaveBar } from './SaveBar';

export function SettingsForm({ client, initial }: { client: LlmSettingsClient; initial: StoredLlmSettings | null }) {
  const [state, dispatch] = useReducer(reduce, initial, formOf);
  const queries = useQueryClient();
  const saving = useMutation({ ...saveLlmSettingsOptions(client), networkMode: 'always' });
  const removing = useMutation({ ...removeLlmSettingsOptions(client), networkMode: 'always' });
  // The state that a handler sees is the one on show: two clicks in a row see the same.
  const busy = useRef(false);
  const dirty = isDirty(state);

  useEffect(() => moveFocus(state.focus?.target), [state.focus]);

  useEffect(() => {
    if (dirty) {
      const ask = (event: BeforeUnloadEvent) => event.preventDefault();
      window.addEventListener('beforeunload', ask);
      return () => window.removeEventListener('beforeunload', ask);
    }
  }, [dirty]);

  async function once(during: 'saving' | 'removing' | 'reloading', action: () => Promise<void>) {
    if (busy.current) {
      return;
    }
    busy.current = true;
    try {
      await action();
    } catch (cause) {
      if (!(cause instanceof LlmSettingsProblem)) {
        throw cause;
      }
      dispatch({ type: 'failed', during, cause });
    } finally {
      busy.current = false;
    }
  }

  const save = () =>
    once('saving', async () => {
      const sent = reduce(state, { type: 'saveStarted' });
      if (!isDirty(sent)) {
        dispatch({ type: 'nothingToSave' });
        return;
      }
      dispatch({ type: 'saveStarted' });
      const stored = await saving.mutateAsync({ settings: updateOf(sent), expected: sent.stored });
      dispatch({ type: 'saved', stored });
      // It still holds the key.
      saving.reset();
    });

  const remove = () =>
    once('removing', async () => {
      dispatch({ type: 'removeStarted' });
      await removing.mutateAsync();
      dispatch({ type: 'removed' });
    });

  const reload = () =>
    once('reloading', async () => {
      const stored = await queries.fetchQuery({ ...llmSettingsOptions(client), networkMode: 'always', staleTime: 0 });
      dispatch({ type: 'reloaded', stored });
    });

  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    void save();
  };

  return (
    <form className="settings" noValidate autoComplete="off" onSubmit={submit} aria-busy={state.phase !== 'editing'}>
      <RightNow stored={state.stored} />
      <ProviderField state={state} dispatch={dispatch} />
      {state.provider === 'openai_compatible' && <AddressField state={state} dispatch={dispatch} />}
      <ModelField state={state} model={modelOf(state)} dispatch={dispatch} />
      <KeyField state={state} dispatch={dispatch} />
      {state.stored && <RemoveEverything busy={state.phase !== 'editing'} onConfirm={remove} />}
      <SaveBar state={state} dirty={dirty} onDiscard={() => dispatch({ type: 'discarded' })} onReload={reload} />
    </form>
  );
}

function moveFocus(target: string | undefined) {
  if (target === 'save' && document.activeElement !== document.body) {
    return;
  }
  document.querySelector<HTMLElement>(`[data-focus="${target}"]`)?.focus();
}
