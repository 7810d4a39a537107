/** As much of the browser's interface for extensions as is used (https://developer.chrome.com/docs/extensions/reference/api). */
declare namespace chrome {
  interface Tab {
    id?: number;
    index: number;
    /** Only of tabs that the extension may look into. */
    url?: string;
  }
  namespace action {
    const onClicked: { addListener(listener: (tab: Tab) => void): void };
  }
  namespace scripting {
    function executeScript<A extends unknown[], R>(given: {
      target: { tabId: number };
      func: (...args: A) => R;
      args?: A;
    }): Promise<{ result?: Awaited<R> }[]>;
  }
  namespace tabs {
    type Updated = (tabId: number, change: { status?: string }, tab: Tab) => void;
    type Removed = (tabId: number) => void;
    function create(wanted: { url: string; index?: number; openerTabId?: number }): Promise<Tab>;
    function get(tabId: number): Promise<Tab>;
    function getCurrent(): Promise<Tab | undefined>;
    function update(tabId: number, wanted: { active: boolean }): Promise<Tab>;
    function remove(tabId: number): Promise<void>;
    const onUpdated: { addListener(listener: Updated): void; removeListener(listener: Updated): void };
    const onRemoved: { addListener(listener: Removed): void; removeListener(listener: Removed): void };
  }
}
