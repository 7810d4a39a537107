/** Every operation of n8n's node "Evolution API", by its own code, against a hub. */
import test from 'ava';
import { startHub, until } from '../helpers/hub.ts';
import { hasRegistry } from '../helpers/requirements.ts';
import { evolutionOf, type Json } from './clients.ts';
import { type Asked, installNode } from './n8n.ts';

const ANA = '5511988887777';
const JID = `${ANA}@s.whatsapp.net`;
const DOT = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==';

/** What is wrong with an answer; null where nothing is. */
type Check = (answer: Asked) => string | null;
type Row = readonly [resource: string, operation: string, parameters: Record<string, unknown>, check: Check];

const has = (value: Json, wanted: Json): boolean =>
  typeof wanted === 'object' && wanted !== null ? Object.keys(wanted).every((name) => has(value?.[name], wanted[name])) : value === wanted;

/** A status, and members of the answer. */
const gives =
  (status: number, members: object = {}): Check =>
  (answer) =>
    answer.status === status && has(answer.json, members) ? null : `should be ${status} with ${JSON.stringify(members)}`;
const message = (messageType: string): Check => gives(201, { key: { remoteJid: JID, fromMe: true }, messageType });
const refuses =
  (status: number, why: RegExp): Check =>
  ({ status: is, json }) =>
    is === status && why.test(json.response.message.join()) ? null : `should be refused with ${status} and ${why}`;
const BOT = {
  ...{
    url: 'https://b.example',
    typebot: 'b',
    apiUrl: 'https://b.example',
    apiKeyBot: 'k',
    apiKey: 'k',
    botType: 'chatBot',
    triggerType: 'all',
  },
  ...{
    triggerOperator: 'contains',
    triggerValue: 'x',
    expire: 0,
    keywordFinish: '',
    delayMessage: 0,
    unknownMessage: '',
    listeningFromMe: false,
  },
  ...{ stopBotFromMe: false, keepOpen: false, debounceTime: 0, ignoreJids: '', startSession: false, variables: { variableValues: [] } },
  ...{ typebotId: 'b1', evolutionBotId: 'b1', difyBotId: 'b1', flowiseBotId: 'b1' },
};
const botRows = (operation: string, resource: string, name: string): Row[] => [
  ...['create', 'find', 'update', 'delete', 'fetchSessions'].map(
    (does): Row => ['integrations-api', operation, { ...BOT, [resource]: `${does}${name}` }, refuses(501, /Flows of the hub answer/)],
  ),
];

