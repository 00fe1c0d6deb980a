import { createLlmSettingsClient, type LlmSettingsProblem } from '@carol/llm-settings-client';
import { llmSettingsOptions, saveLlmSettingsOptions } from '@carol/llm-settings-client/react-query';
import { useMutation, useQuery } from '@tanstack/react-query';

// In a page of the service itself: the browser sends the session cookie.
const client = createLlmSettingsClient();

export function SettingsCard() {
  const stored = useQuery(llmSettingsOptions(client));
  const save = useMutation(saveLlmSettingsOptions(client));

  if (stored.isPending) {
    return <p>…</p>;
  }
  if (stored.isError) {
    return <p role="alert">{reason(stored.error)}</p>;
  }
  const useOllama = () =>
    save.mutate({
      settings: { provider: 'openai_compatible', model: 'llama3.2', baseUrl: 'http://ollama:11434/v1', apiKey: null },
      expected: stored.data,
    });
  return (
    <>
      <p>{stored.data?.model ?? 'No model yet'}</p>
      <button onClick={useOllama}>Use Ollama</button>
      {save.isError && <p role="alert">{reason(save.error)}</p>}
    </>
  );
}

function reason(problem: LlmSettingsProblem): string {
  switch (problem.code) {
    case 'unauthenticated':
      return 'Sign in first.';
    case 'precondition_failed':
      return 'Changed elsewhere in the meantime. Read again, then decide.';
    case 'invalid':
      return problem.errors.map(({ pointer, code }) => `${pointer}: ${code}`).join(', ');
    default:
      return problem.message;
  }
}
