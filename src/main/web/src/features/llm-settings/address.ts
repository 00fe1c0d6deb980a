const HTTP = /^https?:\/\//i;
const SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i;

/** Scheme, host and port of an address; null while it is not a whole one. */
export function originOf(address: string): string | null {
  return HTTP.test(address) && URL.canParse(address) ? new URL(address).origin : null;
}

/** The host and port of an address, as a name for it. */
export function hostOf(address: string): string {
  return originOf(address) === null ? address : new URL(address).host;
}

/**
 * What an address may stand for. Without a scheme it is tried with http first: the service takes that for private hosts
 * alone, and says so for any other.
 */
export function spellingsOf(address: string): string[] {
  return address === '' || SCHEME.test(address) ? [address] : [`http://${address}`, `https://${address}`];
}

/** Whether the address names the computer that the service itself runs on. */
export function isLoopback(address: string): boolean {
  const [spelling = ''] = spellingsOf(address);
  const host = URL.canParse(spelling) ? new URL(spelling).hostname : '';
  return /^(?:localhost|.*\.localhost|127\.[\d.]+|\[::1\])$/.test(host);
}
