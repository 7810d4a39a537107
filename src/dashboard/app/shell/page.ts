import type { ComponentType } from 'preact';

/** A page of the app: what its folder in `pages/` exports as `page`. */
export interface AppPage {
  /** Where it is; what is below is its own, too, and comes to it as `rest`. The page with the longest fitting path is shown. */
  path: string;
  /** What it is called in the navigation. */
  name: string;
  /** Its place in the navigation, from the top; null: it is in none. */
  order: number | null;
  /** An outline in a square of 24, as the `d` of a path. */
  icon: string;
  /** A key that has one of these scopes may see it; left out: any key. */
  scopes?: readonly string[];
  /** The key that leads there after "g". */
  shortcut?: string;
  /** `import()` of what is shown, so that it is loaded when somebody looks at it. */
  load(): Promise<ComponentType<PageProps>>;
}

export interface PageProps {
  /** Itself. */
  page: Pick<AppPage, 'path' | 'name'>;
  /** What is in the address below the path of the page, decoded. */
  rest: readonly string[];
}
