/** A number that its owner knows again and nobody else can call: `5511999990000` → `+55 ••••••• 0000`. */
export function maskedPhone(digits: string): string {
  const [head, tail] = [digits.slice(0, 2), digits.slice(-4)];
  const hidden = Math.max(0, digits.length - head.length - tail.length);
  return `+${head} ${'•'.repeat(hidden)} ${tail}`;
}
