import { describe, expect, it } from 'vitest';
import { mend, mendAddress, mendModel } from '../src/features/llm-settings/mending';

const address = (text: string) => mendAddress(text, 'openai_compatible').text;

describe('a key or a model', () => {
  it.each([
    ['spaces', '  gpt-4o \n'],
    ['a no-break space', 'gpt-4o\u00a0'],
    ['an ideographic space', 'gpt-4o\u3000'],
    ['a zero-width space', '\u200bgpt-4o\u200b'],
    ['a byte order mark', '\ufeffgpt-4o'],
    ['a word joiner', 'gpt-4o\u2060'],
    ['marks of direction', '\u200egpt-4o\u200f\u061c'],
    ['a Hangul filler', 'gpt-4o\u3164'],
  ])('loses %s around it', (_what, text) => {
    expect(mend(text)).toEqual({ text: 'gpt-4o', mendings: [{ kind: 'unseen' }] });
  });

  it.each([
    'sk-FAKE-1',
    'FAKE/NOT+REAL==',
    'team-api-key:s3cr3t',
    'Basic dXNlcjpwYXNz',
    'OPENAI_API_KEY=sk-1  # prod key',
    'sk-first\nsk-second',
    '-H "Authorization: Bearer sk-1"',
    '"sk-1"',
    'Bearer sk-1',
    'sk-FA KE',
    'gpt\u200b-4o',
    '****',
    '',
  ])('stays as it is, for the service to judge: %j', (text) => {
    expect(mend(text)).toEqual({ text, mendings: [] });
  });

  it('that shows nothing is empty', () => {
    expect(mend('\u200b\ufeff\u3164').text).toBe('');
  });
});

describe('a model', () => {
  it.each([
    ['"gpt-5"', 'gpt-5', [{ kind: 'quotes' }]],
    ["  'gpt-5'\u200b", 'gpt-5', [{ kind: 'unseen' }, { kind: 'quotes' }]],
    ['`gpt-5`', 'gpt-5', [{ kind: 'quotes' }]],
    ['"gpt-5', '"gpt-5', []],
    ['a "b" c', 'a "b" c', []],
    ['""', '""', []],
    [' gpt-5', 'gpt-5', [{ kind: 'unseen' }]],
  ])('loses quotes around it: %j', (text, mended, mendings) => {
    expect(mendModel(text)).toEqual({ text: mended, mendings });
  });
});

describe('an address', () => {
  it.each([
    ['https://h.example/v1/', 'https://h.example/v1', [{ kind: 'slash' }]],
    ['https://h.example/', 'https://h.example', [{ kind: 'slash' }]],
    [' https://h.example/v1\u200b', 'https://h.example/v1', [{ kind: 'unseen' }]],
    ['https://h.example/v1/chat/completions', 'https://h.example/v1', [{ kind: 'endpoint', cut: '/chat/completions' }]],
    [
      'https://h.example/v1/chat/completions/',
      'https://h.example/v1',
      [{ kind: 'endpoint', cut: '/chat/completions/' }],
    ],
    ['https://h.example/v1beta/models', 'https://h.example/v1beta', [{ kind: 'endpoint', cut: '/models' }]],
    ['https://h.example/v1/responses', 'https://h.example/v1', [{ kind: 'endpoint', cut: '/responses' }]],
    [
      'https://r.openai.azure.com/openai/deployments/gpt-4o/chat/completions',
      'https://r.openai.azure.com/openai/deployments/gpt-4o',
      [{ kind: 'endpoint', cut: '/chat/completions' }],
    ],
    ['https://llm.münchen.example/v1', 'https://llm.xn--mnchen-3ya.example/v1', [{ kind: 'host' }]],
    ['llm.münchen.example:8080/v1', 'llm.xn--mnchen-3ya.example:8080/v1', [{ kind: 'host' }]],
  ])('is mended where nothing is lost: %s', (text, mended, mendings) => {
    expect(mendAddress(text, 'openai_compatible')).toEqual({ text: mended, mendings });
  });

  it.each([
    'https://r.openai.azure.com/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21',
    'https://h.example/v1/chat/completions#x',
    'https://r.services.ai.azure.com/models',
    'https://h.example/responses',
    'http://models',
    'http://chat/completions',
    'http://completions:8080',
    'https://h.example/v1?key=value',
    'https://h.example/a b',
    'https://user:secret@münchen.example/v1',
    'http://[::1]:8080/v1',
    'ftp://h.example/v1',
    'https://',
    'https:/',
    '',
  ])('stays as it is, for the service to judge: %s', (text) => {
    expect(mendAddress(text, 'openai_compatible')).toEqual({ text, mendings: [] });
  });

  it('keeps the slash at its end while it is being entered', () => {
    expect(mendAddress('https://h.example/ ', 'openai_compatible', true)).toEqual({
      text: 'https://h.example/',
      mendings: [{ kind: 'unseen' }],
    });
  });

  it('never loses its host', () => {
    expect(address('http://models/')).toBe('http://models');
    expect(address('http://chat/completions/')).toBe('http://chat/completions');
  });

  it.each([
    ['https://gateway.example/v1/messages', 'https://gateway.example', '/v1/messages'],
    ['https://gateway.example/anthropic/v1/', 'https://gateway.example/anthropic', '/v1/'],
  ])('of the Anthropic protocol ends before /v1: %s', (text, mended, cut) => {
    expect(mendAddress(text, 'anthropic')).toEqual({ text: mended, mendings: [{ kind: 'endpoint', cut }] });
  });
});
