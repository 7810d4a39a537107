/** Bytes as WhatsApp holds them in the page, and how it gets them from its servers. */
import { define } from './modules.js';

class OpaqueData {
  constructor(blob, type) {
    this.blob = blob;
    this.mimetype = type;
  }

  static async createFromData(blob, type) {
    return new OpaqueData(blob, type);
  }

  throwIfReleased() {}

  forceToBlob() {
    return this.blob;
  }

  type() {
    return this.mimetype;
  }
}

/** What WhatsApp keeps beside a message that has a file. */
export function mediaDataOf({ fileId, mimetype, size }) {
  const data = { mimetype, size, mediaStage: 'NEED_DOWNLOAD', mediaBlob: null };
  const download = async () => {
    const answer = await fetch(`/phone/file?id=${fileId}`);
    data.mediaStage = answer.ok ? 'RESOLVED' : 'ERROR_MISSING';
    data.mediaBlob = answer.ok ? new OpaqueData(await answer.blob(), mimetype) : null;
  };
  return { data, download };
}

define('WAWebMediaOpaqueData', { default: OpaqueData });
