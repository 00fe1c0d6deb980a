import { Component, type ReactNode } from 'react';
import styles from './ErrorBoundary.module.css';
import { useTexts } from './i18n/TextsProvider';

/** Says what to do when a part of the page has failed, where React alone would leave the page empty. */
export class ErrorBoundary extends Component<{ children: ReactNode }, { crashed: boolean }> {
  override state = { crashed: false };

  static getDerivedStateFromError() {
    return { crashed: true };
  }

  override render() {
    return this.state.crashed ? <Crash /> : this.props.children;
  }
}

function Crash() {
  const { t } = useTexts();
  return (
    <main className={styles.crash}>
      <div role="alert">
        <h1 className={styles.title}>{t('crash.title')}</h1>
        <p>{t('crash.text')}</p>
      </div>
      <button
        type="button"
        className={styles.button}
        onClick={() => {
          window.location.reload();
        }}
      >
        {t('crash.reload')}
      </button>
    </main>
  );
}
