import type { LlmSettingsProblem } from '@carol/llm-settings-client';
import { useTexts } from '../../i18n/TextsProvider';
import type { Action } from './form';
import { Message } from './Message';
import { hasRequestId, leavesOpen, passes, problemText, unshownPart } from './problems';

interface ProblemMessageProps {
  problem: LlmSettingsProblem;
  /** What failed; left out for the first reading. */
  during?: Action | undefined;
  signInUrl?: string | undefined;
}

/** What failed, and what to do. */
export function ProblemMessage({ problem, during, signInUrl }: ProblemMessageProps) {
  const { t, locale } = useTexts();
  const text = problemText(problem);
  const seconds = problem.retryAfterSeconds;
  // The first reading is tried again by itself: there is nothing for the person to wait for.
  const waits = during === undefined && passes(problem) && (seconds !== undefined || text === 'tooMany');
  // The service knows best how long to wait.
  const advice = waits
    ? ''
    : seconds !== undefined && ['tooMany', 'away', 'fault'].includes(text)
      ? t('wait', { time: timeIn(locale, seconds) })
      : t(`problems.${text}.text`, { part: unshownPart(problem) ?? '' });
  return (
    <Message tone="error" boxed>
      <strong>{t(`problems.${text}.title`)}</strong> {advice}{' '}
      {text === 'signedOut' && signInUrl !== undefined && (
        // Not in place of this page, which may hold a draft.
        <a href={signInUrl} target="_blank" rel="noreferrer" title={t('key.newWindow')}>
          {t('problems.signedOut.link')}
        </a>
      )}{' '}
      {during === 'saving' && t(leavesOpen(problem) ? 'problems.maybeSaved' : 'problems.draftKept')}
      {during === 'removing' && t(leavesOpen(problem) ? 'problems.maybeRemoved' : 'problems.notRemoved')}
      {hasRequestId(problem) && problem.requestId !== undefined && (
        <>
          {' '}
          {t('requestId')} <code>{problem.requestId}</code>
        </>
      )}
    </Message>
  );
}

function timeIn(locale: string, seconds: number): string {
  const [value, unit] = seconds < 90 ? [Math.ceil(seconds), 'second'] : [Math.ceil(seconds / 60), 'minute'];
  return new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'long' }).format(value);
}
