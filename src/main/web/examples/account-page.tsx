import { createLlmSettingsClient } from '@carol/llm-settings-client';
import { useState } from 'react';
import { LlmSettings } from '../src/features/llm-settings';
import type { Locale } from '../src/i18n/texts';
import { TextsProvider } from '../src/i18n/TextsProvider';

interface AccountPageProps {
  /** Where the service is. */
  settingsUrl: string;
  /** Gives the token of the signed-in user. */
  token: () => Promise<string>;
  locale: Locale;
}

/** A page of another app, with the form for the LLM settings in it. */
export function AccountPage({ settingsUrl, token, locale }: AccountPageProps) {
  // One client for each user, for as long as the user is signed in.
  const [client] = useState(() => createLlmSettingsClient({ baseUrl: settingsUrl, token }));
  return (
    <main>
      <h1>Account</h1>
      <TextsProvider locale={locale}>
        <LlmSettings client={client} signInUrl="/sign-in" />
      </TextsProvider>
    </main>
  );
}
