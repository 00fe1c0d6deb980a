import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/** Puts a `.br` and a `.gz` file beside every script, style sheet and file of texts, so that the service has nothing to compress. */
function compressed(): Plugin {
  return {
    name: 'compressed',
    apply: 'build',
    // Not before the files are written: until then other plugins still change them.
    writeBundle({ dir = '' }, bundle) {
      for (const fileName of Object.keys(bundle).filter((name) => /\.(?:js|css|json)$/.test(name))) {
        const file = join(dir, fileName);
        const content = readFileSync(file);
        writeFileSync(`${file}.br`, brotliCompressSync(content));
        writeFileSync(`${file}.gz`, gzipSync(content, { level: 9 }));
      }
    },
  };
}

export default defineConfig({
  plugins: [react(), compressed()],
  // The page may be under any path: a proxy puts it there.
  base: './',
  build: {
    // Browsers that know light-dark() and AbortSignal.any(); an older target would have the former rewritten.
    target: ['chrome123', 'firefox124', 'safari17.5'],
    // The Content-Security-Policy of the service allows files of its own and nothing inline.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // What the licences of the bundled packages ask for.
    license: { fileName: 'third-party-licenses.txt' },
    // How long the compression takes is no news.
    rolldownOptions: { checks: { bundlerTimings: false } },
  },
  server: {
    proxy: { '/api': process.env.CAROL_URL ?? 'http://localhost:8080' },
  },
});
