import { defineConfig } from '@playwright/test';
import { chromiumPath } from './e2e/browser';

const isRoot = process.getuid?.() === 0;

export default defineConfig({
  testDir: 'e2e',
  outputDir: '../../../target/playwright',
  // Each worker has a user of the service to itself.
  workers: 2,
  fullyParallel: true,
  forbidOnly: true,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  reporter: [['list']],
  use: {
    browserName: 'chromium',
    // A trace takes a fifth more of the processor's time: ask for one with --trace retain-on-failure.
    screenshot: 'only-on-failure',
    launchOptions: {
      executablePath: chromiumPath(),
      // Chromium's sandbox does not run as root.
      args: ['--disable-gpu', '--disable-quic', '--disable-background-networking', ...(isRoot ? ['--no-sandbox'] : [])],
    },
  },
  projects: [
    { name: 'together', testMatch: '*.spec.ts', testIgnore: 'outage.spec.ts' },
    // It takes the database away from all tests, so it runs when the others have ended.
    { name: 'e2e', testMatch: 'outage.spec.ts', dependencies: ['together'] },
    { name: 'screenshots', testMatch: 'screenshots.ts' },
  ],
});
