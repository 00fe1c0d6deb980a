import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  plugins: [react()],
  build: {
    // Browsers that know light-dark() and AbortSignal.any(); an older target would have the former rewritten.
    target: ['chrome123', 'firefox124', 'safari17.5'],
    // The Content-Security-Policy of the service allows files of its own and nothing inline.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    proxy: { '/api': process.env.CAROL_URL ?? 'http://localhost:8080' },
  },
});
