import type { LlmSettingsClient, LlmSettingsProblem, LlmStatus } from '@carol/llm-settings-client';
import { llmSettingsOptions, llmSettingsQueryKey, llmStatusQueryKey } from '@carol/llm-settings-client/react-query';
import { QueryClient, QueryClientProvider, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { directionOf } from '../../i18n/texts';
import { useTexts } from '../../i18n/TextsProvider';
import { Button } from './Button';
import styles from './LlmSettings.module.css';
import { ProblemMessage } from './ProblemMessage';
import { passes } from './problems';
import { SettingsForm } from './SettingsForm';
import './tokens.css';

const SECOND = 1000;

export interface LlmSettingsProps {
  /** The client of the user whose settings these are. Another user has another client. */
  client: LlmSettingsClient;
  /** Where to sign in, for a person who is signed out. */
  signInUrl?: string | undefined;
}

/**
 * The form for a user's LLM settings. It needs nothing around it but, for other languages than English, a TextsProvider.
 * It is light or dark as the `color-scheme` of the app around it says; an app that sets none has a light form.
 */
export function LlmSettings(props: LlmSettingsProps) {
  const [queries] = useState(() => new QueryClient());
  const { locale } = useTexts();
  return (
    <QueryClientProvider client={queries}>
      {/* The app around it may be in another language. */}
      <div className={styles.root} lang={locale} dir={directionOf(locale)}>
        {/* Another client is another person. */}
        <Reading key={String(llmSettingsQueryKey(props.client))} {...props} />
      </div>
    </QueryClientProvider>
  );
}

function Reading({ client, signInUrl }: LlmSettingsProps) {
  const { t, ready } = useTexts();
  const queries = useQueryClient();
  const query = useQuery({
    ...llmSettingsOptions(client),
    // An offline browser says so instead of waiting in silence.
    networkMode: 'always',
    retry: (_count, problem) => passes(problem),
    retryDelay: (_count, problem) => (problem.retryAfterSeconds ?? 5) * SECOND,
    // The person may come back from another tab, where the settings were changed or a session was opened.
    refetchOnWindowFocus: 'always',
  });
  const status = useQuery<LlmStatus | null, LlmSettingsProblem>({
    // Another version of the settings has a status of its own.
    queryKey: [...llmStatusQueryKey(client), query.data?.etag],
    queryFn: ({ signal }) => client.status({ signal }),
    enabled: query.data !== undefined && query.data !== null,
    networkMode: 'always',
    retry: false,
    // Where there is no such thing, it is not asked for again and again.
    refetchOnWindowFocus: ({ state }) => state.error?.code !== 'not_found' && 'always',
  });

  // While the next attempt is under way the reason of the last one stays on show.
  const [failure, setFailure] = useState<{ problem: LlmSettingsProblem; number: number } | null>(null);
  const latest = query.error ?? query.failureReason;
  if (latest !== null && latest !== failure?.problem) {
    // What is tried again by itself fails as before. What the person asked for or came back for is told again.
    const again = query.failureCount > 1;
    setFailure({ problem: latest, number: (failure?.number ?? 0) + (again ? 0 : 1) });
  }

  const [asked, setAsked] = useState(false);

  if (!ready) {
    return <Skeleton text="" />;
  }
  if (query.data !== undefined) {
    return (
      <SettingsForm
        client={client}
        latest={query.data}
        latestAt={query.dataUpdatedAt}
        status={status.data ?? null}
        signInUrl={signInUrl}
        asked={asked}
      />
    );
  }
  if (failure === null) {
    return <Skeleton text={t('loading')} />;
  }
  return (
    <section className={styles.failure}>
      <div role="alert">
        <ProblemMessage key={failure.number} problem={failure.problem} signInUrl={signInUrl} />
        {passes(failure.problem) && <p className={styles.retrying}>{t('problems.retrying')}</p>}
      </div>
      <Button
        look="primary"
        idle={latest === null}
        onClick={() => {
          setAsked(true);
          // Not a refetch: that would wait with the attempt that is waiting already.
          void queries.resetQueries({ queryKey: llmSettingsQueryKey(client) });
        }}
      >
        {t('tryAgain')}
      </Button>
    </section>
  );
}

/** The form's outline, as index.html has it before any script has run. */
function Skeleton({ text }: { text: string }) {
  return (
    <div>
      <p role="status" className={styles.loading}>
        {text}
      </p>
      <div aria-hidden="true">
        <span className={`${styles.bone ?? ''} ${styles.tall ?? ''}`} />
        <span className={styles.bone} />
        <span className={styles.bone} />
      </div>
    </div>
  );
}
