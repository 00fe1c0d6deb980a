import { Provider } from '@carol/llm-settings-client';
import { useTexts } from '../../i18n';
import { described, FieldError, type FieldProps } from './Field';

export function ProviderField({ state, dispatch }: FieldProps) {
  const { t } = useTexts();
  return (
    <fieldset className="field" aria-describedby={described(state, 'provider')['aria-describedby']}>
      <legend>{t('provider.label')}</legend>
      <div className="cards">
        {Object.values(Provider).map((provider) => (
          <label key={provider} className="card">
            <input
              type="radio"
              name="provider"
              value={provider}
              checked={state.provider === provider}
              data-focus={state.provider === provider ? 'provider' : undefined}
              onChange={() => dispatch({ type: 'providerChosen', provider })}
            />
            <span>
              <strong>{t(`provider.${provider}.name`)}</strong>
              <small>{t(`provider.${provider}.hint`)}</small>
            </span>
          </label>
        ))}
      </div>
      <FieldError state={state} field="provider" />
    </fieldset>
  );
}
