import { useId } from 'react';
import { useTexts } from '../../i18n/TextsProvider';
import { FieldError } from './Field';
import { draftIn, serviceIn } from './form';
import { useForm } from './FormContext';
import styles from './ServiceField.module.css';
import { otherService, type Service, services } from './services';

/** Which service: native radio buttons, so that arrow keys, right-to-left and screen readers work as everywhere else. */
export function ServiceField() {
  const { t } = useTexts();
  const { state, dispatch, busy, focusRef } = useForm();
  const id = useId();
  const chosen = serviceIn(state);
  // Without a choice, the Tab key and the focus go to the first one.
  const stop = chosen ?? services[0];
  return (
    <div
      role="radiogroup"
      className={styles.group}
      aria-labelledby={`${id}-label`}
      aria-required
      aria-invalid={state.errors.provider !== undefined}
      aria-describedby={`${id}-error`}
    >
      <p className={styles.legend}>
        <span id={`${id}-label`}>{t('service.label')}</span> <span className={styles.need}>{t('required')}</span>
      </p>
      <div className={styles.tiles}>
        {services.map((service) => (
          <label key={service.id} className={styles.tile}>
            <input
              type="radio"
              name={`${id}-service`}
              className={styles.radio}
              ref={service === stop ? focusRef('provider') : undefined}
              // A change while something is on its way to the service has no effect.
              disabled={busy && service !== chosen}
              checked={service === chosen}
              onChange={() => {
                dispatch({ type: 'serviceChosen', service });
              }}
            />
            <span className={styles.name}>
              <ServiceName service={service} />
              {service.local && <small className={styles.local}>{t('service.local')}</small>}
            </span>
          </label>
        ))}
      </div>
      <FieldError field="provider" id={`${id}-error`} />
    </div>
  );
}

function ServiceName({ service }: { service: Service }) {
  const { t } = useTexts();
  return service === otherService ? (
    t('service.other')
  ) : (
    <bdi lang="en" dir="ltr">
      {service.name}
    </bdi>
  );
}

/** Another address speaks one of two protocols. */
export function ProtocolField() {
  const { t } = useTexts();
  const { state, dispatch, busy } = useForm();
  const id = useId();
  const { provider: chosen } = draftIn(state, otherService);
  return (
    <div role="radiogroup" className={styles.group} aria-labelledby={`${id}-label`}>
      <p id={`${id}-label`} className={styles.legend}>
        {t('protocol.label')}
      </p>
      <div className={styles.protocols}>
        {(['openai_compatible', 'anthropic'] as const).map((provider) => (
          <label key={provider} className={styles.tile}>
            <input
              type="radio"
              name={`${id}-protocol`}
              className={styles.radio}
              disabled={busy && provider !== chosen}
              checked={provider === chosen}
              onChange={() => {
                dispatch({ type: 'providerChosen', provider });
              }}
            />
            <span className={styles.name}>{t(`protocol.${provider}`)}</span>
          </label>
        ))}
      </div>
    </div>
  );
}
