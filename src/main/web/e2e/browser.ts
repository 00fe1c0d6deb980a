import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

const QUIET = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const isRoot = process.getuid?.() === 0;

/** Starts a Chromium that is on this machine, or gets one first. */
export async function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: installed() ?? install(),
    // Chromium's sandbox does not run as root.
    args: isRoot ? [...QUIET, '--no-sandbox'] : QUIET,
  });
}

function installed(): string | undefined {
  const onPath = ['chromium', 'chromium-browser', 'google-chrome'].flatMap((name) =>
    (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, name)),
  );
  return [process.env.CHROMIUM, ...onPath, chromium.executablePath()].find((path) => path && existsSync(path));
}

function install(): string {
  try {
    if (isRoot && existsSync('/usr/bin/apt-get')) {
      run('apt-get', 'update');
      run('apt-get', 'install', '-y', '--no-install-recommends', 'chromium', 'fonts-noto-core');
    } else {
      run('npx', 'playwright-core', 'install', 'chromium');
    }
  } catch (cause) {
    throw new Error('No browser for the tests: install Chromium, or set CHROMIUM to the path of one.', { cause });
  }
  const path = installed();
  if (path === undefined) {
    throw new Error('No browser for the tests: install Chromium, or set CHROMIUM to the path of one.');
  }
  return path;
}

function run(command: string, ...args: string[]): void {
  execFileSync(command, args, { stdio: 'inherit', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } });
}
