/** The names that are most like this one, the nearest first, by the pairs of letters that they share. */
export function similarNames(name: string, names: readonly string[], max: number): string[] {
  const wanted = pairsIn(name);
  return names
    .map((candidate) => ({ candidate, likeness: likeness(wanted, pairsIn(candidate)) }))
    .filter((one) => one.likeness > 0.4)
    .sort((one, other) => other.likeness - one.likeness)
    .slice(0, max)
    .map(({ candidate }) => candidate);
}

function pairsIn(name: string): Set<string> {
  const letters = name.toLowerCase().match(/[\p{L}\p{N}]/gu) ?? [];
  return new Set(letters.slice(1).map((letter, index) => `${letters[index] ?? ''}${letter}`));
}

function likeness(one: Set<string>, other: Set<string>): number {
  const shared = [...one].filter((pair) => other.has(pair)).length;
  return (2 * shared) / (one.size + other.size || 1);
}
