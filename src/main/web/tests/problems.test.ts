import { describe, expect, it } from 'vitest';
import { FieldErrorCode, type LlmCheck, LlmSettingsProblem, ProblemCode } from '@carol/llm-settings-client';
import { english, translator } from '../src/i18n/texts';
import type { Draft } from '../src/features/llm-settings/form';
import { errorText, leavesOpen, passes, problemText, unshownPart } from '../src/features/llm-settings/problems';
import { serviceById, serviceOfKey } from '../src/features/llm-settings/services';
import { resultText } from '../src/features/llm-settings/TryIt';
import { refusal } from './settings';

const t = translator(english, 'en');
type Failure = ConstructorParameters<typeof LlmSettingsProblem>[0];
const problem = (failure: Omit<Failure, 'detail'>) => new LlmSettingsProblem({ detail: 'd', ...failure });

describe('a problem', () => {
  it.each(Object.values(ProblemCode))('%s has a title and says what to do', (code) => {
    const text = problemText(problem({ code, errors: refusal(['/model', 'required']).errors }));
    expect(t(`problems.${text}.title`)).not.toBe('');
    expect(t(`problems.${text}.text`)).not.toBe('');
  });

  it.each([
    [403, 'refused', 'refused'],
    [409, 'refused', 'refused'],
    [503, 'unavailable', 'away'],
    [500, 'internal', 'fault'],
    [429, 'rate_limited', 'tooMany'],
  ] as const)('of a code that is newer than this page goes by its status, %i', (status, code, text) => {
    expect(problemText(problem({ code, receivedCode: 'newer_than_this_page', status }))).toBe(text);
  });

  it('of a code that the page knows and the client does not goes by the code', () => {
    expect(problemText(problem({ code: 'unavailable', receivedCode: 'overloaded', status: 503 }))).toBe('tooMany');
    expect(problemText(problem({ code: 'refused', receivedCode: 'toString', status: 400 }))).toBe('refused');
  });

  it('with a part that is no field of the form says which', () => {
    expect(problemText(refusal(['/temperature', 'unknown_field']))).toBe('refusedPart');
    expect(problemText(refusal(['/temperature', 'unknown_field'], ['/model', 'required']))).toBe('invalid');
    // An empty pointer is the whole body.
    expect(unshownPart(refusal(['', 'invalid_type']))).toBe('/');
  });

  it('passes by itself or not', () => {
    expect(passes(problem({ code: 'network_error' }))).toBe(true);
    expect(passes(problem({ code: 'unauthenticated' }))).toBe(false);
  });

  it.each([
    ['database_unavailable', true],
    ['unavailable', true],
    ['internal', true],
    ['network_error', true],
    ['timeout', true],
    ['unexpected_answer', true],
    ['identity_provider_unavailable', false],
    ['encryption_key_missing', false],
    ['encryption_key_foreign', false],
    ['http_version_not_supported', false],
    ['rate_limited', false],
    ['invalid', false],
  ] as const)('%s leaves open whether a change was made: %s', (code, open) => {
    expect(leavesOpen(problem({ code }))).toBe(open);
  });
});

describe('a refused field', () => {
  /** Not of what this page sends. */
  const impossible: FieldErrorCode[] = ['unknown_field', 'invalid_type', 'api_key_blank'];

  it.each(Object.values(FieldErrorCode).filter((code) => !impossible.includes(code)))(
    '%s has a text of its own',
    (code) => {
      const key = errorText('model', code, '');
      expect(key).not.toBe('errors.other');
      expect(t(key)).not.toBe('');
    },
  );

  it.each([
    ['https://h.example/v1?api-version=preview', 'errors.base_url_query'],
    ['https://h.example/v1#x', 'errors.base_url_query'],
    ['https://user:secret@h.example/v1', 'errors.base_url_user'],
    ['user@h.example/v1', 'errors.base_url_user'],
    ['ftp://h.example/v1', 'errors.base_url_scheme'],
    ['https://h example/v1', 'errors.base_url_malformed'],
    ['https://h.example/a@b', 'errors.base_url_malformed'],
  ])('says what is wrong with %s', (address, text) => {
    expect(errorText('baseUrl', 'base_url_malformed', address)).toBe(text);
  });

  it('says that a service is not allowed, where no address is on show', () => {
    expect(errorText('provider', 'base_url_forbidden_host', '')).toBe('errors.service_forbidden');
    expect(errorText('baseUrl', 'base_url_forbidden_host', '')).toBe('errors.base_url_forbidden_host');
  });

  it('of a code that is newer than this page has a text all the same', () => {
    expect(errorText('model', 'newer_than_this_page' as FieldErrorCode, '')).toBe('errors.other');
  });
});

