import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FieldErrorCode, ProblemCode } from '@carol/llm-settings-client';
import { problemText } from '../src/features/llm-settings/messages';

type Texts = { [key: string]: string | Texts };

const folder = new URL('../src/i18n/locales/', import.meta.url);
const files = readdirSync(folder);

function textsOf(file: string): Map<string, string> {
  const flat = (texts: Texts, path: string): [string, string][] =>
    Object.entries(texts).flatMap(([key, text]) =>
      typeof text === 'string' ? [[`${path}${key}`, text]] : flat(text, `${path}${key}.`),
    );
  return new Map(flat(JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Texts, ''));
}

const placeholders = (text: string) => (text.match(/\{\{[^}]*\}\}/g) ?? []).sort();
const english = textsOf('en.json');

describe('the texts', () => {
  it('are there in English, German, French and Arabic', () => {
    expect(files.sort()).toEqual(['ar.json', 'de.json', 'en.json', 'fr.json']);
  });

  it('are all under account.llm', () => {
    expect([...english.keys()].filter((key) => !key.startsWith('account.llm.'))).toEqual([]);
  });

  it('have one for every error of the contract', () => {
    for (const code of Object.values(FieldErrorCode)) {
      expect(english.has(`account.llm.errors.${code}`), code).toBe(true);
    }
    for (const code of Object.values(ProblemCode)) {
      expect(english.has(`account.llm.problems.${problemText[code]}.title`), code).toBe(true);
    }
  });
});

describe.each(files)('%s', (file) => {
  const texts = textsOf(file);

  it('has exactly the keys of the English texts', () => {
    expect([...texts.keys()].sort()).toEqual([...english.keys()].sort());
  });

  it('has the same placeholders', () => {
    for (const [key, text] of texts) {
      expect(placeholders(text), key).toEqual(placeholders(english.get(key) ?? ''));
    }
  });

  it('has no empty text, and none with space around it', () => {
    for (const [key, text] of texts) {
      expect(text, key).not.toBe('');
      expect(text, key).toBe(text.trim());
    }
  });

  it('is translated', () => {
    const names = /(?:\.name|address\.local)$/;
    const same = [...texts].filter(
      ([key, text]) => file !== 'en.json' && !names.test(key) && english.get(key) === text,
    );
    expect(same).toEqual([]);
  });
});
