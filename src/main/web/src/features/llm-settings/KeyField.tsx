import type { LlmStatus } from '@carol/llm-settings-client';
import { useId, useState } from 'react';
import { useTexts } from '../../i18n/TextsProvider';
import { Button } from './Button';
import { type ControlProps, FieldError, FieldFrame, literal } from './Field';
import fieldStyles from './Field.module.css';
import { keyIsRequiredIn, keyPlaceIn, keyViewIn } from './form';
import { useForm } from './FormContext';
import type { KeyView } from './key';
import styles from './KeyField.module.css';
import { Message } from './Message';
import { useNames } from './names';
import { otherService, type Service } from './services';
import { useMending } from './useMending';

export function KeyField({ service, status }: { service: Service; status: LlmStatus | null }) {
  const { t } = useTexts();
  const { state } = useForm();
  const { nameOf, storedName } = useNames();
  const id = useId();
  const view = keyViewIn(state, service);
  const { here, storedAt } = keyPlaceIn(state, service);
  const entry = view.show === 'field';
  const moved = entry && storedAt !== null && storedAt !== here;
  return (
    <div
      className={entry ? undefined : fieldStyles.field}
      role={entry ? undefined : 'group'}
      aria-labelledby={entry ? undefined : `${id}-label`}
    >
      {entry ? (
        <KeyEntry service={service} text={view.text} moved={moved} reasonId={`${id}-reason`} />
      ) : (
        <div className={fieldStyles.heading}>
          <span id={`${id}-label`} className={fieldStyles.label}>
            {t('key.label')}
          </span>
        </div>
      )}
      <div className={entry ? undefined : styles.row}>
        {/* The same element for the saved key and for the field, so that a screen reader notices what changes in it. */}
        <div id={`${id}-reason`} role="status" className={entry ? styles.moved : styles.state}>
          {!entry && <KeyState service={service} show={view.show} status={status} />}
          {moved && (
            <Message tone="attention">
              {storedName === nameOf(service)
                ? t('key.movedHintUnnamed')
                : t('key.movedHint', {
                    from: storedName,
                    // Not the host: the sentence would be another one with every letter of the address.
                    to: service === otherService ? t('service.unnamed') : service.name,
                  })}
            </Message>
          )}
        </div>
        {entry ? <KeyChoices service={service} text={view.text} moved={moved} /> : <KeyActions show={view.show} />}
      </div>
      {!entry && <FieldError field="apiKey" id={`${id}-error`} />}
    </div>
  );
}

type KeyShown = Exclude<KeyView['show'], 'field'>;

/** The key is not entered here: it is saved, goes with the next save, or there is none. */
function KeyState({ service, show, status }: { service: Service; show: KeyShown; status: LlmStatus | null }) {
  const { t } = useTexts();
  const { state } = useForm();
  const { nameOf, storedName } = useNames();
  const { storedAt } = keyPlaceIn(state, service);
  const unreadable = show === 'saved' && status?.key === 'unreadable';
  const outcome = show !== 'saved' ? null : state.trial.phase === 'done' ? state.trial.result.key : status?.lastOutcome;
  const hint = unreadable
    ? t('key.unreadableHint')
    : show === 'none'
      ? storedAt !== null
        ? t('key.noneRemoves', { from: storedName })
        : service.key === 'none'
          ? t('key.noneLocal', { service: nameOf(service) })
          : t('key.noneChosen')
      : t(`key.${show}Hint`);
  const tone =
    show === 'removing'
      ? 'error'
      : unreadable || outcome === 'refused' || (show === 'none' && storedAt !== null)
        ? 'attention'
        : outcome === 'accepted'
          ? 'ok'
          : 'idle';
  return (
    <Message tone={tone}>
      <strong className={styles.title}>{t(`key.${unreadable ? 'unreadable' : show}`)}</strong>
      <span className={styles.hint}>{hint}</span>
    </Message>
  );
}

