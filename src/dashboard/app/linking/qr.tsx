import { create } from 'qrcode';
import { words } from '../here.ts';

/** Modules of white around the code, in the dark as well: without them a phone does not find it (ISO/IEC 18004). */
const QUIET = 4;

/** A code as one path of squares. */
export function QrCode({ code }: { code: string }) {
  // Low correction makes larger squares: it is scanned from a clean screen.
  const { modules } = create(code, { errorCorrectionLevel: 'L' });
  const { size } = modules;
  let path = '';
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      if (modules.get(row, column)) path += `M${column + QUIET} ${row + QUIET}h1v1h-1z`;
    }
  }
  const side = size + 2 * QUIET;
  return (
    <svg class="qr" viewBox={`0 0 ${side} ${side}`} role="img" aria-label={words.qrLabel} shape-rendering="crispEdges">
      <rect width={side} height={side} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  );
}
