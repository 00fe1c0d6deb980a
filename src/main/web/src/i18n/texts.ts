import en from './locales/en.json';

/** Every language by its own name. */
export const locales = { en: 'English', de: 'Deutsch', fr: 'Français', ar: 'العربية' } as const;
export type Locale = keyof typeof locales;

type Texts = (typeof en)['account']['llm'];

type KeysOf<T> = {
  [Name in keyof T & string]: T[Name] extends string ? Name : `${Name}.${KeysOf<T[Name]>}`;
}[keyof T & string];

/** The name of a text, below `account.llm`. */
export type TextKey = KeysOf<Texts>;

/** The text of this name, with its placeholders filled in. */
export type Translate = (key: TextKey, values?: Readonly<Record<string, string>>) => string;

export const isRightToLeft = (locale: Locale): boolean => locale === 'ar';
export const directionOf = (locale: Locale) => (isRightToLeft(locale) ? 'rtl' : 'ltr');

/** English is part of the page itself; every other language is a file of its own. */
export const english: Texts = en.account.llm;

const files = {
  de: new URL('./locales/de.json', import.meta.url),
  fr: new URL('./locales/fr.json', import.meta.url),
  ar: new URL('./locales/ar.json', import.meta.url),
};

/** Fails when the file of the language cannot be had. Another call tries again. */
export async function loadTexts(locale: Locale): Promise<Texts> {
  if (locale === 'en') {
    return english;
  }
  // Not with import(): a browser remembers that a module did not load, and fails again without a request.
  const response = await fetch(files[locale]);
  if (!response.ok) {
    throw new Error(`The texts of ${locale} cannot be loaded: ${response.status}`);
  }
  return ((await response.json()) as typeof en).account.llm;
}

export function translator(texts: Texts, locale: Locale): Translate {
  return (key, values = {}) => {
    const found = key
      .split('.')
      .reduce<unknown>((branch, name) => (branch as Readonly<Record<string, unknown>>)[name], texts) as string;
    return found.replace(/\{\{(\w+)\}\}/g, (_placeholder, name: string) => {
      const value = values[name] ?? '';
      // A model or a host in a right-to-left sentence keeps its own direction.
      return isRightToLeft(locale) ? `\u2068${value}\u2069` : value;
    });
  };
}

const CHOICE = 'carol.locale';

/** The first of the person's languages that there is: what was picked here, then what the browser asks for. */
export function preferredLocale(): Locale {
  const wanted = [pickedLocale(), ...navigator.languages];
  const found = wanted
    .map((tag) => tag?.toLowerCase().split('-')[0])
    .find((tag) => tag !== undefined && tag in locales);
  return (found ?? 'en') as Locale;
}

function pickedLocale(): string | null {
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
    // Then the choice lasts until the page is left.
  }
}
