import { api, storedSettings } from './service';
import { button, expect, isSaved, key, model, type Page, serviceNamed, test } from './test';

/** The three first tasks of a person, with the seconds that a script takes and the fields that have to be typed into. */
async function task(
  page: Page,
  name: string,
  steps: (type: (field: 'key' | 'model', text: string) => Promise<void>) => Promise<void>,
) {
  let typed = 0;
  const start = Date.now();
  await steps(async (field, text) => {
    typed += 1;
    await { key, model }[field](page).fill(text);
  });
  const seconds = (Date.now() - start) / 1000;
  test.info().annotations.push({ type: name, description: `${seconds.toFixed(1)} s, ${typed} fields typed` });
  console.log(`${name}: ${seconds.toFixed(1)} s, ${typed} fields typed`);
  return typed;
}

test.beforeEach(async () => {
  await api('DELETE');
});

test('Ollama without a key takes no typing', async ({ visit }) => {
  const page = await visit();
  const typed = await task(page, 'Ollama without a key', async () => {
    await serviceNamed(page, 'Ollama local').check();
    await button(page, 'Save').click();
    await isSaved(page);
  });
  expect(typed).toBe(0);
  expect(await storedSettings()).toEqual({
    provider: 'openai_compatible',
    model: 'llama3.2',
    baseUrl: 'http://localhost:11434/v1',
    keyConfigured: false,
  });
});

test('OpenRouter with a key takes the key', async ({ visit }) => {
  const page = await visit();
  const typed = await task(page, 'OpenRouter with a key', async (type) => {
    await serviceNamed(page, 'OpenRouter').check();
    await type('key', 'sk-FAKE');
    await button(page, 'Save').click();
    await isSaved(page);
  });
  expect(typed).toBe(1);
  expect(await storedSettings()).toMatchObject({ baseUrl: 'https://openrouter.ai/api/v1', keyConfigured: true });
});

test('looking at the one and coming back to the other loses neither key nor model', async ({ visit }) => {
  const page = await visit();
  await serviceNamed(page, 'OpenRouter').check();
  await key(page).fill('sk-FAKE');
  await model(page).fill('openai/gpt-5');
  await button(page, 'Save').click();
  await isSaved(page);
  const typed = await task(page, 'OpenRouter, Ollama and back', async () => {
    await serviceNamed(page, 'Ollama local').check();
    await serviceNamed(page, 'OpenRouter').check();
    await expect(page.getByText('Key saved')).toBeVisible();
    await expect(model(page)).toHaveValue('openai/gpt-5');
    await expect(button(page, 'Save')).toBeHidden();
  });
  expect(typed).toBe(0);
  expect(await storedSettings()).toMatchObject({ model: 'openai/gpt-5', keyConfigured: true });
});
