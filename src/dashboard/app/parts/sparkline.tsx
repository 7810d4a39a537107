interface Props {
  /** What it shows, in words. */
  label: string;
  /** From the left to the right; `down` stands below the line, so that it is told from `up` without colours, too. `about`: told on hover. */
  bars: readonly { up: number; down: number; about?: string }[];
  /** Neither side is bad. */
  isCalm?: boolean;
}

const STEP = 5;
const WIDE = 4;
/** Of each side of the line. */
const HIGH = 14;

/** Small bars in a line of text. */
export function Sparkline({ label, bars, isCalm = false }: Props) {
  const most = Math.max(1, ...bars.flatMap(({ up, down }) => [up, down]));
  // What there is any of is seen.
  const high = (value: number): number => (value === 0 ? 0 : Math.max(2, Math.round((value / most) * HIGH)));
  const width = bars.length * STEP - 1;
  return (
    <svg
      class={isCalm ? 'spark spark-calm' : 'spark'}
      role="img"
      aria-label={label}
      viewBox={`0 0 ${width} ${2 * HIGH + 1}`}
      width={width}
      height={2 * HIGH + 1}
    >
      <rect class="spark-base" x={0} y={HIGH} width={width} height={1} />
      {bars.map(({ up, down, about }, at) => (
        <>
          <rect class="spark-up" x={at * STEP} y={HIGH - high(up)} width={WIDE} height={high(up)} />
          <rect class="spark-down" x={at * STEP} y={HIGH + 1} width={WIDE} height={high(down)} />
          {about !== undefined && (
            <rect class="spark-hour" x={at * STEP} y={0} width={STEP} height={2 * HIGH + 1}>
              <title>{about}</title>
            </rect>
          )}
        </>
      ))}
    </svg>
  );
}
