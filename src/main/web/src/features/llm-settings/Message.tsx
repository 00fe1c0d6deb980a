import type { ReactNode } from 'react';
import styles from './Message.module.css';

export type Tone = 'ok' | 'attention' | 'error' | 'idle';

/** A sentence with a sign of its own for each tone, so that colour is never all there is to see. */
export function Message({ tone, boxed = false, children }: { tone: Tone; boxed?: boolean; children: ReactNode }) {
  return (
    <div
      className={`${styles.message ?? ''} ${styles[tone] ?? ''} ${boxed ? (styles.boxed ?? '') : ''}`}
      data-tone={tone}
    >
      <Sign tone={tone} />
      <div className={styles.text}>{children}</div>
    </div>
  );
}

const SHAPES = {
  ok: <path d="M3.5 8.5l3 3 6-7" />,
  attention: <path d="M8 2l6.5 12h-13zM8 6.5v3.5M8 12v.2" />,
  error: <path d="M5 1.5h6l3.5 3.5v6L11 14.5H5L1.5 11V5zM8 4.5v4M8 11v.2" />,
  idle: <circle cx="8" cy="8" r="4" />,
};

function Sign({ tone }: { tone: Tone }) {
  return (
    <svg className={styles.sign} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      {SHAPES[tone]}
    </svg>
  );
}
