import { useTexts } from '../../i18n/TextsProvider';
import type { TextKey } from '../../i18n/texts';
import { FieldFrame, literal } from './Field';
import styles from './Field.module.css';
import type { Draft } from './form';
import { useForm } from './FormContext';
import type { Service } from './services';
import { useMending } from './useMending';

const EXAMPLES: Record<string, string> = {
  azure: 'https://name.openai.azure.com/openai/v1',
  anthropic: 'https://host',
};

export function AddressField({ service, draft }: { service: Service; draft: Draft }) {
  const { t } = useTexts();
  const { busy, focusRef } = useForm();
  const mending = useMending('baseUrl');
  const hint: TextKey =
    service.id === 'azure' ? 'address.azure' : service.local ? 'address.local' : `address.${draft.provider}`;
  return (
    <FieldFrame field="baseUrl" label={t('address.label')} need="required" hint={t(hint)}>
      {(control) => (
        <input
          {...literal}
          {...control}
          {...mending}
          name="baseUrl"
          inputMode="url"
          className={styles.input}
          ref={focusRef('baseUrl')}
          placeholder={EXAMPLES[service.id] ?? EXAMPLES[draft.provider] ?? 'https://host/v1'}
          readOnly={busy}
          value={draft.baseUrl}
        />
      )}
    </FieldFrame>
  );
}
