/** The API as a collection of Postman (https://schema.postman.com/collection/json/v2.1.0/draft-07/docs/index.html), from its OpenAPI document. */

interface Parameter {
  name: string;
  in: string;
  description?: string;
  example?: string;
}

type Content = Record<string, { example?: unknown; examples?: Record<string, { value: unknown }> }>;

interface Operation {
  summary: string;
  description: string;
  tags: string[];
  security: object[];
  parameters?: Parameter[];
  requestBody?: { content: Content };
  responses: Record<string, { description?: string; content?: Content }>;
}

interface Described {
  info: { title: string; version: string; description: string };
  tags: { name: string; description: string }[];
  paths: Record<string, Record<string, Operation>>;
}

/** `origin`: where whoever asks reaches the hub, as `baseUrl`; the variable `key` is to be set once. */
export function postmanCollection(openApi: object, origin: string): object {
  const { info, tags, paths } = openApi as Described;
  const requests = Object.entries(paths).flatMap(([path, methods]) =>
    // Postman has another kind of request for a WebSocket.
    path.endsWith('/ws')
      ? []
      : Object.entries(methods).map(([method, operation]) => ({ tag: operation.tags[0], item: itemOf(method, path, operation) })),
  );
  return {
    info: {
      name: `${info.title} ${info.version}`,
      description: info.description,
      schema: 'https://schema.getpostman.com/json/collection/v2.1.0/collection.json',
    },
    auth: { type: 'bearer', bearer: [{ key: 'token', value: '{{key}}', type: 'string' }] },
    variable: [
      { key: 'baseUrl', value: origin, type: 'string' },
      { key: 'key', value: '', type: 'string' },
    ],
    item: tags.map(({ name, description }) => ({
      name,
      description,
      item: requests.filter(({ tag }) => tag === name).map(({ item }) => item),
    })),
  };
}

function itemOf(
  method: string,
  path: string,
  { summary, description, security, parameters = [], requestBody, responses }: Operation,
): object {
  const of = (place: string) => parameters.filter((parameter) => parameter.in === place);
  const body = bodyOf(requestBody?.content);
  const query = of('query').map(({ name, description: about = '' }) => ({ key: name, value: '', description: about, disabled: true }));
  const request = {
    method: method.toUpperCase(),
    description,
    ...(security.length === 0 && { auth: { type: 'noauth' } }),
    header: [
      ...(body?.type ? [{ key: 'Content-Type', value: body.type }] : []),
      ...of('header').map(({ name, description: about = '' }) => ({ key: name, value: '', description: about, disabled: true })),
    ],
    url: {
      raw: `{{baseUrl}}${path.replace(/\{(\w+)\}/g, ':$1')}`,
      host: ['{{baseUrl}}'],
      path: path
        .slice(1)
        .replace(/\{(\w+)\}/g, ':$1')
        .split('/'),
      ...(query.length > 0 && { query }),
      variable: of('path').map(({ name, example = '', description: about = '' }) => ({ key: name, value: example, description: about })),
    },
    ...(body && { body: body.body }),
  };
  const answers = Object.entries(responses).flatMap(([status, { description: name = '', content }]) => {
    const example = content?.['application/json']?.example;
    const header = [{ key: 'Content-Type', value: 'application/json' }];
    return example === undefined
      ? []
      : [
          {
            name,
            originalRequest: request,
            code: Number(status),
            status: name,
            header,
            _postman_previewlanguage: 'json',
            body: JSON.stringify(example, null, 2),
          },
        ];
  });
  return { name: summary, request, response: answers };
}

/** The first example of the first type that has one, or a form for a file. */
const fieldsOf = (form: Record<string, string>): object[] =>
  Object.entries(form).map(([key, value]) => (key === 'file' ? { key, type: 'file', src: [] } : { key, type: 'text', value }));

function bodyOf(content: Content = {}): { type?: string; body: object } | undefined {
  for (const [type, { examples = {} }] of Object.entries(content)) {
    const [example] = Object.values(examples);
    if (!example) continue;
    const { value } = example;
    if (type === 'multipart/form-data') return { body: { mode: 'formdata', formdata: fieldsOf(value as Record<string, string>) } };
    const raw = typeof value === 'string' ? value : JSON.stringify(value, null, 2);
    return { type, body: { mode: 'raw', raw, options: { raw: { language: type.endsWith('json') ? 'json' : 'text' } } } };
  }
  const [type] = Object.keys(content);
  return type ? { type, body: { mode: 'file' } } : undefined;
}
