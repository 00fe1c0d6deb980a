import { type ReactNode, useId } from 'react';
import { useTexts } from '../../i18n/TextsProvider';
import styles from './Field.module.css';
import { draftIn, type Field, keyTextIn, serviceIn } from './form';
import { useForm } from './FormContext';
import { Message } from './Message';
import { errorText } from './problems';

/** What every text field here is: no browser is to correct, complete or turn around what is entered. */
export const literal = {
  type: 'text',
  dir: 'ltr',
  spellCheck: false,
  autoCapitalize: 'none',
  autoCorrect: 'off',
  autoComplete: 'off',
} as const;

/** What ties a control to its label, its hint and its error. */
export interface ControlProps {
  id: string;
  'aria-invalid': boolean;
  'aria-describedby': string;
  'aria-required': boolean;
}

interface FieldFrameProps {
  field: Field;
  label: string;
  /** Null where neither word would be the whole truth. */
  need: 'required' | 'optional' | null;
  /** Beside the label. */
  aside?: ReactNode;
  hint: ReactNode;
  children: (control: ControlProps, labelId: string) => ReactNode;
}

/** A control with its label, and below it what was refused, what was mended, and what to know. */
export function FieldFrame({ field, label, need, aside, hint, children }: FieldFrameProps) {
  const { t } = useTexts();
  const { state } = useForm();
  const id = useId();
  const refused = state.errors[field] !== undefined;
  const control = {
    id,
    'aria-invalid': refused,
    'aria-describedby': `${refused ? `${id}-error ` : ''}${id}-hint`,
    'aria-required': need === 'required',
  };
  return (
    <div className={styles.field}>
      <div className={styles.heading}>
        <label id={`${id}-label`} htmlFor={id} className={styles.label}>
          {label}
        </label>
        {need && <span className={styles.need}>{t(need)}</span>}
        {aside !== undefined && <span className={styles.aside}>{aside}</span>}
      </div>
      {children(control, `${id}-label`)}
      <FieldError field={field} id={`${id}-error`} />
      {field !== 'provider' && <MendingNotes field={field} />}
      <p id={`${id}-hint`} className={styles.hint}>
        {hint}
      </p>
    </div>
  );
}

/** A status, because the focus that would have it read out may be at the field already. */
export function FieldError({ field, id }: { field: Field; id: string }) {
  const { t } = useTexts();
  const { state } = useForm();
  const code = state.errors[field];
  const service = serviceIn(state);
  const text = service === null ? '' : field === 'apiKey' ? keyTextIn(state, service) : draftIn(state, service).baseUrl;
  return (
    <div id={id} role="status" className={styles.error}>
      {code && <Message tone="error">{t(errorText(field, code, text))}</Message>}
    </div>
  );
}

/** It is there from the start, so that a screen reader notices what appears in it. */
function MendingNotes({ field }: { field: 'baseUrl' | 'apiKey' | 'model' }) {
  const { t } = useTexts();
  const { state } = useForm();
  const notes = (state.mendings[field] ?? []).map((mending) =>
    t(`mendings.${mending.kind}`, mending.kind === 'endpoint' ? { cut: mending.cut } : {}),
  );
  return (
    <p role="status" className={styles.note}>
      {notes.join(' ')}
    </p>
  );
}
