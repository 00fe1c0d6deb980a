import type { KeyPolicy } from './services';

/** Provider and origin: what a key is bound to. Two addresses are the same destination when these texts are the same. */
export type Destination = string;

/**
 * What the person wants done with the API key. It names the destination it was said for, and means nothing anywhere else:
 * choosing another service and coming back can neither lose the stored key nor carry a key along.
 */
export type KeyIntent =
  { kind: 'keep' } | { kind: 'remove'; at: Destination } | { kind: 'replace'; at: Destination; text: string };

/** Where the form is: the destination on show, that of the stored key (null: none is stored), and whether a key is needed. */
export interface KeyPlace {
  here: Destination;
  storedAt: Destination | null;
  policy: KeyPolicy;
}

/**
 * What the form shows for the key.
 *
 * - `saved`: the stored key stays.
 * - `removing`: the stored key is removed with the next save.
 * - `field`: a field to enter a key; `text` is what is in it.
 * - `none`: no key goes with this destination.
 */
export type KeyView = { show: 'saved' | 'removing' | 'none' } | { show: 'field'; text: string };

export function keyView(intent: KeyIntent, { here, storedAt, policy }: KeyPlace): KeyView {
  const current = intent.kind !== 'keep' && intent.at === here ? intent : null;
  if (current?.kind === 'replace') {
    return { show: 'field', text: current.text };
  }
  if (here === storedAt) {
    return { show: current ? 'removing' : 'saved' };
  }
  return current || policy === 'none' ? { show: 'none' } : { show: 'field', text: '' };
}

/** The `apiKey` to send: a string sets it, null removes the stored one, undefined leaves it out and so keeps it. */
export function keyToSend(intent: KeyIntent, place: KeyPlace): string | null | undefined {
  const view = keyView(intent, place);
  switch (view.show) {
    case 'saved':
      return undefined;
    case 'removing':
      return null;
    case 'field':
      return view.text === '' ? undefined : view.text;
    case 'none':
      // A key that is stored for another destination cannot stay when this one is saved.
      return place.storedAt === null ? undefined : null;
  }
}

/** Whether the settings cannot be saved without a key in the field. */
export function keyIsRequired(intent: KeyIntent, place: KeyPlace): boolean {
  const moved = place.storedAt !== null && place.here !== place.storedAt;
  return keyView(intent, place).show === 'field' && (moved || (place.policy === 'required' && place.storedAt === null));
}
