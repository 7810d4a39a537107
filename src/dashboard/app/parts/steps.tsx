/** What to do one after the other; what stands between two `*` is called so on the screen. */
export function Steps({ steps }: { steps: readonly string[] }) {
  return (
    <ol class="steps">
      {steps.map((step) => (
        <li key={step}>
          <span>{step.split('*').map((part, at) => (at % 2 === 1 ? <b key={part}>{part}</b> : part))}</span>
        </li>
      ))}
    </ol>
  );
}
