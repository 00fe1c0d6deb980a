import { useState } from 'react';
import { useTexts } from '../../i18n/TextsProvider';
import { Button } from './Button';
import { isDirty, updateIn } from './form';
import { useForm } from './FormContext';
import { Message } from './Message';
import { useNames } from './names';
import { isOutdated } from './newer';
import { ProblemMessage } from './ProblemMessage';
import styles from './SaveBar.module.css';
import { useScrollTo } from './useScrollTo';

interface SaveBarProps {
  signInUrl: string | undefined;
  /** Reads the newer settings, where that failed after they had been found to be there. */
  onRead: () => Promise<void>;
}

/** Comes with the first change, and says how the last attempt ended. */
export function SaveBar({ signInUrl, onRead }: SaveBarProps) {
  const { t } = useTexts();
  const { state, dispatch, busy, focusRef } = useForm();
  const { storedName } = useNames();
  const { problem, notice, phase } = state;
  const dirty = isDirty(state);
  const alert = useScrollTo<HTMLDivElement>(problem);
  const outdated = isOutdated(state);
  const [reading, setReading] = useState(false);
  // A reading may still be under way when the newer settings have come in another way.
  const loading = outdated && reading;
  // Saving before the person has decided about the newer settings could only fail.
  const offersSave = state.newer === undefined && !outdated && (dirty || phase === 'saving');
  const removesKey = offersSave && state.stored?.keyConfigured === true && updateIn(state)?.apiKey === null;
  const shown = offersSave || phase === 'removing' || notice !== null || problem !== null;
  return (
    <div className={styles.bar} data-shown={shown} data-sticky={offersSave && problem === null}>
      <div role="alert" className={styles.alert} ref={alert}>
        {problem && !loading && (
          <ProblemMessage problem={problem.cause} during={problem.during} signInUrl={signInUrl} />
        )}
      </div>
      <div className={styles.row}>
        <div role="status" tabIndex={-1} className={styles.status} ref={focusRef('notice')}>
          {phase === 'saving' ? (
            t('save.saving')
          ) : phase === 'removing' ? (
            t('save.removing')
          ) : loading ? (
            t('loading')
          ) : notice !== null ? (
            <Message tone="idle">{t(`notices.${notice}`)}</Message>
          ) : removesKey ? (
            <Message tone="attention">{t('save.removesKey', { from: storedName })}</Message>
          ) : (
            offersSave && t('save.unsaved')
          )}
        </div>
        {outdated && (
          <Button
            look="primary"
            idle={busy || reading}
            onClick={() => {
              setReading(true);
              void onRead().finally(() => {
                setReading(false);
              });
            }}
          >
            {t('newer.read')}
          </Button>
        )}
        {offersSave && (
          <>
            <Button
              idle={busy}
              onClick={() => {
                dispatch({ type: 'discarded' });
              }}
            >
              {t('save.discard')}
            </Button>
            <Button type="submit" look="primary" idle={busy}>
              {t('save.button')}
            </Button>
          </>
        )}
      </div>
    </div>
  );
}
