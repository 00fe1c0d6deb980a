import { useEffect, useRef } from 'react';
import { useTexts } from '../../i18n';
import type { FormState } from './form';
import { leavesOpen, problemText } from './messages';

/** Stays at the lower edge of the window: what appears above never pushes Save away from under the pointer. */
export function SaveBar(props: { state: FormState; dirty: boolean; onDiscard: () => void; onReload: () => void }) {
  const { state, dirty, onDiscard, onReload } = props;
  const { t } = useTexts();
  const bar = useHeightKnownToStyles();
  const busy = state.phase !== 'editing';
  const status =
    state.phase !== 'editing' ? state.phase : (state.notice ?? (dirty ? 'unsaved' : state.stored ? 'clean' : 'empty'));
  return (
    <div className="bar" ref={bar}>
      <div className="bar-inner">
        <div role="alert" className="alert">
          {state.problem && <Problem {...state.problem} />}
        </div>
        {state.problem?.cause.code === 'precondition_failed' && (
          <button type="button" onClick={onReload}>
            {t('reload')}
          </button>
        )}
        <div className="bar-row">
          <p role="status" className="status" data-status={status}>
            {t(`status.${status}`)}
          </p>
          <button type="button" aria-disabled={!dirty || busy} onClick={() => dirty && onDiscard()}>
            {t('discard')}
          </button>
          <button type="submit" className={dirty && !busy ? 'primary' : 'idle'} data-focus="save">
            {t('save')}
          </button>
        </div>
      </div>
    </div>
  );
}

/** Keeps `--bar-height` up to date, and what has the focus out from under the bar when that grows. */
function useHeightKnownToStyles() {
  const bar = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const observer = new ResizeObserver(() => {
      document.documentElement.style.setProperty('--bar-height', `${bar.current?.offsetHeight ?? 0}px`);
      if (!bar.current?.contains(document.activeElement)) {
        document.activeElement?.closest('.settings *')?.scrollIntoView({ block: 'nearest' });
      }
    });
    observer.observe(bar.current!);
    return () => observer.disconnect();
  }, []);
  return bar;
}

function Problem({ during, cause }: NonNullable<FormState['problem']>) {
  const { t } = useTexts();
  const text = problemText[cause.code];
  return (
    <>
      <strong>{t(`problems.${text}.title`)}</strong> {t(`problems.${text}.text`)}{' '}
      {during === 'saving' && t(leavesOpen(cause.code) ? 'maybeSaved' : 'draftKept')}
      {text === 'fault' && cause.requestId && (
        <>
          {' '}
          {t('requestId')} <code>{cause.requestId}</code>
        </>
      )}
    </>
  );
}
