// Fails when the committed client is not what the contract generates.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const committed = 'src/api/generated';
const fresh = mkdtempSync(join(tmpdir(), 'client-'));

function filesIn(folder) {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const names = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return new Map(names.map((name) => [name.slice(folder.length + 1), readFileSync(name, 'utf8')]));
}

try {
  execFileSync('openapi-ts', {
    env: { ...process.env, CLIENT_FOLDER: fresh },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const before = filesIn(committed);
  const after = filesIn(fresh);
  const stale = [...new Set([...before.keys(), ...after.keys()])].filter(
    (name) => before.get(name) !== after.get(name),
  );
  if (stale.length > 0) {
    console.error(`The client is stale: ${stale.join(', ')}. Run 'make client' and commit ${committed}.`);
    process.exitCode = 1;
  } else {
    console.log(`The client is what the contract generates: ${after.size} files.`);
  }
} finally {
  rmSync(fresh, { recursive: true });
}
