import { useId } from 'react';
import { useTexts } from '../../i18n/TextsProvider';
import { Button } from './Button';
import { differs } from './form';
import { useForm } from './FormContext';
import { Message } from './Message';
import { type Difference, differencesIn } from './newer';
import styles from './NewerSettings.module.css';
import { otherService, services } from './services';
import { useScrollTo } from './useScrollTo';

/** Stands for settings that were removed. */
const NOTHING = {};

/** Something newer is stored: the person sees what differs, and decides. */
export function NewerSettings({ onSaveMine }: { onSaveMine: () => void }) {
  const { t } = useTexts();
  const { state, dispatch, busy, focusRef } = useForm();
  const id = useId();
  const differences = differencesIn(state);
  const { newer, maybeSaved } = state;
  const maybeMine = newer != null && maybeSaved !== null && !differs(maybeSaved, newer);
  const news = newer === null ? 'newer.removed' : maybeMine ? 'newer.maybeMine' : 'newer.elsewhere';
  const panel = useScrollTo<HTMLElement>(newer ?? NOTHING);
  return (
    <section className={styles.panel} ref={panel} aria-labelledby={`${id}-title`}>
      <div role="alert">
        <Message tone="attention">
          <strong id={`${id}-title`} tabIndex={-1} ref={focusRef('newer')}>
            {t(`${news}.title`)}
          </strong>{' '}
          {t(`${news}.text`)}
        </Message>
      </div>
      <table className={styles.table}>
        <thead>
          <tr>
            <td />
            <th scope="col">{t('newer.saved')}</th>
            <th scope="col">{t('newer.mine')}</th>
          </tr>
        </thead>
        <tbody>
          {differences.map(({ field, newer, mine }) => (
            <tr key={field}>
              <th scope="row">{t(LABELS[field])}</th>
              <td>
                <Value field={field} value={newer} />
              </td>
              <td>
                <Value field={field} value={mine} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <div className={styles.buttons}>
        <Button
          look="primary"
          idle={busy}
          onClick={() => {
            dispatch({ type: 'newerTaken' });
          }}
        >
          {t(newer === null ? 'newer.useRemoved' : 'newer.use')}
        </Button>
        <Button idle={busy} onClick={onSaveMine}>
          {t('newer.keep')}
        </Button>
      </div>
    </section>
  );
}

const LABELS = {
  service: 'service.label',
  baseUrl: 'address.label',
  model: 'model.label',
  apiKey: 'key.label',
} as const;

function Value({ field, value }: { field: Difference['field']; value: string | null }) {
  const { t } = useTexts();
  if (value === null) {
    return t('newer.none');
  }
  if (field === 'apiKey') {
    return t(value === 'entered' ? 'newer.newKey' : 'newer.key');
  }
  if (value === otherService.id && field === 'service') {
    return t('service.other');
  }
  const name = field === 'service' ? services.find(({ id }) => id === value)?.name : undefined;
  return <bdi dir="ltr">{name ?? value}</bdi>;
}
