/** `make`, with its answers to the `most` questions that were asked last kept for the next time. What it throws is not kept. */
export function kept<Value>(most: number, make: (of: string) => Value): (of: string) => Value {
  const answers = new Map<string, Value>();
  return (of) => {
    const answer = answers.has(of) ? (answers.get(of) as Value) : make(of);
    answers.delete(of);
    answers.set(of, answer);
    for (const oldest of answers.size > most ? answers.keys() : []) {
      answers.delete(oldest);
      break;
    }
    return answer;
  };
}
