import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, expectTypeOf, it, vi } from 'vitest';
import {
  createLlmSettingsClient,
  LlmSettingsProblem,
  type FailureCode,
  type LlmSettingsClient,
  type LlmSettingsClientOptions,
  type LlmSettingsUpdate,
  type StoredLlmSettings,
} from '@carol/llm-settings-client';
import {
  checkLlmSettingsOptions,
  llmSettingsOptions,
  llmSettingsQueryKey,
  llmStatusOptions,
  llmStatusQueryKey,
  removeApiKeyOptions,
  removeLlmSettingsOptions,
  saveLlmSettingsOptions,
} from '@carol/llm-settings-client/react-query';
import {
  dehydrate,
  focusManager,
  MutationObserver,
  onlineManager,
  QueryClient,
  QueryObserver,
} from '@tanstack/react-query';

const settings = { provider: 'anthropic', model: 'claude', baseUrl: null, keyConfigured: true } as const;
const stored: StoredLlmSettings = { ...settings, etag: '"v1"' };
const update = { provider: 'anthropic', model: 'claude', apiKey: 'sk-CANARY' } as const;

let server: Server;
let answer: RequestListener;
let requests: {
  method?: string | undefined;
  url?: string | undefined;
  headers: IncomingMessage['headers'];
  body: string;
}[];
let client: LlmSettingsClient;

