/** What the engine's functions in the page find there: wa-js and WhatsApp's own stores, as far as they are used. */
export interface Wid {
  _serialized: string;
  user: string;
  server: string;
  isGroup(): boolean;
  isLid(): boolean;
}

export interface PageMessage {
  id: { id: string; fromMe: boolean; remote: Wid; toString(): string };
  t: number;
  ack: number;
  mediaData?: { mediaStage?: string };
}

interface Presence {
  isOnline?: boolean;
  chatstate?: { type?: string; t?: number };
}

interface PageContact {
  id: Wid;
  name?: string;
  pushname?: string;
  verifiedName?: string;
  username?: string;
  isMyContact?: boolean;
  isBusiness?: boolean;
  isMe?: boolean;
}

interface PageParticipant {
  id: Wid;
  isAdmin?: boolean;
  isSuperAdmin?: boolean;
}

export interface PageChat {
  id: Wid;
  msgs: Models<PageMessage>;
  name?: string;
  formattedTitle?: string;
  /** Seconds, of the latest message. */
  t?: number;
  unreadCount?: number;
  archive?: boolean;
  labels?: string[];
  contact?: PageContact;
  presence?: Presence;
  groupMetadata?: {
    subject?: string;
    desc?: string;
    owner?: Wid;
    creation?: number;
    participants?: Models<PageParticipant>;
  };
}

interface Models<Model> {
  get(id: string): Model | undefined;
  getModelsArray(): Model[];
  /** Out of the page's memory, and nowhere else. */
  remove(model: Model): unknown;
}

export interface Sent {
  id: string;
  ack: number;
  sendMsgResult: unknown;
}

/** What became of each member, by address. */
type MemberCodes = Record<string, { wid: string; code: number; message?: string }>;

export interface Wpp {
  chat: {
    find(id: string, origin?: 'username_contactless_search'): Promise<PageChat>;
    get(id: string): PageChat | undefined;
    list(options: { ignoreGroupMetadata: boolean; onlyGroups?: boolean }): Promise<PageChat[]>;
    getMessages(id: string, options: { count: number }): Promise<PageMessage[]>;
    getMessageById(id: string): Promise<PageMessage>;
    downloadMedia(id: string): Promise<Blob>;
    sendTextMessage(chat: string, text: string, options: object): Promise<Sent>;
    sendFileMessage(chat: string, file: File, options: object): Promise<Sent>;
    sendLocationMessage(chat: string, options: object): Promise<Sent>;
    sendCreatePollMessage(chat: string, question: string, choices: string[], options: object): Promise<Sent>;
    sendListMessage(chat: string, options: object): Promise<Sent>;
    sendRawMessage(chat: string, message: object, options: object): Promise<Sent>;
    forwardMessages(chat: string, messages: string[], options: object): Promise<unknown>;
    sendReactionToMessage(message: string, emoji: string): Promise<{ sendMsgResult: unknown }>;
    editMessage(message: string, text: string, options: object): Promise<Sent>;
    deleteMessage(
      chat: string,
      message: string,
      deleteMedia: boolean,
      revoke: boolean,
    ): Promise<{ isRevoked: boolean; sendMsgResult: unknown }>;
  };
  contact: {
    list(): Promise<PageContact[]>;
    queryExists(id: string): Promise<{ wid: Wid; lid?: Wid } | null>;
    queryUsernameExists(name: string): Promise<{ wid: Wid } | { keyRequired: true } | null>;
    getPnLidEntry(id: string): Promise<{ lid?: { _serialized: string }; phoneNumber?: { _serialized: string } }>;
    subscribePresence(ids: string[]): Promise<unknown>;
  };
  group: {
    create(subject: string, participants: string[]): Promise<{ gid: Wid; participants: MemberCodes }>;
    ensureGroup(id: string): Promise<PageChat>;
    iAmAdmin(id: string): Promise<boolean>;
    addParticipants(id: string, who: string[]): Promise<MemberCodes>;
    removeParticipants(id: string, who: string[]): Promise<unknown>;
    promoteParticipants(id: string, who: string[]): Promise<unknown>;
    demoteParticipants(id: string, who: string[]): Promise<unknown>;
    setSubject(id: string, subject: string): Promise<unknown>;
    setDescription(id: string, description: string): Promise<unknown>;
    getInviteCode(id: string): Promise<string>;
    revokeInviteCode(id: string): Promise<string>;
    leave(id: string): Promise<unknown>;
  };
  blocklist: {
    all(): Wid[];
    blockContact(id: string): Promise<unknown>;
    unblockContact(id: string): Promise<unknown>;
  };
  labels: {
    getAllLabels(): Promise<{ id: string; name: string; hexColor?: string | null }[]>;
    addOrRemoveLabels(chat: string, changes: { labelId: string; type: 'add' | 'remove' }[]): Promise<unknown>;
  };
  conn: {
    isRegistered(): boolean;
    isAuthenticated(): boolean;
    isMainReady(): boolean;
    getMyUserWid(): Wid | undefined;
    getMyUserLid(): Wid;
    startLinkDeviceCodeForPhoneNumber(phone: string): Promise<string>;
    markAvailable(on: boolean): Promise<unknown>;
    setKeepAlive(on: boolean): unknown;
  };
  whatsapp: {
    Socket: { state: string };
    Conn: { pushname?: string; isSMB?: boolean };
    ContactStore: { get(id: string): PageContact | undefined };
    MsgKey: { newId(): unknown };
    MsgStore: Models<PageMessage>;
  };
}

/** WhatsApp Web's own modules, which throw where they are not there. */
export interface PageModules {
  require(id: 'WAWebReachoutTimelockUtils'): TimeLock;
  require(id: 'WAWebUserPrefsIndexedDBStorage'): { userPrefsIdb: { get(key: string): { time_enforcement_ends?: number } | undefined } };
}

/** Whether the account may begin chats, and by WhatsApp's own reading with whom. */
interface TimeLock {
  REACHOUT_TIMELOCK_IDB_KEY: string;
  isUserReachoutTimelocked(): boolean;
  canSendMsgWhileTimelocked(of: { chat: PageChat | undefined; contact: PageContact }): boolean;
}

/** The browser's own, as far as it is used. */
export interface PageElement {
  innerText?: string;
  click(): void;
  checkVisibility(): boolean;
  closest(selector: string): PageElement | null;
  contains(other: PageElement): boolean;
  querySelectorAll(selector: string): Iterable<PageElement>;
  getAttribute(name: string): string | null;
  getBoundingClientRect(): { left: number; top: number; width: number; height: number };
}

export interface PageDocument {
  querySelector(selector: string): PageElement | null;
  querySelectorAll(selector: string): Iterable<PageElement>;
  elementFromPoint(x: number, y: number): PageElement | null;
}
