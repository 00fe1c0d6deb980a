import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium } from '@playwright/test';

const MISSING = 'No browser for the tests: install Chromium, or set CHROMIUM to the path of one.';

/** A Chromium that is on this machine, or gets there now. */
export function chromiumPath(): string {
  return installed() ?? install();
}

function installed(): string | undefined {
  const onPath = ['chromium', 'chromium-browser', 'google-chrome'].flatMap((name) =>
    (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, name)),
  );
  return [process.env.CHROMIUM ?? '', ...onPath, chromium.executablePath()].find(
    (path) => path !== '' && existsSync(path),
  );
}

function install(): string {
  try {
    if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
      run('apt-get', 'update');
      run('apt-get', 'install', '-y', '--no-install-recommends', 'chromium', 'fonts-noto-core');
    } else {
      run('npx', 'playwright', 'install', 'chromium');
    }
  } catch (cause) {
    throw new Error(MISSING, { cause });
  }
  const path = installed();
  if (path === undefined) {
    throw new Error(MISSING);
  }
  return path;
}

function run(command: string, ...args: string[]): void {
  execFileSync(command, args, { stdio: 'inherit', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } });
}
