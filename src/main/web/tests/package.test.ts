import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const client = resolve('src/api');
const example = readFileSync(join(client, 'examples/settings-card.tsx'), 'utf8');
let app: string;

/** Another app: it has React, TanStack Query, and the client as `npm pack` makes it. */
beforeAll(() => {
  app = mkdtempSync(join(tmpdir(), 'app-'));
  const run = (command: string, ...args: string[]) => execFileSync(command, args, { cwd: client, encoding: 'utf8' });
  // It is built already. Building it again would take it from under the other tests.
  const [{ filename }] = JSON.parse(run('npm', 'pack', '--json', '--ignore-scripts', '--pack-destination', app)) as [
    { filename: string },
  ];
  const installed = join(app, 'node_modules/@carol/llm-settings-client');
  mkdirSync(installed, { recursive: true });
  run('tar', '-xzf', join(app, filename), '-C', installed, '--strip-components=1');
  for (const name of ['react', '@tanstack', '@types', '@tsconfig']) {
    symlinkSync(resolve('node_modules', name), join(app, 'node_modules', name));
  }
  writeFileSync(join(app, 'package.json'), '{"type":"module"}');
});

afterAll(() => rmSync(app, { recursive: true }));

const inApp = (command: string, ...args: string[]) => spawnSync(command, args, { cwd: app, encoding: 'utf8' });

/** What the compiler says of these programs under `@tsconfig/strictest`, which also checks the types of the package. */
function compile(module: string, programs: Record<string, string>): string {
  for (const [file, program] of Object.entries(programs)) {
    writeFileSync(join(app, file), program);
  }
  writeFileSync(
    join(app, 'tsconfig.json'),
    JSON.stringify({
      extends: '@tsconfig/strictest/tsconfig.json',
      compilerOptions: {
        module,
        target: 'es2023',
        jsx: 'react-jsx',
        noEmit: true,
        skipLibCheck: false,
        skipDefaultLibCheck: true,
        types: [],
      },
      files: Object.keys(programs),
    }),
  );
  return inApp(resolve('node_modules/.bin/tsc')).stdout;
}

describe('the package of the client', () => {
  it.each(['nodenext', 'preserve'])('compiles in another app, as its README says, module %s', (module) => {
    const readme = readFileSync(join(client, 'README.md'), 'utf8');
    expect(readme).toContain(example);
    const [, withoutReact = ''] = /```ts\n(.+?)```/s.exec(readme) ?? [];
    const refused = `import { createLlmSettingsClient } from '@carol/llm-settings-client';
      const { save } = createLlmSettingsClient();
      await save({ provider: 'openai_compatible', model: 'without an address' });
      await save({ provider: 'unknown', model: 'm' });
      await save({ provider: 'anthropic', model: 'm', temperature: 1 });`;
    const output = compile(module, {
      'app.tsx': example,
      'readme.ts': `declare const session: { token: string };\n${withoutReact}`,
      'refused.ts': refused,
    });
    const errors = [...output.matchAll(/^(\S+)\((\d+),\d+\): error/gm)];
    expect(errors.map(([, file, line]) => `${file}:${line}`)).toEqual(['refused.ts:3', 'refused.ts:4', 'refused.ts:5']);
  });

  it('has one name for each thing', () => {
    const program = `
      const exported = [await import('@carol/llm-settings-client'), await import('@carol/llm-settings-client/react-query')];
      console.log(exported.flatMap(Object.keys).join(' '));`;
    expect(inApp('node', '--input-type=module', '--eval', program).stdout.trim().split(' ')).toEqual([
      'FieldErrorCode',
      'LlmSettingsProblem',
      'ProblemCode',
      'createLlmSettingsClient',
      'checkLlmSettingsOptions',
      'llmSettingsOptions',
      'llmSettingsQueryKey',
      'llmStatusOptions',
      'llmStatusQueryKey',
      'removeApiKeyOptions',
      'removeLlmSettingsOptions',
      'saveLlmSettingsOptions',
    ]);
  });

  it('runs in Node without React', () => {
    const program = `
      import { createLlmSettingsClient } from '@carol/llm-settings-client';
      const client = createLlmSettingsClient({ baseUrl: 'http://127.0.0.1:1' });
      client.read().catch((problem) => console.log(problem.name, problem.code));`;
    const { stdout } = inApp('node', '--input-type=module', '--eval', program);
    expect(stdout.trim()).toBe('LlmSettingsProblem network_error');
  });

  it('has nothing but what an app needs', () => {
    const files = inApp('find', 'node_modules/@carol/llm-settings-client', '-type', 'f').stdout.split('\n');
    const kinds = /\/(package\.json|README\.md|examples\/[a-z-]+\.tsx|dist\/.+\.(js|d\.ts))$/;
    expect(files.filter((file) => file && !kinds.test(file))).toEqual([]);
  });
});
