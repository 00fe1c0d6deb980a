// @vitest-environment jsdom
import { render, screen, waitFor } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { createLlmSettingsClient, type LlmSettingsClient } from '@carol/llm-settings-client';
import { AccountPage } from '../../examples/account-page';
import { LlmSettings as Form } from '../../src/features/llm-settings';
import { problem, Stub } from '../stub';
import { alertSays, appears, button, model, openRouter, save, SETTINGS, stub, user } from './setup';

describe('in another app', () => {
  it('the form works with the client and the language that it is given', async () => {
    stub.stored = openRouter;
    render(<AccountPage settingsUrl={stub.url} token={() => Promise.resolve('a-token')} locale="de" />);
    const form = (await screen.findByText('Schlüssel gespeichert')).closest('[lang]');
    expect(form).toMatchObject({ lang: 'de', dir: 'ltr' });
    expect(stub.received.find(({ call }) => call === `GET ${SETTINGS}`)?.headers.authorization).toBe('Bearer a-token');
  });

  it('when the app has no token, the page says that the user is signed out', async () => {
    stub.stored = openRouter;
    let signedIn = false;
    const token = () => (signedIn ? Promise.resolve('a-token') : Promise.reject(new TypeError('no token')));
    render(<Form client={createLlmSettingsClient({ baseUrl: stub.url, token })} />);
    await alertSays(/You are signed out/);
    signedIn = true;
    await user.click(button('Try again'));
    await appears('Key saved');

    signedIn = false;
    await user.click(button('Try it'));
    await alertSays(/You are signed out/);
    expect(button('Try it')).toBeTruthy();

    await user.type(model(), '-mine');
    await save();
    await alertSays(/You are signed out.*Nothing was saved/);
    signedIn = true;
    await save();
    await appears('Saved.');
  });

  it('two forms of two users do not meet', async () => {
    const other = await Stub.start();
    other.stored = { ...openRouter, model: 'other' };
    stub.stored = openRouter;
    render(
      <>
        <Form client={stub.client()} />
        <Form client={other.client()} />
      </>,
    );
    await waitFor(() => {
      expect(screen.getAllByRole<HTMLInputElement>('combobox').map(({ value }) => value)).toEqual([
        openRouter.model,
        'other',
      ]);
    });
    const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    other.stop();
  });

  it('another client is another user', async () => {
    const other = await Stub.start();
    stub.stored = openRouter;
    const at = (client: LlmSettingsClient) => <Form client={client} />;
    const { rerender } = render(at(stub.client()));
    await appears('Key saved');
    rerender(at(other.client()));
    await appears(/I have no AI model yet/);
    other.prepare(`GET ${SETTINGS}`, problem(500, 'internal'));
    rerender(at(other.client()));
    await alertSays(/went wrong on the server/);
    rerender(at(stub.client()));
    expect(screen.queryByRole('alert')).toBeNull();
    await appears('Key saved');
    other.stop();
  });
});