function KeyActions({ show }: { show: KeyShown }) {
  const { t } = useTexts();
  const { dispatch, busy, focusRef } = useForm();
  return (
    <div className={styles.actions}>
      <Button
        // A new element, so that a screen reader says its name when it gets the focus.
        key={show}
        idle={busy}
        ref={focusRef('keyActions')}
        onClick={() => {
          dispatch({ type: show === 'removing' ? 'keyKept' : 'keyEntryOpened' });
        }}
      >
        {t(({ saved: 'key.replace', removing: 'key.undo', none: 'key.add' } as const)[show])}
      </Button>
      {show === 'saved' && (
        <Button
          idle={busy}
          onClick={() => {
            dispatch({ type: 'keyRemoved' });
          }}
        >
          {t('key.remove')}
        </Button>
      )}
    </div>
  );
}

interface KeyEntryProps {
  service: Service;
  text: string;
  moved: boolean;
  /** The element that says why a key is asked for, where it does. */
  reasonId: string;
}

function KeyEntry({ service, text, moved, reasonId }: KeyEntryProps) {
  const { t } = useTexts();
  const { state } = useForm();
  const { nameOf } = useNames();
  const { here, storedAt } = keyPlaceIn(state, service);
  const link = service.keysUrl !== undefined && (
    <a href={service.keysUrl} target="_blank" rel="noreferrer" title={t('key.newWindow')}>
      {t('key.get', { service: nameOf(service) })}
    </a>
  );
  return (
    <FieldFrame
      field="apiKey"
      label={t('key.label')}
      // Settings without the key that the service wants can be saved, which does not make it optional.
      need={keyIsRequiredIn(state, service) ? 'required' : service.key === 'required' ? null : 'optional'}
      aside={link}
      hint={!moved && (storedAt === here ? t('key.replacesHint') : t('key.hint'))}
    >
      {(control) => (
        // The key for another service is hidden again.
        <KeyInput
          key={service.id}
          control={{ ...control, 'aria-describedby': `${control['aria-describedby']} ${reasonId}` }}
          text={text}
        />
      )}
    </FieldFrame>
  );
}

function KeyChoices({ service, text, moved }: { service: Service; text: string; moved: boolean }) {
  const { t } = useTexts();
  const { state, dispatch, busy } = useForm();
  const { nameOfDestination } = useNames();
  const { here, storedAt } = keyPlaceIn(state, service);
  const elsewhere =
    state.key.kind === 'replace' && state.key.at !== here && state.key.text !== '' ? state.key.at : null;
  return (
    <div className={styles.choices}>
      {elsewhere !== null && (
        <Button
          look="quiet"
          idle={busy}
          onClick={() => {
            dispatch({ type: 'keyBroughtHere' });
          }}
        >
          {t('key.bringHere', { from: nameOfDestination(elsewhere) })}
        </Button>
      )}
      {storedAt === here && (
        <Button
          look="quiet"
          idle={busy}
          onClick={() => {
            dispatch({ type: 'keyKept' });
          }}
        >
          {t('key.keep')}
        </Button>
      )}
      {storedAt !== here && service.key !== 'required' && (moved || text !== '' || service.key === 'none') && (
        <Button
          look="quiet"
          idle={busy}
          onClick={() => {
            dispatch({ type: 'keyRemoved' });
          }}
        >
          {t('key.goWithout')}
        </Button>
      )}
    </div>
  );
}

function KeyInput({ control, text }: { control: ControlProps; text: string }) {
  const { t } = useTexts();
  const { busy, focusRef } = useForm();
  const [shown, setShown] = useState(false);
  const mending = useMending('apiKey');
  const filled = text !== '';
  return (
    <div className={fieldStyles.withButton}>
      <input
        {...literal}
        {...control}
        {...mending}
        name="llm-api-key"
        className={fieldStyles.input}
        ref={focusRef('apiKey')}
        type={shown && filled ? 'text' : 'password'}
        // Most browsers fill in and save site passwords unless they take this for the choice of a new one. Firefox offers
        // to save it all the same.
        autoComplete="new-password"
        data-1p-ignore
        data-bwignore
        data-lpignore="true"
        data-form-type="other"
        readOnly={busy}
        value={text}
      />
      {filled && (
        <button
          type="button"
          className={fieldStyles.inlineButton}
          aria-controls={control.id}
          onClick={() => {
            setShown(!shown);
          }}
        >
          {t(shown ? 'key.hide' : 'key.show')}
        </button>
      )}
    </div>
  );
}
