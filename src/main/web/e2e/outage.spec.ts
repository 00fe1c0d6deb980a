import { api, database, openRouter, storedSettings } from './service';
import { alerts, expect, isSaved, model, save, test } from './test';

test.beforeEach(() => api('PUT', openRouter));

test.afterAll(() => database('start'));

test('reading and saving say so, and go on when it is back', async ({ visit }) => {
  test.setTimeout(180_000);
  const editing = await visit();
  await model(editing).fill('mine');
  await database('stop');
  await save(editing);
  await expect(alerts(editing)).toContainText(/can’t answer right now.*still here/);
  const reading = await visit();
  await expect(alerts(reading)).toContainText(/can’t answer right now.*I keep trying/);
  await database('start');
  await expect(reading.getByText('Key saved')).toBeVisible({ timeout: 30_000 });
  await save(editing);
  await isSaved(editing);
  expect(await storedSettings()).toMatchObject({ model: 'mine' });
});
