import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const MOST_BYTES = 120_000;

let folders: string[];
let files: Map<string, Buffer>;

function build(): string {
  const folder = mkdtempSync(join(tmpdir(), 'page-'));
  // The tests' own NODE_ENV would bring React's development build in.
  const env = { ...process.env, NODE_ENV: 'production' };
  execFileSync('vite', ['build', '--logLevel', 'warn', '--outDir', folder, '--emptyOutDir'], { env });
  return folder;
}

function filesIn(folder: string): Map<string, Buffer> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  return new Map(names.sort().map((name) => [name.slice(folder.length + 1), readFileSync(name)]));
}

beforeAll(() => {
  folders = [build(), build()];
  files = filesIn(folders[0]!);
}, 60_000);

afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));

describe('the page that is built', () => {
  it('has at most 120 kB of JavaScript, gzipped, with the texts of every language', () => {
    const scripts = [...files].filter(([name]) => name.endsWith('.js'));
    const bytes = scripts.reduce((sum, [, content]) => sum + gzipSync(content).length, 0);
    expect(bytes).toBeLessThanOrEqual(MOST_BYTES);
    expect(scripts.length).toBeGreaterThan(1);
  });

  it('is the same, byte by byte, when it is built again', () => {
    const again = filesIn(folders[1]!);
    expect([...again.keys()]).toEqual([...files.keys()]);
    for (const [name, content] of files) {
      expect(again.get(name)?.equals(content), name).toBe(true);
    }
  });

  it('names every asset by its content', () => {
    for (const name of files.keys()) {
      expect(name).toMatch(/^(index\.html|assets\/[\w-]+-[\w-]{8}\.(js|css|svg))$/);
    }
  });

  it('has nothing inline that a strict policy would stop', () => {
    const html = files.get('index.html')!.toString();
    expect(html).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|data:/);
  });
});
