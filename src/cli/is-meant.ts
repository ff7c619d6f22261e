/** Whether a canonical name is what people mean: `redis:7`, `docker.io/library/redis:7`, or without the tag. */
export function isMeant(name: string, wanted: string): boolean {
  const short = name.replace(/^docker\.io\/(library\/)?/, '');
  return [name, short].some(
    (form) => form === wanted || form.replace(/(:[^/]*)?(@.*)?$/, '') === wanted,
  );
}
