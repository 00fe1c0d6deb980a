import type { FailureCode } from '@carol/llm-settings-client';

/** The text under `account.llm.problems` for each code. Several codes are one thing to the person who reads them. */
export const problemText = {
  unauthenticated: 'signedOut',
  unknown_user: 'unknownUser',
  forbidden: 'foreignPage',
  precondition_failed: 'changedElsewhere',
  invalid: 'invalid',
  rate_limited: 'tooMany',
  payload_too_large: 'tooLarge',
  database_unavailable: 'away',
  identity_provider_unavailable: 'away',
  unavailable: 'away',
  encryption_key_missing: 'noKeyStorage',
  encryption_key_malformed: 'noKeyStorage',
  encryption_key_foreign: 'noKeyStorage',
  encryption_key_retired: 'noKeyStorage',
  network_error: 'unreachable',
  timeout: 'unreachable',
  unexpected_answer: 'stranger',
  internal: 'fault',
  refused: 'fault',
  http_version_not_supported: 'fault',
  bad_request: 'fault',
  malformed_json: 'fault',
  unsupported_media_type: 'fault',
  not_configured: 'fault',
  not_found: 'fault',
  method_not_allowed: 'fault',
} as const satisfies Record<FailureCode, string>;

/** Failures that pass by themselves, so that trying again without being asked makes sense. */
export const passes = (code: FailureCode): boolean => ['away', 'unreachable', 'tooMany'].includes(problemText[code]);

/** Failures after which nobody knows whether a change was made. */
export const leavesOpen = (code: FailureCode): boolean => ['unreachable', 'stranger'].includes(problemText[code]);
