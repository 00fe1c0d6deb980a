import { useTexts } from '../../i18n';
import { described, FieldError, type FieldProps } from './Field';

const providers = ['anthropic', 'openai_compatible'] as const;

export function ProviderField({ state, dispatch }: FieldProps) {
  const { t } = useTexts();
  return (
    <fieldset className="field" aria-describedby={described(state, 'provider')['aria-describedby']}>
      <legend>{t('provider.label')}</legend>
      <div className="cards">
        {providers.map((provider) => (
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
