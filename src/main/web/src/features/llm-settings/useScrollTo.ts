import { type RefObject, useEffect, useRef } from 'react';

/** Brings an element into view when there is something new in it. The focus stays where it is. */
export function useScrollTo<T extends HTMLElement>(news: object | null): RefObject<T | null> {
  const element = useRef<T>(null);
  useEffect(() => {
    if (news !== null) {
      element.current?.scrollIntoView({ block: 'nearest' });
    }
  }, [news]);
  return element;
}
