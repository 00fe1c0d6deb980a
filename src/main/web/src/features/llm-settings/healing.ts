/** What was mended in a pasted text. */
export type Healing = 'spaces' | 'assignment' | 'quotes' | 'bearer' | 'endpoint' | 'slash' | 'scheme';

export interface Healed {
  text: string;
  healings: Healing[];
}

type Step = [Healing, (text: string) => string];

/** Control and format characters, zero-width ones among them. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{DI}]/gu;

/** The start of a line in an env file, a shell or a list of headers. Keys themselves may have a `=`, hence the care. */
const ASSIGNMENT =
  /^(?:(?:export|set)\s+|\$env:)?(?:[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|(?:[A-Za-z]+[_-])*[Aa][Pp][Ii][_-]?[Kk][Ee][Yy])\s*[=:]\s*(?=[^\s=])/;

const QUOTES = /^["'`“”„‘’«»]+|["'`“”„‘’«»]+[,;]?$/gu;

const ENDPOINT = /\/(?:chat\/completions|completions|responses|models)\/*(?:[?#].*)?$/i;

const HOST = /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*(?::\d+)?(?:\/|$)/i;
const PRIVATE_HOST =
  /^(?:[^./:]+|[^/:]+\.(?:localhost|local|lan|internal)|(?:127|10)\.[\d.]+|192\.168\.[\d.]+|172\.(?:1[6-9]|2\d|3[01])\.[\d.]+)(?=[/:]|$)/i;

const spaces: Step = ['spaces', (text) => text.replace(INVISIBLE, '').trim()];
const assignment: Step = ['assignment', (text) => text.replace(ASSIGNMENT, '')];
const quotes: Step = ['quotes', (text) => text.replace(QUOTES, '')];

/** The API key in a pasted text: without spaces, invisible characters, quotes, `Bearer` or `NAME=`. */
export function healKey(text: string): Healed {
  return heal(text, [
    spaces,
    assignment,
    quotes,
    ['bearer', (key) => key.replace(/^(?:Authorization\s*:\s*)?Bearer\s+/i, '')],
    ['spaces', (key) => (/^(?:export|set|authorization\s*:|bearer)\s/i.test(key) ? key : key.replace(/\s/g, ''))],
  ]);
}

/** The base URL in a pasted text: with a scheme, and without spaces, quotes, `NAME=` or the path of an endpoint. */
export function healAddress(text: string): Healed {
  return heal(text, [
    spaces,
    assignment,
    ['quotes', (address) => address.replace(QUOTES, '').replace(/^<(.*)>$/, '$1')],
    ['endpoint', (address) => address.replace(ENDPOINT, '')],
    ['slash', (address) => address.replace(/^(https?:\/\/[^/].*?)\/+$/i, '$1')],
    ['scheme', withScheme],
  ]);
}

function withScheme(address: string): string {
  if (!HOST.test(address) || !/[.:]|^localhost/i.test(address)) {
    return address;
  }
  return (PRIVATE_HOST.test(address) ? 'http://' : 'https://') + address;
}

/** Mending one thing can uncover the next, such as a space behind a quote. */
function heal(text: string, steps: Step[]): Healed {
  const healings = new Set<Healing>();
  let before: string;
  do {
    before = text;
    for (const [healing, mend] of steps) {
      const mended = mend(text);
      if (mended !== text) {
        healings.add(healing);
        text = mended;
      }
    }
  } while (text !== before);
  return { text, healings: [...healings] };
}
