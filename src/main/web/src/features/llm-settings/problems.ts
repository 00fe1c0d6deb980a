import type { FailureCode, FieldErrorCode, LlmSettingsProblem } from '@carol/llm-settings-client';
import { english, type TextKey } from '../../i18n/texts';
import type { FormState } from './form';

/** Codes that a server may send although this client's contract does not have them. */
type OtherCode = 'overloaded' | 'request_timeout';

/** The text under `problems` for each code. Several codes are one thing to the person who reads them. */
const TEXT_OF_CODE = {
  unauthenticated: 'signedOut',
  unknown_user: 'unknownUser',
  forbidden: 'foreignPage',
  precondition_failed: 'changedElsewhere',
  invalid: 'invalid',
  rate_limited: 'tooMany',
  overloaded: 'tooMany',
  payload_too_large: 'tooLarge',
  not_found: 'notSupported',
  method_not_allowed: 'notSupported',
  unavailable: 'away',
  database_unavailable: 'away',
  identity_provider_unavailable: 'away',
  encryption_key_missing: 'noKeyStorage',
  encryption_key_malformed: 'noKeyStorage',
  encryption_key_foreign: 'keyStorageForeign',
  encryption_key_retired: 'keyStorageForeign',
  network_error: 'unreachable',
  timeout: 'unreachable',
  request_timeout: 'unreachable',
  unexpected_answer: 'stranger',
  refused: 'refused',
  not_configured: 'changedElsewhere',
  internal: 'fault',
  bad_request: 'fault',
  malformed_json: 'fault',
  unsupported_media_type: 'fault',
  http_version_not_supported: 'stranger',
} as const satisfies Record<FailureCode | OtherCode, string>;

export type ProblemText = (typeof TEXT_OF_CODE)[keyof typeof TEXT_OF_CODE] | 'refusedPart';

/** What to tell the person. A code that is newer than the client has been replaced by one that fits its status. */
export function problemText(problem: LlmSettingsProblem): ProblemText {
  const { code, receivedCode = code } = problem;
  const text = TEXT_OF_CODE[isKnown(receivedCode) ? receivedCode : code];
  return text === 'invalid' && unshownPart(problem) !== null ? 'refusedPart' : text;
}

const isKnown = (code: string): code is keyof typeof TEXT_OF_CODE => Object.hasOwn(TEXT_OF_CODE, code);

const SHOWN = ['/provider', '/baseUrl', '/apiKey', '/model'];

/** The first refused member that has no field in the form; null while at least one refused member has one. */
export function unshownPart({ errors }: LlmSettingsProblem): string | null {
  return errors.some(({ pointer }) => SHOWN.includes(pointer))
    ? null
    : (errors.find(({ pointer }) => pointer !== '')?.pointer ?? '/');
}

/** Problems that pass by themselves, so that it makes sense to try again without being asked. */
export const passes = (problem: LlmSettingsProblem): boolean =>
  ['away', 'unreachable', 'tooMany'].includes(problemText(problem));

/** Problems after which it is open whether a change was made. */
export const leavesOpen = ({ code }: LlmSettingsProblem): boolean => OPEN.includes(code);

const OPEN: readonly FailureCode[] = [
  'network_error',
  'timeout',
  'unexpected_answer',
  'unavailable',
  // The connection to the database may have broken after the change was stored.
  'database_unavailable',
  'internal',
];

type Problem = NonNullable<FormState['problem']>;

/** Whether what was asked for may have been done after all. */
export const isOpen = ({ during, cause }: Problem): boolean =>
  (during === 'saving' || during === 'removing') && leavesOpen(cause);

/** Whether a problem is over once the service has answered. What may have been done after all stays in question. */
export function isOver(problem: Problem): boolean {
  const { during, cause } = problem;
  return (
    during === 'reading' || (!isOpen(problem) && ['signedOut', 'away', 'unreachable'].includes(problemText(cause)))
  );
}

/** Problems for which the person who runs the service may want to look into its log. */
export const hasRequestId = (problem: LlmSettingsProblem): boolean =>
  !isKnown(problem.receivedCode ?? problem.code) ||
  ['foreignPage', 'fault', 'refused', 'refusedPart', 'notSupported', 'stranger', 'keyStorageForeign'].includes(
    problemText(problem),
  );

/** The text for a refused field. What an address lacks can be seen in it. */
export function errorText(field: string, code: FieldErrorCode, text: string): TextKey {
  if (field === 'model' && code === 'required') {
    return 'errors.model_required';
  }
  if (field === 'provider' && code === 'base_url_forbidden_host') {
    return 'errors.service_forbidden';
  }
  if (code === 'base_url_malformed') {
    return malformedText(text);
  }
  return hasText(code) ? `errors.${code}` : 'errors.other';
}

function malformedText(address: string): TextKey {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(address)?.[1]?.toLowerCase();
  if (scheme !== undefined && !['http', 'https'].includes(scheme)) {
    return 'errors.base_url_scheme';
  }
  if (/^(?:https?:\/\/)?[^/?#]*@/i.test(address)) {
    return 'errors.base_url_user';
  }
  return /[?#]/.test(address) ? 'errors.base_url_query' : 'errors.base_url_malformed';
}

const hasText = (code: string): code is keyof typeof english.errors => Object.hasOwn(english.errors, code);
