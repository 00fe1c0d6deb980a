import { LlmSettingsProblem, type FieldErrorCode, type StoredLlmSettings } from '@carol/llm-settings-client';
import { formOf, type FormState } from '../src/features/llm-settings/form';
import { type FormEvent, reduce } from '../src/features/llm-settings/reducer';
import { serviceById } from '../src/features/llm-settings/services';

type StoredAt<P> = Extract<StoredLlmSettings, { provider: P }>;

export const openRouter: StoredAt<'openai_compatible'> = {
  provider: 'openai_compatible',
  model: 'mistralai/mistral-large',
  baseUrl: 'https://openrouter.ai/api/v1',
  keyConfigured: true,
  etag: '"1"',
};
export const ollama: StoredAt<'openai_compatible'> = {
  ...openRouter,
  model: 'llama3.2',
  baseUrl: 'http://localhost:11434/v1',
  keyConfigured: false,
};
export const claude: StoredAt<'anthropic'> = {
  provider: 'anthropic',
  model: 'claude-sonnet-4-5',
  baseUrl: null,
  keyConfigured: true,
  etag: '"1"',
};

export const after = (stored: StoredLlmSettings | null, ...events: FormEvent[]): FormState =>
  events.reduce(reduce, formOf(stored));

export const choose = (id: string): FormEvent => ({ type: 'serviceChosen', service: serviceById(id) });
export const typeKey = (text: string): FormEvent => ({ type: 'typed', field: 'apiKey', text });
export const typeModel = (text: string): FormEvent => ({ type: 'typed', field: 'model', text });
export const typeAddress = (text: string): FormEvent => ({ type: 'typed', field: 'baseUrl', text });

export const refusal = (...errors: [pointer: string, code: string][]): LlmSettingsProblem =>
  new LlmSettingsProblem({
    code: 'invalid',
    detail: 'refused',
    status: 422,
    errors: errors.map(([pointer, code]) => ({ pointer, code: code as FieldErrorCode, detail: 'refused' })),
  });
