import { createContext, type Dispatch, type RefCallback, use } from 'react';
import type { FormState } from './form';
import type { FormEvent } from './reducer';

export type FocusTarget = NonNullable<FormState['focus']>['target'];

export interface FormInUse {
  state: FormState;
  dispatch: Dispatch<FormEvent>;
  /** Nothing can be changed while something is on its way to the service. */
  busy: boolean;
  /** Tells the form which element has to get the focus when this target is asked for. */
  focusRef: (target: FocusTarget) => RefCallback<HTMLElement>;
}

export const FormContext = createContext<FormInUse | null>(null);

export function useForm(): FormInUse {
  const form = use(FormContext);
  if (form === null) {
    throw new Error('This component belongs inside a SettingsForm.');
  }
  return form;
}
