import type { Dispatch, ReactNode } from 'react';
import { useTexts } from '../../i18n';
import type { Field, FormEvent, FormState } from './form';

export interface FieldProps {
  state: FormState;
  dispatch: Dispatch<FormEvent>;
}

/** What every text field here is: no browser is to correct, complete or turn around what is typed. */
export const literal = {
  type: 'text',
  dir: 'ltr',
  spellCheck: false,
  autoCapitalize: 'none',
  autoCorrect: 'off',
  autoComplete: 'off',
} as const;

/** Ties an input to its hint and its error. */
export function described(state: FormState, field: Field) {
  const refused = state.errors[field] !== undefined;
  return {
    'aria-invalid': refused,
    'aria-describedby': refused ? `${field}-error ${field}-hint` : `${field}-hint`,
  };
}

export function FieldError({ state, field }: { state: FormState; field: Field }) {
  const { t } = useTexts();
  const code = state.errors[field];
  return (
    <p className="error" id={`${field}-error`}>
      {code && t(`errors.${code}`, { defaultValue: t('errors.other') })}
    </p>
  );
}

/** Says what was mended; it is there from the start, so that a screen reader notices what appears in it. */
export function MendingNote({ state, field }: { state: FormState; field: 'baseUrl' | 'apiKey' }) {
  const { t } = useTexts();
  return (
    <p className="note" role="status">
      {state.healings[field].map((healing) => t(`healings.${healing}`)).join(' ')}
    </p>
  );
}

/** The name of a field and, where it may stay empty, a word on that. */
export function Label({ htmlFor, children, aside }: { htmlFor: string; children: ReactNode; aside?: ReactNode }) {
  return (
    <p className="label">
      <label htmlFor={htmlFor}>{children}</label>
      {aside && <span className="aside">{aside}</span>}
    </p>
  );
}

/** Whether a change came one keystroke at a time, and not by pasting, dropping or choosing a whole text. */
export function isTyping(event: { nativeEvent: Event }): boolean {
  const { inputType = '', data = null } = event.nativeEvent as InputEvent;
  return inputType.startsWith('delete') || inputType.startsWith('insertComposition') || data?.length === 1;
}
