import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { english, isRightToLeft, locales, translator } from '../src/i18n/texts';

interface Texts {
  [key: string]: string | Texts;
}

const folder = new URL('../src/i18n/locales/', import.meta.url);
const files = readdirSync(folder);

function textsOf(file: string): Map<string, string> {
  const flat = (texts: Texts, path: string): [string, string][] =>
    Object.entries(texts).flatMap(([key, text]) =>
      typeof text === 'string' ? [[`${path}${key}`, text]] : flat(text, `${path}${key}.`),
    );
  return new Map(flat(JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Texts, ''));
}

const placeholders = (text: string) => [...new Set(text.match(/\{\{[^}]*\}\}/g))].sort();
const originals = textsOf('en.json');

describe('the texts', () => {
  it('are there in every language of the page', () => {
    expect(files.sort()).toEqual(
      Object.keys(locales)
        .map((locale) => `${locale}.json`)
        .sort(),
    );
  });

  it('are all under account.llm', () => {
    expect([...originals.keys()].filter((key) => !key.startsWith('account.llm.'))).toEqual([]);
  });

  it('get what belongs into them, isolated where the writing runs the other way', () => {
    const values = { model: 'm$&', service: 'S' };
    expect(translator(english, 'en')('standing.current', values)).toBe('I use m$& at S.');
    expect(translator(english, 'ar')('standing.current', values)).toBe('I use \u2068m$&\u2069 at \u2068S\u2069.');
    expect(isRightToLeft('ar')).toBe(true);
  });
});

describe.each(files)('%s', (file) => {
  const texts = textsOf(file);

  it('has exactly the keys of the English texts', () => {
    expect([...texts.keys()].sort()).toEqual([...originals.keys()].sort());
  });

  it('has the same placeholders', () => {
    for (const [key, text] of texts) {
      expect(placeholders(text), key).toEqual(placeholders(originals.get(key) ?? ''));
    }
  });

  it('has no empty text, none with space around it, and typographic apostrophes and quotation marks', () => {
    for (const [key, text] of texts) {
      expect(text, key).not.toBe('');
      expect(text, key).toBe(text.trim());
      expect(text, key).not.toMatch(/['"]/);
      expect(text, key).not.toMatch(/ …|\.\.\./);
    }
  });

  it('is translated', () => {
    const names = /(?:brand|service\.(?:label|local))$/;
    const same = [...texts].filter(
      ([key, text]) => file !== 'en.json' && !names.test(key) && originals.get(key) === text,
    );
    expect(same).toEqual([]);
  });
});

it('a server is a server in every text, and Carol has Arabic letters in Arabic', () => {
  for (const file of files) {
    for (const [key, text] of textsOf(file)) {
      // What has to be typed as it is, and the placeholders, are names and no words.
      const words = text.replace(/host\.docker\.internal|localhost|https:\/\/\S+|\{\{\w+\}\}/g, '');
      expect(words, `${file} ${key}`).not.toMatch(/\bhost|\bhôte|مضيف/i);
      expect(words, `${file} ${key}`).not.toMatch(file === 'ar.json' ? /Carol/ : /كارول/);
    }
  }
});

it('French has no name after a word that a vowel shortens', () => {
  for (const [key, text] of textsOf('fr.json')) {
    expect(text, key).not.toMatch(/\b(?:de|que|si) \{\{/);
  }
});

it('French has no-break spaces before its high punctuation and inside its quotation marks', () => {
  for (const [key, text] of textsOf('fr.json')) {
    // A colon inside an address is none of French.
    expect(text.replace(/https?:\/\//g, ''), key).not.toMatch(/(?:^|[^\u00a0\u202f])[?!;:»]|«[^\u00a0\u202f]/);
  }
});
