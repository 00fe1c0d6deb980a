import i18next from 'i18next';
import { useSyncExternalStore } from 'react';
import type en from './locales/en.json';

declare module 'i18next' {
  interface CustomTypeOptions {
    resources: { translation: typeof en };
  }
}

/** Every language by its own name. */
export const locales = { en: 'English', de: 'Deutsch', fr: 'Français', ar: 'العربية' } as const;
export type Locale = keyof typeof locales;

const messages: Record<Locale, () => Promise<{ default: typeof en }>> = {
  en: () => import('./locales/en.json'),
  de: () => import('./locales/de.json'),
  fr: () => import('./locales/fr.json'),
  ar: () => import('./locales/ar.json'),
};

const CHOICE = 'carol.locale';

/** The first of the person's languages that there is: what was picked here, then what the browser asks for. */
export function preferredLocale(): Locale {
  const wanted = [picked(), ...navigator.languages];
  const found = wanted.map((tag) => tag?.toLowerCase().split('-')[0]).find((tag) => tag && tag in locales);
  return (found ?? 'en') as Locale;
}

function picked(): string | null {
  try {
    return localStorage.getItem(CHOICE);
  } catch {
    // The browser may forbid storage.
    return null;
  }
}

export function rememberLocale(locale: Locale): void {
  try {
    localStorage.setItem(CHOICE, locale);
  } catch {
    // Then it lasts until the page is left.
  }
}

/** Switches texts and writing direction, once the texts are there. */
export async function showIn(locale: Locale): Promise<void> {
  const { default: texts } = await messages[locale]();
  i18next.addResourceBundle(locale, 'translation', texts);
  await i18next.changeLanguage(locale);
  document.documentElement.lang = locale;
  document.documentElement.dir = i18next.dir(locale);
  document.title = i18next.t('account.llm.documentTitle');
}

/** The texts of this page, in the language on show. */
export function useTexts() {
  const locale = useSyncExternalStore(onLocaleChange, () => i18next.language as Locale);
  return { t: i18next.getFixedT(locale, 'translation', 'account.llm'), locale };
}

function onLocaleChange(listener: () => void) {
  i18next.on('languageChanged', listener);
  return () => i18next.off('languageChanged', listener);
}

await i18next.init({
  resources: {},
  interpolation: {
    // React escapes already. A model or a host in a right-to-left sentence keeps its own direction (U+2068, U+2069).
    escape: (text: string) => (i18next.dir() === 'rtl' ? `\u2068${text}\u2069` : text),
  },
});
