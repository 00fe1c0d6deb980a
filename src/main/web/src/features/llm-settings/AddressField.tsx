import type { ChangeEvent, KeyboardEvent } from 'react';
import { useTexts } from '../../i18n';
import { Chips } from './Chips';
import { described, FieldError, type FieldProps, isTyping, Label, literal, MendingNote } from './Field';
import { reduce } from './form';
import { blank, isLoopback, presets } from './presets';

export function AddressField({ state, dispatch }: FieldProps) {
  const { t } = useTexts();

  const change = (event: ChangeEvent<HTMLInputElement>) =>
    dispatch({ type: isTyping(event) ? 'addressTyped' : 'addressEntered', text: event.target.value });

  // Going on is the moment when the address is meant: where it needs another key, that is where to go on.
  const goOn = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key === 'Tab' && !event.shiftKey) {
      const entered = { type: 'addressEntered', text: state.baseUrl } as const;
      if (reduce(state, entered).focus) {
        event.preventDefault();
      }
      dispatch(entered);
    }
  };

  // A preset can have a part to fill in; with that selected, typing is all there is to do.
  const selectBlank = (input: HTMLInputElement) => {
    const start = input.value.indexOf(blank);
    if (start >= 0) {
      input.setSelectionRange(start, start + blank.length);
    }
  };

  return (
    <div className="field">
      <Label htmlFor="baseUrl">{t('address.label')}</Label>
      <input
        {...literal}
        {...described(state, 'baseUrl')}
        id="baseUrl"
        name="baseUrl"
        inputMode="url"
        placeholder="https://"
        data-focus="baseUrl"
        value={state.baseUrl}
        onChange={change}
        onKeyDown={goOn}
        onFocus={(event) => selectBlank(event.target)}
        onBlur={() => dispatch({ type: 'addressLeft' })}
      />
      <FieldError state={state} field="baseUrl" />
      <MendingNote state={state} field="baseUrl" />
      <p className="hint" id="baseUrl-hint">
        {isLoopback(state.baseUrl) ? t('address.loopback') : t('address.hint')}
      </p>
      <Chips
        label={t('address.presets')}
        chips={presets.map((preset) => ({
          name: preset.name,
          aside: preset.local === true && t('address.local'),
          chosen: state.baseUrl === preset.baseUrl,
          choose: () => dispatch({ type: 'presetChosen', preset }),
        }))}
      />
    </div>
  );
}
