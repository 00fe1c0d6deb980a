import axe from 'axe-core';
import { api, openRouter, storedSettings } from './service';
import { states, stateNamed } from './states';
import {
  address,
  alerts,
  button,
  expect,
  isSaved,
  key,
  model,
  type Page,
  problemAnswer,
  serviceNamed,
  test,
} from './test';

test.beforeEach(async () => {
  await api('PUT', openRouter);
});

/** Every rule in the light; of what depends on colours and sizes, in the dark and on a small screen as well. */
const looks: [name: string, rules: string[] | null, change: (page: Page) => Promise<void>][] = [
  ['light', null, async () => {}],
  ['dark', ['color-contrast'], (page) => page.emulateMedia({ colorScheme: 'dark' })],
  ['320 px', ['target-size'], (page) => page.setViewportSize({ width: 320, height: 640 })],
];

type Axe = typeof axe;

const sideways = (page: Page) =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

/** What axe finds wrong, by these rules or by all. */
async function violations(page: Page, rules: string[] | null = null): Promise<string[]> {
  if (!(await page.evaluate(() => 'axe' in window))) {
    await page.evaluate(axe.source);
  }
  return page.evaluate(async (only) => {
    const { axe } = window as unknown as { axe: Axe };
    // It writes a selector for each element that it reports on, so it takes less for violations alone.
    const found = await axe.run({ resultTypes: ['violations'], ...(only !== null && { runOnly: only }) });
    return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
  }, rules);
}

for (const { name, visit: options, reach } of states) {
  test(`axe finds nothing wrong, light, dark and at 320 px: ${name}`, async ({ visit }) => {
    const page = await visit(options);
    await reach(page);
    for (const [look, rules, change] of looks) {
      await change(page);
      expect(await violations(page, rules), look).toEqual([]);
      expect(await sideways(page), `${look}: scrolls sideways`).toBe(0);
    }
  });
}

test('in Arabic everything is laid out from the right, but not address, model and key', async ({ visit }) => {
  const page = await visit({ locale: 'ar' });
  await page.getByRole('radio', { name: 'Ollama' }).check();
  await page.getByRole('button', { name: 'إضافة مفتاح' }).click();
  expect(await violations(page)).toEqual([]);
  for (const input of [address(page), model(page), key(page)]) {
    await expect(input).toHaveCSS('direction', 'ltr');
  }
  const label = await page.getByText('العنوان', { exact: true }).boundingBox();
  const field = await address(page).boundingBox();
  expect(label!.x + label!.width).toBeCloseTo(field!.x + field!.width, 0);
  expect(await sideways(page)).toBe(0);
});

test.describe('the size', () => {
  const height = (page: Page) => page.evaluate(() => document.documentElement.scrollHeight);

  test('with a saved key is one screen of a small laptop', async ({ visit }) => {
    const page = await visit({ viewport: { width: 1280, height: 731 } });
    await expect(page.getByText('Key saved')).toBeVisible();
    expect(await height(page)).toBe(731);
    await model(page).fill('other');
    await expect(button(page, 'Save')).toBeInViewport({ ratio: 1 });
    expect(await height(page)).toBe(731);
  });

  test('with a saved key is two screens of 320 x 640 at most, in every language', async ({ visit }) => {
    const page = await visit({ viewport: { width: 320, height: 640 } });
    await model(page).fill('other');
    for (const locale of ['en', 'de', 'fr', 'ar']) {
      await page.locator('select').selectOption(locale);
      await expect(page.locator('html')).toHaveAttribute('lang', locale);
      expect(await height(page), locale).toBeLessThanOrEqual(2 * 640);
    }
  });

  test('lets nothing stick to the edge of a phone, upright or on its side', async ({ visit }) => {
    const page = await visit({ locale: 'fr' });
    await stateNamed('changed-elsewhere').reach(page);
    for (const viewport of [
      { width: 320, height: 568 },
      { width: 667, height: 320 },
    ]) {
      await page.setViewportSize(viewport);
      const stuck = await page.evaluate(() =>
        [...document.querySelectorAll('*')].filter((element) =>
          ['sticky', 'fixed'].includes(getComputedStyle(element).position),
        ),
      );
      expect(stuck).toHaveLength(0);
    }
  });

  test('of what can be pressed is at least 24 by 24 pixels', async ({ visit }) => {
    const page = await visit({ viewport: { width: 320, height: 640 } });
    const sizes = await page.locator('button, select, label:has([type=radio])').evaluateAll((targets) =>
      targets
        .map((target) => target.getBoundingClientRect())
        .filter(({ width }) => width > 0)
        .map(({ width, height: tall }) => Math.min(width, tall)),
    );
    expect(sizes.length).toBeGreaterThan(15);
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(24);
  });
});

