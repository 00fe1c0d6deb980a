import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createLlmSettingsClient, type LlmSettings, type LlmSettingsUpdate } from '@carol/llm-settings-client';

export interface Answer {
  status: number;
  body?: object | string;
  headers?: Record<string, string>;
}

interface Received {
  call: string;
  headers: Record<string, string | string[] | undefined>;
  body: LlmSettingsUpdate | undefined;
}

/**
 * Answers as it is told, by method and path, such as `PUT /api/settings/llm`. Else it gives what it has in `stored`. What
 * the service does with settings is tested with the service itself, in e2e.
 */
export class Stub {
  stored: LlmSettings | null = null;
  version = 1;
  entityTags = true;
  readonly prepared: Record<string, Answer[]> = {};
  readonly received: Received[] = [];
  private readonly server: Server;

  private constructor() {
    this.server = createServer((request, response) => {
      let text = '';
      request.on('data', (chunk) => (text += String(chunk)));
      request.on('end', () => {
        const call = `${request.method ?? ''} ${request.url ?? ''}`;
        const body = text === '' ? undefined : (JSON.parse(text) as LlmSettingsUpdate);
        this.received.push({ call, headers: request.headers, body });
        const answer =
          request.method === 'OPTIONS' ? { status: 204 } : (this.prepared[call]?.shift() ?? this.usual(call, body));
        const html = typeof answer.body === 'string';
        response.writeHead(answer.status, {
          'Content-Type': html ? 'text/html' : answer.status < 400 ? 'application/json' : 'application/problem+json',
          ...(this.entityTags && { ETag: `"v${this.version}"` }),
          // The page under test has another origin.
          'Access-Control-Allow-Origin': '*',
          'Access-Control-Allow-Headers': '*, Authorization, Content-Type, If-Match, If-None-Match',
          'Access-Control-Allow-Methods': '*, PUT, DELETE',
          'Access-Control-Expose-Headers': '*, ETag, Retry-After, X-Request-Id',
          ...answer.headers,
        });
        response.end(typeof answer.body === 'string' ? answer.body : answer.body && JSON.stringify(answer.body));
      });
    });
  }

  static async start(): Promise<Stub> {
    const stub = new Stub();
    await new Promise<void>((done) => stub.server.listen(0, '127.0.0.1', done));
    return stub;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  client() {
    return createLlmSettingsClient({ baseUrl: this.url });
  }

  prepare(call: string, ...answers: Answer[]) {
    (this.prepared[call] ??= []).push(...answers);
  }

  puts(): Received[] {
    return this.received.filter(({ call }) => call.startsWith('PUT'));
  }

  stop() {
    this.server.closeAllConnections();
    this.server.close();
  }

  private usual(call: string, body: LlmSettingsUpdate | undefined): Answer {
    if (call === 'PUT /api/settings/llm' && body) {
      const { apiKey, baseUrl = null, ...rest } = body;
      const keyConfigured = apiKey === undefined ? this.stored?.keyConfigured === true : apiKey !== null;
      this.stored = { ...rest, baseUrl, keyConfigured } as LlmSettings;
      this.version += 1;
    } else if (call === 'DELETE /api/settings/llm') {
      this.stored = null;
      return { status: 204 };
    } else if (call !== 'GET /api/settings/llm') {
      return problem(404, 'not_found');
    }
    return this.stored ? { status: 200, body: this.stored } : problem(404, 'not_configured');
  }
}

export function problem(status: number, code: string, more = {}, headers: Record<string, string> = {}): Answer {
  return {
    status,
    headers,
    body: { type: 't', title: 't', status, detail: 'd', code, requestId: 'request-1', ...more },
  };
}

export const invalid = (...errors: [pointer: string, code: string][]): Answer =>
  problem(422, 'invalid', { errors: errors.map(([pointer, code]) => ({ pointer, code, detail: 'd' })) });
