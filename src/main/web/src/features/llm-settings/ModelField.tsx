import { useCombobox } from 'downshift';
import { useTexts } from '../../i18n/TextsProvider';
import { type ControlProps, FieldFrame, literal } from './Field';
import fieldStyles from './Field.module.css';
import { type Draft, destinationOf } from './form';
import { useForm } from './FormContext';
import styles from './ModelField.module.css';
import type { Service } from './services';
import { useMending } from './useMending';

/** A list longer than this is for searching, not for reading. */
const MAX_SHOWN = 50;

export function ModelField({ service, draft }: { service: Service; draft: Draft }) {
  const { t } = useTexts();
  const { state } = useForm();
  const offered = state.offered?.at === destinationOf(draft) ? state.offered.models : service.models;
  return (
    <FieldFrame
      field="model"
      label={t('model.label')}
      need="required"
      hint={offered.length === 0 && t(service.id === 'azure' ? 'model.azure' : 'model.hint')}
    >
      {(control, labelId) => (
        // Each service has suggestions of its own: what was open or highlighted belongs to the one before.
        <ModelInput key={service.id} control={control} labelId={labelId} model={draft.model} offered={offered} />
      )}
    </FieldFrame>
  );
}

interface ModelInputProps {
  control: ControlProps;
  labelId: string;
  model: string;
  offered: readonly string[];
}

/**
 * Free text with suggestions. They open with their button or an arrow key alone, as they cover what is below. Nothing is
 * chosen by leaving the field, and Escape leaves the text alone.
 */
function ModelInput({ control, labelId, model, offered }: ModelInputProps) {
  const { t } = useTexts();
  const { dispatch, busy, focusRef } = useForm();
  const mending = useMending('model');
  // A name from the list is no search: with it in the field, the whole list is of interest.
  const matching = offered.includes(model)
    ? offered
    : offered.filter((name) => name.toLowerCase().includes(model.trim().toLowerCase()));
  const shown = matching.slice(0, MAX_SHOWN);
  const more = matching.length - shown.length;

  const combobox = useCombobox({
    items: shown,
    inputValue: model,
    selectedItem: null,
    inputId: control.id,
    labelId,
    menuId: `${control.id}-menu`,
    toggleButtonId: `${control.id}-toggle`,
    // downshift itself scrolls no further than the list, which may be below the edge of the window.
    scrollIntoView: (item: HTMLElement | null) => {
      item?.scrollIntoView({ block: 'nearest' });
    },
    getItemId: (index) => `${control.id}-item-${String(index)}`,
    stateReducer: (before, { type, changes }) => {
      const { InputBlur, InputChange, InputClick, InputKeyDownEscape } = useCombobox.stateChangeTypes;
      if (type === InputBlur || type === InputKeyDownEscape) {
        return { ...before, isOpen: false, highlightedIndex: -1 };
      }
      return type === InputChange || type === InputClick ? { ...changes, isOpen: before.isOpen } : changes;
    },
    onStateChange: ({ selectedItem }) => {
      if (selectedItem != null) {
        dispatch({ type: 'typed', field: 'model', text: selectedItem });
      }
    },
  });
  const asked = combobox.isOpen && offered.length > 0;
  const open = asked && shown.length > 0;
  const note = open ? more > 0 && t('model.more', { count: String(more) }) : asked && t('model.noMatch');

  return (
    <div className={styles.combobox}>
      <div className={fieldStyles.withButton}>
        <input
          {...literal}
          {...combobox.getInputProps({
            ...control,
            ...mending,
            'aria-labelledby': labelId,
            'aria-expanded': open,
            ref: focusRef('model'),
          })}
          name="model"
          className={fieldStyles.input}
          readOnly={busy}
        />
        {offered.length > 0 && (
          <button
            type="button"
            {...combobox.getToggleButtonProps({
              disabled: busy,
              'aria-label': t('model.suggestions'),
              'aria-expanded': open,
            })}
            className={fieldStyles.inlineButton}
          >
            <svg className={styles.arrow} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
              <path d="M3.5 6l4.5 4.5L12.5 6" />
            </svg>
          </button>
        )}
      </div>
      <div className={styles.popup} data-shown={asked}>
        {/* A list that scrolls would be a stop of the Tab key, which closes it, and the focus would be lost with it. */}
        <ul
          className={styles.list}
          hidden={!open}
          tabIndex={-1}
          {...combobox.getMenuProps({ 'aria-labelledby': labelId })}
        >
          {open &&
            shown.map((name, index) => (
              <li
                key={name}
                className={styles.item}
                data-highlighted={index === combobox.highlightedIndex}
                {...combobox.getItemProps({ item: name, index, 'aria-selected': name === model })}
              >
                <bdi dir="ltr">{name}</bdi>
              </li>
            ))}
        </ul>
        <div role="status" className={styles.note}>
          {note}
        </div>
      </div>
    </div>
  );
}
