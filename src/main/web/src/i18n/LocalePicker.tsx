import { type Locale, locales, rememberLocale, showIn, useTexts } from './index';

export function LocalePicker() {
  const { t, locale } = useTexts();

  const pick = async (picked: Locale) => {
    await showIn(picked);
    rememberLocale(picked);
  };

  return (
    <div className="locale">
      <label className="visually-hidden" htmlFor="locale">
        {t('language')}
      </label>
      <select id="locale" value={locale} onChange={(event) => pick(event.target.value as Locale)}>
        {Object.entries(locales).map(([tag, name]) => (
          <option key={tag} value={tag} lang={tag}>
            {name}
          </option>
        ))}
      </select>
    </div>
  );
}
