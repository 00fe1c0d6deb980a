import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium } from '@playwright/test';

/** Chromium without what a screen needs: the tests take half as long with it. */
const SHELL = 'chromium-headless-shell';

/** Chromium’s headless shell, from Debian if need be; else a Chromium that is on this machine, or gets there now. */
export function chromiumPath(): string {
  const { CHROMIUM = '' } = process.env;
  const path =
    CHROMIUM === ''
      ? (onPath(SHELL) ?? fromDebian() ?? onPath('chromium', 'chromium-browser', 'google-chrome') ?? fromPlaywright())
      : CHROMIUM;
  // For the workers of Playwright, which ask again.
  process.env.CHROMIUM = path;
  return path;
}

function onPath(...names: string[]): string | undefined {
  return names
    .flatMap((name) => (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, name)))
    .find((path) => existsSync(path));
}

function fromDebian(): string | undefined {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    return undefined;
  }
  const install = `apt-get -o DPkg::Lock::Timeout=120 install --yes --no-install-recommends ${SHELL} fonts-noto-core`;
  try {
    // The lists of packages are seldom out of date, and fetching them takes longer than the rest.
    run('sh', '-c', `${install} || { apt-get update && ${install}; }`);
  } catch {
    console.error(`The Debian package ${SHELL} cannot be installed; another browser will do.`);
  }
  return onPath(SHELL);
}

function fromPlaywright(): string {
  const path = chromium.executablePath();
  if (!existsSync(path)) {
    try {
      run('npx', 'playwright', 'install', 'chromium');
    } catch (cause) {
      throw new Error('No browser for the tests: install Chromium, or set CHROMIUM to the path of one.', { cause });
    }
  }
  return path;
}

function run(command: string, ...args: string[]): void {
  execFileSync(command, args, { stdio: 'inherit', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } });
}
