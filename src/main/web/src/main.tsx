import { createLlmSettingsClient } from '@carol/llm-settings-client';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { LlmSettingsPage, settingsQuery } from './features/llm-settings/LlmSettingsPage';
import { preferredLocale, showIn } from './i18n';
import './styles.css';

const queries = new QueryClient();
const client = createLlmSettingsClient();

// Settings and texts are on their way at the same time.
void queries.prefetchQuery(settingsQuery(client));
await showIn(preferredLocale());

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <LlmSettingsPage client={client} />
    </QueryClientProvider>
  </StrictMode>,
);
