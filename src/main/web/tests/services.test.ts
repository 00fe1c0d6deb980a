import { describe, expect, it } from 'vitest';
import { hostOf, isLoopback, originOf, spellingsOf } from '../src/features/llm-settings/address';
import { mendAddress } from '../src/features/llm-settings/mending';
import { serviceOf, serviceOfKey, services } from '../src/features/llm-settings/services';
import { similarNames } from '../src/features/llm-settings/similar';

describe('the services', () => {
  it('are those that people have accounts with, then those of their own computer, then any other', () => {
    expect(services.map(({ id }) => id)).toEqual([
      'anthropic',
      'openai',
      'openrouter',
      'groq',
      'mistral',
      'together',
      'deepseek',
      'gemini',
      'azure',
      'ollama',
      'lmstudio',
      'vllm',
      'other',
    ]);
  });

  it.each(services.map((service) => [service.id, service]))('%s is found again by what it stores', (_id, service) => {
    const baseUrl = service.id === 'azure' ? 'https://mine.openai.azure.com/openai/v1' : service.baseUrl || null;
    expect(serviceOf({ provider: service.provider, baseUrl })).toBe(service);
    expect(mendAddress(service.baseUrl, service.provider).mendings).toEqual([]);
  });

  it.each(services.filter(({ key }) => key === 'required').map((service) => [service.id, service]))(
    '%s says where its keys are made',
    (_id, { keysUrl }) => {
      expect(keysUrl).toMatch(/^https:\/\//);
    },
  );

  it.each([
    ['http://nas:11434/v1', 'ollama'],
    ['https://OpenRouter.ai/api/v1/', 'openrouter'],
    ['http://host.docker.internal:1234/v1', 'lmstudio'],
    ['https://nas.example:11434/v1', 'other'],
    ['https://openrouter.ai/api/v2', 'other'],
    ['https://openrouter.ai.example/api/v1', 'other'],
    ['https://h.example/v1', 'other'],
  ])('%s is that of %s', (baseUrl, id) => {
    expect(serviceOf({ provider: 'openai_compatible', baseUrl })?.id).toBe(id);
  });

  it.each([
    ['sk-ant-FAKE', 'anthropic'],
    ['sk-proj-FAKE', 'openai'],
    ['sk-or-FAKE', 'openrouter'],
    ['gsk_FAKE', 'groq'],
    ['AIzaFAKE', 'gemini'],
    ['sk-FAKE', undefined],
    ['', undefined],
  ])('the key %s is likely to be for %s', (key, id) => {
    expect(serviceOfKey(key)?.id).toBe(id);
  });

  it('of an Anthropic gateway is another address', () => {
    expect(serviceOf({ provider: 'anthropic', baseUrl: 'https://gateway.example' })?.id).toBe('other');
  });
});

describe('an address', () => {
  it.each([
    ['https://h.example/v1', ['https://h.example/v1']],
    ['ftp://h.example', ['ftp://h.example']],
    ['', ['']],
    ['100.101.102.103:11434/v1', ['http://100.101.102.103:11434/v1', 'https://100.101.102.103:11434/v1']],
    ['[fd00::5]:11434/v1', ['http://[fd00::5]:11434/v1', 'https://[fd00::5]:11434/v1']],
    ['localhost:11434', ['http://localhost:11434', 'https://localhost:11434']],
  ])('%s may stand for %j', (address, spellings) => {
    expect(spellingsOf(address)).toEqual(spellings);
  });

  it('has an origin when it is a whole one', () => {
    expect(originOf('HTTPS://Host.example:443/v1')).toBe('https://host.example');
    expect(originOf('localhost:11434')).toBeNull();
    expect(originOf('https://')).toBeNull();
    expect(hostOf('http://nas:11434/v1')).toBe('nas:11434');
    expect(hostOf('nas:11434/v1')).toBe('nas:11434/v1');
  });

  it.each([
    'http://localhost:11434/v1',
    'localhost:1234',
    'http://127.0.0.1/v1',
    'http://[::1]:8080',
    'http://a.localhost',
  ])('%s is the computer that the service runs on', (address) => {
    expect(isLoopback(address)).toBe(true);
  });

  it.each(['https://localhost.example/v1', 'http://10.0.0.1/v1', ''])('%s is another computer', (address) => {
    expect(isLoopback(address)).toBe(false);
  });
});

describe('similar names', () => {
  it('are the nearest of the list, whatever separates their parts', () => {
    const names = ['gpt-4o', 'gpt-4o-mini', 'claude-sonnet-4-5', 'mistral-large-latest', 'anthropic/claude-sonnet-4.5'];
    expect(similarNames('claude-sonnet-4.5', names, 3)).toEqual(['claude-sonnet-4-5', 'anthropic/claude-sonnet-4.5']);
    expect(similarNames('gpt4o', names, 3)[0]).toBe('gpt-4o');
  });

  it('are none where nothing is like it', () => {
    expect(similarNames('qwen3', ['gpt-4o', 'claude'], 3)).toEqual([]);
    expect(similarNames('', ['gpt-4o'], 3)).toEqual([]);
  });
});
