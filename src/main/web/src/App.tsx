import { useLayoutEffect, useState } from 'react';
import styles from './App.module.css';
import { ErrorBoundary } from './ErrorBoundary';
import { LlmSettings, type LlmSettingsProps } from './features/llm-settings';
import { LocalePicker } from './i18n/LocalePicker';
import { directionOf, type Locale, preferredLocale, rememberLocale } from './i18n/texts';
import { TextsProvider, useTexts } from './i18n/TextsProvider';

/** The page: the form with a title, and the choice of the language. */
export function App(props: LlmSettingsProps) {
  const [wanted, setWanted] = useState(() => ({ locale: preferredLocale(), attempt: 0 }));
  return (
    <TextsProvider {...wanted}>
      <DocumentLanguage />
      <ErrorBoundary>
        <Page
          {...props}
          onPick={(locale) => {
            rememberLocale(locale);
            setWanted(({ attempt }) => ({ locale, attempt: attempt + 1 }));
          }}
        />
      </ErrorBoundary>
    </TextsProvider>
  );
}

/** Outside of the page, so that it counts for what is shown when that has failed as well. */
function DocumentLanguage() {
  const { t, locale, ready } = useTexts();

  // With the text and not after it, so that no text is shown in the direction of another language.
  useLayoutEffect(() => {
    if (ready) {
      document.documentElement.lang = locale;
      document.documentElement.dir = directionOf(locale);
      document.title = t('documentTitle');
    }
  }, [t, locale, ready]);
  return null;
}

function Page({ onPick, ...props }: LlmSettingsProps & { onPick: (locale: Locale) => void }) {
  const { t, ready } = useTexts();
  return (
    <div className={styles.page}>
      <header className={styles.masthead}>
        <p className={styles.brand}>
          <span className={styles.mark} aria-hidden="true" />
          {t('brand')}
        </p>
        {ready && <LocalePicker onPick={onPick} />}
      </header>
      <main>
        <h1 className={styles.title}>{ready && t('title')}</h1>
        <LlmSettings {...props} />
      </main>
    </div>
  );
}
