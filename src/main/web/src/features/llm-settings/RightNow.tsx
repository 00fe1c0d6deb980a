import type { StoredLlmSettings } from '@carol/llm-settings-client';
import { useTexts } from '../../i18n';
import { presetAt } from './presets';

/** What is stored, in one sentence. */
export function RightNow({ stored }: { stored: StoredLlmSettings | null }) {
  const { t } = useTexts();
  const needsKey = stored?.provider === 'anthropic' && !stored.keyConfigured;
  return (
    <section className="right-now" data-ready={stored !== null && !needsKey}>
      <h2>{t('rightNow.label')}</h2>
      <p>
        {stored ? t('rightNow.thinking', { model: stored.model, place: placeOf(stored) }) : t('rightNow.nothing')}
        {needsKey && ` ${t('rightNow.needsKey')}`}
        {stored?.keyConfigured && ` ${t('rightNow.withKey')}`}
      </p>
    </section>
  );
}

/** The name of a known address, else its host. */
export function placeOf({ baseUrl }: StoredLlmSettings): string {
  if (baseUrl === null) {
    return 'Anthropic';
  }
  return presetAt(baseUrl)?.name ?? (URL.canParse(baseUrl) ? new URL(baseUrl).host : baseUrl);
}
