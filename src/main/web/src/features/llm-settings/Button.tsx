import type { ComponentProps } from 'react';
import styles from './Button.module.css';

interface ButtonProps extends ComponentProps<'button'> {
  /** `primary` is the one action that the form suggests; `quiet` looks like a link; `danger` loses something. */
  look?: 'primary' | 'plain' | 'quiet' | 'danger';
  /** Has no effect for now, but keeps its place in the order of the Tab key. */
  idle?: boolean;
}

export function Button({ look = 'plain', idle = false, onClick, ...props }: ButtonProps) {
  return (
    <button
      type="button"
      {...props}
      className={`${styles.button ?? ''} ${styles[look] ?? ''}`}
      aria-disabled={idle}
      onClick={
        idle
          ? (event) => {
              event.preventDefault();
            }
          : onClick
      }
    />
  );
}
