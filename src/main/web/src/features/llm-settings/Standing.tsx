import type { LlmStatus, StoredLlmSettings } from '@carol/llm-settings-client';
import { useTexts } from '../../i18n/TextsProvider';
import type { TextKey } from '../../i18n/texts';
import { type FormState, isDirty, serviceIn } from './form';
import { useForm } from './FormContext';
import { Message, type Tone } from './Message';
import { nameAt } from './names';
import { serviceOf } from './services';
import styles from './Standing.module.css';

/** What is stored, and what is known of it. Only what was tried or used is shown as good. */
export function Standing({ status }: { status: LlmStatus | null }) {
  const { t, locale } = useTexts();
  const { state, focusRef } = useForm();
  const { stored } = state;
  if (stored === null) {
    return (
      <div tabIndex={-1} className={styles.standing} ref={focusRef('standing')}>
        <Message tone="idle">
          {t('standing.nothing')} {serviceIn(state) === null && t('standing.choose')}
        </Message>
      </div>
    );
  }
  const service = serviceOf(stored);
  const name = service ? nameAt(service, stored.baseUrl ?? '', stored.provider) : stored.provider;
  const { tone, text, at } = standingOf(state, stored, status);
  const date = at ? new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeStyle: 'short' }).format(at) : '';
  return (
    <div tabIndex={-1} className={styles.standing} ref={focusRef('standing')}>
      <Message tone={tone}>
        <span className={styles.current}>
          {service
            ? t('standing.current', { model: stored.model, service: name })
            : t('standing.unknown', { model: stored.model, provider: stored.provider })}
        </span>{' '}
        {t(text, { service: name, date })}
      </Message>
    </div>
  );
}

interface StandingOf {
  tone: Tone;
  text: TextKey;
  at?: Date;
}

export function standingOf(state: FormState, stored: StoredLlmSettings, status: LlmStatus | null): StandingOf {
  if (status?.key === 'unreadable') {
    return { tone: 'error', text: 'standing.unreadable' };
  }
  // What was tried is what is stored, unless there are changes.
  if (state.trial.phase === 'done' && !isDirty(state)) {
    const { verdict } = state.trial.result;
    return {
      works: { tone: 'ok', text: 'standing.works' } as const,
      unsure: { tone: 'attention', text: 'standing.unsure' } as const,
      fails: { tone: 'error', text: 'standing.fails' } as const,
    }[verdict];
  }
  const service = serviceOf(stored);
  // "Below" is the field of the stored service, while that is on show.
  if (!stored.keyConfigured && service?.key === 'required' && service === serviceIn(state)) {
    return { tone: 'attention', text: 'standing.keyMissing' };
  }
  if (status === null) {
    return { tone: 'idle', text: 'standing.saved' };
  }
  const outcomeAt = dateOf(status.lastOutcomeAt);
  if (status.lastOutcome === 'refused' && outcomeAt) {
    return { tone: 'error', text: stored.keyConfigured ? 'standing.refused' : 'standing.keyWanted', at: outcomeAt };
  }
  if (status.lastOutcome === 'no_credit' && outcomeAt) {
    return { tone: 'attention', text: 'standing.noCredit', at: outcomeAt };
  }
  const usedAt = dateOf(status.lastUsedAt);
  return usedAt ? { tone: 'ok', text: 'standing.used', at: usedAt } : { tone: 'idle', text: 'standing.untried' };
}

function dateOf(text: string | null | undefined): Date | null {
  const date = new Date(text ?? NaN);
  return Number.isNaN(date.getTime()) ? null : date;
}
