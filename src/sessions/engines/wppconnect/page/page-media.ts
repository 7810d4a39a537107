/**
 * The bytes of a message, inside Chromium: each function is sent there as text, so it sees its arguments and the page's
 * globals and nothing of this file.
 */
import type { Wpp } from './page-types.ts';

declare const WPP: Wpp;

interface Reader {
  result: string;
  error: unknown;
  onload(): void;
  onerror(): void;
  readAsDataURL(blob: Blob): void;
}
declare const FileReader: new () => Reader;

export interface Download {
  /** Null: what went wrong says why. */
  blob: Blob | null;
  error: string;
  code: string;
  socket: string;
  /** WhatsApp says of the file that it does not have it any more. */
  gone: boolean;
}

/** The blob stays in the page, where the hub reads it piece by piece. */
export async function download(engineId: string): Promise<Download> {
  try {
    return { blob: await WPP.chat.downloadMedia(engineId), error: '', code: '', socket: '', gone: false };
  } catch (error) {
    const { code = '', message = String(error) } = error as { code?: string; message?: string };
    const stage = await WPP.chat.getMessageById(engineId).then(
      ({ mediaData }) => mediaData?.mediaStage ?? '',
      () => '',
    );
    const gone = stage === 'ERROR_MISSING' || stage === 'NEED_POKE';
    return { blob: null, error: message, code: String(code), socket: WPP.whatsapp.Socket.state, gone };
  }
}

export function sizeOf({ blob, ...said }: Download): Omit<Download, 'blob'> & { size: number | null } {
  return { size: blob ? blob.size : null, ...said };
}

/** Base64. */
export function slice({ blob, error }: Download, from: number, to: number): Promise<string> {
  return new Promise((resolve, reject) => {
    if (!blob) return reject(new Error(error));
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(',') + 1));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob.slice(from, to));
  });
}
