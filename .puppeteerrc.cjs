/** `npm ci` must not download a browser: the hub runs the one that the machine has (HOOKLINE_CHROMIUM). */
module.exports = { skipDownload: true };
