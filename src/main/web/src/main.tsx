import { createLlmSettingsClient } from '@carol/llm-settings-client';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './App';
import './base.css';

// The API is beside the page, under whichever path a proxy has put both.
const baseUrl = new URL('.', document.baseURI).href.replace(/\/$/, '');
const client = createLlmSettingsClient({ baseUrl });
const signInUrl = document.querySelector<HTMLMetaElement>('meta[name=carol-sign-in]')?.content;
const root = document.getElementById('root');

if (root) {
  createRoot(root).render(
    <StrictMode>
      <App client={client} signInUrl={signInUrl === '' ? undefined : signInUrl} />
    </StrictMode>,
  );
}
