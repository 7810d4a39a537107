/**
 * Somebody pressed the icon. For as long as the tab shows this page the browser lets the extension look into it (`activeTab`), and it
 * has no right to any other page but WhatsApp's.
 */
chrome.action.onClicked.addListener(({ id = 0, index }) => {
  // A page of its own: it lives as long as somebody takes to sign, which this script may not.
  void chrome.tabs.create({ url: `sign.html?tab=${id}`, index: index + 1, openerTabId: id });
});
