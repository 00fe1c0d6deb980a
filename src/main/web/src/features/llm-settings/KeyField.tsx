import { type ChangeEvent, useState } from 'react';
import { useTexts } from '../../i18n';
import { described, FieldError, type FieldProps, isTyping, Label, literal, MendingNote } from './Field';
import { type KeyMode, keyMode } from './form';
import { placeOf } from './RightNow';

export function KeyField({ state, dispatch }: FieldProps) {
  const { t } = useTexts();
  const mode = keyMode(state);
  const choose = (action: 'keep' | 'replace' | 'remove') => () => dispatch({ type: 'keyActionChosen', action });

  if (mode === 'saved' || mode === 'removing') {
    return (
      <div className="field" role="group" aria-labelledby="apiKey-label" data-key={mode}>
        <p className="label" id="apiKey-label">
          {t('key.label')}
        </p>
        <div className="key-row">
          <p className="key-state">
            <strong>{t(`key.${mode}`)}</strong>
            <small>{t(`key.${mode}Hint`)}</small>
          </p>
          {mode === 'saved' ? (
            <>
              <button type="button" data-focus="keyActions" onClick={choose('replace')}>
                {t('key.replace')}
              </button>
              <button type="button" onClick={choose('remove')}>
                {t('key.remove')}
              </button>
            </>
          ) : (
            <button type="button" data-focus="keyActions" onClick={choose('keep')}>
              {t('key.undo')}
            </button>
          )}
        </div>
        <FieldError state={state} field="apiKey" />
      </div>
    );
  }
  return (
    <div className="field" data-key={mode}>
      <Label htmlFor="apiKey" aside={mode === 'none' && state.provider !== 'anthropic' && t('key.optional')}>
        {t('key.label')}
      </Label>
      <KeyInput state={state} dispatch={dispatch} />
      <FieldError state={state} field="apiKey" />
      <MendingNote state={state} field="apiKey" />
      <p className="hint" id="apiKey-hint">
        <Hint mode={mode} state={state} />
      </p>
      {mode === 'replacing' && (
        <button type="button" className="quiet" onClick={choose('keep')}>
          {t('key.keep')}
        </button>
      )}
      {mode === 'required' && (
        <button type="button" className="quiet" onClick={choose('remove')}>
          {t('key.goWithout')}
        </button>
      )}
    </div>
  );
}

function Hint({ mode, state }: { mode: KeyMode; state: FieldProps['state'] }) {
  const { t } = useTexts();
  if (mode === 'required' && state.stored) {
    return t('key.requiredHint', { place: placeOf(state.stored) });
  }
  if (mode === 'replacing') {
    return t('key.replacingHint');
  }
  return state.provider === 'anthropic' ? t('key.anthropicHint') : t('key.openaiHint');
}

function KeyInput({ state, dispatch }: FieldProps) {
  const { t } = useTexts();
  const [shown, setShown] = useState(false);
  const typed = state.keyText !== '';

  const change = (event: ChangeEvent<HTMLInputElement>) =>
    dispatch({ type: isTyping(event) ? 'keyTyped' : 'keyEntered', text: event.target.value });

  return (
    <div className="with-button">
      <input
        {...literal}
        {...described(state, 'apiKey')}
        id="apiKey"
        name="llm-api-key"
        data-focus="apiKey"
        type={shown && typed ? 'text' : 'password'}
        // Browsers fill in and save site passwords unless they take this for the choice of a new one.
        autoComplete="new-password"
        data-1p-ignore
        data-bwignore
        data-lpignore="true"
        data-form-type="other"
        value={state.keyText}
        onChange={change}
      />
      {typed && (
        <button type="button" aria-controls="apiKey" onClick={() => setShown(!shown)}>
          {shown ? t('key.hide') : t('key.show')}
        </button>
      )}
    </div>
  );
}
