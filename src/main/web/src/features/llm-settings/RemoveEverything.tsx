import { useId, useRef } from 'react';
import { useTexts } from '../../i18n/TextsProvider';
import { Button } from './Button';
import { isDirty } from './form';
import { useForm } from './FormContext';
import styles from './RemoveEverything.module.css';

/** The browser's own modal dialog: it keeps the focus inside, ends with Escape, and gives the focus back. */
export function RemoveEverything({ onConfirm }: { onConfirm: () => void }) {
  const { t } = useTexts();
  const { state, busy } = useForm();
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  return (
    <div className={styles.remove}>
      <Button
        look="quiet"
        idle={busy}
        onClick={() => {
          dialog.current?.showModal();
        }}
      >
        {t('remove.open')}
      </Button>
      <dialog
        ref={dialog}
        role="alertdialog"
        className={styles.dialog}
        aria-labelledby={`${id}-title`}
        aria-describedby={`${id}-text`}
      >
        <h2 id={`${id}-title`} className={styles.title}>
          {t('remove.title')}
        </h2>
        <p id={`${id}-text`}>
          {t('remove.text')} {state.stored?.keyConfigured && t('remove.key')} {isDirty(state) && t('remove.draft')}
        </p>
        <div className={styles.buttons}>
          <Button
            onClick={() => {
              dialog.current?.close();
            }}
          >
            {t('remove.cancel')}
          </Button>
          <Button
            look="danger"
            onClick={() => {
              dialog.current?.close();
              onConfirm();
            }}
          >
            {t('remove.confirm')}
          </Button>
        </div>
      </dialog>
    </div>
  );
}
