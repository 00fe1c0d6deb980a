import { describe, expect, it } from 'vitest';
import { healAddress } from '../src/features/llm-settings/healing';
import { blank, isLoopback, originOf, presetAt, presets } from '../src/features/llm-settings/presets';

describe('presets', () => {
  it.each(presets.map((preset) => [preset.name, preset]))('%s is an address that needs no mending', (_name, preset) => {
    expect(healAddress(preset.baseUrl).healings).toEqual([]);
    expect(preset.baseUrl).toMatch(preset.local ? /^http:\/\/localhost:\d+\// : /^https:\/\//);
  });

  it('are told apart by their origin', () => {
    const origins = presets.map((preset) => originOf(preset.baseUrl) ?? preset.baseUrl);
    expect(new Set(origins).size).toBe(presets.length);
  });

  it('with a part to fill in is not a whole address, so that it cannot be saved as it is', () => {
    expect(originOf(`https://${blank}.openai.azure.com/openai/v1`)).toBeNull();
  });

  it('is recognised whatever the path', () => {
    expect(presetAt('https://OPENROUTER.ai:443/other')?.name).toBe('OpenRouter');
    expect(presetAt('https://openrouter.ai.example/api/v1')).toBeUndefined();
    expect(presetAt('https://')).toBeUndefined();
  });
});

describe('the address of the own machine', () => {
  it.each(['http://localhost:11434/v1', 'http://127.0.0.1/v1', 'http://[::1]:8080/v1', 'http://a.localhost/v1'])(
    '%s',
    (address) => expect(isLoopback(address)).toBe(true),
  );
  it.each(['https://localhost.example/v1', 'http://10.0.0.1/v1', 'localhost', ''])('is not %s', (address) =>
    expect(isLoopback(address)).toBe(false),
  );
});
