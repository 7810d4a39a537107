import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { Media } from '../../../../client/index.ts';
import { hub } from '../../ask.ts';
import { Dialog } from '../../parts/dialog.tsx';
import { saveFile } from '../../parts/file.ts';
import { notifyTrouble } from '../../parts/notices.tsx';
import { bytes } from '../../parts/number.ts';
import { words } from './words.ts';

/** What a browser shows and runs nothing of. */
const PICTURE = /^image\/(?:png|jpeg|gif|webp|avif|bmp)(?:;|$)/i;
/** Bytes; a larger picture is saved as any other file. */
const LARGEST_PICTURE = 10_000_000;

/** Asked for as everything else, so that the operator sees it, too: an address alone does not say for which tenant. */
async function fetched({ id }: Media): Promise<Blob> {
  const response = await hub.request<Response>('GET', `/api/media/${id}`, { accept: '*/*' });
  return response.blob();
}

/** The file of a message: a picture as such, all else as a link. `alt`: what a picture is called. */
export function Attachment({ media, alt }: { media: Media; alt: string }) {
  const { status, mimetype, filename, size = 0 } = media;
  if (status === 'pending') return <p class="bubble-note">{words.mediaPending}</p>;
  if (status === 'removed') return <p class="bubble-note">{words.mediaRemoved}</p>;
  if (status === 'failed' || media.id === null) return <p class="bubble-note">{words.mediaFailed}</p>;
  if (PICTURE.test(mimetype) && size <= LARGEST_PICTURE) return <Picture key={media.id} media={media} alt={alt} />;
  return (
    <p>
      <SaveLink media={media} name={filename ?? mimetype} />
      {size > 0 && <span class="none"> {bytes(size)}</span>}
    </p>
  );
}

function SaveLink({ media, name }: { media: Media; name: string }) {
  return (
    <button
      type="button"
      class="link"
      onClick={() => void fetched(media).then((file) => saveFile(file, media.filename ?? media.id ?? ''), notifyTrouble)}
    >
      {name}
    </button>
  );
}

/** Fetched once it comes into view; its room is the same before and after, so that nothing jumps. */
function Picture({ media, alt }: { media: Media; alt: string }) {
  const frame = useRef<HTMLButtonElement>(null);
  const source = useSignal<string | null>(null);
  const isLarge = useSignal(false);

  useEffect(() => {
    let url: string | null = null;
    let isOver = false;
    // On a busy machine it may have come into view only in a later one of several.
    const watcher = new IntersectionObserver((changes) => {
      if (!changes.some(({ isIntersecting }) => isIntersecting)) return;
      watcher.disconnect();
      void fetched(media).then((file) => {
        if (isOver) return;
        url = URL.createObjectURL(file);
        source.value = url;
      }, notifyTrouble);
    });
    if (frame.current) watcher.observe(frame.current);
    return () => {
      isOver = true;
      watcher.disconnect();
      if (url) URL.revokeObjectURL(url);
    };
  }, []);

  return (
    <>
      <button
        ref={frame}
        type="button"
        class="picture"
        aria-label={`${words.showImage}: ${alt}`}
        onClick={() => {
          isLarge.value = source.value !== null;
        }}
      >
        {source.value && <img src={source.value} alt="" />}
      </button>
      {isLarge.value && source.value && (
        <Dialog
          title={words.image}
          wide
          close={() => {
            isLarge.value = false;
          }}
        >
          <img class="picture-large" src={source.value} alt={alt} />
          <p>
            <SaveLink media={media} name={words.download} />
          </p>
        </Dialog>
      )}
    </>
  );
}
