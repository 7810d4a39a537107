/** Whether it was copied. There is no clipboard where the hub is reached over plain HTTP; there the browser still copies what is chosen. */
export async function copy(text: string, select: () => void): Promise<boolean> {
  const copied = navigator.clipboard?.writeText(text) ?? Promise.reject(new Error('no clipboard'));
  return copied.then(
    () => true,
    () => {
      select();
      return document.execCommand('copy');
    },
  );
}
