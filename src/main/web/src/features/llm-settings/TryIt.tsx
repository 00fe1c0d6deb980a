import type { LlmCheck } from '@carol/llm-settings-client';
import { useTexts } from '../../i18n/TextsProvider';
import { english, type TextKey } from '../../i18n/texts';
import { hostOf, isLoopback } from './address';
import { Button } from './Button';
import { type Draft, keyTextIn } from './form';
import { useForm } from './FormContext';
import { Message, type Tone } from './Message';
import { useNames } from './names';
import { type Service, serviceOfKey } from './services';
import { similarNames } from './similar';
import styles from './TryIt.module.css';
import { useScrollTo } from './useScrollTo';

/** What to say of these is to check the address, which a service that hides it has right. */
const OF_ADDRESS = ['name_not_found', 'connection_refused', 'timeout', 'tls', 'redirected', 'not_an_llm'];
const TONES: Record<string, Tone> = { works: 'ok', unsure: 'attention', fails: 'error' };
/** More names than that are in the list of the model's field alone. */
const MAX_NAMES = 3;

interface TryItProps {
  service: Service;
  draft: Draft;
  available: boolean;
  onTry: () => void;
}

/** Does it work? One button, and the answer in a sentence with what to do. */
export function TryIt({ service, draft, available, onTry }: TryItProps) {
  const { t } = useTexts();
  const { state, busy, focusRef } = useForm();
  const { trial } = state;
  const running = trial.phase === 'running';
  const result = useScrollTo<HTMLDivElement>(trial.phase === 'done' ? trial : null);
  return (
    <div className={styles.tryIt}>
      {available && (
        <Button idle={running || busy} onClick={onTry}>
          {t('check.button')}
        </Button>
      )}
      <div className={styles.result} ref={result}>
        {available && trial.phase === 'none' && <p className={styles.hint}>{t('check.hint')}</p>}
        <div role="status">
          {trial.phase === 'done' ? (
            <Result result={trial.result} service={service} draft={draft} />
          ) : running ? (
            <p className={styles.hint}>{t('check.running')}</p>
          ) : (
            !available && (
              <p className={styles.hint} tabIndex={-1} ref={focusRef('trial')}>
                {t('check.off')}
              </p>
            )
          )}
        </div>
      </div>
    </div>
  );
}

function Result({ result, service, draft }: { result: LlmCheck; service: Service; draft: Draft }) {
  const { t } = useTexts();
  const { state, dispatch, busy } = useForm();
  const { currentName } = useNames();
  const { model, models } = result;
  const keyOf = serviceOfKey(keyTextIn(state, service));
  const few = models.length <= MAX_NAMES;
  const names = model !== 'not_listed' ? [] : few ? models : similarNames(draft.model, models, MAX_NAMES);
  return (
    <Message tone={TONES[result.verdict] ?? 'attention'} boxed>
      {t(resultText(result, { service, draft, keyOf }), {
        service: currentName,
        model: draft.model,
        host: hostOf(draft.baseUrl) || currentName,
        other: keyOf?.name ?? '',
      })}
      {names.length > 0 && (
        <div className={styles.names}>
          {t(few ? 'check.models' : 'check.nearest')}
          {names.map((name) => (
            <Button
              key={name}
              look="quiet"
              idle={busy}
              onClick={() => {
                dispatch({ type: 'modelPicked', name });
              }}
            >
              <bdi dir="ltr">{name}</bdi>
            </Button>
          ))}
        </div>
      )}
    </Message>
  );
}

interface Tried {
  service: Pick<Service, 'id' | 'local' | 'showsAddress'>;
  draft: Draft;
  /** The service that the entered key is likely to be for. */
  keyOf: Pick<Service, 'id'> | null;
}

/** One sentence for what was found; what the person has to change comes before what could not be judged. */
export function resultText({ verdict, reason, key, model, models }: LlmCheck, tried: Tried): TextKey {
  const { service, draft, keyOf } = tried;
  if ((reason === 'key_refused' || reason === 'key_not_permitted') && key === 'none') {
    return 'check.keyWanted';
  }
  if (reason === 'key_refused' && keyOf !== null && keyOf.id !== service.id) {
    return 'check.keyOfAnother';
  }
  if (reason === 'no_model_list' && draft.provider === 'openai_compatible' && !/\/v\d/.test(draft.baseUrl)) {
    return 'check.reasons.version_missing';
  }
  if (reason === 'no_model_list' && key === 'none') {
    return 'check.noListWithoutKey';
  }
  if (reason !== null && OF_ADDRESS.includes(reason) && !service.showsAddress) {
    return 'check.reasons.hosted';
  }
  if (reason !== null && Object.hasOwn(english.check.reasons, reason)) {
    const unanswered = reason === 'connection_refused' || reason === 'timeout';
    return unanswered && isLoopback(draft.baseUrl) ? 'check.reasons.loopback' : `check.reasons.${reason}`;
  }
  if (draft.model === '' && models.length > 0) {
    return 'check.chooseModel';
  }
  if (verdict === 'works') {
    return key === 'accepted' ? 'check.works' : 'check.worksWithoutKey';
  }
  if (verdict === 'fails') {
    return 'check.fails';
  }
  if (model === 'not_listed') {
    return models.length === 0 ? 'check.noModels' : service.local ? 'check.notListedLocal' : 'check.notListed';
  }
  return key === 'unjudged' && model === 'listed' ? 'check.keyUnjudged' : 'check.unsure';
}
