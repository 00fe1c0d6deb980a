import { useCallback, useEffect, useRef } from 'react';
import type { FormState } from './form';
import type { FocusTarget } from './FormContext';

const ONLY_SAID: readonly FocusTarget[] = ['notice', 'trial', 'newer', 'standing'];

/**
 * Moves the focus when the form asks for it. What is only said gets it where the element that had it is gone, also when
 * it has waited at the notice since.
 */
export function useFocus(focus: FormState['focus']) {
  const elements = useRef<Partial<Record<FocusTarget, HTMLElement | null>>>({});
  useEffect(() => {
    const target = focus?.target;
    // Where no key is being entered, its buttons stand for it.
    const element = target && (elements.current[target] ?? (target === 'apiKey' && elements.current.keyActions));
    const holders = [document.body, elements.current.notice];
    if (element && (!ONLY_SAID.includes(target) || holders.includes(document.activeElement as HTMLElement))) {
      element.focus();
    }
  }, [focus]);
  return useCallback(
    (target: FocusTarget) => (element: HTMLElement | null) => {
      elements.current[target] = element;
    },
    [],
  );
}
