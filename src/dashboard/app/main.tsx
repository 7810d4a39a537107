import './style/tokens.css';
import './style/style.css';
import { render } from 'preact';
import { page, root } from './here.ts';
import { ConnectPage } from './pages/connect-page.tsx';
import { LinkPage } from './pages/link-page.tsx';

render(page === 'link' ? <LinkPage /> : <ConnectPage />, root);
