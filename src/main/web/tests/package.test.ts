import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const client = resolve('src/api');
let app: string;

/** An app of somebody else: it has React, TanStack Query, and the client as `npm pack` makes it. */
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
  for (const name of ['react', '@tanstack', '@types']) {
    symlinkSync(resolve('node_modules', name), join(app, 'node_modules', name));
  }
});

afterAll(() => rmSync(app, { recursive: true }));

const inApp = (command: string, ...args: string[]) =>
  execFileSync(command, args, { cwd: app, encoding: 'utf8', stdio: 'pipe' });

describe('the package of the client', () => {
  it.each(['nodenext', 'preserve'])('compiles in another app, module %s', (module) => {
    writeFileSync(join(app, 'card.tsx'), readFileSync(join(client, 'examples/settings-card.tsx')));
    writeFileSync(join(app, 'package.json'), '{"type":"module"}');
    writeFileSync(
      join(app, 'tsconfig.json'),
      JSON.stringify({
        compilerOptions: {
          module,
          target: 'es2023',
          jsx: 'react-jsx',
          strict: true,
          noEmit: true,
          skipDefaultLibCheck: true,
          types: [],
        },
      }),
    );
    inApp(resolve('node_modules/.bin/tsc'));
  });

  it('runs in Node without React', () => {
    const program = `
      import { configureLlmSettingsClient, readLlmSettings } from '@carol/llm-settings-client';
      configureLlmSettingsClient({ baseUrl: 'http://127.0.0.1:1' });
      readLlmSettings().catch((problem) => console.log(problem.name, problem.code));`;
    expect(inApp('node', '--input-type=module', '--eval', program).trim()).toBe('LlmSettingsProblem network_error');
  });

  it('has nothing but what an app needs', () => {
    const files = inApp('find', 'node_modules/@carol/llm-settings-client', '-type', 'f').split('\n');
    const kinds = /\/(package\.json|README\.md|examples\/[a-z-]+\.tsx|dist\/.+\.(js|d\.ts))$/;
    expect(files.filter((file) => file && !kinds.test(file))).toEqual([]);
  });

  it('has a README that shows the example that is compiled', () => {
    const example = readFileSync(join(client, 'examples/settings-card.tsx'), 'utf8');
    expect(readFileSync(join(client, 'README.md'), 'utf8')).toContain(example);
  });
});
