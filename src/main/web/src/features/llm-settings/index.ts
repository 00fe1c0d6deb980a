export { LlmSettings, type LlmSettingsProps } from './LlmSettings';
export type { CheckReason, CheckResult, KeyStatus, SettingsClient } from './checking';
