/** Backbone-like events, models and collections: what WhatsApp's own are made of and what wa-js listens to. */
export class Emitter {
  #listeners = new Map();

  on(names, listener, context) {
    for (const name of String(names).split(/\s+/)) {
      this.#listeners.set(name, [...(this.#listeners.get(name) ?? []), { listener, context }]);
    }
    return this;
  }

  once(name, listener, context) {
    const once = (...args) => {
      this.off(name, once);
      return listener.apply(context ?? this, args);
    };
    return this.on(name, once);
  }

  off(name, listener) {
    const left = (this.#listeners.get(name) ?? []).filter((entry) => listener && entry.listener !== listener);
    this.#listeners.set(name, left);
    return this;
  }

  trigger(name, ...args) {
    for (const { listener, context } of this.#listeners.get(name) ?? []) listener.apply(context ?? this, args);
    for (const { listener, context } of this.#listeners.get('all') ?? []) listener.apply(context ?? this, [name, ...args]);
    return this;
  }

  isListening(name) {
    return (this.#listeners.get(name) ?? []).length > 0;
  }

  listenTo(other, name, listener) {
    other.on(name, listener);
    return this;
  }

  stopListening() {
    return this;
  }
}

/** Its attributes are properties whose changes are told: to its own listeners and to those of its collections. */
export class Model extends Emitter {
  constructor(attributes = {}) {
    super();
    hide(this, 'attributes', {});
    hide(this, 'collections', []);
    for (const [name, value] of Object.entries(attributes)) this.#keep(name, value);
  }

  set(name, value) {
    const before = this.attributes[name];
    this.#keep(name, value);
    if (before === value) return this;
    for (const emitter of [this, ...this.collections]) {
      emitter.trigger(`change:${name}`, this, value, before);
      emitter.trigger('change', this);
    }
    return this;
  }

  get(name) {
    return this.attributes[name];
  }

  unset(name) {
    return this.set(name, undefined);
  }

  toJSON() {
    return { ...this.attributes };
  }

  #keep(name, value) {
    this.attributes[name] = value;
    if (Object.hasOwn(this, name)) return;
    Object.defineProperty(this, name, {
      configurable: true,
      enumerable: true,
      get: () => this.attributes[name],
      set: (next) => this.set(name, next),
    });
  }
}

export class Collection extends Emitter {
  // wa-js knows this class by the text of an error that WhatsApp's has: "Collection initialized without model".
  #models = new Map();

  get(id) {
    return this.#models.get(String(id));
  }

  async find(id) {
    return this.get(id);
  }

  add(added) {
    for (const model of [added].flat()) {
      if (this.get(model.id)) continue;
      this.#models.set(String(model.id), model);
      model.collections?.push(this);
      this.trigger('add', model, this);
    }
    return added;
  }

  remove(removed) {
    const model = this.get(removed.id ?? removed);
    if (model && this.#models.delete(String(model.id))) this.trigger('remove', model);
  }

  getModelsArray() {
    return [...this.#models.values()];
  }

  toArray() {
    return this.getModelsArray();
  }

  toJSON() {
    return this.getModelsArray().map((model) => model.toJSON());
  }

  map(each) {
    return this.getModelsArray().map(each);
  }

  filter(test) {
    return this.getModelsArray().filter(test);
  }

  forEach(each) {
    this.getModelsArray().forEach(each);
  }

  some(test) {
    return this.getModelsArray().some(test);
  }

  last() {
    return this.getModelsArray().at(-1);
  }

  get length() {
    return this.#models.size;
  }
}

/** A property that neither `toJSON` nor a loop over the attributes meets. */
export function hide(object, name, value) {
  Object.defineProperty(object, name, { value, writable: true, configurable: true });
}
