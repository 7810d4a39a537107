/** Written by `node docs/generate.ts` from src/dashboard/app/style/tokens.css. */
export const LIGHT = `
  color-scheme: light;
  --ground: #f4f6f5;
  --surface: #ffffff;
  --ink: #14201c;
  --ink-soft: #51605a;
  --line: #dce3e0;
  --line-strong: #8a9a93;
  --accent: #0b6b53;
  --accent-strong: #085441;
  --on-accent: #ffffff;
  --accent-soft: #e6f3ee;
  --danger: #a8281f;
  --danger-soft: #fbeceb;
  --warn: #7a5200;
  --warn-soft: #fbf2df;
  --shadow: 0 1px 2px rgb(20 32 28 / 6%), 0 8px 24px rgb(20 32 28 / 6%);

  --space-1: 8px;
  --space-2: 16px;
  --space-3: 24px;
  --space-4: 32px;
  --space-5: 48px;

  --font: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", "Roboto Mono", monospace;
  --size-0: 13px;
  --size-1: 14px;
  --size-2: 16px;
  --size-3: 20px;
  --size-4: 28px;

  --radius: 8px;
  --radius-large: 16px;
`;

export const DARK = `
  color-scheme: dark;
  --ground: #0f1412;
  --surface: #171e1b;
  --ink: #e9efec;
  --ink-soft: #a3b4ad;
  --line: #2a3531;
  --line-strong: #6f827a;
  --accent: #5fd0ae;
  --accent-strong: #83dfc3;
  --on-accent: #06231b;
  --accent-soft: #14302a;
  --danger: #f2978f;
  --danger-soft: #38201e;
  --warn: #e7bd6a;
  --warn-soft: #33291a;
  --shadow: 0 0 0 1px rgb(255 255 255 / 3%);
`;
