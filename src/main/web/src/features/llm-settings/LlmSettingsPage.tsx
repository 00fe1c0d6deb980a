import type { LlmSettingsClient, LlmSettingsProblem } from '@carol/llm-settings-client';
import { llmSettingsOptions } from '@carol/llm-settings-client/react-query';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTexts } from '../../i18n';
import { LocalePicker } from '../../i18n/LocalePicker';
import { passes, problemText } from './messages';
import { SettingsForm } from './SettingsForm';

const SECOND = 1000;

/** One GET fills the form; after that only the person decides to read again. */
export const settingsQuery = (client: LlmSettingsClient) => ({
  ...llmSettingsOptions(client),
  staleTime: Infinity,
  // An offline browser is to say so instead of waiting in silence.
  networkMode: 'always' as const,
  retry: (_count: number, problem: LlmSettingsProblem) => passes(problem.code),
  retryDelay: (_count: number, problem: LlmSettingsProblem) => (problem.retryAfterSeconds ?? 5) * SECOND,
});

export function LlmSettingsPage({ client }: { client: LlmSettingsClient }) {
  const { t } = useTexts();
  const queries = useQueryClient();
  const query = useQuery({
    ...settingsQuery(client),
    // It has failed just now, before the page was there.
    retryOnMount: false,
    // Coming back from signing in elsewhere is a reason to try again.
    refetchOnWindowFocus: ({ state }) => state.status === 'error' && 'always',
  });

  // While the next attempt is under way the reason of the last one stays on the page.
  const [failure, setFailure] = useState<LlmSettingsProblem | null>(null);
  const latest = query.error ?? query.failureReason;
  if (latest !== null && latest !== failure) {
    setFailure(latest);
  }

  // Not a refetch: that would wait with the attempt that is waiting already.
  const tryAgain = () => queries.resetQueries({ queryKey: settingsQuery(client).queryKey });

  return (
    <>
      <header className="masthead">
        <p className="brand">
          <span className="brand-mark" aria-hidden="true" />
          Carol
        </p>
        <LocalePicker />
      </header>
      <main>
        <div className="title">
          <h1>{t('title')}</h1>
          <p>{t('intro')}</p>
        </div>
        {query.data !== undefined ? (
          <SettingsForm client={client} initial={query.data} />
        ) : failure !== null ? (
          <LoadFailure problem={failure} onRetry={tryAgain} />
        ) : (
          <Loading />
        )}
      </main>
    </>
  );
}

function Loading() {
  const { t } = useTexts();
  return (
    <div className="loading">
      <p role="status">{t('loading')}</p>
      <div aria-hidden="true">
        <span className="bone" />
        <span className="bone bone-tall" />
        <span className="bone" />
        <span className="bone" />
      </div>
    </div>
  );
}

function LoadFailure({ problem, onRetry }: { problem: LlmSettingsProblem; onRetry: () => void }) {
  const { t } = useTexts();
  const text = problemText[problem.code];
  return (
    <section className="panel" data-problem={text}>
      <div role="alert">
        <h2>{t(`problems.${text}.title`)}</h2>
        <p>{t(`problems.${text}.text`)}</p>
        {passes(problem.code) && <p>{t('retrying')}</p>}
        {text === 'fault' && problem.requestId && (
          <p>
            {t('requestId')} <code>{problem.requestId}</code>
          </p>
        )}
      </div>
      <button type="button" className="primary" onClick={onRetry}>
        {t('tryAgain')}
      </button>
    </section>
  );
}
