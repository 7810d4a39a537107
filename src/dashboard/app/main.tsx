import './style/tokens.css';
import './style/style.css';
import { render } from 'preact';
import { page, root } from './here.ts';
import { ConnectPage } from './pages/connect-page.tsx';
import { LinkPage } from './pages/link-page.tsx';
import { PasskeyPage } from './pages/passkey-page.tsx';

render(page === 'link' ? <LinkPage /> : page === 'passkey' ? <PasskeyPage /> : <ConnectPage />, root);
