import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const MAX_BYTES = 130_000;

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

const named = (ending: string) => [...files].filter(([name]) => name.endsWith(ending));
const html = () => files.get('index.html')?.toString() ?? '';

beforeAll(() => {
  folders = [build(), build()];
  files = filesIn(folders[0] ?? '');
}, 120_000);

afterAll(() => {
  for (const folder of folders) {
    rmSync(folder, { recursive: true });
  }
});

describe('the page that is built', () => {
  it('has at most 130 kB of JavaScript and texts, gzipped, with a file for each language but English', () => {
    const texts = named('.json.gz');
    const bytes = [...named('.js.gz'), ...texts].reduce((sum, [, content]) => sum + content.length, 0);
    expect(bytes).toBeLessThanOrEqual(MAX_BYTES);
    expect(texts).toHaveLength(3);
  });

  it('is the same, byte by byte, when it is built again', () => {
    const again = filesIn(folders[1] ?? '');
    expect([...again.keys()]).toEqual([...files.keys()]);
    for (const [name, content] of files) {
      expect(again.get(name)?.equals(content), name).toBe(true);
    }
  });

  it('names every asset by its content', () => {
    for (const name of files.keys()) {
      expect(name).toMatch(
        /^(index\.html|third-party-licenses\.txt|assets\/[\w-]+-[\w-]{8}\.(svg|(js|css|json)(\.br|\.gz)?))$/,
      );
    }
  });

  it('has every script, style sheet and file of texts compressed as well', () => {
    for (const [name, content] of [...named('.js'), ...named('.css'), ...named('.json')]) {
      expect(brotliDecompressSync(files.get(`${name}.br`) ?? '').equals(content), name).toBe(true);
      expect(gunzipSync(files.get(`${name}.gz`) ?? '').equals(content), name).toBe(true);
    }
  });

  it('has nothing inline that a strict policy would stop', () => {
    expect(html()).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|data:/);
  });

  it('finds its files and the API under whichever path it is', () => {
    expect(html()).not.toMatch(/(?:src|href)="\//);
    expect(
      named('.css')
        .map(([, content]) => content.toString())
        .join(''),
    ).not.toMatch(/url\(\//);
  });

  it('has an outline to show before any script has run, and a place for the address to sign in at', () => {
    expect(html()).toMatch(/<div id="root">\s*<div class="skeleton"/);
    expect(html()).toContain('<meta name="carol-sign-in" content="" />');
  });

  it('has English in the script that everything else needs', () => {
    const main = named('.js').filter(([, content]) => content.includes('Choose a service to begin.'));
    expect(main.map(([name]) => name)).toEqual([/src="\.\/(assets\/index-[^"]+\.js)"/.exec(html())?.[1]]);
  });
});

it('the styles of a component are for its own classes alone', () => {
  const sheets = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.module.css'),
  );
  expect(sheets.length).toBeGreaterThan(5);
  for (const sheet of sheets) {
    const rules = readFileSync(join('src', sheet), 'utf8').replace(/\/\*.*?\*\//gs, '');
    const selectors = [...rules.matchAll(/([^{};]+)\{/g)].map(([, selector = '']) => selector.trim());
    for (const selector of selectors.filter((text) => !text.startsWith('@'))) {
      expect(selector, sheet).toContain('.');
    }
  }
});
