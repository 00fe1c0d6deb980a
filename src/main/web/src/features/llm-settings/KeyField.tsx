import type { LlmStatus } from '@carol/llm-settings-client';
import { useId, useState } from 'react';
import { useTexts } from '../../i18n/TextsProvider';
import { Button } from './Button';
import { type ControlProps, FieldError, FieldFrame, literal } from './Field';
import fieldStyles from './Field.module.css';
import { keyIsRequiredIn, keyPlaceIn, keyViewIn } from './form';
import { useForm } from './FormContext';
import styles from './KeyField.module.css';
import { Message } from './Message';
import { useNames } from './names';
import type { Service } from './services';
import { useMending } from './useMending';

export function KeyField({ service, status }: { service: Service; status: LlmStatus | null }) {
  const { state } = useForm();
  const view = keyViewIn(state, service);
  return view.show === 'field' ? (
    <KeyEntry service={service} text={view.text} />
  ) : (
    <KeyRow
      service={service}
      show={view.show}
      unreadable={view.show === 'saved' && status?.key === 'unreadable'}
      refused={
        view.show === 'saved' &&
        (state.trial.phase === 'done' ? state.trial.result.key : status?.lastOutcome) === 'refused'
      }
    />
  );
}

/** The key is not entered here: it is saved, goes with the next save, or there is none. */
function KeyRow(props: {
  service: Service;
  show: 'saved' | 'removing' | 'none';
  unreadable: boolean;
  refused: boolean;
}) {
  const { service, show, unreadable, refused } = props;
  const { t } = useTexts();
  const { state, dispatch, busy, focusRef } = useForm();
  const { nameOf, storedName } = useNames();
  const id = useId();
  const { storedAt } = keyPlaceIn(state, service);
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
      : unreadable || refused || (show === 'none' && storedAt !== null)
        ? 'attention'
        : show === 'saved'
          ? 'ok'
          : 'idle';
  return (
    <div className={fieldStyles.field} role="group" aria-labelledby={`${id}-label`}>
      <div className={fieldStyles.heading}>
        <span id={`${id}-label`} className={fieldStyles.label}>
          {t('key.label')}
        </span>
      </div>
      <div className={styles.row} data-tone={tone}>
        <div className={styles.state} role="status">
          <Message tone={tone}>
            <strong className={styles.title}>{t(`key.${unreadable ? 'unreadable' : show}`)}</strong>
            <span className={styles.hint}>{hint}</span>
          </Message>
        </div>
        {show === 'saved' && (
          <div className={styles.actions}>
            <Button
              idle={busy}
              ref={focusRef('keyActions')}
              onClick={() => {
                dispatch({ type: 'keyEntryOpened' });
              }}
            >
              {t('key.replace')}
            </Button>
            <Button
              idle={busy}
              onClick={() => {
                dispatch({ type: 'keyRemoved' });
              }}
            >
              {t('key.remove')}
            </Button>
          </div>
        )}
        {show === 'removing' && (
          <Button
            idle={busy}
            ref={focusRef('keyActions')}
            onClick={() => {
              dispatch({ type: 'keyKept' });
            }}
          >
            {t('key.undo')}
          </Button>
        )}
        {show === 'none' && (
          <Button
            idle={busy}
            ref={focusRef('keyActions')}
            onClick={() => {
              dispatch({ type: 'keyEntryOpened' });
            }}
          >
            {t('key.add')}
          </Button>
        )}
      </div>
      <FieldError field="apiKey" id={`${id}-error`} />
    </div>
  );
}

function KeyEntry({ service, text }: { service: Service; text: string }) {
  const { t } = useTexts();
  const { state, dispatch, busy } = useForm();
  const { nameOf, nameOfDestination, storedName } = useNames();
  const { here, storedAt } = keyPlaceIn(state, service);
  const required = keyIsRequiredIn(state, service);
  const moved = storedAt !== null && storedAt !== here;
  const elsewhere =
    state.key.kind === 'replace' && state.key.at !== here && state.key.text !== '' ? state.key.at : null;
  const link = service.keysUrl !== undefined && (
    <a href={service.keysUrl} target="_blank" rel="noreferrer" title={t('key.newWindow')}>
      {t('key.get', { service: nameOf(service) })}
    </a>
  );
  return (
    <>
      <FieldFrame
        field="apiKey"
        label={t('key.label')}
        required={required}
        aside={link}
        hint={!moved && (storedAt === here ? t('key.replacesHint') : t('key.hint'))}
      >
        {(control) => <KeyInput control={control} text={text} />}
      </FieldFrame>
      <div role="status" className={styles.moved}>
        {moved && <Message tone="attention">{t('key.movedHint', { from: storedName, to: nameOf(service) })}</Message>}
      </div>
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
    </>
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
        // Browsers fill in and save site passwords unless they take this for the choice of a new one.
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
