/** Meta's module graph, as far as wa-js looks into it: it walks `modulesMap` and takes what it finds by its shape. */
const registry = Object.create(null);

/** Makes `exports` a module that wa-js finds; ids begin with `WA`. */
export function define(id, exports) {
  registry[id] = { factory() {}, exports };
}

const load = (id) => registry[id]?.exports;

window.__d = (id, _dependencies, factory) => {
  registry[id] = { factory, exports: {} };
};
window.require = (id) => (id === '__debug' ? { modulesMap: registry } : load(id));
window.importNamespace = load;
window.ErrorGuard = { skipGuardGlobal() {} };
