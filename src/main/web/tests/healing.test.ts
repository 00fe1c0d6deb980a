import { describe, expect, it } from 'vitest';
import { healAddress, healKey } from '../src/features/llm-settings/healing';

describe('a pasted key', () => {
  it.each([
    ['spaces around it', '  sk-FAKE-1 \n', 'sk-FAKE-1', ['spaces']],
    ['a line break inside', 'sk-FA\nKE-1', 'sk-FAKE-1', ['spaces']],
    ['a space inside', 'sk-FA KE-1', 'sk-FAKE-1', ['spaces']],
    ['zero-width characters', '\u200bsk-\u2060FAKE-1\ufeff', 'sk-FAKE-1', ['spaces']],
    ['Bearer in front', 'Bearer sk-FAKE-1', 'sk-FAKE-1', ['bearer']],
    ['a whole header', 'Authorization: Bearer sk-FAKE-1', 'sk-FAKE-1', ['bearer']],
    ['another header', 'x-api-key: sk-FAKE-1', 'sk-FAKE-1', ['assignment']],
    ['quotation marks', '"sk-FAKE-1"', 'sk-FAKE-1', ['quotes']],
    ['typographic quotation marks', '„sk-FAKE-1“', 'sk-FAKE-1', ['quotes']],
    ['a line of an env file', 'OPENAI_API_KEY=sk-FAKE-1', 'sk-FAKE-1', ['assignment']],
    ['an export', "export ANTHROPIC_API_KEY='sk-FAKE-1'", 'sk-FAKE-1', ['assignment', 'quotes']],
    ['PowerShell', '$env:OPENAI_API_KEY = "sk-FAKE-1"', 'sk-FAKE-1', ['assignment', 'quotes']],
    ['all at once', ' export A_KEY="Bearer sk-FAKE-1 " ', 'sk-FAKE-1', ['spaces', 'assignment', 'quotes', 'bearer']],
  ])('loses %s', (_what, pasted, key, healings) => {
    expect(healKey(pasted)).toEqual({ text: key, healings });
  });

  it.each([
    'sk-FAKE-1',
    'fa6efa6efa6efa6efa6efa6efa6efa6e',
    'FAKE/NOT+REAL==',
    'sk_FAKE_1=abc==',
    'AIzaSyFAKE_NOT-REAL',
    '****',
    '',
  ])('that is fine stays as it is: %s', (key) => {
    expect(healKey(key)).toEqual({ text: key, healings: [] });
  });
});

describe('a pasted address', () => {
  it.each([
    ['spaces around it', ' https://h.example/v1 ', 'https://h.example/v1', ['spaces']],
    ['zero-width characters', 'https://h.example/\u200bv1', 'https://h.example/v1', ['spaces']],
    ['the endpoint', 'https://h.example/v1/chat/completions', 'https://h.example/v1', ['endpoint']],
    ['the endpoint and a slash', 'https://h.example/v1/chat/completions/', 'https://h.example/v1', ['endpoint']],
    ['the endpoint and its query', 'https://h.example/v1/chat/completions?a=b', 'https://h.example/v1', ['endpoint']],
    ['another endpoint', 'https://h.example/v1/models', 'https://h.example/v1', ['endpoint']],
    ['a slash at the end', 'https://h.example/v1/', 'https://h.example/v1', ['slash']],
    ['quotation marks', '"https://h.example/v1"', 'https://h.example/v1', ['quotes']],
    ['angle brackets', '<https://h.example/v1>', 'https://h.example/v1', ['quotes']],
    ['the name of a variable', 'OPENAI_BASE_URL=https://h.example/v1', 'https://h.example/v1', ['assignment']],
  ])('loses %s', (_what, pasted, address, healings) => {
    expect(healAddress(pasted)).toEqual({ text: address, healings });
  });

  it.each([
    ['api.openai.com/v1', 'https://api.openai.com/v1'],
    ['api.openai.com', 'https://api.openai.com'],
    ['localhost:11434/v1', 'http://localhost:11434/v1'],
    ['localhost', 'http://localhost'],
    ['ollama:11434/v1', 'http://ollama:11434/v1'],
    ['192.168.1.20:1234/v1', 'http://192.168.1.20:1234/v1'],
    ['172.16.0.1/v1', 'http://172.16.0.1/v1'],
    ['172.32.0.1/v1', 'https://172.32.0.1/v1'],
    ['box.lan/v1', 'http://box.lan/v1'],
  ])('gets the scheme that fits: %s', (pasted, address) => {
    expect(healAddress(pasted)).toEqual({ text: address, healings: ['scheme'] });
  });

  it.each([
    'https://h.example/v1',
    'http://localhost:11434/v1',
    'https://h.example/v1?key=value',
    'https://h.example/modelserver',
    'http://[::1]:8080/v1',
    'https://',
    'openai',
    'not an address',
    '',
  ])('that is fine, or beyond mending, stays as it is: %s', (address) => {
    expect(healAddress(address)).toEqual({ text: address, healings: [] });
  });
});
