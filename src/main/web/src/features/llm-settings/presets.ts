/** A known address; a place to start from, not a closed list. */
export interface Preset {
  name: string;
  baseUrl: string;
  /** Runs on a machine of one's own, where no key is needed as a rule. */
  local?: boolean;
  /** Names to choose from; any other is just as good. */
  models: string[];
}

export const anthropicModels = ['claude-opus-4-5', 'claude-sonnet-4-5', 'claude-haiku-4-5'];

/** What the person has to fill in. No host has such characters, so that it cannot be saved as it is. */
export const blank = '<resource>';

export const presets: Preset[] = [
  { name: 'OpenAI', baseUrl: 'https://api.openai.com/v1', models: ['gpt-5', 'gpt-5-mini', 'gpt-4.1'] },
  {
    name: 'OpenRouter',
    baseUrl: 'https://openrouter.ai/api/v1',
    models: ['anthropic/claude-sonnet-4.5', 'openai/gpt-5', 'mistralai/mistral-large'],
  },
  {
    name: 'Groq',
    baseUrl: 'https://api.groq.com/openai/v1',
    models: ['llama-3.3-70b-versatile', 'openai/gpt-oss-120b'],
  },
  {
    name: 'Mistral',
    baseUrl: 'https://api.mistral.ai/v1',
    models: ['mistral-large-latest', 'mistral-small-latest'],
  },
  {
    name: 'Together',
    baseUrl: 'https://api.together.xyz/v1',
    models: ['meta-llama/Llama-3.3-70B-Instruct-Turbo', 'deepseek-ai/DeepSeek-V3'],
  },
  {
    name: 'DeepSeek',
    baseUrl: 'https://api.deepseek.com/v1',
    models: ['deepseek-chat', 'deepseek-reasoner'],
  },
  {
    name: 'Google Gemini',
    baseUrl: 'https://generativelanguage.googleapis.com/v1beta/openai',
    models: ['gemini-2.5-pro', 'gemini-2.5-flash'],
  },
  { name: 'Azure OpenAI', baseUrl: `https://${blank}.openai.azure.com/openai/v1`, models: [] },
  {
    name: 'Ollama',
    baseUrl: 'http://localhost:11434/v1',
    local: true,
    models: ['llama3.2', 'qwen3', 'gpt-oss:20b'],
  },
  { name: 'LM Studio', baseUrl: 'http://localhost:1234/v1', local: true, models: ['openai/gpt-oss-20b'] },
  { name: 'vLLM', baseUrl: 'http://localhost:8000/v1', local: true, models: [] },
];

/** The preset at the origin of this address. */
export function presetAt(baseUrl: string): Preset | undefined {
  const origin = originOf(baseUrl);
  return origin === null ? undefined : presets.find((preset) => originOf(preset.baseUrl) === origin);
}

/** Scheme, host and port of a URL; null while there is no whole one. */
export function originOf(baseUrl: string): string | null {
  const url = parsed(baseUrl);
  return url && /^https?:$/.test(url.protocol) ? url.origin : null;
}

/** Whether the address is of the machine that the service itself runs on. */
export function isLoopback(baseUrl: string): boolean {
  return /^(?:localhost|.*\.localhost|127\.[\d.]+|\[::1\])$/.test(parsed(baseUrl)?.hostname ?? '');
}

function parsed(baseUrl: string): URL | null {
  return URL.canParse(baseUrl) ? new URL(baseUrl) : null;
}
