/** What WhatsApp lets the account do: the time-lock on new chats ("reach-out"), as its own modules keep it. */
import { connection } from './account.js';
import { define } from './modules.js';

const KEY = 'WAReachoutTimelockState';
const preferences = new Map();

/** `until` in ms; null: there is none. */
export function lockNewChats(until) {
  if (until === null) preferences.delete(KEY);
  else preferences.set(KEY, { state: 'VISIBLE', time_enforcement_ends: until, enforcement_type: 'DEFAULT' });
}

export function showBusiness(isBusiness) {
  connection.set('isSMB', isBusiness);
}

const isUserReachoutTimelocked = () => preferences.has(KEY);

define('WAWebUserPrefsIndexedDBStorage', { userPrefsIdb: { get: (key) => preferences.get(key) } });
define('WAWebReachoutTimelockUtils', {
  REACHOUT_TIMELOCK_IDB_KEY: KEY,
  isUserReachoutTimelocked,
  canSendMsgWhileTimelocked: ({ chat, contact }) =>
    !isUserReachoutTimelocked() || !contact.id.isUser() || contact.isMe || (chat?.getTcToken() ?? null) !== null,
});
