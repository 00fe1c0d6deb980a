import { type ChangeEvent, useRef } from 'react';
import type { TextField } from './form';
import { useForm } from './FormContext';

/** What a text field needs to take what is typed as it is, and to mend what is pasted or dropped at once. */
export function useMending(field: TextField) {
  const { dispatch } = useForm();
  const inserted = useRef(false);
  const insert = () => {
    inserted.current = true;
  };
  return {
    onPaste: insert,
    onDrop: insert,
    onChange: (event: ChangeEvent<HTMLInputElement>) => {
      dispatch({ type: 'typed', field, text: event.target.value });
      if (inserted.current) {
        dispatch({ type: 'mended', field });
      }
      inserted.current = false;
    },
  };
}
