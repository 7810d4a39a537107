/**
 * Every way in which wa-js, WhatsApp Web and the hub's own functions in the page say no, and what each means: one table
 * for sends, files and the directory, and for the sandbox, which refuses by the same. test/sessions/wa-js-codes.test.ts
 * reads the installed wa-js and fails when it has a code that is not here.
 */
import type { ErrorCode, SendStage } from '../../core/errors.ts';

export interface Meaning {
  /** Of a send that WhatsApp Web does not have. */
  stage: Exclude<SendStage, 'perhaps'>;
  /** Of a call of the directory. */
  answer: ErrorCode;
  /** What a person has to know, and can do. */
  says: string;
}

const meaning = (stage: Meaning['stage'], answer: ErrorCode) => (says: string) => ({ stage, answer, says });
/** What is meant is not there. */
const absent = meaning('refused', 'not-found');
/** WhatsApp does not do this, however often it is asked. */
const never = meaning('refused', 'engine-failed');
/** This version of WhatsApp Web, or this kind of account, has no way to do it. */
const cannot = meaning('refused', 'not-supported-by-engine');
const later = meaning('later', 'engine-failed');
const offline = meaning('network', 'engine-failed');
/** Said of what may be out. */
const open = meaning('before', 'engine-failed');

const NO_CHAT =
  'The account has no such chat. Look for it in GET …/chats or …/groups; a person may be looked up with GET …/contacts/{x}/exists.';
const NO_MESSAGE = 'The account has no such message (any more). Give the id of one that is in the chat.';
const NO_ADDRESS = 'This is no address of WhatsApp. Give one as GET …/chats or …/contacts has it.';
const NO_GROUP = 'The account has no such group. GET …/groups lists them.';
const NO_MEMBER = 'Nobody of that address is in the group. GET …/groups/{group} lists who is.';
const NOT_ADMIN = 'Only administrators of the group may do this. Ask one of them to make this account one, too.';
const NO_CONTACT = 'The account has no such contact. GET …/contacts lists them.';
const NO_LIST = 'The account has no such list.';
const NO_CALL = 'There is no such call (any more).';
const NO_FILE = 'The message has no file, or WhatsApp does not have it any more. Ask its sender to send it again.';
const NO_ORDER = 'The message is no order. Give the id of one that is.';
const NO_NEWSLETTER = 'This is no newsletter of the account. Its address ends in @newsletter.';
const UNSUITED = 'WhatsApp does not take what was asked for. Look at the values that were given.';
const BUSINESS = 'Only a WhatsApp Business account can do this.';
const NO_PRODUCT = 'The catalog has no such product.';
const OUTDATED = 'This version of WhatsApp Web cannot do it.';
const BUTTONS = 'The buttons of the message are not such as WhatsApp takes.';

