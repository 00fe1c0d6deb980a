import { useId } from 'react';
import styles from './LocalePicker.module.css';
import { type Locale, locales } from './texts';
import { useTexts } from './TextsProvider';

export function LocalePicker({ onPick }: { onPick: (locale: Locale) => void }) {
  const { t, locale, failed } = useTexts();
  const id = useId();
  return (
    <div className={styles.picker}>
      <label className={styles.label} htmlFor={id}>
        {t('language.label')}
      </label>
      <select
        id={id}
        className={styles.select}
        value={locale}
        onChange={(event) => {
          onPick(event.target.value as Locale);
        }}
      >
        {Object.entries(locales).map(([tag, name]) => (
          <option key={tag} value={tag} lang={tag}>
            {name}
          </option>
        ))}
      </select>
      <p role="status" className={styles.failed}>
        {failed && t('language.failed', { language: locales[failed] })}
      </p>
    </div>
  );
}
