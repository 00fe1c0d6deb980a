import js from '@eslint/js';
import a11y from 'eslint-plugin-jsx-a11y';
import hooks from 'eslint-plugin-react-hooks';
import { defineConfig } from 'eslint/config';
import typescript from 'typescript-eslint';

export default defineConfig(
  { ignores: ['src/api/dist', 'src/api/generated', 'test-results', 'playwright-report'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  {
    files: ['**/*.{ts,tsx}'],
    extends: [
      typescript.configs.strictTypeChecked,
      typescript.configs.stylisticTypeChecked,
      hooks.configs.flat['recommended-latest'],
      a11y.flatConfigs.strict,
    ],
    languageOptions: {
      parserOptions: {
        // Named here, because finding the project of each file takes half as long again.
        project: ['tsconfig.json', 'src/api/tsconfig.json'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      // A function that returns nothing may hand on a call that returns nothing.
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
    },
  },
  {
    files: ['src/features/**', 'src/i18n/**'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'document', property: 'querySelector', message: 'Use a ref: there may be more than one form.' },
        { object: 'document', property: 'getElementById', message: 'Use a ref: there may be more than one form.' },
      ],
    },
  },
  {
    files: ['src/features/**'],
    rules: {
      'no-restricted-globals': ['error', { name: 'fetch', message: 'Only src/api calls the API.' }],
    },
  },
  {
    files: ['tests/**', 'e2e/**', 'playwright.config.ts'],
    rules: {
      // What is missing there fails the test, which is what tests are for.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-empty-function': 'off',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: false }],
    },
  },
  // Where TanStack Query has no variables for a mutation, their type is void.
  { files: ['src/api/**'], rules: { '@typescript-eslint/no-invalid-void-type': 'off' } },
  { files: ['**/*.{js,mjs}'], languageOptions: { globals: { console: 'readonly', process: 'readonly' } } },
);
