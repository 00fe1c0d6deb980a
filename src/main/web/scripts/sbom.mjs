// Writes the list of what the browser gets (CycloneDX) into a file, without what would differ each time.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

const file = process.argv[2];
const options = ['--package-lock-only', '--sbom-format', 'cyclonedx', '--sbom-type', 'application'];
const document = JSON.parse(execFileSync('npm', ['sbom', ...options]));

// `--omit dev` would also leave out what both the page and its tools use, such as React.
const { packages } = JSON.parse(readFileSync('package-lock.json'));
const shipped = new Set(
  Object.entries(packages)
    .filter(([, entry]) => !entry.dev && !entry.devOptional)
    .map(([path, entry]) => `${entry.name ?? path.split('node_modules/').pop()}@${entry.version}`),
);
const isShipped = (reference) => shipped.has(reference);
document.components = document.components.filter((component) => isShipped(component['bom-ref']));
document.dependencies = document.dependencies
  .filter(({ ref }) => isShipped(ref))
  .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter(isShipped) }));

// npm takes the name of the folder where a package has one.
for (const component of [document.metadata.component, ...document.components]) {
  component.name = component['bom-ref'].replace(/@[^@]*$/, '');
}

delete document.serialNumber;
delete document.metadata.timestamp;
mkdirSync(dirname(file), { recursive: true });
writeFileSync(file, JSON.stringify(document, null, 2) + '\n');
