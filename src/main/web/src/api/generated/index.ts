// @ts-nocheck

export { deleteLlmSettings, getLlmSettings, type Options, putLlmSettings } from './sdk.gen.js';
export { type ClientOptions, type DeleteLlmSettingsData, type DeleteLlmSettingsError, type DeleteLlmSettingsErrors, type DeleteLlmSettingsResponse, type DeleteLlmSettingsResponses, type FieldError, FieldErrorCode, type GetLlmSettingsData, type GetLlmSettingsError, type GetLlmSettingsErrors, type GetLlmSettingsResponse, type GetLlmSettingsResponses, type IfMatch, type IfNoneMatch, type LlmSettings, type LlmSettingsUpdate, type Problem, ProblemCode, Provider, type PutLlmSettingsData, type PutLlmSettingsError, type PutLlmSettingsErrors, type PutLlmSettingsResponse, type PutLlmSettingsResponses, type ValidationProblem } from './types.gen.js';