test('whatever has the focus can be seen, with its label', async ({ visit }) => {
  const page = await visit({ locale: 'fr' });
  await button(page, 'Remplacer').click();
  await model(page).fill('mine');
  await expectFocusInView(page);
  // What went wrong is said above Save.
  await button(page, 'Garder la clé enregistrée').click();
  await page.route('**/api/settings/llm', (route) => route.fulfill(problemAnswer(500, 'internal')));
  await page.locator('[type=submit]').click();
  await alerts(page).waitFor();
  await expectFocusInView(page);
});

async function expectFocusInView(page: Page) {
  for (const [size, viewport] of [
    ['at 320 px', { width: 320, height: 568 }],
    ['at 200 % of a small window', { width: 512, height: 384 }],
    ['at 400 %', { width: 320, height: 256 }],
    ['on a small screen', { width: 700, height: 560 }],
    ['on a wide screen', { width: 1280, height: 560 }],
  ] as const) {
    await page.setViewportSize(viewport);
    await page.evaluate(() => {
      (document.activeElement as HTMLElement).blur();
      scrollTo(0, 0);
    });
    const hidden: string[] = [];
    for (let stop = 0; stop < 16; stop++) {
      await page.keyboard.press('Tab');
      hidden.push(...(await page.evaluate(coveredParts)));
    }
    expect(hidden, size).toEqual([]);
  }
}

/** What of the focused control and its label is not what one would hit there. Runs in the page. */
function coveredParts(): string[] {
  const focused = document.activeElement;
  if (!(focused instanceof HTMLElement) || focused === document.body) {
    return [];
  }
  const labels = focused instanceof HTMLInputElement ? [...(focused.labels ?? [])] : [];
  return [focused, ...labels]
    .filter((part) => {
      const { left, top, width, height } = part.getBoundingClientRect();
      const hit = document.elementFromPoint(left + width / 2, top + height / 2);
      return hit === null || !(part.contains(hit) || hit.contains(part));
    })
    .map((part) => `${part.tagName} ${part.id} ${part.textContent}`);
}

test('a model that the arrow keys go to can be seen', async ({ visit }) => {
  const page = await visit({ viewport: { width: 700, height: 420 } });
  await model(page).focus();
  await page.evaluate(() => {
    // The field at the lower edge of the window, so that the list is below it.
    scrollBy(0, document.activeElement!.getBoundingClientRect().bottom - innerHeight);
  });
  const options = page.getByRole('listbox').getByRole('option');
  for (let step = 0; step < 3; step++) {
    await page.keyboard.press('ArrowDown');
    await expect(options.nth(step)).toBeInViewport({ ratio: 1 });
  }
});

test('what speaks up later is there from the start, also for screen readers', async ({ visit }) => {
  const page = await visit();
  await serviceNamed(page, 'Another address').check();
  const regions = page.locator('[role=status], [role=alert]');
  expect(await regions.count()).toBeGreaterThan(6);
  const missing = await regions.evaluateAll((all) => all.filter((region) => !region.checkVisibility()).length);
  expect(missing).toBe(0);
});

test('that no model in the list fits is said below the field', async ({ visit }) => {
  const page = await visit();
  await model(page).fill('none-of-these');
  const note = page.getByText('No model in the list has this in its name.');
  await expect(note).toBeHidden();
  await button(page, 'Show models').click();
  await expect(note).toBeVisible();
  await expect(model(page)).toHaveAttribute('aria-expanded', 'false');
  const field = await model(page).boundingBox();
  expect((await note.boundingBox())!.y).toBeGreaterThanOrEqual(field!.y + field!.height);
  await page.keyboard.press('Escape');
  await expect(note).toBeHidden();
});

