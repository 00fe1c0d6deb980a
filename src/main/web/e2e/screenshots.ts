import { copyFileSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { api, openRouter, service } from './service';
import { stateNamed, states } from './states';
import { expect, test, type Visit } from './test';

/** Pictures of every state, to look at. They go to CAROL_SCREENSHOTS, or to target/screenshots. */
const folder = process.env.CAROL_SCREENSHOTS ?? '../../../target/screenshots';

const widths = { 1280: 731, 768: 1024, 375: 812, 320: 640 };

test.beforeAll(() => {
  mkdirSync(folder, { recursive: true });
});

test.beforeEach(async () => {
  await api('PUT', openRouter);
});

for (const { name, visit: options, reach } of states) {
  test(name, async ({ visit }) => {
    const page = await visit(options);
    await reach(page);
    for (const [width, height] of Object.entries(widths)) {
      await page.setViewportSize({ width: Number(width), height });
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        await page.screenshot({ path: join(folder, `${name}-${width}-${colorScheme}.png`), fullPage: true });
      }
    }
  });
}

const others: [name: string, state: string, visit: Visit][] = [
  ['german', 'local', { locale: 'de' }],
  ['french', 'saved', { locale: 'fr' }],
  ['arabic', 'local', { locale: 'ar' }],
  ['arabic-320', 'saved', { locale: 'ar', viewport: { width: 320, height: 640 } }],
  ['forced-colors', 'refused', { forcedColors: 'active' }],
  ['zoom-200', 'saved', { viewport: { width: 640, height: 366 }, deviceScaleFactor: 2 }],
  ['conflict-french-320', 'changed-elsewhere', { locale: 'fr', viewport: { width: 320, height: 568 } }],
];

for (const [name, state, options] of others) {
  test(name, async ({ visit }) => {
    const page = await visit(options);
    await stateNamed(state).reach(page);
    await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
  });
}

/** The two in the README, for `npm run screenshots:readme`. */
const forReadme: [name: string, state: string, visit: Visit][] = [
  ['saved', 'works', {}],
  ['key-asked-for-dark', 'key-asked-for', { colorScheme: 'dark' }],
];
const MAX_BYTES = 80_000;

for (const [name, state, options] of forReadme) {
  test(`the README's ${name}`, async ({ visit }) => {
    const page = await visit({ viewport: { width: 784, height: 700 }, ...options });
    await stateNamed(state).reach(page);
    const path = join(folder, `${name}.png`);
    await page.mouse.move(0, 0);
    await page.screenshot({ path });
    expect(statSync(path).size).toBeLessThan(MAX_BYTES);
    if (process.env.CAROL_SCREENSHOTS_README !== undefined) {
      mkdirSync(process.env.CAROL_SCREENSHOTS_README, { recursive: true });
      copyFileSync(path, join(process.env.CAROL_SCREENSHOTS_README, `${name}.png`));
    }
  });
}

test('the first seconds on slow 3G', async ({ visit }) => {
  const page = await visit();
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  await session.send('Network.setCacheDisabled', { cacheDisabled: true });
  await session.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: 400,
    downloadThroughput: (400 * 1000) / 8,
    uploadThroughput: (400 * 1000) / 8,
  });
  await page.goto(`${service.url}/`, { waitUntil: 'commit' });
  await page.waitForTimeout(2500);
  await page.screenshot({ path: join(folder, 'slow-3g-2500-ms.png') });
  await page.locator('form').waitFor();
  const paint = await page.evaluate(() => ({
    outline: performance.getEntriesByName('first-contentful-paint')[0]?.startTime,
    form: performance.now(),
  }));
  console.log(`Slow 3G: outline after ${Math.round(paint.outline ?? 0)} ms, form after ${Math.round(paint.form)} ms`);
});
