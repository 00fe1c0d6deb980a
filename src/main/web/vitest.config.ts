import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  plugins: [react()],
  test: {
    projects: [
      { extends: true, test: { name: 'unit', include: ['tests/**/*.test.{ts,tsx}'], testTimeout: 60_000 } },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['e2e/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 300_000,
          // The tests share one user of one service.
          fileParallelism: false,
        },
      },
      {
        extends: true,
        test: { name: 'screenshots', include: ['e2e/screenshots.ts'], testTimeout: 120_000, hookTimeout: 300_000 },
      },
    ],
  },
});
