import { useTexts } from '../../i18n/TextsProvider';
import type { TextKey } from '../../i18n/texts';
import { hostOf, isLoopback } from './address';
import { Button } from './Button';
import { type CheckResult, checkReasons } from './checking';
import type { Draft } from './form';
import { useForm } from './FormContext';
import { Message, type Tone } from './Message';
import { useNames } from './names';
import { similarNames } from './similar';
import styles from './TryIt.module.css';
import { useScrollTo } from './useScrollTo';

const TONES: Record<string, Tone> = { works: 'ok', unsure: 'attention', fails: 'error' };

/** Does it work? One button, and the answer in a sentence with what to do. */
export function TryIt({ draft, available, onTry }: { draft: Draft; available: boolean; onTry: () => void }) {
  const { t } = useTexts();
  const { state, busy } = useForm();
  const { trial } = state;
  const running = trial.phase === 'running';
  const result = useScrollTo<HTMLDivElement>(trial.phase === 'done' ? trial : null);
  return (
    <div className={styles.tryIt}>
      {available && (
        <Button idle={running || busy} onClick={onTry}>
          {t(running ? 'check.running' : 'check.button')}
        </Button>
      )}
      <div role="status" className={styles.result} ref={result}>
        {trial.phase === 'done' ? (
          <Result result={trial.result} draft={draft} />
        ) : (
          <span className={styles.hint}>{available ? t('check.hint') : t('check.off')}</span>
        )}
      </div>
    </div>
  );
}

function Result({ result, draft }: { result: CheckResult; draft: Draft }) {
  const { t } = useTexts();
  const { dispatch, busy } = useForm();
  const { currentName } = useNames();
  const similar = result.model === 'not_listed' ? similarNames(draft.model, result.models) : [];
  return (
    <Message tone={TONES[result.verdict] ?? 'attention'} boxed>
      {t(resultText(result, draft), {
        service: currentName,
        model: draft.model,
        host: hostOf(draft.baseUrl) || currentName,
      })}
      {similar.length > 0 && (
        <div className={styles.similar}>
          {t('check.nearest')}
          {similar.map((name) => (
            <Button
              key={name}
              look="quiet"
              idle={busy}
              onClick={() => {
                dispatch({ type: 'typed', field: 'model', text: name });
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

/** One sentence for what was found; what the person has to change comes before what could not be judged. */
export function resultText({ verdict, reason, key, model }: CheckResult, { baseUrl }: Pick<Draft, 'baseUrl'>): TextKey {
  if (reason !== null && checkReasons.includes(reason)) {
    const unanswered = reason === 'connection_refused' || reason === 'timeout';
    return unanswered && isLoopback(baseUrl) ? 'check.reasons.loopback' : `check.reasons.${reason}`;
  }
  if (verdict === 'works') {
    return key === 'accepted' ? 'check.works' : 'check.worksWithoutKey';
  }
  if (verdict === 'fails') {
    return 'check.fails';
  }
  if (model === 'not_listed') {
    return 'check.notListed';
  }
  return key === 'unjudged' && model === 'listed' ? 'check.keyUnjudged' : 'check.unsure';
}
