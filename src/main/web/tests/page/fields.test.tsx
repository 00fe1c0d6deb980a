// @vitest-environment jsdom
import { screen } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { invalid } from '../stub';
import { appears, button, model, open, openRouter, options, save, service, SETTINGS, stub, text, user } from './setup';

describe('the key', () => {
  it('is left alone by password managers, and shows only what was entered', async () => {
    await open();
    await user.click(service(/^OpenAI/));
    const key = text('API key');
    expect(key).toMatchObject({ type: 'password', autocomplete: 'new-password' });
    expect(key.dataset).toMatchObject({ lpignore: 'true', '1pIgnore': 'true', bwignore: 'true', formType: 'other' });
    expect(screen.queryByRole('button', { name: 'Show' })).toBeNull();
    await user.type(key, 'sk-FAKE');
    await user.click(button('Show'));
    expect(key.type).toBe('text');
    await user.click(button('Hide'));
    expect(key.type).toBe('password');
    await user.click(button('Show'));
    await user.click(service(/Groq/));
    await user.type(text('API key'), 'sk-FAKE');
    expect(text('API key').type).toBe('password');
  });

  it('is mended at once when it is pasted, and as it is sent when it is typed', async () => {
    await open();
    await user.click(service(/^OpenAI/));
    await user.click(text('API key'));
    await user.paste(' sk-FAKE\u200b');
    expect(text('API key').value).toBe('sk-FAKE');
    expect(screen.getByText('I removed spaces around it.')).toBeTruthy();
    await user.type(text('API key'), '-2 ');
    expect(text('API key').value).toBe('sk-FAKE-2 ');
    await save();
    await appears('Saved.');
    expect(stub.puts()[0]?.body).toMatchObject({ apiKey: 'sk-FAKE-2' });
    expect(document.documentElement.outerHTML).not.toContain('sk-FAKE');
  });
});

describe('a key that was entered for another service', () => {
  const bringHere = () => screen.getByRole('button', { name: /^Use the key/ }).textContent;

  it('is offered by the name of where it belongs', async () => {
    await open();
    await user.click(service(/Anthropic/));
    await user.type(text('API key'), 'sk-FAKE');
    await user.click(service(/Groq/));
    expect(bringHere()).toBe('Use the key that you entered for Anthropic');
    await user.type(text('API key'), 'sk-FAKE');
    await user.click(service(/^OpenAI/));
    expect(bringHere()).toBe('Use the key that you entered for Groq');
  });

  it('is offered to an address that was entered after it', async () => {
    await open();
    await user.click(service(/Another address/));
    await user.type(text('API key'), 'sk-FAKE');
    await user.type(text('Address'), 'https://h.example/v1');
    expect(bringHere()).toBe('Use the key that you entered for this address');
    await user.click(service(/Gemini/));
    expect(bringHere()).toBe('Use the key that you entered for another address');
  });
});

describe('a saved key', () => {
  it('is said not to go along, in words that stay while the address is typed', async () => {
    stub.stored = openRouter;
    await open();
    await user.click(service(/Another address/));
    const said = () => screen.getByText(/The saved key is for/).textContent;
    const before = said();
    expect(before).toMatch(/for OpenRouter, so I don’t use it for this address/);
    await user.type(text('Address'), 'https://h');
    expect(said()).toBe(before);
  });

  it('for another protocol at the same address is named without names', async () => {
    const gateway = { baseUrl: 'https://gw.example', model: 'm', keyConfigured: true };
    stub.stored = { provider: 'openai_compatible', ...gateway };
    await open();
    await user.click(service(/^Anthropic-compatible/));
    await appears(/The saved key is for another address or protocol/);
  });
});

describe('a pasted address', () => {
  it('can be completed, and is sent without a slash at its end', async () => {
    await open();
    await user.click(service(/Another address/));
    await user.click(text('Address'));
    await user.paste('https://h.example/');
    await user.type(text('Address'), 'v1/');
    await user.type(model(), 'm');
    await save();
    await appears('Saved.');
    expect(stub.puts()[0]?.body).toMatchObject({ baseUrl: 'https://h.example/v1' });
  });
});

describe('the address without a scheme', () => {
  it('gets the one that the service takes', async () => {
    await open();
    stub.prepare(`PUT ${SETTINGS}`, invalid(['/baseUrl', 'base_url_insecure']));
    await user.click(service(/Another address/));
    await user.type(text('Address'), 'h.example/v1');
    await user.type(model(), 'm');
    await save();
    await appears('Saved.');
    expect(stub.puts().map(({ body }) => body?.baseUrl)).toEqual(['http://h.example/v1', 'https://h.example/v1']);
    expect(text('Address').value).toBe('https://h.example/v1');
    expect(screen.getByText(/I added the http:\/\/ or https:\/\/ that fits/)).toBeTruthy();
  });

  it('stays as it was entered when the service refuses it either way', async () => {
    await open();
    const refused = invalid(['/baseUrl', 'base_url_forbidden_host']);
    stub.prepare(`PUT ${SETTINGS}`, refused);
    await user.click(service(/Another address/));
    await user.type(text('Address'), '169.254.169.254');
    await user.type(model(), 'm');
    await save();
    await appears(/I am not allowed to connect to this server/);
    expect(text('Address').value).toBe('169.254.169.254');
  });
});

describe('the model', () => {
  it('of Azure is the name of a deployment', async () => {
    await open();
    await user.click(service(/Azure/));
    expect(screen.getByText('The name of your deployment, not of the model.')).toBeTruthy();
  });

  it('is free text with suggestions: nothing is chosen by leaving the field or by Escape', async () => {
    await open();
    await user.click(service(/^OpenAI/));
    await user.clear(model());
    await user.type(model(), 'gpt-5');
    expect(screen.queryByRole('listbox')).toBeNull();
    await user.click(button('Show models'));
    expect(options().map((option) => option.textContent)).toEqual(['gpt-5', 'gpt-5-mini', 'gpt-4.1']);
    await user.keyboard('{ArrowDown}{ArrowDown}');
    await user.tab();
    expect(model().value).toBe('gpt-5');
    expect(screen.queryByRole('listbox')).toBeNull();
    await user.type(model(), '-m');
    await user.keyboard('{Escape}{Escape}');
    expect(model().value).toBe('gpt-5-m');
    await user.keyboard('{ArrowDown}{ArrowDown}{Enter}');
    expect(model().value).toBe('gpt-5-mini');
    expect(stub.puts()).toEqual([]);
  });

  it('says when no suggestion matches, and can be used all the same', async () => {
    await open();
    await user.click(service(/^OpenAI/));
    await user.type(model(), '-of-my-own');
    // What is said in an element that was not there before is not read out.
    const regions = screen.getAllByRole('status');
    await user.click(button('Show models'));
    expect(regions).toContain(screen.getByText(/No model in the list/));
    expect(model().getAttribute('aria-expanded')).toBe('false');
  });
});
