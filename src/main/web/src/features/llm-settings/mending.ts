import type { Provider } from '@carol/llm-settings-client';

/** What was changed in an entered text. Only what loses nothing is changed; anything else is for the service to refuse. */
export type Mending = { kind: 'unseen' | 'quotes' | 'slash' | 'host' | 'scheme' } | { kind: 'endpoint'; cut: string };

export interface Mended {
  text: string;
  mendings: Mending[];
}

/** Spaces, control characters and whatever else cannot be seen, at either end. */
const UNSEEN_AROUND = /^[\s\p{Z}\p{Cc}\p{Cf}\p{DI}]+|[\s\p{Z}\p{Cc}\p{Cf}\p{DI}]+$/gu;

/** Scheme and authority, then the path. An address with a query or a fragment does not match, and stays as it is. */
const ADDRESS = /^((?:https?:\/\/|(?!https?:))[^/?#\s]+)(\/[^?#\s]*)?$/i;

const ENDPOINTS: Record<Provider, RegExp> = {
  // Elsewhere than behind a version, such a segment may be part of the address.
  openai_compatible:
    /\/chat\/completions\/?$|(?<=\/v\d[\w.-]*)\/(?:completions|responses|embeddings|messages|models)\/?$/i,
  anthropic: /\/v1(?:\/(?:messages|models|complete))?\/?$/i,
};

/** A text without what cannot be seen around it. */
export function mend(text: string): Mended {
  const mended = text.replace(UNSEEN_AROUND, '');
  return { text: mended, mendings: mended === text ? [] : [{ kind: 'unseen' }] };
}

/** The name of a model, without the quotes it had where it was copied from. */
export function mendModel(text: string): Mended {
  const { text: trimmed, mendings } = mend(text);
  const [, , name] = /^(["'`])(.+)\1$/s.exec(trimmed) ?? [];
  return name === undefined ? { text: trimmed, mendings } : { text: name, mendings: [...mendings, { kind: 'quotes' }] };
}

/**
 * A base URL without what cannot be seen around it, a pasted endpoint, or one slash at the end; its host in ASCII.
 *
 * @param typing more may be typed after the slash, which then stays
 */
export function mendAddress(text: string, provider: Provider, typing = false): Mended {
  const { text: trimmed, mendings } = mend(text);
  const [whole, authority = '', path = ''] = ADDRESS.exec(trimmed) ?? [];
  if (whole === undefined) {
    return { text: trimmed, mendings };
  }
  const ascii = inAscii(authority);
  if (ascii !== authority) {
    mendings.push({ kind: 'host' });
  }
  const [endpoint] = ENDPOINTS[provider].exec(path) ?? [];
  if (endpoint !== undefined) {
    mendings.push({ kind: 'endpoint', cut: endpoint });
    return { text: ascii + path.slice(0, -endpoint.length), mendings };
  }
  if (!path.endsWith('/') || typing) {
    return { text: ascii + path, mendings };
  }
  return { text: ascii + path.slice(0, -1), mendings: [...mendings, { kind: 'slash' }] };
}

/** A host with letters of its own language, as the Internet names it: `münchen.example` is `xn--mnchen-3ya.example`. */
function inAscii(authority: string): string {
  const [, scheme = '', host = '', port = ''] = /^(https?:\/\/)?([^:@[\]]+)(:\d+)?$/i.exec(authority) ?? [];
  // eslint-disable-next-line no-control-regex
  if (/^[\x00-\x7f]*$/.test(host) || !URL.canParse(`http://${host}`)) {
    return authority;
  }
  const { hostname } = new URL(`http://${host}`);
  return hostname.includes('xn--') ? `${scheme}${hostname}${port}` : authority;
}
