export { LlmSettings, type LlmSettingsProps } from './LlmSettings';