beforeEach(async () => {
  requests = [];
  server = createServer(async (request, response) => {
    const { method, url, headers } = request;
    let body = '';
    for await (const chunk of request) {
      body += String(chunk);
    }
    requests.push({ method, url, headers, body });
    answer(request, response);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  client = clientWith({});
});

afterEach(() => {
  onlineManager.setOnline(true);
  focusManager.setFocused(undefined);
  server.closeAllConnections();
  server.close();
});

const origin = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

const clientWith = (options: LlmSettingsClientOptions) => createLlmSettingsClient({ baseUrl: origin(), ...options });

function send(response: ServerResponse, status: number, type: string, body: string, headers = {}) {
  response.writeHead(status, { 'Content-Type': type, ...headers }).end(body);
}

const sendSettings =
  (etag = '"v1"', status = 200): RequestListener =>
  (_request, response) =>
    send(response, status, 'application/json', JSON.stringify(settings), { ETag: etag });

const sendNothing: RequestListener = (_request, response) => response.writeHead(204).end();

const sendProblem =
  (status: number, code: string, more = {}, headers = {}): RequestListener =>
  (_request, response) => {
    const problem = {
      type: `urn:carol:problem:${code}`,
      title: 't',
      status,
      detail: 'd',
      code,
      requestId: 'r-1',
      ...more,
    };
    send(response, status, 'application/problem+json', JSON.stringify(problem), headers);
  };

async function problemOf(call: Promise<unknown>): Promise<LlmSettingsProblem> {
  const thrown: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(thrown).toBeInstanceOf(LlmSettingsProblem);
  return thrown as LlmSettingsProblem;
}

/** Each write of a client, without its settings. */
const writes: [name: string, write: (options?: Parameters<LlmSettingsClient['remove']>[0]) => Promise<unknown>][] = [
  ['save', (options) => client.save(update, options)],
  ['remove', (options) => client.remove(options)],
  ['removeKey', (options) => client.removeKey(options)],
];

const succeed: RequestListener = (request, response) =>
  (request.method === 'DELETE' ? sendNothing : sendSettings())(request, response);

describe('read', () => {
  it('gives the settings with their version', async () => {
    answer = sendSettings();
    expect(await client.read()).toEqual(stored);
    expect(requests[0]).toMatchObject({ method: 'GET', url: '/api/settings/llm' });
  });

  it('gives null when nothing is stored', async () => {
    answer = sendProblem(404, 'not_configured');
    expect(await client.read()).toBeNull();
  });

  it('does not take another 404 for an empty form', async () => {
    answer = (_request, response) => send(response, 404, 'text/html', '<h1>Not Found</h1>');
    expect(await problemOf(client.read())).toMatchObject({ code: 'unexpected_answer', status: 404 });
  });

  it('gives the version as it came, so that the service can undo what a proxy did to it', async () => {
    answer = sendSettings('W/"v1-gzip"');
    expect((await client.read())?.etag).toBe('W/"v1-gzip"');
  });

  it('hands on members that this client does not know', async () => {
    answer = (_request, response) =>
      send(response, 200, 'application/json', JSON.stringify({ ...settings, region: 'eu' }));
    expect(await client.read()).toMatchObject({ ...settings, region: 'eu' });
  });
});

describe('save', () => {
  it('sends the settings and the version that was expected', async () => {
    answer = sendSettings('"v2"');
    expect(await client.save(update, { expected: stored })).toEqual({ ...settings, etag: '"v2"' });
    expect(requests[0]).toMatchObject({
      method: 'PUT',
      url: '/api/settings/llm',
      headers: { 'if-match': '"v1"', 'content-type': 'application/json' },
    });
    expect(JSON.parse(requests[0]!.body)).toEqual(update);
  });

  it('sends null as null and an absent key not at all', async () => {
    answer = sendSettings();
    await client.save({ provider: 'anthropic', model: 'm', apiKey: null });
    await client.save({ provider: 'anthropic', model: 'm' });
    expect(requests.map(({ body }) => body)).toEqual([
      '{"provider":"anthropic","model":"m","apiKey":null}',
      '{"provider":"anthropic","model":"m"}',
    ]);
  });

  it('takes settings only with what their provider needs', () => {
    expectTypeOf<{ provider: 'openai_compatible'; model: string }>().not.toExtend<LlmSettingsUpdate>();
    expectTypeOf<{ provider: 'openai_compatible'; model: string; baseUrl: null }>().not.toExtend<LlmSettingsUpdate>();
    expectTypeOf<{ provider: 'openai_compatible'; model: string; baseUrl: string }>().toExtend<LlmSettingsUpdate>();
    expectTypeOf<{ provider: 'anthropic'; model: string }>().toExtend<LlmSettingsUpdate>();
    expectTypeOf<{ provider: 'anthropic'; model: string; baseUrl: string }>().toExtend<LlmSettingsUpdate>();
  });
});

describe('remove', () => {
  it('deletes the settings', async () => {
    answer = sendNothing;
    await client.remove();
    expect(requests[0]).toMatchObject({ method: 'DELETE', url: '/api/settings/llm' });
  });
});

describe('removeKey', () => {
  it('deletes the key alone', async () => {
    answer = sendNothing;
    await client.removeKey();
    expect(requests[0]).toMatchObject({ method: 'DELETE', url: '/api/settings/llm/api-key' });
  });
});

describe('check', () => {
  const works = { verdict: 'works', reason: null, key: 'accepted', model: 'listed', models: ['claude'] } as const;

  it('tries the stored settings without a body', async () => {
    answer = (_request, response) => send(response, 200, 'application/json', JSON.stringify(works));
    expect(await client.check()).toEqual(works);
    expect(requests[0]).toMatchObject({ method: 'POST', url: '/api/settings/llm/check', body: '' });
  });

  it('tries other settings with a body', async () => {
    answer = (_request, response) => send(response, 200, 'application/json', JSON.stringify(works));
    await client.check(update);
    expect(JSON.parse(requests[0]!.body)).toEqual(update);
  });

  it('of nothing is a problem', async () => {
    answer = sendProblem(404, 'not_configured');
    expect((await problemOf(client.check())).code).toBe('not_configured');
  });

  it('ends with the reason of the signal of its caller', async () => {
    const calling = new AbortController();
    answer = () => calling.abort(new Error('the caller had enough'));
    await expect(client.check(update, { signal: calling.signal })).rejects.toThrow('the caller had enough');
  });
});

describe('status', () => {
  it('tells what is known of the stored key', async () => {
    const status = { key: 'stored', lastUsedAt: null, lastOutcome: null, lastOutcomeAt: null };
    answer = (_request, response) => send(response, 200, 'application/json', JSON.stringify(status));
    expect(await client.status()).toEqual(status);
    expect(requests[0]).toMatchObject({ method: 'GET', url: '/api/settings/llm/status' });
  });

  it('gives null when nothing is stored', async () => {
    answer = sendProblem(404, 'not_configured');
    expect(await client.status()).toBeNull();
  });
});

describe.each(writes)('%s', (_name, write) => {
  it('changes only the version that was expected', async () => {
    answer = succeed;
    await write({ expected: stored });
    expect(requests[0]?.headers['if-match']).toBe('"v1"');
    expect(requests[0]?.headers).not.toHaveProperty('if-none-match');
  });

  it('goes on only if nothing is stored when nothing was expected', async () => {
    answer = succeed;
    await write({ expected: null });
    expect(requests[0]?.headers['if-none-match']).toBe('*');
    expect(requests[0]?.headers).not.toHaveProperty('if-match');
  });

  it.each([
    ['nothing is said of what is expected', undefined],
    ['a proxy has removed the version', { expected: { ...stored, etag: null } }],
  ])('has no condition when %s', async (_when, options) => {
    answer = succeed;
    await write(options);
    expect(requests[0]?.headers).not.toHaveProperty('if-match');
    expect(requests[0]?.headers).not.toHaveProperty('if-none-match');
  });

  it('ends with the reason of the signal of its caller', async () => {
    const calling = new AbortController();
    answer = () => calling.abort(new Error('the caller had enough'));
    await expect(write({ signal: calling.signal })).rejects.toThrow('the caller had enough');
  });

  it('is not done when a proxy answers in place of the service', async () => {
    answer = (_request, response) => send(response, 200, 'text/html', '<h1>Sign in</h1>');
    expect((await problemOf(write())).code).toBe('unexpected_answer');
  });
});

describe('a call', () => {
  it('ends with an AbortError when its caller aborts it', async () => {
    const calling = new AbortController();
    answer = () => calling.abort();
    await expect(client.read({ signal: calling.signal })).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('is not sent when its caller aborted it before', async () => {
    answer = sendSettings();
    await expect(client.read({ signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' });
    expect(requests).toEqual([]);
  });

  it('goes to the path of the service, with and without a slash at its end', async () => {
    answer = sendSettings();
    await clientWith({ baseUrl: `${origin()}/carol` }).read();
    await clientWith({ baseUrl: `${origin()}/carol/` }).read();
    expect(requests.map(({ url }) => url)).toEqual(['/carol/api/settings/llm', '/carol/api/settings/llm']);
  });

  it('does not follow a redirect, so that the API key goes nowhere else', async () => {
    answer = (_request, response) => response.writeHead(307, { Location: '/elsewhere' }).end();
    expect((await problemOf(client.save(update))).code).toBe('unexpected_answer');
    expect(requests.map(({ url }) => url)).toEqual(['/api/settings/llm']);
  });
});

describe('signing in', () => {
  it('with a token sends it as a bearer token, and as nothing else', async () => {
    answer = sendSettings();
    await clientWith({ token: () => 'T' }).read();
    expect(requests[0]?.headers.authorization).toBe('Bearer T');
    expect(requests[0]?.headers).not.toHaveProperty('cookie');
  });

  it('without one sends no Authorization', async () => {
    answer = sendSettings();
    await client.read();
    expect(requests[0]?.headers).not.toHaveProperty('authorization');
  });

  it('asks for the token before every request', async () => {
    answer = sendSettings();
    let count = 0;
    const renewing = clientWith({ token: async () => `T${++count}` });
    await renewing.read();
    await renewing.save(update);
    expect(requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer T1', 'Bearer T2']);
  });

  it('is unauthenticated when the token of the caller fails, with its failure as the cause', async () => {
    const cause = new Error('signed out');
    const failing = clientWith({ token: () => Promise.reject(cause) });
    expect(await problemOf(failing.read())).toMatchObject({ code: 'unauthenticated', cause });
    expect(await problemOf(clientWith({ token: () => 'two\nlines' }).read())).toMatchObject({
      code: 'unauthenticated',
    });
    expect(requests).toEqual([]);
  });

  it('with a token that never comes ends with the signal of the caller, or in time', async () => {
    const waiting = clientWith({ token: () => new Promise(() => {}), timeoutMillis: 50 });
    const calling = new AbortController();
    const call = waiting.read({ signal: calling.signal });
    calling.abort(new Error('the caller had enough'));
    await expect(call).rejects.toThrow('the caller had enough');
    const late = await problemOf(waiting.save(update));
    expect(late).toMatchObject({ code: 'unauthenticated', cause: { name: 'TimeoutError' } });
    expect(requests).toEqual([]);
  });

  it('is not asked for a token when the caller aborted the call before', async () => {
    const token = vi.fn(() => 'T');
    const call = clientWith({ token }).read({ signal: AbortSignal.abort() });
    await expect(call).rejects.toMatchObject({ name: 'AbortError' });
    expect(token).not.toHaveBeenCalled();
  });

  it('of many users at once sends the token of each', async () => {
    answer = (request, response) => {
      const model = request.headers.authorization?.replace('Bearer ', '');
      send(response, 200, 'application/json', JSON.stringify({ ...settings, model }));
    };
    const users = Array.from({ length: 50 }, (_, index) => `user-${index}`);
    const read = users.map((user) => clientWith({ token: () => Promise.resolve(user) }).read());
    expect((await Promise.all(read)).map((result) => result?.model)).toEqual(users);
  });
});

describe('a problem of the service', () => {
  it('keeps its code, status, request and fields', async () => {
    const errors = [{ pointer: '/model', code: 'required', detail: 'Name a model.' }];
    answer = sendProblem(422, 'invalid', { errors });
    expect(await problemOf(client.save(update, { expected: stored }))).toMatchObject({
      name: 'LlmSettingsProblem',
      message: 'd',
      code: 'invalid',
      receivedCode: 'invalid',
      status: 422,
      requestId: 'r-1',
      errors,
    });
  });

  it('says how long to wait', async () => {
    answer = sendProblem(503, 'database_unavailable', {}, { 'Retry-After': '5' });
    expect(await problemOf(client.read())).toMatchObject({ code: 'database_unavailable', retryAfterSeconds: 5 });
  });

  it.each<[status: number, code: FailureCode]>([
    [400, 'bad_request'],
    [401, 'unauthenticated'],
    [403, 'refused'],
    [404, 'not_found'],
    [405, 'method_not_allowed'],
    [408, 'refused'],
    [409, 'refused'],
    [412, 'precondition_failed'],
    [413, 'payload_too_large'],
    [415, 'unsupported_media_type'],
    [418, 'refused'],
    [422, 'invalid'],
    [429, 'rate_limited'],
    [500, 'internal'],
    [501, 'internal'],
    [503, 'unavailable'],
  ])('with a code that the client does not know goes by its status %i', async (status, code) => {
    answer = sendProblem(status, 'from_the_future', {}, { 'Retry-After': '42' });
    expect(await problemOf(client.read())).toMatchObject({
      code,
      receivedCode: 'from_the_future',
      message: 'd',
      status,
      requestId: 'r-1',
      retryAfterSeconds: 42,
    });
  });
});

describe('an answer that is not of the service', () => {
  it.each([
    ['HTML with 200', 200, 'text/html', '<h1>Sign in</h1>'],
    ['HTML with 502', 502, 'text/html', '<h1>Bad Gateway</h1>'],
    ['JSON that is broken', 200, 'application/json', '{"provider":'],
    ['JSON of something else', 200, 'application/json', '{"hello":"world"}'],
    ['JSON null', 200, 'application/json', 'null'],
    ['nothing', 200, 'application/json', ''],
    ['a broken problem', 422, 'application/problem+json', '{"code":'],
    ['an error in other JSON', 500, 'application/json', '{"error":"oops"}'],
    ['an empty error', 504, 'text/plain', ''],
  ])('is a problem too: %s', async (_what, status, type, body) => {
    answer = (_request, response) => send(response, status, type, body);
    for (const call of [client.read(), client.save(update)]) {
      expect(await problemOf(call)).toMatchObject({ code: 'unexpected_answer', receivedCode: undefined, status });
    }
  });

  it.each<[status: number, code: FailureCode]>([
    [401, 'unauthenticated'],
    [413, 'payload_too_large'],
    [429, 'rate_limited'],
    [503, 'unavailable'],
  ])('still says what its status %i says', async (status, code) => {
    answer = (_request, response) => send(response, status, 'text/html', '<h1>Proxy</h1>', { 'Retry-After': '7' });
    expect(await problemOf(client.read())).toMatchObject({ code, retryAfterSeconds: 7 });
  });
});

describe('no answer', () => {
  it('because the service is not there is a problem with its cause', async () => {
    const gone = clientWith({});
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
    const problem = await problemOf(gone.read());
    expect(problem).toMatchObject({ code: 'network_error', status: undefined });
    expect(problem.cause).toBeInstanceOf(TypeError);
  });

  it('because the connection breaks before it is a problem', async () => {
    answer = (request) => request.socket.destroy();
    expect((await problemOf(client.save(update))).code).toBe('network_error');
  });

  it('because the connection breaks in the middle of it is a problem', async () => {
    answer = (request, response) => {
      response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': '1000' });
      response.write('{"provider":', () => request.socket.destroy());
    };
    expect((await problemOf(client.read())).code).toBe('network_error');
  });

  it.each([
    ['a silent server', () => {}],
    [
      'a server that stops in the middle',
      (_request: IncomingMessage, response: ServerResponse) => void response.write('{'),
    ],
  ])('in time because of %s is a problem', async (_what, silence) => {
    answer = silence;
    expect((await problemOf(clientWith({ timeoutMillis: 50 }).read())).code).toBe('timeout');
  });
});

describe('an API key', () => {
  it('is in no problem', async () => {
    for (const failing of [
      sendProblem(422, 'invalid'),
      sendProblem(500, 'internal'),
      () => server.closeAllConnections(),
    ]) {
      answer = failing;
      const problem = await problemOf(client.save(update));
      expect(`${JSON.stringify(problem)} ${problem.stack ?? ''} ${String(problem.cause)}`).not.toContain('CANARY');
    }
  });
});

describe('the options for TanStack Query', () => {
  const queries = () => new QueryClient({ defaultOptions: { queries: { retry: false } } });

  it('read the settings of their own client', async () => {
    answer = (request, response) =>
      send(response, 200, 'application/json', JSON.stringify({ ...settings, model: request.headers.authorization }));
    const cache = queries();
    const [alice, bob] = [clientWith({ token: () => 'alice' }), clientWith({ token: () => 'bob' })];
    expect((await cache.query(llmSettingsOptions(alice)))?.model).toBe('Bearer alice');
    expect((await cache.query(llmSettingsOptions(bob)))?.model).toBe('Bearer bob');
    expect(llmSettingsQueryKey(alice)).toEqual(llmSettingsQueryKey(alice));
    expect(llmSettingsQueryKey(alice)).not.toEqual(llmSettingsQueryKey(bob));
  });

  it('have the saved settings in the cache, and no key', async () => {
    answer = sendSettings('"v2"');
    const cache = queries();
    const saving = new MutationObserver(cache, saveLlmSettingsOptions(client));
    await saving.mutate({ settings: update, expected: stored });
    expect(cache.getQueryData(llmSettingsOptions(client).queryKey)).toEqual({ ...settings, etag: '"v2"' });
    expect(saveLlmSettingsOptions(client).gcTime).toBe(0);
    expect(requests[0]?.headers['if-match']).toBe('"v1"');
  });

  it('leave no key in what is persisted, also while the browser is offline', async () => {
    answer = sendSettings();
    const cache = queries();
    onlineManager.setOnline(false);
    const saving = new MutationObserver(cache, saveLlmSettingsOptions(client)).mutate({
      settings: update,
      expected: null,
    });
    expect(JSON.stringify(dehydrate(cache))).not.toContain('CANARY');
    onlineManager.setOnline(true);
    await saving;
  });

  it('leave no key in what is persisted after a save that failed while the window had no focus', async () => {
    answer = sendProblem(503, 'database_unavailable');
    const cache = queries();
    cache.setDefaultOptions({ mutations: { retry: 3, retryDelay: 0 } });
    focusManager.setFocused(false);
    const saving = new MutationObserver(cache, saveLlmSettingsOptions(client));
    void saving.mutate({ settings: update, expected: null }).catch(() => {});
    await expect.poll(() => saving.getCurrentResult().failureCount).toBe(1);
    expect(JSON.stringify(dehydrate(cache))).not.toContain('CANARY');
  });

  it.each(['saved', 'removed'] as const)('keep what was %s when an older reading comes in after it', async (what) => {
    const cache = queries();
    const answerLate: (() => void)[] = [];
    answer = (request, response) => {
      if (request.method === 'GET') {
        answerLate.push(() => sendSettings('"v1"')(request, response));
      } else {
        (what === 'saved' ? sendSettings('"v2"') : sendNothing)(request, response);
      }
    };
    const reading = cache.query(llmSettingsOptions(client)).catch(() => {});
    await expect.poll(() => answerLate).toHaveLength(1);
    await (what === 'saved'
      ? new MutationObserver(cache, saveLlmSettingsOptions(client)).mutate({ settings: update, expected: stored })
      : new MutationObserver(cache, removeLlmSettingsOptions(client)).mutate());
    answerLate[0]!();
    await reading;
    expect(cache.getQueryData(llmSettingsOptions(client).queryKey)).toEqual(
      what === 'saved' ? { ...settings, etag: '"v2"' } : null,
    );
  });

  it('have null in the cache after the settings are removed', async () => {
    answer = sendNothing;
    const cache = queries();
    cache.setQueryData(llmSettingsQueryKey(client), stored);
    await new MutationObserver(cache, removeLlmSettingsOptions(client)).mutate({ expected: stored });
    expect(cache.getQueryData(llmSettingsQueryKey(client))).toBeNull();
    expect(requests[0]?.headers['if-match']).toBe('"v1"');
  });

  it('try settings, and keep no key of them', async () => {
    answer = (_request, response) =>
      send(response, 200, 'application/json', JSON.stringify({ verdict: 'unsure', key: 'none', model: 'listed' }));
    const checking = new MutationObserver(queries(), checkLlmSettingsOptions(client));
    expect(await checking.mutate(update)).toMatchObject({ verdict: 'unsure' });
    expect(checkLlmSettingsOptions(client).gcTime).toBe(0);
  });

  it('read the status, and read it again after settings were saved', async () => {
    answer = sendProblem(404, 'not_configured');
    const cache = queries();
    expect(await cache.query(llmStatusOptions(client))).toBeNull();
    answer = sendSettings('"v2"');
    await new MutationObserver(cache, saveLlmSettingsOptions(client)).mutate({ settings: update, expected: null });
    expect(cache.getQueryState(llmStatusQueryKey(client))?.isInvalidated).toBe(true);
  });

  it('read again after the key is removed', async () => {
    answer = sendNothing;
    const cache = queries();
    cache.setQueryData(llmSettingsQueryKey(client), stored);
    await new MutationObserver(cache, removeApiKeyOptions(client)).mutate();
    expect(cache.getQueryState(llmSettingsQueryKey(client))?.isInvalidated).toBe(true);
    expect(requests[0]?.url).toBe('/api/settings/llm/api-key');
  });

  it('have no key in the cache after it is removed, when the first reading comes in late', async () => {
    const cache = queries();
    const answerLate: (() => void)[] = [];
    answer = (request, response) => {
      if (request.method === 'GET' && answerLate.length === 0) {
        answerLate.push(() => sendSettings('"v1"')(request, response));
      } else if (request.method === 'GET') {
        const body = JSON.stringify({ ...settings, keyConfigured: false });
        send(response, 200, 'application/json', body, { ETag: '"v2"' });
      } else {
        sendNothing(request, response);
      }
    };
    const reading = new QueryObserver(cache, llmSettingsOptions(client));
    const stop = reading.subscribe(() => {});
    await expect.poll(() => answerLate).toHaveLength(1);
    const removing = new MutationObserver(cache, removeApiKeyOptions(client)).mutate();
    await expect.poll(() => requests.map(({ method }) => method)).toEqual(['GET', 'DELETE', 'GET']);
    answerLate[0]!();
    await removing;
    expect(reading.getCurrentResult().data).toMatchObject({ keyConfigured: false });
    stop();
  });
});
