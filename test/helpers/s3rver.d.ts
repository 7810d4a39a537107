declare module '@20minutes/s3rver' {
  import type { RequestListener } from 'node:http';

  interface ListOptions {
    delimiter?: string;
    prefix?: string;
    startAfter?: string;
    maxKeys?: number;
  }

  export default class S3rver {
    constructor(options: { silent: boolean; directory: string; configureBuckets: { name: string }[]; serviceEndpoint: string });
    readonly logger: { close(): void };
    readonly store: {
      listObjects(
        bucket: string,
        options: ListOptions,
      ): Promise<{ objects: { key: string }[]; commonPrefixes: string[]; isTruncated: boolean }>;
      copyObject(...of: [bucket: string, key: string, toBucket: string, toKey: string, metadata?: object]): Promise<unknown>;
      getResourcePath(bucket: string, key: string, resource: string): string;
    };
    configureBuckets(): Promise<unknown>;
    callback(): RequestListener;
  }
}

declare module '@20minutes/s3rver/lib/signature/v4.js' {
  interface Signed {
    uri: string;
    headers: Record<string, string>;
  }

  const v4: { getStringToSign(signed: Signed, request: object): string };
  export default v4;
}