/** By the code of the error. */
export const WA_JS_CODES: Record<string, Meaning> = {
  // Chats and addresses.
  chat_not_found: absent(NO_CHAT),
  invalid_wid: absent(NO_ADDRESS),
  not_in_chat: absent(NO_CHAT),
  not_a_lid_chat: never('This is possible only in a chat with a hidden number (…@lid).'),
  archive_error: never('The chat is archived already.'),
  unarchive_error: never('The chat is not archived.'),
  pin_error: never('The chat or message cannot be pinned: it is pinned already, or this account may not.'),
  unpin_error: never('The chat or message cannot be unpinned: it is not pinned, or this account may not.'),
  pin_send_error: later('WhatsApp did not pin the message. Try again.'),
  invalid_pin_parameter: never(UNSUITED),
  invalid_time_mute: never('The time until which the chat is muted is none.'),
  negative_time_mute: never('The time until which the chat is muted has passed.'),
  can_not_get_notes_for_groups: never('A group has no notes.'),
  can_not_set_notes_for_groups: never('A group has no notes.'),
  missing_content_for_notes: never('The note is empty.'),
  send_type_filter: never(UNSUITED),
  send_labelId: never(UNSUITED),
  send_ids: never(UNSUITED),

  // What is sent.
  new_chats_locked: later('WhatsApp lets this account begin no new chats for a while. It goes out when it may; others go on.'),
  msg_not_found: absent(NO_MESSAGE),
  message_not_found: absent(NO_MESSAGE),
  msg_expired: never('The message has disappeared, as its chat has it. Give the id of one that is still there.'),
  message_not_have_a_reply: never('The message answers no other.'),
  invalid_quoted_msg: absent(NO_MESSAGE),
  quoted_msg_can_not_reply: never('The message cannot be answered: it was deleted, or is none that people write. Leave "replyTo" out.'),
  mentioned_list_is_not_array: never(UNSUITED),
  mentioned_is_not_user: never('Only people can be mentioned. Give a number with its country code, …@c.us or …@lid.'),
  message_key_is_not_from_me: never('The id that the message was to have belongs to a message of somebody else. Send it anew.'),
  message_key_remote_id_is_not_same_of_chat: never('The id that the message was to have belongs to another chat. Send it anew.'),
  type_not_valid_for_newsletter: never('A newsletter takes texts, files and polls. Send one of these.'),
  can_not_send_message_to_this_groupType: never('This is a community, not a group. Send to its announcement group; GET …/groups lists it.'),
  not_allowed: never('Only its author, or an administrator of the group, can delete a message for everybody.'),
  edit_message_error: never('WhatsApp lets a text of the account itself be edited for about 15 minutes. Send a new message instead.'),
  file_too_large: never('WhatsApp does not take a file of this size. Send a smaller one.'),
  maxMediaSize_error: never(UNSUITED),
  maxFileSize_error: never(UNSUITED),
  invalid_data_url: never('The file could not be read in the page.'),
  forward_messages_not_available: cannot(OUTDATED),
  forward_messages_to_chats_not_available: cannot(OUTDATED),
  timeout_on_send_status: open('WhatsApp did not say whether the status is out. Look at it on the phone.'),
  timeout_on_register_status: later('WhatsApp did not take the status in time. Try again.'),
  error_on_remove_status: later('WhatsApp did not remove the status. Try again.'),
  invalid_list_type: never('The sections of the list are not such as WhatsApp takes.'),
  invalid_list_size: never('A list has 1 to 10 sections.'),
  buttons_not_a_array: never(BUTTONS),
  not_alowed_more_then_three_buttons: never(BUTTONS),
  buttons_must_between_1_and_3_options: never(BUTTONS),
  reply_and_cta_btn_not_allowed: never(BUTTONS),
  no_buttons_in_message: never('The message has no buttons.'),
  invalid_button_index: never('The message has no such button.'),
  unsupported_button_type: never('A button of this kind cannot be pressed from here.'),
  button_not_replyable: never('A button of this kind cannot be pressed from here.'),
  callType_is_invalid: never('A call is "voice" or "video".'),
  parameter_not_fount: never(UNSUITED),
  send_required_params: never(UNSUITED),
  send_the_required_fields: never(UNSUITED),

  // Files.
  message_not_contains_media: absent(NO_FILE),
  media_not_found: absent(NO_FILE),

  // Groups.
  not_a_group: absent(NO_GROUP),
  group_not_exist: absent(NO_GROUP),
  group_you_are_not_admin: never(NOT_ADMIN),
  you_not_group_admin: never(NOT_ADMIN),
  group_you_are_restricted_member: never(NOT_ADMIN),
  you_are_not_allowed_set_group_description: never(NOT_ADMIN),
  you_are_not_allowed_set_group_property: never(NOT_ADMIN),
  you_are_not_allowed_set_group_subject: never(NOT_ADMIN),
  you_are_not_allowed_set_ephemeral_setting: never(NOT_ADMIN),
  invalid_ephemeral_duration: never('Messages can disappear after 24 hours, 7 days or 90 days.'),
  group_participant_not_found: absent(NO_MEMBER),
  group_participant_is_not_a_group_member: absent(NO_MEMBER),
  not_valid_group_participants: absent(NO_MEMBER),
  group_participant_is_already_a_group_admin: never('This member is an administrator already.'),
  group_participant_is_already_not_a_group_admin: never('This member is no administrator.'),
  participant_not_exists: absent(
    'One of those who should be in the group is not on WhatsApp. Look them up with GET …/contacts/{x}/exists.',
  ),
  group_add_participant_error: never('WhatsApp added nobody. Whether the account may is to be seen on the phone.'),
  error_on_accept_membership_request: later('WhatsApp did not let the member in. Try again.'),
  error_on_reject_membership_request: later('WhatsApp did not turn the member away. Try again.'),
  invalid_invite_code: absent('The invitation link leads to no group, or is no longer valid. Ask for a new one.'),

  // People, labels and lists.
  contact_not_found: absent(NO_CONTACT),
  number_is_not_your_contact: absent(NO_CONTACT),
  contact_is_not_a_lid: never('This is possible only with a hidden number (…@lid).'),
  invalid_username: never('This is no user name that WhatsApp takes.'),
  invalid_username_key: never('This is no key of a user name.'),
  query_wid_username_exists_not_available: cannot(OUTDATED),
  invalid_contact_id_for_legacy_version: cannot(OUTDATED),
  label_not_exist: absent('The account has no such label. GET …/labels lists them.'),
  canot_get_label_error: absent('The account has no such label. GET …/labels lists them.'),
  color_not_in_pallet: never('Labels do not have this color.'),
  invalid_color: never('This is no color.'),
  canot_get_color_palette: later('WhatsApp Web has not loaded its labels yet. Try again.'),
  cannot_get_color: later('WhatsApp Web has not loaded its labels yet. Try again.'),
  list_not_found: absent(NO_LIST),
  list_name_required: never('A list needs a name.'),
  list_invalid_color: never('This is no color.'),
  list_is_mandatory: never('Say for whom it is to hold.'),
  disallowed_list_is_mandatory: never('Say for whom it is not to hold.'),
  incorrect_type: never(UNSUITED),
  value_not_a_boolean: never(UNSUITED),

  // Newsletters.
  not_a_newsletter: absent(NO_NEWSLETTER),
  invalid_newsletter_id: absent(NO_NEWSLETTER),
  send_correctly_newsletter_id: absent(NO_NEWSLETTER),
  newsletter_follower_limit: later('The newsletter has as many followers as it may have.'),
  newsletter_closed: later('The newsletter takes no new followers now.'),
  newsletter_geosuspended: never('The newsletter is not to be had in the country of this account.'),
  newsletter_follow_failed: later('WhatsApp did not let the account follow the newsletter. Try again.'),
  newsletter_unfollow_failed: later('WhatsApp did not take the account off the newsletter. Try again.'),
  newsletter_search_failed: later('WhatsApp did not search. Try again.'),
  newsletter_subscribers_require_admin: never('Only administrators of the newsletter may see who follows it.'),
  invalid_mute_value: never(UNSUITED),
  invalid_search_query: never('The search is for nothing.'),
  mex_client_not_available: cannot(OUTDATED),

  // Business.
  is_not_business: cannot(BUSINESS),
  NOT_BUSINESS_PROFILE: cannot(BUSINESS),
  connected_device_not_is_business: cannot(BUSINESS),
  product_not_found: absent(NO_PRODUCT),
  cart_not_have_products: never('The cart is empty.'),
  can_not_submit_order_to_yourself: never('An order cannot go to the account itself.'),
  error_send_order_request: later('WhatsApp did not take the order. Try again.'),
  msg_not_order: never(NO_ORDER),
  msg_not_is_a_order: never(NO_ORDER),
  invalid_order_message: never(NO_ORDER),
  order_not_processed: never('Accept or decline the order first.'),

  // Calls, linking, settings.
  call_not_found: absent(NO_CALL),
  call_is_not_incoming_ring: absent(NO_CALL),
  call_is_not_user: never('Only people can be called.'),
  voip_stack_not_found: cannot(OUTDATED),
  send_the_phone_number_to_connect: never('Say whose phone is to be linked.'),
  cannot_get_code_for_already_authenticated: never('The session is linked already.'),
  maxShare_error: never(UNSUITED),
  statusVideoMaxDuration_error: never(UNSUITED),
  unlimitedPin_error: never(UNSUITED),
  setLimit_error: never(UNSUITED),

  // What WhatsApp itself answers to a send (SendMsgResult), where it went into the page.
  ERROR_NETWORK: offline('WhatsApp cannot be reached. The message goes out when it can be again.'),
  ERROR_UPLOAD: later("The file did not get to WhatsApp's servers."),
  ERROR_CANCELLED: later('The send was broken off before it was out.'),
  ERROR_EXPIRED: later('The message waited too long in WhatsApp Web and was not sent.'),
  ERROR_UNKNOWN: open('WhatsApp did not say what is wrong. Look at the phone whether the message is out.'),
  /** The hub's own word: the socket of the page is not connected. */
  offline: offline('WhatsApp Web is not connected to WhatsApp just now.'),
};

/** Errors of WhatsApp's own functions, and of wa-js's, that have no code. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/^Failed to find or create chat for /, 'chat_not_found'],
  [/\bwid error: invalid wid\b/i, 'invalid_wid'],
  [/\bMsgKey error\b/i, 'msg_not_found'],
];

/** By its code or, without one, by its words; undefined for an error that nobody has met. */
export function meaningOf({ code, error }: { code: string; error: string }): Meaning | undefined {
  const known = code || WORDS.find(([words]) => words.test(error))?.[1] || '';
  return Object.hasOwn(WA_JS_CODES, known) ? WA_JS_CODES[known] : undefined;
}
