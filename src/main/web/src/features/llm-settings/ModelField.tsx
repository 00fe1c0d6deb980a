import { useTexts } from '../../i18n';
import { Chips } from './Chips';
import { described, FieldError, type FieldProps, Label, literal } from './Field';
import { anthropicModels, presetAt } from './presets';

export function ModelField({ state, model, dispatch }: FieldProps & { model: string }) {
  const { t } = useTexts();
  const suggestions = state.provider === 'anthropic' ? anthropicModels : (presetAt(state.baseUrl)?.models ?? []);
  return (
    <div className="field">
      <Label htmlFor="model">{t('model.label')}</Label>
      <input
        {...literal}
        {...described(state, 'model')}
        id="model"
        name="model"
        data-focus="model"
        value={model}
        onChange={(event) => dispatch({ type: 'modelTyped', text: event.target.value })}
      />
      <FieldError state={state} field="model" />
      <p className="hint" id="model-hint">
        {t('model.hint')}
      </p>
      {suggestions.length > 0 && (
        <Chips
          label={t('model.suggestions')}
          chips={suggestions.map((name) => ({
            name,
            chosen: name === model,
            choose: () => dispatch({ type: 'modelTyped', text: name }),
          }))}
        />
      )}
    </div>
  );
}
