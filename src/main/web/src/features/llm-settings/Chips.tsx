import { type KeyboardEvent, useState } from 'react';

export interface Chip {
  name: string;
  aside?: string | false;
  chosen: boolean;
  choose: () => void;
}

/** Addresses and names to pick from. A toolbar: one stop of the Tab key, arrow keys inside, nothing chosen by moving. */
export function Chips({ label, chips }: { label: string; chips: Chip[] }) {
  const [current, setCurrent] = useState(0);
  const stop = Math.min(current, chips.length - 1);

  function move(event: KeyboardEvent<HTMLDivElement>) {
    const forward = getComputedStyle(event.currentTarget).direction === 'rtl' ? 'ArrowLeft' : 'ArrowRight';
    const back = forward === 'ArrowRight' ? 'ArrowLeft' : 'ArrowRight';
    const last = chips.length - 1;
    const next = {
      [forward]: stop === last ? 0 : stop + 1,
      [back]: stop === 0 ? last : stop - 1,
      Home: 0,
      End: last,
    }[event.key];
    if (next !== undefined) {
      event.preventDefault();
      event.currentTarget.querySelectorAll('button')[next]?.focus();
    }
  }

  return (
    <div className="chips" role="toolbar" aria-label={label} onKeyDown={move}>
      {chips.map(({ name, aside, chosen, choose }, index) => (
        <button
          key={name}
          type="button"
          className="chip"
          tabIndex={index === stop ? 0 : -1}
          aria-pressed={chosen}
          onFocus={() => setCurrent(index)}
          onClick={choose}
        >
          <span dir="ltr">{name}</span>
          {aside && <small>{aside}</small>}
        </button>
      ))}
    </div>
  );
}
