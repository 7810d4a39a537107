import { effect, useSignal } from '@preact/signals';
import type { ComponentType } from 'preact';
import { useEffect } from 'preact/hooks';
import { acting, refusals } from '../ask.ts';
import { goLive } from '../live/events.ts';
import { Notices } from '../parts/notices.tsx';
import { Page } from './frame.tsx';
import { Navigation } from './navigation.tsx';
import type { AppPage, PageProps } from './page.ts';
import { navigable, needsTenant, pageAt } from './pages.ts';
import { followLinks, go, place } from './place.ts';
import { setReach } from './reach.ts';
import { Shortcuts } from './shortcuts.tsx';
import { SignIn } from './sign-in.tsx';
import { enter, findWho, may, TENANTS, who } from './who.ts';
import { shellWords as words } from './words.ts';

/** The app around its pages: who is signed in, where they are, and the stream that keeps what they see up to date. */
export function Shell() {
  useEffect(() => {
    void findWho();
    const stops = [
      followLinks(),
      // A key that was revoked, or a time that is over, shows in the first answer after it.
      effect(() => {
        if (refusals.value > 0 && who.peek()) who.value = null;
      }),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }, []);
  if (who.value === undefined) return null;
  if (who.value === null) {
    return <SignIn done={enter} />;
  }
  return <SignedInShell key={who.value.kind === 'key' ? who.value.id : who.value.kind} />;
}

setReach((path) => pageAt(path) !== null);

function SignedInShell() {
  const tenant = acting.value;
  useEffect(() => goLive({ hasStream: may('events:read') }), [tenant]);
  useEffect(() => {
    if (place.value.path === '/dashboard') go('/', { replace: true });
    // Who is for no tenant has no day of one to look at.
    if (place.value.path === '/' && !pageAt('/')) go(navigable()[0]?.path ?? '/', { replace: true });
  }, [place.value.path]);
  return (
    <div class="shell">
      <a class="skip" href="#main">
        {words.skip}
      </a>
      <Navigation />
      <main id="main" class="page" tabIndex={-1}>
        <Shown key={tenant ?? ''} />
      </main>
      <Notices />
      <Shortcuts />
    </div>
  );
}

/** The page that the address names, once it is here. */
function Shown() {
  const found = pageAt(place.value.path);
  const loaded = useSignal<{ page: AppPage; Content: ComponentType<PageProps> } | null>(null);
  const failed = useSignal<AppPage | null>(null);
  const page = found?.page ?? null;

  useEffect(() => {
    if (!page) return;
    let isOver = false;
    page.load().then(
      (Content) => {
        if (!isOver) loaded.value = { page, Content };
      },
      () => {
        if (!isOver) failed.value = page;
      },
    );
    return () => {
      isOver = true;
    };
  }, [page]);

  if (!found && needsTenant(place.value.path)) {
    return (
      <Page title={words.tenantFirst} lead={words.tenantFirstLead}>
        <a href={`${TENANTS}?then=${encodeURIComponent(place.value.path + place.value.search)}`}>{words.toTenants}</a>
      </Page>
    );
  }
  if (!found) return <Page title={words.nowhereTitle} lead={words.nowhere} />;
  if (loaded.value?.page === page && loaded.value) {
    const { Content } = loaded.value;
    return <Content page={found.page} rest={found.rest} key={page?.path} />;
  }
  if (failed.value === page) {
    return (
      <Page title={found.page.name} lead={words.notLoaded}>
        <button type="button" class="main" onClick={() => location.reload()}>
          {words.loadAgain}
        </button>
      </Page>
    );
  }
  return null;
}
