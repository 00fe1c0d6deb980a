import { createContext, type ReactNode, use, useEffect, useMemo, useState } from 'react';
import { english, loadTexts, type Locale, type Translate, translator } from './texts';

export interface TextsInUse {
  t: Translate;
  /** The language of the texts on show. */
  locale: Locale;
  /** False until the texts of the first language are there. */
  ready: boolean;
  /** A language that was asked for and could not be loaded. */
  failed: Locale | null;
}

const English: TextsInUse = { t: translator(english, 'en'), locale: 'en', ready: true, failed: null };

const TextsContext = createContext<TextsInUse>(English);

/** The texts of this page. Without a provider around it they are English. */
export const useTexts = (): TextsInUse => use(TextsContext);

/**
 * Loads the texts of a language. Until they are there, those of the language before stay; when they cannot be loaded,
 * these stay for good, English if there were none.
 *
 * @param wanted a new object asks anew, also for the same language
 */
export function TextsProvider({ wanted, children }: { wanted: { locale: Locale }; children: ReactNode }) {
  const [texts, setTexts] = useState({ shown: english, locale: 'en' as Locale, ready: wanted.locale === 'en' });
  const [failed, setFailed] = useState<Locale | null>(null);

  useEffect(() => {
    let superseded = false;
    const { locale } = wanted;
    loadTexts(locale).then(
      (shown) => {
        if (!superseded) {
          setTexts({ shown, locale, ready: true });
          setFailed(null);
        }
      },
      () => {
        if (!superseded) {
          setTexts((before) => ({ ...before, ready: true }));
          setFailed(locale);
        }
      },
    );
    return () => {
      superseded = true;
    };
  }, [wanted]);

  const value = useMemo(
    () => ({ t: translator(texts.shown, texts.locale), locale: texts.locale, ready: texts.ready, failed }),
    [texts, failed],
  );
  return <TextsContext value={value}>{children}</TextsContext>;
}
