import './style/all.css';
import { render } from 'preact';
import { page, root } from './here.ts';
import { LinkPage } from './pages/link-page.tsx';
import { PasskeyPage } from './pages/passkey-page.tsx';
import { showTheme } from './parts/theme.ts';

showTheme();
if (page === 'link') render(<LinkPage />, root);
else if (page === 'passkey') render(<PasskeyPage />, root);
// A customer who links a phone loads nothing of it.
else void import('./shell/shell.tsx').then(({ Shell }) => render(<Shell />, root));
