import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  configureLlmSettingsClient,
  getLlmSettings,
  LlmSettingsProblem,
  putLlmSettings,
  readLlmSettings,
  removeLlmSettings,
  saveLlmSettings,
  type StoredLlmSettings,
} from '@carol/llm-settings-client';

const settings = { provider: 'anthropic', model: 'claude', baseUrl: null, keyConfigured: true } as const;
const stored: StoredLlmSettings = { ...settings, etag: '"v1"' };
const update = { provider: 'anthropic', model: 'claude', apiKey: 'sk-CANARY' } as const;

let server: Server;
let answer: RequestListener;
let requests: { method?: string; headers: IncomingMessage['headers']; body: string }[];

beforeEach(async () => {
  requests = [];
  server = createServer(async (request, response) => {
    const { method, headers } = request;
    let body = '';
    for await (const chunk of request) {
      body += chunk;
    }
    requests.push({ method, headers, body });
    answer(request, response);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  configureLlmSettingsClient({ baseUrl: origin() });
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const origin = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

function send(response: ServerResponse, status: number, type: string, body: string, headers = {}) {
  response.writeHead(status, { 'Content-Type': type, ...headers }).end(body);
}

const sendSettings =
  (etag = '"v1"', status = 200): RequestListener =>
  (_request, response) =>
    send(response, status, 'application/json', JSON.stringify(settings), { ETag: etag });

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

describe('reading', () => {
  it('gives the settings with their version', async () => {
    answer = sendSettings();
    expect(await readLlmSettings()).toEqual(stored);
  });

  it('gives null when nothing is stored', async () => {
    answer = sendProblem(404, 'not_configured');
    expect(await readLlmSettings()).toBeNull();
  });

  it('does not take another 404 for an empty form', async () => {
    answer = (_request, response) => send(response, 404, 'text/html', '<h1>Not Found</h1>');
    expect(await problemOf(readLlmSettings())).toMatchObject({ code: 'unexpected_answer', status: 404 });
  });

  it('makes the version strong again that a proxy has weakened', async () => {
    answer = sendSettings('W/"v1"');
    expect((await readLlmSettings())?.etag).toBe('"v1"');
  });

  it('ends as the caller wants when the caller ends it', async () => {
    answer = () => {};
    const calling = new AbortController();
    const call = readLlmSettings(calling.signal);
    calling.abort();
    await expect(call).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('saving', () => {
  it('sends the version that was seen', async () => {
    answer = sendSettings('"v2"');
    expect(await saveLlmSettings(update, stored)).toEqual({ ...settings, etag: '"v2"' });
    expect(requests[0]).toMatchObject({
      method: 'PUT',
      headers: { 'if-match': '"v1"', 'content-type': 'application/json' },
    });
    expect(requests[0]?.headers).not.toHaveProperty('if-none-match');
    expect(JSON.parse(requests[0]!.body)).toEqual(update);
  });

  it('of the first settings asks for there to be none', async () => {
    answer = sendSettings('"v1"', 201);
    await saveLlmSettings(update, null);
    expect(requests[0]?.headers['if-none-match']).toBe('*');
    expect(requests[0]?.headers).not.toHaveProperty('if-match');
  });

  it('goes without a condition when a proxy took the version away', async () => {
    answer = sendSettings();
    await saveLlmSettings(update, { ...stored, etag: null });
    expect(requests[0]?.headers).not.toHaveProperty('if-match');
    expect(requests[0]?.headers).not.toHaveProperty('if-none-match');
  });

  it('sends null as null and what is absent not at all', async () => {
    answer = sendSettings();
    await saveLlmSettings({ provider: 'anthropic', model: 'm', apiKey: null }, stored);
    await saveLlmSettings({ provider: 'anthropic', model: 'm' }, stored);
    expect(requests.map(({ body }) => body)).toEqual([
      '{"provider":"anthropic","model":"m","apiKey":null}',
      '{"provider":"anthropic","model":"m"}',
    ]);
  });
});

describe('removing', () => {
  it('is done with 204', async () => {
    answer = (_request, response) => response.writeHead(204).end();
    await removeLlmSettings();
    expect(requests[0]?.method).toBe('DELETE');
  });

  it('is not done when a proxy answers for the service', async () => {
    answer = (_request, response) => send(response, 200, 'text/html', '<h1>Sign in</h1>');
    expect((await problemOf(removeLlmSettings())).code).toBe('unexpected_answer');
  });
});

describe('a problem of the service', () => {
  it('keeps its code, status, request and fields', async () => {
    const errors = [{ pointer: '/model', code: 'required', detail: 'Name a model.' }];
    answer = sendProblem(422, 'invalid', { errors });
    expect(await problemOf(saveLlmSettings(update, stored))).toMatchObject({
      name: 'LlmSettingsProblem',
      message: 'd',
      code: 'invalid',
      status: 422,
      requestId: 'r-1',
      errors,
    });
  });

  it('says how long to wait', async () => {
    answer = sendProblem(503, 'database_unavailable', {}, { 'Retry-After': '5' });
    expect(await problemOf(readLlmSettings())).toMatchObject({ code: 'database_unavailable', retryAfterSeconds: 5 });
  });

  it.each([
    [401, 'unauthenticated'],
    [412, 'precondition_failed'],
    [429, 'rate_limited'],
    [418, 'unexpected_answer'],
    [503, 'unexpected_answer'],
  ])('with an unknown code and status %i is %s', async (status, code) => {
    answer = sendProblem(status, 'from_the_future');
    expect((await problemOf(readLlmSettings())).code).toBe(code);
  });

  it('comes from the generated functions as well', async () => {
    answer = sendProblem(412, 'precondition_failed');
    expect((await problemOf(getLlmSettings())).code).toBe('precondition_failed');
    expect((await problemOf(putLlmSettings({ body: update }))).code).toBe('precondition_failed');
  });
});

describe('what is not an answer of the service', () => {
  it.each([
    ['HTML with 200', 200, 'text/html', '<h1>Sign in</h1>'],
    ['HTML with 502', 502, 'text/html', '<h1>Bad Gateway</h1>'],
    ['JSON that is broken', 200, 'application/json', '{"provider":'],
    ['JSON of something else', 200, 'application/json', '{"hello":"world"}'],
    ['JSON null', 200, 'application/json', 'null'],
    ['nothing', 200, 'application/json', ''],
    ['a broken problem', 422, 'application/problem+json', '{"code":'],
    ['an error in other JSON', 500, 'application/json', '{"error":"oops"}'],
    ['an empty error', 503, 'text/plain', ''],
  ])('is a problem too: %s', async (_what, status, type, body) => {
    answer = (_request, response) => send(response, status, type, body);
    expect(await problemOf(readLlmSettings())).toMatchObject({ code: 'unexpected_answer', status });
    expect(await problemOf(saveLlmSettings(update, stored))).toMatchObject({ code: 'unexpected_answer', status });
  });

  it.each([
    [401, 'unauthenticated'],
    [413, 'payload_too_large'],
    [429, 'rate_limited'],
  ])('still says what its status %i says', async (status, code) => {
    answer = (_request, response) => send(response, status, 'text/html', '<h1>Proxy</h1>');
    expect((await problemOf(readLlmSettings())).code).toBe(code);
  });
});

describe('no answer', () => {
  it('because nobody listens is a problem', async () => {
    const nobody = origin();
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
    configureLlmSettingsClient({ baseUrl: nobody });
    expect(await problemOf(readLlmSettings())).toMatchObject({ code: 'network_error', status: undefined });
  });

  it('because the connection breaks before it is a problem', async () => {
    answer = (request) => request.socket.destroy();
    expect((await problemOf(saveLlmSettings(update, stored))).code).toBe('network_error');
  });

  it('because the connection breaks in the middle of it is a problem', async () => {
    answer = (request, response) => {
      response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': '1000' });
      response.write('{"provider":', () => request.socket.destroy());
    };
    expect((await problemOf(readLlmSettings())).code).toBe('network_error');
  });

  it.each([
    ['a silent server', () => {}],
    [
      'a server that stops in the middle',
      (_request: IncomingMessage, response: ServerResponse) => void response.write('{'),
    ],
  ])('in time because of %s is a problem', async (_what, silence) => {
    configureLlmSettingsClient({ baseUrl: origin(), timeoutMillis: 50 });
    answer = silence;
    expect((await problemOf(readLlmSettings())).code).toBe('timeout');
  });
});

describe('signing in', () => {
  it('with a token sends it as a bearer token, and as nothing else', async () => {
    answer = sendSettings();
    configureLlmSettingsClient({ baseUrl: origin(), token: () => 'T' });
    await readLlmSettings();
    expect(requests[0]?.headers.authorization).toBe('Bearer T');
    expect(requests[0]?.headers).not.toHaveProperty('cookie');
  });

  it('without one sends no Authorization', async () => {
    answer = sendSettings();
    await readLlmSettings();
    expect(requests[0]?.headers).not.toHaveProperty('authorization');
  });
});

describe('an API key', () => {
  it('is in no problem', async () => {
    for (const failing of [sendProblem(422, 'invalid'), sendProblem(500, 'internal')]) {
      answer = failing;
      const problem = await problemOf(saveLlmSettings(update, stored));
      expect(JSON.stringify(problem) + problem.stack + problem.message).not.toContain('CANARY');
    }
  });
});
