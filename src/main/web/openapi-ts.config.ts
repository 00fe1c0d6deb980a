import { defineConfig } from '@hey-api/openapi-ts';

export default defineConfig({
  input: '../../../openapi/openapi.yaml',
  output: {
    // scripts/check-client.mjs generates it somewhere else, to compare.
    path: process.env.CLIENT_FOLDER ?? 'src/api/generated',
    header: ['// @ts-nocheck'],
    module: { extension: '.js' },
  },
  parser: {
    patch: {
      schemas: (_name, schema) => {
        // In TypeScript every object may have more members; an index signature would let misspelled ones compile.
        if (schema.additionalProperties === true) {
          delete schema.additionalProperties;
        }
      },
    },
  },
  plugins: [
    { name: '@hey-api/typescript', enums: 'javascript' },
    { name: '@hey-api/client-fetch', throwOnError: true },
    // Without a client of the module's own: each user's client is handed in. It signs in by itself.
    { name: '@hey-api/sdk', client: false, auth: false },
  ],
});
