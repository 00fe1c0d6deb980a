import { useRef } from 'react';
import { useTexts } from '../../i18n';

export function RemoveEverything({ busy, onConfirm }: { busy: boolean; onConfirm: () => void }) {
  const { t } = useTexts();
  const dialog = useRef<HTMLDialogElement>(null);

  const confirm = () => {
    dialog.current?.close();
    onConfirm();
  };

  return (
    <section className="forget">
      <p>{t('remove.intro')}</p>
      <button type="button" className="danger" aria-disabled={busy} onClick={() => busy || dialog.current?.showModal()}>
        {t('remove.open')}
      </button>
      <dialog ref={dialog} aria-labelledby="remove-title" aria-describedby="remove-text">
        <h2 id="remove-title">{t('remove.title')}</h2>
        <p id="remove-text">{t('remove.text')}</p>
        <div className="dialog-buttons">
          <button type="button" onClick={() => dialog.current?.close()}>
            {t('remove.cancel')}
          </button>
          <button type="button" className="danger-primary" onClick={confirm}>
            {t('remove.confirm')}
          </button>
        </div>
      </dialog>
    </section>
  );
}
