import type { LlmSettings, Provider } from '@carol/llm-settings-client';
import { originOf } from './address';

/** Whether a service takes an API key. */
export type KeyPolicy = 'required' | 'optional' | 'none';

/** A service by the name that people know it by. It stands for a protocol and an address. */
export interface Service {
  id: string;
  name: string;
  provider: Provider;
  /** The address to send; empty where there is none to send or none is known. */
  baseUrl: string;
  /** Whether the address is on show: it can be another one, or the person has to enter it. */
  showsAddress: boolean;
  /** It runs on a computer of the person's own. */
  local: boolean;
  key: KeyPolicy;
  /** Where its API keys are made. */
  keysUrl?: string;
  /** Models to begin with, until the service itself has said which it has. The first one is filled in. */
  models: readonly string[];
}

function hosted(
  id: string,
  name: string,
  baseUrl: string,
  keysUrl: string,
  models: readonly string[],
  provider: Provider = 'openai_compatible',
): Service {
  return { id, name, provider, baseUrl, showsAddress: false, local: false, key: 'required', keysUrl, models };
}

function local(id: string, name: string, port: number, models: readonly string[]): Service {
  const baseUrl = `http://localhost:${port}/v1`;
  return { id, name, provider: 'openai_compatible', baseUrl, showsAddress: true, local: true, key: 'none', models };
}

const azure: Service = {
  ...hosted('azure', 'Azure OpenAI', '', 'https://portal.azure.com/', []),
  showsAddress: true,
};

/** Any other address, and whichever of the two protocols it speaks. Its name is a text of each language. */
export const otherService: Service = {
  id: 'other',
  name: '',
  provider: 'openai_compatible',
  baseUrl: '',
  showsAddress: true,
  local: false,
  key: 'optional',
  models: [],
};

export const services: readonly Service[] = [
  hosted(
    'anthropic',
    'Anthropic',
    '',
    'https://console.anthropic.com/settings/keys',
    ['claude-sonnet-4-5', 'claude-opus-4-5', 'claude-haiku-4-5'],
    'anthropic',
  ),
  hosted('openai', 'OpenAI', 'https://api.openai.com/v1', 'https://platform.openai.com/api-keys', [
    'gpt-5',
    'gpt-5-mini',
    'gpt-4.1',
  ]),
  hosted('openrouter', 'OpenRouter', 'https://openrouter.ai/api/v1', 'https://openrouter.ai/settings/keys', [
    'anthropic/claude-sonnet-4.5',
    'openai/gpt-5',
    'mistralai/mistral-large',
  ]),
  hosted('groq', 'Groq', 'https://api.groq.com/openai/v1', 'https://console.groq.com/keys', [
    'llama-3.3-70b-versatile',
    'openai/gpt-oss-120b',
  ]),
  hosted('mistral', 'Mistral', 'https://api.mistral.ai/v1', 'https://console.mistral.ai/api-keys', [
    'mistral-large-latest',
    'mistral-small-latest',
  ]),
  hosted('together', 'Together', 'https://api.together.xyz/v1', 'https://api.together.ai/settings/api-keys', [
    'meta-llama/Llama-3.3-70B-Instruct-Turbo',
    'deepseek-ai/DeepSeek-V3',
  ]),
  hosted('deepseek', 'DeepSeek', 'https://api.deepseek.com/v1', 'https://platform.deepseek.com/api_keys', [
    'deepseek-chat',
    'deepseek-reasoner',
  ]),
  hosted(
    'gemini',
    'Google Gemini',
    'https://generativelanguage.googleapis.com/v1beta/openai',
    'https://aistudio.google.com/apikey',
    ['gemini-2.5-flash', 'gemini-2.5-pro'],
  ),
  azure,
  local('ollama', 'Ollama', 11434, ['llama3.2', 'qwen3', 'gpt-oss:20b']),
  local('lmstudio', 'LM Studio', 1234, ['openai/gpt-oss-20b']),
  local('vllm', 'vLLM', 8000, []),
  otherService,
];

/** How the keys of some services begin. */
const KEY_PREFIXES: Record<string, string> = {
  anthropic: 'sk-ant-',
  openai: 'sk-proj-',
  openrouter: 'sk-or-',
  groq: 'gsk_',
  gemini: 'AIza',
};

/** The service that an API key is likely to be for; null where the key does not tell. */
export function serviceOfKey(key: string): Service | null {
  return services.find(({ id }) => key.startsWith(KEY_PREFIXES[id] ?? ' ')) ?? null;
}

export function serviceById(id: string): Service {
  return services.find((service) => service.id === id) ?? otherService;
}

/** The service that stored settings belong to; null for a provider that this page does not know. */
export function serviceOf({ provider, baseUrl }: Pick<LlmSettings, 'provider' | 'baseUrl'>): Service | null {
  if (!['anthropic', 'openai_compatible'].includes(provider)) {
    return null;
  }
  return services.find((service) => service.provider === provider && isAt(service, baseUrl ?? '')) ?? otherService;
}

function isAt(service: Service, baseUrl: string): boolean {
  const url = originOf(baseUrl) === null ? null : new URL(baseUrl);
  if (service.id === 'azure') {
    return url?.hostname.endsWith('.openai.azure.com') === true;
  }
  if (service.local) {
    return url?.protocol === 'http:' && url.port === new URL(service.baseUrl).port;
  }
  return service !== otherService && normal(baseUrl) === normal(service.baseUrl);
}

/** The same text for all spellings of one address. */
function normal(address: string): string {
  return originOf(address) === null ? address : new URL(address).href.replace(/\/$/, '');
}
