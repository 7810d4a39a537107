/** Sets it as the latest one; of more than `most` the oldest goes. */
export function setLatest<Key, Value>(map: Map<Key, Value>, key: Key, value: Value, most: number): void {
  map.delete(key);
  map.set(key, value);
  for (const oldest of map.size > most ? map.keys() : []) {
    map.delete(oldest);
    break;
  }
}

/** `make`, done once for all who ask. What failed is done again for whoever asks next. */
export function memoizeAsync<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | undefined;
  return () => {
    made ??= make().catch((error) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}

/** `make`, with its answers to the `most` questions that were asked last kept for the next time. What it throws is not kept. */
export function memoizeLru<Value>(most: number, make: (of: string) => Value): (of: string) => Value {
  const answers = new Map<string, Value>();
  return (of) => {
    const answer = answers.has(of) ? (answers.get(of) as Value) : make(of);
    setLatest(answers, of, answer, most);
    return answer;
  };
}
