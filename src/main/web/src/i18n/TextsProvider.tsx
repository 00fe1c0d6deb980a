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

interface TextsProviderProps {
  locale: Locale;
  /** Another number tries again to load what could not be loaded. */
  attempt?: number;
  children: ReactNode;
}

/**
 * Loads the texts of a language. Until they are there, those of the language before stay; when they cannot be loaded,
 * these stay for good, English if there were none.
 */
export function TextsProvider({ locale: wanted, attempt = 0, children }: TextsProviderProps) {
  const [texts, setTexts] = useState({ shown: english, locale: 'en' as Locale, ready: wanted === 'en' });
  const [failed, setFailed] = useState<Locale | null>(null);

  useEffect(() => {
    let superseded = false;
    loadTexts(wanted).then(
      (shown) => {
        if (!superseded) {
          setTexts({ shown, locale: wanted, ready: true });
          setFailed(null);
        }
      },
      () => {
        if (!superseded) {
          setTexts((before) => ({ ...before, ready: true }));
          setFailed(wanted);
        }
      },
    );
    return () => {
      superseded = true;
    };
  }, [wanted, attempt]);

  const value = useMemo(
    () => ({ t: translator(texts.shown, texts.locale), locale: texts.locale, ready: texts.ready, failed }),
    [texts, failed],
  );
  return <TextsContext value={value}>{children}</TextsContext>;
}