describe('the answer to Try it', () => {
  const works: LlmCheck = { verdict: 'works', reason: null, key: 'accepted', model: 'listed', models: ['m', 'n'] };
  const fails: LlmCheck = { ...works, verdict: 'fails', model: 'unjudged', models: [] };
  const noList: LlmCheck = { ...fails, verdict: 'unsure', reason: 'no_model_list' };
  const notListed: LlmCheck = { ...works, verdict: 'unsure', model: 'not_listed' };
  const tried = (id: string, change: Partial<Draft & { key: string }> = {}) => {
    const { baseUrl = 'https://h.example/v1', model = 'm', key = '', provider = 'openai_compatible' } = change;
    return { service: serviceById(id), draft: { provider, baseUrl, model }, keyOf: serviceOfKey(key) };
  };

  it.each([
    ['check.works', works, tried('openai')],
    ['check.worksWithoutKey', { ...works, key: 'none' }, tried('ollama')],
    ['check.keyUnjudged', { ...works, verdict: 'unsure', key: 'unjudged' }, tried('other')],
    ['check.notListed', notListed, tried('openai')],
    ['check.notListedLocal', notListed, tried('ollama')],
    ['check.noModels', { ...notListed, models: [] }, tried('ollama')],
    ['check.chooseModel', notListed, tried('vllm', { model: '' })],
    ['check.noModels', { ...notListed, models: [] }, tried('vllm', { model: '' })],
    ['check.unsure', { ...works, verdict: 'unsure', model: 'unjudged' }, tried('openai')],
    ['check.fails', fails, tried('openai')],
    ['check.fails', { ...fails, reason: 'newer_than_this_page' }, tried('openai')],
    ['check.reasons.hosted', { ...fails, reason: 'name_not_found' }, tried('anthropic', { baseUrl: '' })],
    ['check.reasons.hosted', { ...fails, reason: 'connection_refused' }, tried('openai')],
    ['check.reasons.hosted', { ...fails, reason: 'timeout' }, tried('openai')],
    ['check.reasons.hosted', { ...fails, reason: 'tls' }, tried('openai')],
    ['check.reasons.hosted', { ...fails, reason: 'redirected' }, tried('openai')],
    ['check.reasons.hosted', { ...fails, reason: 'not_an_llm' }, tried('openai')],
    ['check.reasons.tls', { ...fails, reason: 'tls' }, tried('azure')],
    ['check.reasons.address_not_allowed', { ...fails, reason: 'address_not_allowed' }, tried('openai')],
    ['check.noListWithoutKey', { ...noList, key: 'none' }, tried('ollama', { baseUrl: 'http://nas:11434/v1' })],
    ['check.reasons.no_credit', { ...fails, reason: 'no_credit' }, tried('openai')],
    ['check.reasons.no_model_list', noList, tried('ollama', { baseUrl: 'http://nas:11434/v1' })],
    ['check.reasons.version_missing', noList, tried('ollama', { baseUrl: 'http://nas:11434' })],
    ['check.reasons.version_missing', noList, tried('other', { baseUrl: 'https://h.example/api' })],
    ['check.reasons.no_model_list', noList, tried('other', { baseUrl: 'https://h.example', provider: 'anthropic' })],
    ['check.keyWanted', { ...fails, reason: 'key_refused', key: 'none' }, tried('ollama')],
    ['check.keyWanted', { ...fails, reason: 'key_not_permitted', key: 'none' }, tried('ollama')],
    ['check.keyOfAnother', { ...fails, reason: 'key_refused' }, tried('openai', { key: 'sk-ant-FAKE' })],
    ['check.reasons.key_refused', { ...fails, reason: 'key_refused' }, tried('openai', { key: 'sk-proj-FAKE' })],
    ['check.reasons.key_refused', { ...fails, reason: 'key_refused' }, tried('openai', { key: 'FAKE' })],
    [
      'check.reasons.loopback',
      { ...fails, reason: 'connection_refused' },
      tried('ollama', { baseUrl: 'http://localhost:1' }),
    ],
    ['check.reasons.loopback', { ...fails, reason: 'timeout' }, tried('ollama', { baseUrl: 'http://127.0.0.1:1' })],
  ] as [string, LlmCheck, ReturnType<typeof tried>][])('is %s', (text, result, what) => {
    expect(resultText(result, what)).toBe(text);
  });
});