(hasRegistry() ? test : test.skip)('every operation of the node is answered as it is by Evolution API, or refused in words', async (t) => {
  t.timeout(120_000);
  const node = await installNode(t.teardown);
  const hub = await startHub();
  t.teardown(() => hub.dispose());
  const { call, key } = await hub.tenant();
  const operate = node.with(`${hub.base}/compat/evolution`, key);
  const evolution = evolutionOf(hub, key);

  const made = await evolution('POST', '/instance/create', { instanceName: 'I', integration: 'SANDBOX', qrcode: true });
  t.is(made.status, 201);
  await call('POST', '/api/sessions/I/sandbox/scan', { phone: '5511999990000' });
  await until(async () => (await evolution('GET', '/instance/connectionState/I')).json.instance.state === 'open');
  const { json: came } = await call('POST', '/api/sessions/I/sandbox/receive', {
    from: ANA,
    name: 'Ana',
    type: 'image',
    media: { base64: DOT, mimetype: 'image/png' },
  });
  const picture = came.engineId.split('_')[2];
  await until(
    async () => (await evolution('POST', '/chat/getBase64FromMediaMessage/I', { message: { key: { id: picture } } })).status === 201,
  );
  const { json: sent } = await evolution('POST', '/message/sendText/I', { number: ANA, text: 'one' });
  const { json: group } = await evolution('POST', '/group/create/I', { subject: 'G', participants: [ANA] });

  const own = { messageId: sent.key.id, fromMe: true, remoteJid: ANA };
  const theirs = { messageId: picture, fromMe: false, remoteJid: ANA };
  const ofGroup = { groupJid: group.id };
  const media = { media: DOT, mimetype: 'image/png', fileName: 'd.png', caption: 'c' };
  const quoted = {
    options_message: { delay: 20, quoted: { messageQuoted: { messageId: picture } }, mentions: { mentionsSettings: { mentioned: ANA } } },
  };
  const rows: Row[] = [
    ['instances-api', 'fetch-instances', {}, gives(200, { 0: { name: 'I', connectionStatus: 'open' } })],
    ['instances-api', 'instance-connect', {}, gives(200, { instance: { instanceName: 'I', state: 'open' } })],
    ['instances-api', 'set-presence', { presence: 'available' }, gives(201)],
    [
      'instances-api',
      'instance-settings',
      {
        rejectCall: false,
        msgCall: '',
        groupsIgnore: false,
        alwaysOnline: false,
        readMessages: false,
        syncFullHistory: false,
        readStatus: false,
      },
      gives(201, { settings: { instanceName: 'I' } }),
    ],
    [
      'instances-api',
      'set-proxy',
      { resourceForProxy: 'findProxy' },
      ({ status, json }) => (status === 200 && json === null ? null : 'should be null'),
    ],
    [
      'instances-api',
      'set-proxy',
      {
        resourceForProxy: 'setProxy',
        enabled: true,
        proxyHost: 'p',
        proxyPort: '1',
        proxyProtocol: 'http',
        proxyUsername: '',
        proxyPassword: '',
      },
      refuses(403, /set by the operator/),
    ],

    ['messages-api', 'send-text', { remoteJid: ANA, messageText: 'hi', ...quoted }, message('conversation')],
    ['messages-api', 'send-image', { remoteJid: ANA, ...media }, message('imageMessage')],
    ['messages-api', 'send-document', { remoteJid: ANA, ...media }, message('documentMessage')],
    ['messages-api', 'send-video', { remoteJid: ANA, ...media, mimetype: 'video/mp4', fileName: 'v.mp4' }, refuses(400, /./)],
    ['messages-api', 'send-audio', { remoteJid: ANA, ...media, mimetype: 'audio/mp3' }, refuses(400, /./)],
    [
      'messages-api',
      'send-poll',
      { remoteJid: ANA, caption: 'q', 'options_display.metadataValues': [{ optionValue: 'a' }, { optionValue: 'b' }] },
      message('pollCreationMessageV3'),
    ],
    [
      'messages-api',
      'send-contact',
      {
        remoteJid: ANA,
        'contacts.contactValues': [
          { fullName: 'Bo', wuid: '5511988886666', phoneNumber: '+5511988886666', organization: '', email: '', url: '' },
        ],
      },
      message('contactMessage'),
    ],
    [
      'messages-api',
      'send-list',
      {
        ...{ remoteJid: ANA, title: 'T', description: 'D', buttonText: 'B' },
        'sections.sectionValues': [{ title: 'S', rows: { rowValues: [{ title: 'r', description: 'd', rowId: '1' }] } }],
      },
      message('listMessage'),
    ],
    [
      'messages-api',
      'send-buttons',
      { remoteJid: ANA, title: 'T', description: 'D', 'buttons.buttonValues': [{ type: 'reply', displayText: 't', id: '1' }] },
      refuses(501, /no buttons/),
    ],
    ['messages-api', 'send-stories', { content: 'https://x.example/y', type: 'image', caption: '' }, refuses(501, /no statuses/)],
    ['messages-api', 'send-pix', { remoteJid: ANA, name: 'N', keyType: 'cpf', key: '1' }, refuses(501, /no buttons/)],
    ['messages-api', 'send-reaction', { ...theirs, remoteJid: JID, reaction: '👍' }, message('reactionMessage')],

    [
      'events-api',
      'webhook',
      {
        resourceForWebhook: 'setWebhook',
        enabled: true,
        webhookUrl: hub.base,
        webhookByEvents: false,
        webhookBase64: false,
        webhookEvents: ['MESSAGES_UPSERT'],
      },
      gives(201, { url: hub.base, enabled: true, events: { 0: 'MESSAGES_UPSERT' } }),
    ],
    ['events-api', 'webhook', { resourceForWebhook: 'findWebhook' }, gives(200, { url: hub.base, webhookByEvents: false })],
    [
      'events-api',
      'webhook',
      {
        ...{ resourceForWebhook: 'setWebhook', enabled: false, webhookUrl: '' },
        ...{ webhookByEvents: false, webhookBase64: false, webhookEvents: [] },
      },
      gives(201, { url: hub.base, enabled: false }),
    ],
    ['events-api', 'rabbitmq', { resourceForRabbitMQ: 'setRabbitMQ', enabled: true, rabbitMQEvents: [] }, refuses(501, /webhook/)],
    ['events-api', 'rabbitmq', { resourceForRabbitMQ: 'findRabbitMQ' }, refuses(501, /webhook/)],
    ['integrations-api', 'chatwoot', { resourceForChatwoot: 'findChatwoot' }, refuses(501, /Chatwoot/)],
    ...botRows('typebot', 'resourceForTypebot', 'Typebot'),
    ...botRows('evolution-bot', 'resourceForEvolutionBot', 'EvolutionBot'),
    ...botRows('difyBot', 'resourceForDifyBot', 'Dify'),
    ...botRows('flowise-bot', 'resourceForFlowiseBot', 'Flowise'),
    [
      'integrations-api',
      'typebot',
      { ...BOT, resourceForTypebot: 'changeStatusTypebot', remoteJid: ANA, status: 'paused' },
      gives(201, { bot: { bot: { status: 'paused' } } }),
    ],

    ['groups-api', 'fetch-groups', { searchMethod: 'groupJid', ...ofGroup }, gives(200, { id: group.id, subject: 'G' })],
    ['groups-api', 'fetch-groups', { searchMethod: 'fetchAll', getParticipants: true }, gives(200, { 0: { id: group.id, subject: 'G' } })],
    ['groups-api', 'fetch-groups', { searchMethod: 'inviteCode', inviteCode: 'x' }, refuses(501, /groups/)],
    [
      'groups-api',
      'create-group',
      { subject: 'H', description: 'D', participants: `${ANA}, 5511988886666` },
      gives(201, { subject: 'H', desc: 'D' }),
    ],
    ['groups-api', 'update-group-name', { ...ofGroup, subject: 'G2' }, gives(201, { update: 'success' })],
    ['groups-api', 'update-group-description', { ...ofGroup, description: 'D2' }, gives(201, { update: 'success' })],
    ['groups-api', 'update-group-picture', { ...ofGroup, image: 'https://x.example/y' }, refuses(501, /phone/)],
    ['groups-api', 'fetch-invite-code', ofGroup, gives(200)],
    ['groups-api', 'revoke-invite-code', ofGroup, gives(201, { revoked: true })],
    ['groups-api', 'send-invite-link', { ...ofGroup, description: 'join', numbers: '5511988886666' }, gives(200, { send: true })],
    ['groups-api', 'find-participants', ofGroup, gives(200)],
    ['groups-api', 'update-participants', { ...ofGroup, action: 'add', participants: '5511988886666' }, gives(201)],
    ['groups-api', 'update-settings', { ...ofGroup, action: 'announcement' }, refuses(501, /phone/)],
    ['groups-api', 'toggle-ephemeral', { ...ofGroup, expiration: 0 }, refuses(501, /phone/)],
    ['groups-api', 'join-group', { inviteCode: 'x' }, refuses(501, /phone/)],
    ['groups-api', 'leave-group', ofGroup, gives(200, { leave: true })],

    ['chat-api', 'check-number', { numbers: ANA }, gives(200, { 0: { jid: JID, exists: true } })],
    ['chat-api', 'read-messages', theirs, gives(201, { read: 'success' })],
    ['chat-api', 'manage-archive', { ...theirs, chat: ANA, archive: true }, refuses(501, /archives/)],
    ['chat-api', 'mark-unread', { ...theirs, chat: ANA }, gives(201, { markedChatUnread: true })],
    ['chat-api', 'update-message', { ...own, text: 'two' }, gives(200, { key: { remoteJid: JID } })],
    ['chat-api', 'delete-message', { ...own, participant: '' }, gives(201, { key: { remoteJid: JID } })],
    ['chat-api', 'fetch-profile-picture', { number: ANA }, refuses(501, /pictures/)],
    ['chat-api', 'get-media-base64', { messageId: picture, convertToMp4: false }, gives(201, { mimetype: 'image/png', base64: DOT })],
    ['chat-api', 'send-presence', { remoteJid: ANA, presence: 'composing', delay: 10 }, gives(201, { presence: 'composing' })],
    ['chat-api', 'block-contact', { remoteJid: ANA, status: 'block' }, gives(201, { block: 'success' })],
    ['chat-api', 'find-contacts', { listAll: true }, gives(200)],
    ['chat-api', 'find-messages', { remoteJid: ANA }, gives(200, { messages: { currentPage: 1 } })],
    ['chat-api', 'find-status-messages', { remoteJid: ANA, messageId: picture }, gives(200)],
    ['chat-api', 'find-chats', { remoteJid: ANA, messageId: '' }, gives(200)],
    ...['fetch-profile', 'fetch-business-profile'].map(
      (operation): Row => ['profile-api', operation, { remoteJid: ANA }, refuses(501, /profiles/)],
    ),
    ['profile-api', 'update-profile-name', { name: 'N' }, refuses(501, /phone/)],
    ['profile-api', 'update-profile-status', { status: 'S' }, refuses(501, /phone/)],
    ['profile-api', 'update-profile-picture', { picture: 'https://x.example/y' }, refuses(501, /phone/)],
    ['profile-api', 'remove-profile-picture', {}, refuses(501, /phone/)],
    ['profile-api', 'fetch-privacy-settings', {}, refuses(501, /phone/)],
    [
      'profile-api',
      'update-privacy-settings',
      { readreceipts: 'all', profile: 'all', status: 'all', online: 'all', last: 'all', groupadd: 'all' },
      refuses(501, /phone/),
    ],

    ['instances-api', 'restart-instance', {}, gives(200, { instance: { instanceName: 'I' } })],
    ['instances-api', 'delete-instance', {}, gives(200, { status: 'SUCCESS' })],
    ['instances-api', 'logout-instance', {}, refuses(404, /does not exist/)],
    ['instances-api', 'instance-basic', { instanceName: 'J', token: '', number: '' }, gives(201, { instance: { instanceName: 'J' } })],
  ];
  const wrong: string[] = [];
  for (const [resource, operation, parameters, check] of rows) {
    const answer = await operate(resource, operation, { instanceName: 'I', ...parameters });
    const why = check(answer);
    if (why)
      wrong.push(
        `${resource} ${operation} ${JSON.stringify(parameters).slice(0, 80)}: ${why}, was ${answer.status} ${JSON.stringify(answer.json)}`,
      );
  }
  t.deepEqual(wrong, []);
  const tried = new Set(rows.map(([resource, operation]) => `${resource} ${operation}`));
  const all = Object.entries(node.operations).flatMap(([resource, names]) => names.map((name) => `${resource} ${name}`));
  t.deepEqual(
    all.filter((name) => !tried.has(name)),
    [],
  );
});
