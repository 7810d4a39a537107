/** The pages of the app, a line each. */
export { page as chats } from '../pages/chats/page.ts';
export { page as connect } from '../pages/connect/page.ts';
export { page as events } from '../pages/events/page.ts';
export { page as optOuts } from '../pages/flows/opt-outs-page.ts';
export { page as flows } from '../pages/flows/page.ts';
export { page as flowSecrets } from '../pages/flows/secrets-page.ts';
export { page as hub } from '../pages/hub/page.ts';
export { page as overview } from '../pages/overview/page.ts';
export { page as sends } from '../pages/sends/page.ts';
export { page as sessions } from '../pages/sessions/page.ts';
export { page as settings } from '../pages/settings/page.ts';
export { page as tenants } from '../pages/tenants/page.ts';
export { page as webhooks } from '../pages/webhooks/page.ts';