test.describe('by keyboard alone', () => {
  test('Ollama is set up without a key, then OpenRouter with one, and then the model changes', async ({ visit }) => {
    await api('DELETE');
    const page = await visit();
    const press = async (...keys: string[]) => {
      for (const one of keys) {
        await page.keyboard.press(one);
      }
    };
    // The language, then the services: one stop, with arrow keys inside.
    await press('Tab', 'Tab');
    await expect(serviceNamed(page, 'Anthropic')).toBeFocused();
    await press('Space', ...Array<string>(9).fill('ArrowDown'));
    await expect(serviceNamed(page, 'Ollama local')).toBeFocused();
    await expect(serviceNamed(page, 'Ollama local')).toBeChecked();
    await press('Tab');
    await expect(address(page)).toBeFocused();
    await press('Tab');
    await expect(button(page, 'Add a key')).toBeFocused();
    await press('Tab');
    await expect(model(page)).toBeFocused();
    await press('Enter');
    await isSaved(page);
    await expect(model(page)).toBeFocused();
    expect(await storedSettings()).toMatchObject({ baseUrl: 'http://localhost:11434/v1', keyConfigured: false });

    await serviceNamed(page, 'Ollama local').focus();
    await press(...Array<string>(7).fill('ArrowUp'));
    await expect(serviceNamed(page, 'OpenRouter')).toBeFocused();
    await press('Tab', 'Tab');
    await expect(key(page)).toBeFocused();
    await page.keyboard.type('sk-FAKE');
    await press('Tab', 'Tab');
    await expect(model(page)).toBeFocused();
    await press('ArrowDown', 'ArrowDown', 'ArrowDown', 'Enter');
    await expect(model(page)).toHaveValue('mistralai/mistral-large');
    await press('Tab');
    await expect(button(page, 'Try it')).toBeFocused();
    await press('Tab');
    await expect(button(page, 'Discard changes')).toBeFocused();
    await press('Tab', 'Enter');
    await isSaved(page);
    // The button is gone, and the focus is where it says what happened.
    await expect(page.locator('[role=status]:focus')).toHaveText('Saved.');
    expect(await storedSettings()).toMatchObject({ model: 'mistralai/mistral-large', keyConfigured: true });
  });

  test('looking at other services with the arrow keys moves no focus, and loses nothing', async ({ visit }) => {
    const page = await visit();
    await serviceNamed(page, 'OpenRouter').focus();
    for (let step = 0; step < 13; step++) {
      await page.keyboard.press('ArrowDown');
      await expect(page.locator('input[type=radio]:focus')).toBeChecked();
    }
    await expect(serviceNamed(page, 'OpenRouter')).toBeFocused();
    await expect(page.getByText('Key saved')).toBeVisible();
    await expect(button(page, 'Save')).toBeHidden();
  });

  test('text that comes in pieces stays in its field', async ({ visit }) => {
    const page = await visit();
    await serviceNamed(page, 'Another address').check();
    await address(page).focus();
    for (const piece of ['https://api', '.example', '.com/v1']) {
      await page.keyboard.insertText(piece);
      await expect(address(page)).toBeFocused();
    }
    await expect(address(page)).toHaveValue('https://api.example.com/v1');
    await page.keyboard.press('Tab');
    await expect(key(page)).toBeFocused();
  });

  test('everything is removed, and the focus is never lost', async ({ visit }) => {
    const page = await visit();
    await button(page, 'Remove everything').focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await expect(page.locator('[role=status]:focus')).toContainText('Removed.');
  });
});

test('what has to be filled in is marked, visibly and for screen readers', async ({ visit }) => {
  const page = await visit();
  await serviceNamed(page, 'Another address').check();
  await expect(page.getByRole('radiogroup', { name: 'Service' })).toHaveAttribute('aria-required', 'true');
  for (const input of [address(page), model(page), key(page)]) {
    await expect(input).toHaveAttribute('aria-required', 'true');
  }
  await expect(page.getByText('required', { exact: true })).toHaveCount(4);
  const dangling = await page.evaluate(() =>
    [...document.querySelectorAll('[aria-describedby], [aria-labelledby], [aria-controls]')].flatMap((element) =>
      ['aria-describedby', 'aria-labelledby', 'aria-controls']
        .flatMap((name) => element.getAttribute(name)?.split(' ') ?? [])
        .filter((id) => document.getElementById(id) === null),
    ),
  );
  expect(dangling).toEqual([]);
});

test('with colours chosen by the system, what is chosen and what is refused still show', async ({ visit }) => {
  const page = await visit({ forcedColors: 'active' });
  await stateNamed('refused').reach(page);
  const border = (name: string) =>
    page.locator(`input[name=${name}]`).evaluate((input) => getComputedStyle(input).borderStyle);
  expect(await border('baseUrl')).toBe('dashed');
  const tile = (radio: string) => page.locator(`label:has(${radio})`).first();
  await expect(tile('[type=radio]:checked')).toHaveCSS('outline-style', 'solid');
  await expect(tile('[type=radio]:not(:checked)')).toHaveCSS('outline-style', 'none');
});

test('without motion nothing moves', async ({ visit }) => {
  const page = await visit({ reducedMotion: 'reduce' });
  const moving = () =>
    page.evaluate(
      () =>
        [...document.querySelectorAll('*')].filter((element) => {
          const { transitionDuration, animationName } = getComputedStyle(element);
          return transitionDuration !== '0s' || animationName !== 'none';
        }).length,
    );
  expect(await moving()).toBe(0);
  await page.emulateMedia({ reducedMotion: 'no-preference' });
  expect(await moving()).toBeGreaterThan(0);
});

test('printing takes one page, without what can only be pressed', async ({ visit }) => {
  const page = await visit();
  await model(page).fill('mine');
  const pdf = await page.pdf({ format: 'A4' });
  expect(pdf.toString('latin1').match(/\/Type\s*\/Page\b/g)).toHaveLength(1);
  await page.emulateMedia({ media: 'print' });
  await expect(button(page, 'Save')).toBeHidden();
  await expect(page.getByText('Key saved')).toBeVisible();
});
